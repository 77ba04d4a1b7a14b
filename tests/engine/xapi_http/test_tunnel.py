"""The alternate request syntax: requests inside a POST, as Storyline and TinCanJS send them."""

from __future__ import annotations

import io
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from factories import a_key, a_statement, headers
from flask import Flask
from site_making import a_site
from werkzeug.test import TestResponse
from xapi_making import STATEMENTS

from engine.lrs.keys import NewKey
from engine.pipeline import reader
from engine.xapi_http.tunnel import LARGEST_FORM
from xapi import text

VERSION = "X-Experience-API-Version"
STATE = "/xapi/activities/state"
PLAIN = "text/plain;charset=UTF-8"


class Course:
    """A page that can send nothing but a plain POST."""

    def __init__(self, app: Flask, version: str = "1.0.3") -> None:
        self.key: NewKey = a_key(scopes=["all"], reads="all")
        self.form = headers(self.key, version)
        self._client = app.test_client()

    def send(self, method: str, path: str = STATEMENTS, **fields: str | None) -> TestResponse:
        """POST ?method= with the usual headers in the form; None leaves one out."""
        named = {name.replace("_", "-"): value for name, value in fields.items()}
        form = {name: value for name, value in (self.form | named).items() if value is not None}
        return self.post(urlencode(form).encode(), f"{path}?method={method}")

    def post(self, body: bytes, path: str, **more: Any) -> TestResponse:
        """POST a body as it is."""
        return self._client.post(path, data=body, **({"content_type": PLAIN} | more))

    def put(self, statement: dict[str, Any], **fields: str | None) -> TestResponse:
        """PUT a statement through the tunnel."""
        content = text.dump(statement).decode()
        return self.send("PUT", statementId=statement["id"], content=content, **fields)


@pytest.fixture
def course(app: Flask) -> Course:
    return Course(app)


def test_put_stores_a_statement(course: Course) -> None:
    statement = a_statement()
    assert course.put(statement).status_code == 204
    assert course.send("GET", statementId=statement["id"]).json["actor"] == statement["actor"]


def test_post_stores_statements(course: Course) -> None:
    statements = [a_statement(), a_statement()]
    answer = course.send("POST", content=text.dump(statements).decode())
    assert answer.json == [statement["id"] for statement in statements]


def test_get_finds_statements(course: Course) -> None:
    course.put(a_statement())
    answer = course.send("GET", limit="1")
    assert (answer.status_code, len(answer.json["statements"])) == (200, 1)


def test_get_goes_to_resources_that_take_no_post(course: Course) -> None:
    assert course.send("GET", "/xapi/about").status_code == 200


def test_head_answers_without_a_body_or_the_promise_of_one(course: Course) -> None:
    answer = course.send("HEAD")
    assert (answer.status_code, answer.data) == (200, b"")
    assert "Content-Length" not in answer.headers


def test_delete_removes_a_document(course: Course) -> None:
    place = {
        "activityId": "https://courses.example.org/1",
        "agent": '{"mbox":"mailto:bo@example.org"}',
        "stateId": "resume",
    }
    stored = course.send("PUT", STATE, content="2b4o5060", Content_Type="text/plain", **place)
    assert stored.status_code == 204
    assert course.send("GET", STATE, **place).data == b"2b4o5060"
    assert course.send("DELETE", STATE, content="undefined", **place).status_code == 204
    assert course.send("GET", STATE, **place).status_code == 404


@pytest.mark.parametrize(
    "content_type",
    ["application/x-www-form-urlencoded", PLAIN, "application/json", "", "multipart/form-data"],
)
def test_the_address_alone_tells_a_tunnel(course: Course, content_type: str) -> None:
    body = urlencode(course.form | {"limit": "1"}).encode()
    answer = course.post(body, STATEMENTS + "?method=GET", content_type=content_type)
    assert answer.status_code == 200


@pytest.mark.parametrize("path", ["/xAPI/statements/", "/xapi//statements"])
def test_any_spelling_of_the_address_will_do(course: Course, path: str) -> None:
    assert course.send("GET", path).status_code == 200


def test_characters_of_any_language_come_through(course: Course) -> None:
    statement = a_statement()
    statement["verb"]["display"] = {"ja": "参加した", "es": "asistió", "und": "😀 + & = %"}
    assert course.put(statement).status_code == 204
    kept = course.send("GET", statementId=statement["id"]).json
    assert kept["verb"] == statement["verb"]


def test_a_form_that_is_not_escaped_beyond_ascii_is_read(course: Course) -> None:
    statement = a_statement()
    statement["verb"]["display"] = {"ja": "参加した"}
    fields = course.form | {"content": text.dump(statement).decode()}
    body = "&".join(f"{name}={quote(value, safe='参加した')}" for name, value in fields.items())
    answer = course.post(body.encode(), STATEMENTS + "?method=POST")
    assert answer.status_code == 200


def test_a_form_names_its_headers_in_any_case(course: Course) -> None:
    course.form = {name.lower(): value for name, value in course.form.items()}
    assert course.send("GET").status_code == 200


def test_headers_may_stand_where_headers_stand(app: Flask, course: Course) -> None:
    usual = headers(course.key) | {"Content-Type": "application/x-www-form-urlencoded"}
    answer = app.test_client().post(STATEMENTS + "?method=GET", headers=usual, data=b"limit=1")
    assert answer.status_code == 200


def test_a_header_in_the_form_stands_against_the_same_header(app: Flask, course: Course) -> None:
    usual = headers(course.key)
    answer = app.test_client().post(
        STATEMENTS + "?method=GET", headers=usual, data=f"{VERSION}=0.8".encode()
    )
    assert answer.status_code == 400
    assert "0.8" in answer.json["error"]


def test_the_content_is_json_unless_the_form_says_otherwise(course: Course) -> None:
    assert course.put(a_statement(), Content_Type=None).status_code == 204


def test_the_length_in_the_form_is_not_believed(course: Course) -> None:
    assert course.put(a_statement(), Content_Length="3").status_code == 204


def test_conditions_in_the_form_count(course: Course) -> None:
    profile = {"activityId": "https://courses.example.org/1", "profileId": "a", "content": "{}"}
    path = "/xapi/activities/profile"
    assert course.send("PUT", path, If_None_Match="*", **profile).status_code == 204
    assert course.send("PUT", path, If_None_Match="*", **profile).status_code == 412


def test_the_answer_speaks_the_version_in_the_form(app: Flask) -> None:
    assert Course(app, "1.0.1").send("GET").headers[VERSION] == "1.0.3"


def test_a_refusal_speaks_it_too(course: Course) -> None:
    answer = course.send("PATCH")
    assert (answer.status_code, answer.headers[VERSION]) == (400, "1.0.3")


def test_without_a_key_one_is_asked_for(course: Course) -> None:
    assert course.send("GET", Authorization=None).status_code == 401


def test_without_a_version_nothing_is_stored(course: Course) -> None:
    assert course.put(a_statement(), **{VERSION: None}).status_code == 400
    assert reader().count() == 0


def test_2_0_has_no_tunnel(app: Flask) -> None:
    answer = Course(app, "2.0.0").put(a_statement())
    assert (answer.status_code, answer.headers[VERSION]) == (400, "2.0.0")
    assert "alternate request syntax" in answer.json["error"]
    assert reader().count() == 0


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
@pytest.mark.parametrize("version", ["1.0.3", "2.0.0"])
def test_the_method_of_the_request_itself_is_not_a_parameter(
    app: Flask, course: Course, method: str, version: str
) -> None:
    sent = headers(course.key, version)
    path = f"{STATEMENTS}?method=POST"
    answer = app.test_client().open(path, method=method, headers=sent, data=b"{}")
    assert answer.status_code == 400
    assert answer.json["parameter"] == "method"


@pytest.mark.parametrize("method", ["PATCH", "OPTIONS", "put", "", "TRACE", "a\nb"])
def test_another_method_is_refused(course: Course, method: str) -> None:
    answer = course.send(quote(method))
    assert answer.status_code == 400
    assert "GET, HEAD, PUT, POST, DELETE" in answer.json["fix"]


@pytest.mark.parametrize("more", ["&limit=1", "&method=GET", "&x"])
def test_nothing_else_stands_in_the_address(course: Course, more: str) -> None:
    answer = course.post(urlencode(course.form).encode(), f"{STATEMENTS}?method=GET{more}")
    assert answer.status_code == 400
    assert answer.json["clause"] == "xAPI 1.0.3 Communication 1.3"


def test_a_parameter_in_both_places_is_refused(course: Course) -> None:
    """As the public suite wants it, although an example of the standard once did it."""
    statement = a_statement()
    form = course.form | {"statementId": statement["id"], "content": text.dump(statement).decode()}
    path = f"{STATEMENTS}?method=PUT&statementId={statement['id']}"
    assert course.post(urlencode(form).encode(), path).status_code == 400
    assert reader().count() == 0


@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_what_brings_something_needs_content(course: Course, method: str) -> None:
    answer = course.send(method, statementId=str(uuid.uuid4()))
    assert answer.status_code == 400
    assert '"content"' in answer.json["error"]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b'{"content": "x"}', id="json"),
        pytest.param(b"content=%ff%fe", id="escaped bytes that are no UTF-8"),
        pytest.param(b"content=\xff", id="bytes that are no UTF-8"),
        pytest.param(b"content=%zz%", id="broken escapes"),
        pytest.param(b"content=1&content=2", id="the content twice"),
        pytest.param(b"If-Match=1&if-match=2&content=1", id="a header twice"),
        pytest.param(b"Authorization=a%0d%0ab&content=1", id="a header of two lines"),
        pytest.param(b"&".join(b"a%d=1" % n for n in range(200)), id="too many fields"),
        pytest.param(bytes(range(256)) * 10, id="noise"),
    ],
)
@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE", "X"])
def test_a_broken_form_is_the_senders_mistake(course: Course, method: str, body: bytes) -> None:
    answer = course.post(body, f"{STATEMENTS}?method={method}", headers=headers(course.key))
    assert 400 <= answer.status_code < 500
    assert reader().count() == 0


def test_a_compressed_form_is_refused(course: Course) -> None:
    answer = course.post(b"x", STATEMENTS + "?method=GET", headers={"Content-Encoding": "gzip"})
    assert answer.status_code == 400
    assert "gzip" in answer.json["error"]


@pytest.mark.parametrize("more", [0, 1, 100_000])
def test_a_form_over_the_limit_is_refused(course: Course, more: int) -> None:
    start = urlencode(course.form).encode() + b"&content="
    body = start + b"x" * (LARGEST_FORM - len(start) + more)
    answer = course.post(body, STATEMENTS + "?method=GET")
    assert answer.status_code == (413 if more else 200)


def test_a_form_over_the_limit_is_refused_while_it_is_read(app: Flask) -> None:
    answer = app.test_client().post(
        STATEMENTS + "?method=GET",
        input_stream=io.BytesIO(b"x" * (LARGEST_FORM + 1)),
        environ_overrides={"wsgi.input_terminated": True},
    )
    assert answer.status_code == 413


def test_a_form_that_ends_early_is_refused(app: Flask) -> None:
    answer = app.test_client().post(
        STATEMENTS + "?method=GET", input_stream=io.BytesIO(b"limit=1"), content_length=100
    )
    assert answer.status_code == 400


@pytest.fixture
def small(instance_dir: Path, database_url: str) -> Iterator[Flask]:
    with a_site(instance_dir, database_url, max_body=2000) as app:
        yield app


def test_the_limit_of_every_body_holds_too(small: Flask) -> None:
    assert Course(small).send("GET", content="x" * 2000).status_code == 413


def test_other_pages_know_no_tunnel(app: Flask) -> None:
    answer = app.test_client().post("/?method=GET")
    assert answer.status_code in (400, 405)
    assert VERSION not in answer.headers


def test_a_parameter_that_only_sounds_like_it_is_none(app: Flask, course: Course) -> None:
    sent = headers(course.key)
    answer = app.test_client().post(
        STATEMENTS + "?mymethod=GET", headers=sent, data=text.dump(a_statement())
    )
    assert answer.json["parameter"] == "mymethod"
