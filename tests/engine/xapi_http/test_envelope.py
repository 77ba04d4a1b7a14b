"""Around every request: version, key, address, size; and what every answer carries."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from factories import a_statement
from flask import Flask
from sqlalchemy.exc import OperationalError
from xapi_making import STATEMENTS, Lms

from engine.app import create_app
from engine.config import read_settings
from engine.db import db
from engine.pipeline import reader

VERSION = "X-Experience-API-Version"
THROUGH = "X-Experience-API-Consistent-Through"


@pytest.fixture
def lms(app: Flask) -> Lms:
    return Lms(app)


def basic(pair: str) -> str:
    return "Basic " + base64.b64encode(pair.encode()).decode()


@pytest.mark.parametrize(
    ("sent", "answered"),
    [
        ("1.0", "1.0.3"),
        ("1.0.0", "1.0.3"),
        ("1.0.1", "1.0.3"),
        ("1.0.2", "1.0.3"),
        ("1.0.3", "1.0.3"),
        ("1.0.9", "1.0.3"),
        ("2.0", "2.0.0"),
        ("2.0.0", "2.0.0"),
    ],
)
def test_the_answer_speaks_the_version_of_the_request(app: Flask, sent: str, answered: str) -> None:
    answer = Lms(app, sent).post(a_statement())
    assert (answer.status_code, answer.headers[VERSION]) == (200, answered)


@pytest.mark.parametrize("sent", ["0.95", "0.9", "1.1.0", "2.1", "3", "", "abc"])
def test_another_version_is_refused_in_the_default_one(app: Flask, sent: str) -> None:
    answer = Lms(app, sent).get()
    assert (answer.status_code, answer.headers[VERSION]) == (400, "2.0.0")
    assert "1.0.3 or 2.0.0" in answer.json["error"]


def test_a_missing_version_is_refused_in_the_default_one(lms: Lms) -> None:
    answer = lms.send("POST", STATEMENTS, without=VERSION, data=orjson.dumps(a_statement()))
    assert (answer.status_code, answer.headers[VERSION]) == (400, "2.0.0")
    assert reader().count() == 0


@pytest.mark.parametrize(
    ("method", "path", "more", "status"),
    [
        pytest.param("GET", STATEMENTS, {}, 200, id="200"),
        pytest.param("GET", STATEMENTS + "?colour=red", {}, 400, id="400"),
        pytest.param("GET", STATEMENTS, {"without": "Authorization"}, 401, id="401"),
        pytest.param("GET", "/xapi/nothing", {}, 404, id="404"),
        pytest.param("GET", "/xapi", {}, 404, id="404 at the root"),
        pytest.param("POST", "/xapi/statements/of/bo", {}, 404, id="404 below"),
        pytest.param("PATCH", STATEMENTS, {}, 405, id="405"),
        pytest.param("DELETE", STATEMENTS, {}, 405, id="405 DELETE"),
        pytest.param("POST", STATEMENTS, {"with_": {"Content-Encoding": "gzip"}}, 415, id="415"),
        pytest.param("OPTIONS", STATEMENTS, {"without": "Authorization"}, 200, id="OPTIONS"),
        pytest.param("HEAD", STATEMENTS, {}, 200, id="HEAD"),
        pytest.param("GET", "/xapi/about", {}, 200, id="about"),
    ],
)
@pytest.mark.parametrize("version", ["1.0.3", "2.0.0"])
def test_every_answer_says_its_version(
    app: Flask, method: str, path: str, more: dict[str, Any], status: int, version: str
) -> None:
    answer = Lms(app, version).send(method, path, **more)
    assert (answer.status_code, answer.headers[VERSION]) == (status, version)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        pytest.param("GET", "/xapi/nothing", id="unknown path"),
        pytest.param("PATCH", STATEMENTS, id="unknown method"),
    ],
)
def test_what_no_resource_takes_is_refused_as_json(lms: Lms, method: str, path: str) -> None:
    answer = lms.send(method, path)
    assert answer.content_type == "application/json"
    assert answer.json["error"]


def test_a_wrong_method_is_told_the_right_ones(lms: Lms) -> None:
    allowed = lms.send("PATCH", STATEMENTS).headers["Allow"]
    assert {"GET", "HEAD", "POST", "PUT"} <= set(allowed.split(", "))


def test_pages_are_left_alone(app: Flask) -> None:
    answer = app.test_client().get("/nothing/xapi")
    assert answer.status_code == 404
    assert VERSION not in answer.headers


def test_a_failure_of_ours_says_its_version_and_nothing_more(
    app: Flask, lms: Lms, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_given: Any, **_named: Any) -> None:
        raise RuntimeError("secret path /srv")

    app.config["PROPAGATE_EXCEPTIONS"] = False
    monkeypatch.setattr(type(reader()), "page", fail)
    answer = lms.get()
    assert (answer.status_code, answer.headers[VERSION]) == (500, "1.0.3")
    assert "secret" not in answer.get_data(as_text=True)


def test_a_store_that_stays_locked_asks_to_try_again(
    lms: Lms, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_given: Any, **_named: Any) -> None:
        raise OperationalError("BEGIN IMMEDIATE", None, Exception("database is locked"))

    monkeypatch.setattr("engine.xapi_http.statements.record", fail)
    answer = lms.post(a_statement())
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert answer.headers[VERSION] == "1.0.3"


@pytest.mark.parametrize(
    "authorization",
    [
        pytest.param(None, id="none"),
        pytest.param(basic("nobody:secret"), id="an unknown name"),
        pytest.param("Basic !!!", id="no base64"),
        pytest.param("Basic", id="no credentials"),
        pytest.param("Bearer abc", id="another scheme"),
        pytest.param(basic("nobody"), id="no colon"),
        pytest.param(basic(":"), id="empty"),
        pytest.param(basic("a\0b:c"), id="a zero byte"),
    ],
)
def test_without_a_right_key_one_is_asked_for(lms: Lms, authorization: str | None) -> None:
    with_ = {"Authorization": authorization} if authorization else {}
    answer = lms.send("GET", STATEMENTS, without="Authorization", with_=with_)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith('Basic realm="')
    assert THROUGH not in answer.headers


def test_a_known_name_with_a_wrong_secret_is_refused(lms: Lms) -> None:
    with_ = {"Authorization": basic(f"{lms.key.key}:wrong")}
    assert lms.send("GET", STATEMENTS, with_=with_).status_code == 401


@pytest.mark.parametrize(
    "path",
    [
        "/xapi/statements",
        "/xapi/statements/",
        "/xAPI/statements",
        "/xAPI/statements/",
        "/xapi//statements",
        "/xapi///statements//",
        "/XAPI/statements",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_no_spelling_of_the_address_is_redirected(lms: Lms, path: str, method: str) -> None:
    body = orjson.dumps(a_statement()) if method == "POST" else None
    answer = lms.send(method, path, data=body)
    assert answer.status_code == 200
    assert "Location" not in answer.headers


@pytest.mark.parametrize("path", ["/xapi/about", "/xapi/about/", "/xAPI/about"])
def test_about_needs_neither_key_nor_version(app: Flask, path: str) -> None:
    answer = app.test_client().get(path)
    assert answer.status_code == 200
    assert {"1.0.3", "2.0.0"} <= set(answer.json["version"])
    assert answer.headers[VERSION] == "2.0.0"


def test_about_tells_an_older_client_of_older_versions_only(app: Flask) -> None:
    answer = app.test_client().get("/xapi/about", headers={VERSION: "1.0.1"})
    assert "2.0.0" not in answer.json["version"]
    assert answer.headers[VERSION] == "1.0.3"


@pytest.fixture
def small(instance_dir: Path) -> Iterator[Flask]:
    environ = {"BYWAY_INSTANCE": str(instance_dir), "BYWAY_MAX_BODY": "2000"}
    app = create_app(read_settings(environ))
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def test_a_body_over_the_limit_is_refused(small: Flask) -> None:
    answer = Lms(small).post([a_statement() for _ in range(20)])
    assert answer.status_code == 413
    assert answer.headers[VERSION] == "1.0.3"
    assert answer.json["error"]
    assert reader().count() == 0
