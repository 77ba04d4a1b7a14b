"""Around every request: version, key, address, size; and what every answer carries."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from factories import a_statement
from flask import Flask
from site_making import a_site
from sqlalchemy.exc import OperationalError, TimeoutError
from xapi_making import STATEMENTS, Lms

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
        pytest.param("POST", STATEMENTS, {"with_": {"Content-Encoding": "br"}}, 415, id="415"),
        pytest.param("OPTIONS", STATEMENTS, {"without": "Authorization"}, 204, id="OPTIONS"),
        pytest.param("HEAD", STATEMENTS, {}, 200, id="HEAD"),
        pytest.param("POST", "/xapi/oauth/token", {}, 400, id="a token refused"),
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


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(
            OperationalError("BEGIN IMMEDIATE", None, Exception("database is locked")), id="locked"
        ),
        pytest.param(TimeoutError("QueuePool limit reached"), id="no connection left"),
    ],
)
def test_a_store_that_stays_busy_asks_to_try_again(
    lms: Lms, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*_given: Any, **_named: Any) -> None:
        raise error

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
    assert THROUGH not in answer.headers


def test_a_stranger_is_told_both_schemes_the_usual_one_first(app: Flask) -> None:
    answer = app.test_client().get(STATEMENTS, headers={VERSION: "1.0.3"})
    assert answer.headers.getlist("WWW-Authenticate") == [
        'Basic realm="xAPI", charset="UTF-8"',
        'Bearer realm="xAPI"',
    ]


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


@pytest.mark.parametrize(
    ("path", "more", "status"),
    [
        pytest.param(STATEMENTS, {}, 200, id="200"),
        pytest.param(STATEMENTS + "?colour=red", {}, 400, id="400"),
        pytest.param(STATEMENTS + f"?statementId={uuid.uuid4()}", {}, 404, id="404"),
        pytest.param("/xapi/more/nothing", {}, 404, id="more"),
        pytest.param(STATEMENTS, {"without": VERSION}, 400, id="no version"),
    ],
)
def test_every_answer_about_statements_says_how_far_the_log_was_read(
    lms: Lms, path: str, more: dict[str, Any], status: int
) -> None:
    answer = lms.send("GET", path, **more)
    assert answer.status_code == status
    assert datetime.fromisoformat(answer.headers[THROUGH]).tzinfo is not None


def test_other_answers_say_nothing_of_the_log(lms: Lms) -> None:
    assert THROUGH not in lms.get("/xapi/about").headers


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(STATEMENTS, id="a page"),
        pytest.param(STATEMENTS + "?colour=red", id="a refusal"),
        pytest.param("/xapi/about", id="about"),
    ],
)
def test_head_is_get_without_a_body(lms: Lms, path: str) -> None:
    got, headed = lms.send("GET", path), lms.send("HEAD", path)
    assert (headed.status_code, headed.data) == (got.status_code, b"")
    assert headed.headers["Content-Type"] == got.headers["Content-Type"]
    assert headed.headers["Content-Length"] == str(len(got.data))


def test_a_statement_that_is_refused_comes_with_one_that_would_pass(lms: Lms) -> None:
    answer = lms.post(a_statement() | {"result": {"score": {"scaled": 2}}})
    assert (answer.status_code, answer.json["path"]) == (400, "$.result.score.scaled")
    assert lms.post(answer.json["example"]).status_code == 200


def test_a_post_without_a_body_or_its_length_is_refused(lms: Lms) -> None:
    assert lms.send("POST", STATEMENTS).status_code == 400


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
def small(instance_dir: Path, database_url: str) -> Iterator[Flask]:
    with a_site(instance_dir, database_url, max_body=2000) as app:
        yield app


def test_a_body_over_the_limit_is_refused(small: Flask) -> None:
    answer = Lms(small).post([a_statement() for _ in range(20)])
    assert answer.status_code == 413
    assert answer.headers[VERSION] == "1.0.3"
    assert answer.json["error"]
    assert reader().count() == 0
