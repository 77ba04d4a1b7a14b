"""Pages of other web sites at the xAPI endpoint: what a browser asks, and what it is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from site_making import a_site
from werkzeug.test import TestResponse
from xapi_making import STATEMENTS, Lms

from engine.config import read_settings
from engine.errors import Refused
from engine.pipeline import reader

ORIGIN = "Access-Control-Allow-Origin"
COURSES = "https://courses.example.org"
TOKEN = "/xapi/oauth/token"

MakeSite = Callable[[str], Flask]


@pytest.fixture
def site(instance_dir: Path, database_url: str) -> Iterator[MakeSite]:
    """Make an application that is open to the origins of a setting."""
    with ExitStack() as sites:

        def make(named: str) -> Flask:
            origins = read_settings({"BYWAY_CORS_ORIGINS": named}).cors_origins
            return sites.enter_context(a_site(instance_dir, database_url, cors_origins=origins))

        yield make


def ask(app: Flask, path: str = STATEMENTS, **headers: str) -> TestResponse:
    """A browser's question before the request itself."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return app.test_client().open(path, method="OPTIONS", headers={"Origin": COURSES, **sent})


def names(listed: str) -> set[str]:
    return {name.strip().lower() for name in listed.split(",")}


@pytest.mark.parametrize(
    "path",
    [
        STATEMENTS,
        "/xAPI/statements/",
        "/xapi/statements?method=PUT",
        "/xapi/about",
        "/xapi/activities/state",
        "/xapi/activities/profile",
        "/xapi/agents/profile",
        TOKEN,
        "/oauth/token",
    ],
)
def test_a_browser_may_ask_without_key_or_version(app: Flask, path: str) -> None:
    answer = ask(app, path)
    assert (answer.status_code, answer.data) == (204, b"")
    assert answer.headers[ORIGIN] == "*"


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        pytest.param(STATEMENTS, {"get", "head", "post", "put", "options"}, id="statements"),
        pytest.param("/xapi/about", {"get", "head", "options"}, id="about"),
        pytest.param(
            "/xapi/activities/state",
            {"get", "head", "post", "put", "delete", "options"},
            id="documents",
        ),
    ],
)
def test_it_is_told_what_the_resource_takes(app: Flask, path: str, methods: set[str]) -> None:
    assert names(ask(app, path).headers["Access-Control-Allow-Methods"]) == methods


def test_it_is_told_the_headers_that_clients_send(app: Flask) -> None:
    allowed = names(ask(app).headers["Access-Control-Allow-Headers"])
    assert allowed >= {
        *("authorization", "content-type", "x-experience-api-version", "if-match"),
        *("if-none-match", "accept-language", "x-experience-api-hash", "content-encoding"),
    }


def test_headers_that_a_library_adds_do_not_stop_it(app: Flask) -> None:
    answer = ask(app, Access_Control_Request_Headers="authorization, x-requested-with")
    assert "x-requested-with" in names(answer.headers["Access-Control-Allow-Headers"])


@pytest.mark.parametrize(
    "asked",
    [
        pytest.param("a b", id="no names"),
        pytest.param('x"y', id="a quote"),
        pytest.param(",".join(["x"] * 100), id="too many"),
        pytest.param("é", id="no ascii"),
    ],
)
def test_what_is_no_list_of_headers_is_not_repeated(app: Flask, asked: str) -> None:
    answer = ask(app, Access_Control_Request_Headers=asked)
    assert answer.status_code == 204
    assert asked not in answer.headers["Access-Control-Allow-Headers"]


def test_the_answer_is_remembered_for_a_day(app: Flask) -> None:
    assert ask(app).headers["Access-Control-Max-Age"] == "86400"


@pytest.mark.parametrize(
    ("path", "more", "status"),
    [
        pytest.param(STATEMENTS, {}, 200, id="200"),
        pytest.param(STATEMENTS + "?colour=red", {}, 400, id="400"),
        pytest.param(STATEMENTS, {"without": "Authorization"}, 401, id="401"),
        pytest.param("/xapi/nothing", {}, 404, id="404"),
        pytest.param(TOKEN, {}, 405, id="405"),
    ],
)
def test_pages_may_read_every_answer(
    app: Flask, path: str, more: dict[str, Any], status: int
) -> None:
    answer = Lms(app).send("GET", path, with_={"Origin": COURSES}, **more)
    assert (answer.status_code, answer.headers[ORIGIN]) == (status, "*")
    assert names(answer.headers["Access-Control-Expose-Headers"]) >= {
        *("etag", "last-modified", "content-length", "www-authenticate", "retry-after"),
        *("x-experience-api-version", "x-experience-api-consistent-through"),
    }


def test_pages_may_read_a_failure_of_ours(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_given: Any, **_named: Any) -> None:
        raise RuntimeError

    lms = Lms(app)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    monkeypatch.setattr(type(reader()), "page", fail)
    answer = lms.get()
    assert (answer.status_code, answer.headers[ORIGIN]) == (500, "*")


def test_no_cookie_is_asked_for(app: Flask) -> None:
    assert "Access-Control-Allow-Credentials" not in ask(app).headers


def test_pages_of_byway_are_shared_with_nobody(app: Flask) -> None:
    answer = app.test_client().get("/", headers={"Origin": COURSES})
    assert ORIGIN not in answer.headers


@pytest.mark.parametrize(
    "origins",
    [
        pytest.param(f"{COURSES} http://localhost:3000", id="spaces"),
        pytest.param(f"http://localhost:3000,{COURSES}", id="commas"),
        pytest.param("HTTPS://Courses.Example.org", id="capitals"),
    ],
)
def test_an_origin_of_the_list_is_let_in_by_name(site: MakeSite, origins: str) -> None:
    answer = ask(site(origins))
    assert answer.headers[ORIGIN] == COURSES
    assert "Origin" in answer.vary


@pytest.mark.parametrize("origin", ["https://elsewhere.example", "null", ""])
def test_an_origin_outside_the_list_is_not(site: MakeSite, origin: str) -> None:
    answer = ask(site(COURSES), Origin=origin)
    assert answer.status_code == 204
    assert ORIGIN not in answer.headers
    assert "Origin" in answer.vary


def test_a_course_that_is_opened_from_a_file_is_let_in_where_it_is_named(site: MakeSite) -> None:
    assert ask(site("null"), Origin="null").headers[ORIGIN] == "null"


@pytest.mark.parametrize(
    "origins",
    ["courses.example.org", f"{COURSES}/", f"* {COURSES}", "https://*.example.org/a", "file:///"],
)
def test_a_setting_that_is_no_origin_stops_the_start(origins: str) -> None:
    with pytest.raises(Refused, match="BYWAY_CORS_ORIGINS"):
        read_settings({"BYWAY_CORS_ORIGINS": origins})
