"""GET of statements: one, a page, the next page (xAPI 1.0.3 Communication 2.1.3)."""

from __future__ import annotations

import base64
import uuid
from email.utils import parsedate_to_datetime
from typing import Any

import orjson
import pytest
from factories import a_statement
from flask import Flask
from xapi_making import STATEMENTS, Lms

from engine.lrs import keys
from engine.moments import from_us, iso, now_us
from engine.pipeline import entry_of, reader, store
from xapi.query import PARAMETERS

pytestmark = pytest.mark.both_databases
THROUGH = "X-Experience-API-Consistent-Through"
BO = '{"mbox":"mailto:bo@example.org"}'


@pytest.fixture
def lms(app: Flask) -> Lms:
    return Lms(app)


def test_one_statement_by_its_id(lms: Lms) -> None:
    statement = a_statement()
    lms.post(statement)
    answer = lms.get(statementId=statement["id"])
    assert (answer.status_code, answer.content_type) == (200, "application/json")
    assert answer.json["actor"] == statement["actor"]


def test_last_modified_is_the_stored_time_to_the_second(lms: Lms) -> None:
    sid = lms.post(a_statement()).json[0]
    answer = lms.get(statementId=sid)
    stored = from_us(reader().last()).replace(microsecond=0)
    assert parsedate_to_datetime(answer.headers["Last-Modified"]) == stored


def test_an_unknown_id_is_not_found(lms: Lms) -> None:
    answer = lms.get(statementId=str(uuid.uuid4()))
    assert answer.status_code == 404
    assert answer.json["error"] == "No such statement."


def test_a_page_has_statements_and_more(lms: Lms) -> None:
    ids = lms.post([a_statement(), a_statement()]).json
    assert lms.get().json["more"] == ""
    assert lms.ids() == ids[::-1]


@pytest.mark.parametrize(
    "query",
    [
        pytest.param({}, id="no filter"),
        pytest.param({"agent": BO}, id="agent"),
        pytest.param({"verb": "http://adlnet.gov/expapi/verbs/attended"}, id="verb"),
        pytest.param({"ascending": "true"}, id="ascending"),
    ],
)
def test_more_goes_on_until_the_end(lms: Lms, query: dict[str, str]) -> None:
    ids = lms.post([a_statement() for _ in range(5)]).json
    first = lms.get(limit="2", **query).json
    second = lms.get(first["more"]).json
    third = lms.get(second["more"]).json
    read = [s["id"] for page in (first, second, third) for s in page["statements"]]
    assert read == (ids if "ascending" in query else ids[::-1])
    assert first["more"].startswith("/xapi/more/")
    assert third["more"] == ""


def test_more_gives_the_same_page_twice_and_nothing_newer(lms: Lms) -> None:
    lms.post([a_statement() for _ in range(3)])
    link = lms.get(limit="2").json["more"]
    before = lms.get(link).data
    lms.post(a_statement())
    assert lms.get(link).data == before


def test_who_may_read_the_next_page_is_asked_anew(app: Flask, lms: Lms) -> None:
    lms.post([a_statement() for _ in range(3)])
    link = lms.get(limit="2").json["more"]
    assert Lms(app).get(link).json["statements"] == []
    assert Lms(app, scopes=["statements/write"]).get(link).status_code == 403


def token(value: Any) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(value)).decode()


@pytest.mark.parametrize(
    ("made", "status"),
    [
        pytest.param("x", 404, id="no base64"),
        pytest.param("%ff", 404, id="no text"),
        pytest.param("bm8=", 404, id="no JSON"),
        pytest.param(token(5), 404, id="a number"),
        pytest.param(token([1, 2, 3]), 404, id="three things"),
        pytest.param(token([["verb"], 5]), 404, id="filters as an array"),
        pytest.param(token([{"limit": 5}, 5]), 404, id="a filter that is no text"),
        pytest.param(token([{}, "5"]), 404, id="a position that is no number"),
        pytest.param(token([{}, None]), 404, id="no position"),
        pytest.param(token([{}, True]), 404, id="a boolean position"),
        pytest.param(token([{"colour": "red"}, 5]), 400, id="an unknown filter"),
        pytest.param(token([{}, 2**62]), 200, id="a position beyond the index"),
        pytest.param(token([{"agent": BO}, -(2**62)]), 200, id="one before it"),
    ],
)
def test_a_made_up_link_to_a_next_page(lms: Lms, made: str, status: int) -> None:
    assert lms.get(f"/xapi/more/{made}").status_code == status


@pytest.mark.parametrize(
    ("query", "named"),
    [
        pytest.param({"colour": "red"}, "colour", id="unknown"),
        pytest.param({"Verb": "http://x.example/v"}, "Verb", id="the wrong case"),
        pytest.param({"limit": "many"}, "limit", id="limit"),
        pytest.param({"limit": "-1"}, "limit", id="negative limit"),
        pytest.param({"since": "yesterday"}, "since", id="since"),
        pytest.param({"agent": "bo"}, "agent", id="agent"),
        pytest.param({"verb": "attended"}, "verb", id="verb"),
        pytest.param({"activity": "thing"}, "activity", id="activity"),
        pytest.param({"registration": "7"}, "registration", id="registration"),
        pytest.param({"statementId": "7"}, "statementId", id="id"),
        pytest.param({"ascending": "yes"}, "ascending", id="boolean"),
        pytest.param({"verb": ["http://x.example/v", "http://x.example/w"]}, "verb", id="twice"),
    ],
)
def test_a_parameter_that_breaks_a_rule_is_refused_and_named(
    lms: Lms, query: dict[str, Any], named: str
) -> None:
    answer = lms.send("GET", STATEMENTS, query_string=query)
    assert answer.status_code == 400
    assert answer.json["parameter"] == named
    assert answer.json["fix"]
    assert answer.headers[THROUGH]


@pytest.mark.parametrize("name", PARAMETERS)
def test_an_empty_parameter_is_no_failure_of_ours(lms: Lms, name: str) -> None:
    assert lms.get(**{name: ""}).status_code == 400


def test_head_is_get_without_the_body(lms: Lms) -> None:
    sid = lms.post(a_statement()).json[0]
    asked = lms.get(statementId=sid)
    answer = lms.send("HEAD", STATEMENTS, query_string={"statementId": sid})
    assert (answer.status_code, answer.data) == (200, b"")
    assert answer.headers["Content-Length"] == str(len(asked.data))
    assert answer.headers["Last-Modified"] == asked.headers["Last-Modified"]


def test_consistent_through_covers_what_was_acknowledged(lms: Lms) -> None:
    answer = lms.post(a_statement())
    stored = iso(reader().last())
    assert answer.headers[THROUGH] == stored
    assert lms.get().headers[THROUGH] == stored


def test_consistent_through_never_covers_what_a_page_lacks(
    lms: Lms, monkeypatch: pytest.MonkeyPatch
) -> None:
    lms.post(a_statement())
    authority = keys.authenticate(lms.key.key, lms.key.secret).authority
    later = entry_of(a_statement(), authority=authority)
    page = type(reader()).page

    def overtaken(self: Any, *given: Any, **named: Any) -> Any:
        found = page(self, *given, **named)
        store().add([later])
        return found

    monkeypatch.setattr(type(reader()), "page", overtaken)
    answer = lms.get()
    assert len(answer.json["statements"]) == 1
    assert answer.headers[THROUGH] == answer.json["statements"][0]["stored"]


def test_an_empty_store_is_consistent_through_now(lms: Lms) -> None:
    before = iso(now_us())
    answer = lms.get()
    assert answer.json == {"statements": [], "more": ""}
    assert before <= answer.headers[THROUGH] <= iso(now_us())


@pytest.mark.parametrize(
    ("scopes", "reads", "own", "foreign"),
    [
        pytest.param(["statements/read/mine"], "all", 200, 404, id="mine, whatever it reads"),
        pytest.param(["statements/read"], "mine", 200, 404, id="read, its own"),
        pytest.param(["statements/read"], "all", 200, 200, id="read, everything"),
        pytest.param(["all/read"], "all", 200, 200, id="all/read, everything"),
        pytest.param(["all"], "mine", 200, 404, id="all, its own"),
        pytest.param(["all"], "all", 200, 200, id="all, everything"),
        pytest.param(["statements/write"], "all", 403, 403, id="write only"),
        pytest.param(["statements/void"], "all", 403, 403, id="void only"),
    ],
)
def test_what_a_key_may_read(
    app: Flask, scopes: list[str], reads: str, own: int, foreign: int
) -> None:
    theirs = Lms(app, name="theirs").post(a_statement()).json[0]
    key = Lms(app, name="mine", scopes=["statements/write", *scopes], reads=reads)
    mine = key.post(a_statement()).json[0]
    assert key.get(statementId=mine).status_code == own
    assert key.get(statementId=theirs).status_code == foreign


@pytest.mark.parametrize(
    ("scopes", "status"),
    [
        pytest.param(["statements/write"], 200, id="write"),
        pytest.param(["all"], 200, id="all"),
        pytest.param(["statements/read"], 403, id="read"),
        pytest.param(["all/read"], 403, id="all/read"),
        pytest.param(["statements/void"], 403, id="void"),
    ],
)
def test_what_a_key_may_write(app: Flask, scopes: list[str], status: int) -> None:
    key = Lms(app, scopes=scopes)
    statement = a_statement()
    assert key.post(statement).status_code == status
    assert key.put(statement, statement["id"]).status_code in (204, status)


def test_a_refused_key_is_told_which_scope_it_needs(app: Flask) -> None:
    answer = Lms(app, scopes=["statements/read"]).post(a_statement())
    assert "statements/write" in answer.json["error"]
