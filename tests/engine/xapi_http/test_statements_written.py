"""POST and PUT of statements (xAPI 1.0.3 Communication 2.1.1, 2.1.2)."""

from __future__ import annotations

import uuid
from typing import Any

import orjson
import pytest
from factories import a_statement
from flask import Flask
from xapi_making import STATEMENTS, Lms

from engine.pipeline import reader
from xapi.vocabulary import VOIDED

pytestmark = pytest.mark.both_databases


@pytest.fixture
def lms(app: Flask) -> Lms:
    return Lms(app)


def without_id(**members: Any) -> dict[str, Any]:
    statement = a_statement(**members)
    del statement["id"]
    return statement


def test_one_statement_is_answered_with_its_id_in_an_array(lms: Lms) -> None:
    statement = a_statement()
    answer = lms.post(statement)
    assert (answer.status_code, answer.json) == (200, [statement["id"]])
    assert answer.content_type == "application/json"


def test_ids_come_back_in_the_order_sent_known_ones_too(lms: Lms) -> None:
    known = a_statement()
    lms.post(known)
    batch = [a_statement(), known, without_id(), a_statement()]
    answer = lms.post(batch)
    assert answer.status_code == 200
    assert [answer.json[at] for at in (0, 1, 3)] == [batch[at]["id"] for at in (0, 1, 3)]
    assert str(uuid.UUID(answer.json[2])) == answer.json[2]
    assert lms.ids(ascending="true")[1:] == [answer.json[at] for at in (0, 2, 3)]


def test_an_id_in_capitals_comes_back_as_sent_and_is_the_same_id(lms: Lms) -> None:
    sid = str(uuid.uuid4())
    assert lms.post(a_statement(id=sid.upper())).json == [sid.upper()]
    assert lms.get(statementId=sid).json["id"] == sid.upper()


def test_an_empty_array_is_no_mistake(lms: Lms) -> None:
    answer = lms.post([])
    assert (answer.status_code, answer.json) == (200, [])


def test_what_was_sent_is_given_back_with_the_servers_fields(lms: Lms) -> None:
    statement = a_statement(
        authority={"mbox": "mailto:somebody@example.org"},
        stored="2001-01-01T00:00:00Z",
        result={"extensions": {"https://x.example/e": {"a": None, "b": [1.50, 10**30]}}},
    )
    lms.post(statement)
    kept = lms.get(statementId=statement["id"]).json
    assert kept["result"] == statement["result"]
    assert kept["authority"]["account"]["homePage"] == "http://byway.example"
    assert kept["stored"] > "2020"


@pytest.mark.parametrize(
    ("spoken", "given"), [("1.0.3", "1.0.0"), ("1.0.1", "1.0.0"), ("2.0.0", "2.0.0")]
)
def test_a_statement_without_version_gets_one(app: Flask, spoken: str, given: str) -> None:
    lms = Lms(app, spoken)
    sid = lms.post(a_statement()).json[0]
    assert lms.get(statementId=sid).json["version"] == given


@pytest.mark.parametrize(
    "number",
    [
        pytest.param("18446744073709551616", id="beyond 64 bit"),
        pytest.param("-9223372036854775809", id="below 64 bit"),
        pytest.param("9" * 200, id="200 digits"),
        pytest.param("0.1000000000000000055511151231257827", id="more than a double"),
        pytest.param("1E+400", id="beyond a double's range"),
    ],
)
def test_no_digit_of_a_number_is_lost(lms: Lms, number: str) -> None:
    sid = str(uuid.uuid4())
    plain = orjson.dumps(a_statement(id=sid, result={"extensions": {"urn:x:n": 7}}))
    body = plain.replace(b'"urn:x:n":7', b'"urn:x:n":' + number.encode())
    assert lms.post(body).status_code == 200
    assert number.encode() in lms.get(statementId=sid).data
    assert lms.post(body).status_code == 200


@pytest.mark.parametrize(
    ("body", "said"),
    [
        pytest.param(b"", "Expected JSON", id="nothing"),
        pytest.param(b'{"id":', "Expected JSON", id="cut off"),
        pytest.param(b"\xff\xfe{}", "UTF-8", id="not UTF-8"),
        pytest.param(b'{"a":1,"a":2}', '"a" occurs twice', id="a key twice"),
        pytest.param(b"[" * 5000 + b"]" * 5000, "nested", id="too deep"),
        pytest.param(b'{"a":NaN}', "NaN", id="not a number"),
        pytest.param(b'{"a":"\\ud800"}', "surrogate", id="half a character"),
        pytest.param(b'"statement"', "object", id="a text"),
        pytest.param(b"[7]", "object", id="a number in the batch"),
        pytest.param(b"[[]]", "object", id="a batch in the batch"),
        pytest.param(b"null", "object", id="null"),
    ],
)
def test_a_body_that_is_no_statement_is_refused(lms: Lms, body: bytes, said: str) -> None:
    answer = lms.post(body)
    assert answer.status_code == 400
    assert said in answer.json["error"]
    assert answer.json["fix"]
    assert reader().count() == 0


def test_one_bad_statement_refuses_the_batch_and_is_named(lms: Lms) -> None:
    bad = a_statement(verb="attended")
    bad["verb"] = {"id": "attended"}
    answer = lms.post([a_statement(), bad])
    assert answer.status_code == 400
    assert answer.json["path"] == "$[1].verb.id"
    assert answer.json["clause"]
    assert reader().count() == 0


def test_an_id_twice_in_a_batch_is_refused(lms: Lms) -> None:
    statement = a_statement()
    answer = lms.post([statement, statement])
    assert (answer.status_code, answer.json["path"]) == (400, "$[1].id")
    assert reader().count() == 0


def test_a_known_id_with_other_content_is_a_conflict_and_stores_nothing(lms: Lms) -> None:
    statement = a_statement()
    lms.post(statement)
    other = a_statement(id=statement["id"], thing="https://events.example.org/other")
    answer = lms.post([a_statement(), other])
    assert answer.status_code == 409
    assert statement["id"] in answer.json["error"]
    assert lms.ids() == [statement["id"]]


def test_post_takes_no_parameters(lms: Lms) -> None:
    answer = lms.post(a_statement(), query_string={"statementId": str(uuid.uuid4())})
    assert (answer.status_code, answer.json["parameter"]) == (400, "statementId")


def test_put_stores_under_the_id_in_the_address(lms: Lms) -> None:
    sid = str(uuid.uuid4())
    answer = lms.put(without_id(), sid)
    assert (answer.status_code, answer.data) == (204, b"")
    assert lms.get(statementId=sid).json["id"] == sid


def test_the_same_put_again_is_silent(lms: Lms) -> None:
    statement = a_statement()
    assert lms.put(statement, statement["id"]).status_code == 204
    before = lms.get(statementId=statement["id"]).data
    assert lms.put(statement, statement["id"]).status_code == 204
    assert lms.get(statementId=statement["id"]).data == before
    assert reader().count() == 1


def test_another_put_is_a_conflict_and_changes_nothing(lms: Lms) -> None:
    statement = a_statement()
    lms.put(statement, statement["id"])
    before = lms.get(statementId=statement["id"]).data
    other = a_statement(id=statement["id"], email="ann@example.org")
    assert lms.put(other, statement["id"]).status_code == 409
    assert lms.get(statementId=statement["id"]).data == before


@pytest.mark.parametrize(
    "query",
    [
        pytest.param({}, id="no id"),
        pytest.param({"statementId": "7"}, id="not a UUID"),
        pytest.param({"statementid": str(uuid.uuid4())}, id="the wrong case"),
        pytest.param({"statementId": str(uuid.uuid4()), "format": "ids"}, id="something more"),
        pytest.param({"voidedStatementId": str(uuid.uuid4())}, id="another id"),
    ],
)
def test_put_needs_exactly_a_statement_id(lms: Lms, query: dict[str, str]) -> None:
    body = orjson.dumps(without_id())
    answer = lms.send("PUT", STATEMENTS, data=body, query_string=query)
    assert answer.status_code == 400
    assert reader().count() == 0


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param([a_statement()], id="an array"),
        pytest.param("statement", id="a text"),
        pytest.param(a_statement(), id="another id inside"),
        pytest.param({**a_statement(), "id": 7}, id="a number as id"),
    ],
)
def test_put_takes_one_statement_with_that_id(lms: Lms, statement: Any) -> None:
    assert lms.put(statement, str(uuid.uuid4())).status_code == 400
    assert reader().count() == 0


def test_a_void_hides_and_its_target_is_found_as_voided(lms: Lms) -> None:
    target = a_statement()
    lms.post(target)
    ref = {"objectType": "StatementRef", "id": target["id"]}
    void = a_statement(verb=VOIDED, object=ref)
    assert lms.post(void).status_code == 200
    assert lms.get(statementId=target["id"]).status_code == 404
    assert lms.get(voidedStatementId=target["id"]).json["id"] == target["id"]
    assert lms.ids() == [void["id"]]


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        pytest.param("application/json", 200, id="JSON"),
        pytest.param("application/json; charset=utf-8", 200, id="with charset"),
        pytest.param("Application/JSON", 200, id="in capitals"),
        pytest.param("text/plain", 400, id="text"),
        pytest.param("application/x-www-form-urlencoded", 400, id="a form"),
        pytest.param("multipart/mixed; boundary=abc", 400, id="multipart without parts"),
        pytest.param("multipart/form-data; boundary=abc", 400, id="form data"),
    ],
)
def test_the_content_type_says_json(lms: Lms, content_type: str, status: int) -> None:
    answer = lms.post(a_statement(), with_={"Content-Type": content_type})
    assert answer.status_code == status


def test_a_refused_content_type_is_named(lms: Lms) -> None:
    answer = lms.post(b"--abc--", with_={"Content-Type": "multipart/mixed; boundary=abc"})
    assert "multipart/mixed" in answer.json["error"]
    assert "application/json" in answer.json["fix"]


def test_a_missing_content_type_is_refused(lms: Lms) -> None:
    answer = lms.post(a_statement(), without="Content-Type")
    assert answer.status_code == 400
    assert "missing" in answer.json["error"]
