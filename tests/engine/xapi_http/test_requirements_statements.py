"""Statements in and out over HTTP, where the other tests leave a requirement of the standard."""

from __future__ import annotations

import json
import re
import uuid
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
from factories import a_statement
from flask import Flask
from requirement_samples import MAKERS, SERVER, SPOKEN_IN, WHOLE
from xapi_making import STATEMENTS, Lms
from xapi_samples import WEBINAR, planned, put, short

from engine.pipeline import reader
from xapi import text
from xapi.vocabulary import VOIDED

SID = "8f87ccde-bb56-4c2e-ab83-44982ef22df0"


@pytest.fixture(params=["1.0.3", "2.0.0"])
def lms(app: Flask, request: pytest.FixtureRequest) -> Lms:
    return Lms(app, request.param)


def stored(lms: Lms, statement: Any) -> Any:
    """A statement as it comes back after a POST."""
    answer = lms.post(statement)
    assert answer.status_code == 200, answer.data
    return lms.get(statementId=answer.json[0]).json


def sent(statement: Any) -> Any:
    """What a client says in a statement, without what the record store says."""
    return {name: value for name, value in statement.items() if name not in SERVER}


# What comes back.


@pytest.mark.parametrize(("name", "version"), SPOKEN_IN)
def test_exact_is_what_was_sent(app: Flask, name: str, version: str) -> None:
    statement = MAKERS[name]() | {"timestamp": "2026-03-19T14:05:00.123Z"}
    assert sent(stored(Lms(app, version), statement)) == sent(statement)


@pytest.mark.parametrize("name", WHOLE)
def test_ids_are_found_again_as_statements(lms: Lms, name: str) -> None:
    kept = stored(lms, MAKERS[name]())
    [bare] = lms.get(format="ids").json["statements"]
    assert bare["id"] == kept["id"]
    assert lms.post(sent(bare)).status_code == 200


def test_no_character_is_lost(lms: Lms) -> None:
    spoken = {"ja": "参加した", "es": "asistió", "und": "😀 \u0000 \u2028 é e\u0301"}
    statement = a_statement() | {"verb": {"id": "urn:x:é/参", "display": spoken}}
    assert stored(lms, statement)["verb"] == statement["verb"]
    answer = lms.get(verb="urn:x:é/参")
    assert text.parse(answer.data)["statements"][0]["verb"]["display"] == spoken


@pytest.mark.parametrize("number", ["0.12123434", "-7.0E-45", "3.4028235e38", "1e-7", "0.1"])
def test_no_decimal_is_rounded(lms: Lms, number: str) -> None:
    body = text.dump(a_statement(result={"score": {"raw": 7}})).replace(b"7}", b"%s}")
    lms.post(body % number.encode())
    [kept] = json.loads(lms.get().data, parse_float=Decimal)["statements"]
    assert kept["result"]["score"]["raw"] == Decimal(number)


@pytest.mark.parametrize("method", ["POST", "PUT"])
@pytest.mark.parametrize("value", [None, "", {}, [], {"": [None]}])
def test_an_extension_comes_back_whatever_it_is(lms: Lms, method: str, value: Any) -> None:
    extensions = {"urn:x:ext": value}
    body = text.dump(a_statement(id=SID, result={"extensions": extensions}))
    asked = {"statementId": SID} if method == "PUT" else {}
    assert lms.send(method, STATEMENTS, data=body, query_string=asked).status_code in (200, 204)
    assert lms.get(statementId=SID).json["result"]["extensions"] == extensions


@pytest.mark.parametrize("name", ["parent", "grouping", "category", "other"])
def test_a_single_context_activity_comes_back_in_an_array(lms: Lms, name: str) -> None:
    single = {"contextActivities": {name: WEBINAR}}
    outer = stored(lms, put(short(), "context", single))
    inner = stored(lms, put(planned(), "object.context", single))
    assert (
        outer["context"] == inner["object"]["context"] == {"contextActivities": {name: [WEBINAR]}}
    )


@pytest.mark.parametrize("time", ["2026-03-19T14:05:00.123Z", "2026-03-19T14:05:00.123456789Z"])
def test_a_timestamp_keeps_its_digits(lms: Lms, time: str) -> None:
    assert stored(lms, a_statement(timestamp=time))["timestamp"] == time


def test_a_timestamp_of_another_zone_is_the_same_instant(app: Flask) -> None:
    statement = a_statement(timestamp="2026-03-19T14:05:00.100-04:00")
    assert stored(Lms(app, "1.0.3"), statement)["timestamp"] == statement["timestamp"]
    del statement["id"]
    assert stored(Lms(app, "2.0.0"), statement)["timestamp"] == "2026-03-19T18:05:00.100Z"


def test_stored_is_exact_to_the_millisecond_at_least(lms: Lms) -> None:
    found = stored(lms, a_statement(stored="2001-01-01T00:00:00.000Z"))["stored"]
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3,}Z", found)
    assert found > "2026"


@pytest.mark.parametrize(
    ("spoken", "version"),
    [
        ("1.0.3", "1.0"),
        ("1.0.3", "1.0.0"),
        ("1.0.3", "1.0.9"),
        ("2.0.0", "1.0.3"),
        ("2.0.0", "2.0.0"),
    ],
)
def test_a_statement_keeps_the_version_it_came_with(app: Flask, spoken: str, version: str) -> None:
    assert stored(Lms(app, spoken), a_statement(version=version))["version"] == version


def test_a_statement_without_id_gets_one_that_finds_it(lms: Lms) -> None:
    statement = short()
    [first], [second] = lms.post(statement).json, lms.post(statement).json
    assert uuid.UUID(first) != uuid.UUID(second)
    assert lms.get(statementId=first).json["id"] == first


def test_a_statement_gets_the_authority_of_its_key(app: Flask) -> None:
    one, other = Lms(app, name="one"), Lms(app, name="other")
    authorities = [stored(client, short())["authority"] for client in (one, other, one)]
    assert authorities[0] == authorities[2] != authorities[1]
    assert authorities[0]["objectType"] == "Agent"


def test_an_iri_is_compared_letter_by_letter(lms: Lms) -> None:
    spellings = ["http://example.org/A", "http://example.org/a", "http://example.org/%61"]
    lms.post([a_statement(thing=iri) for iri in spellings])
    found = [lms.get(activity=iri).json["statements"] for iri in spellings]
    assert [[one["object"]["id"] for one in page] for page in found] == [[iri] for iri in spellings]


def test_an_answer_of_statements_has_two_members(lms: Lms) -> None:
    lms.post([a_statement() for _ in range(3)])
    first = lms.get(limit="2").json
    assert first.keys() == lms.get(first["more"]).json.keys() == {"statements", "more"}
    assert lms.get(verb="urn:x:nothing").json == {"statements": [], "more": ""}


# What is refused.


@pytest.mark.parametrize(
    ("path", "value"),
    [
        pytest.param("actor", {"mbox": "anna"}, id="actor"),
        pytest.param("verb.id", "attended", id="verb"),
        pytest.param("object.id", "webinar", id="object"),
        pytest.param("result", {"score": {"scaled": 2}}, id="result"),
        pytest.param("context", {"platform": None}, id="context"),
        pytest.param("timestamp", "now", id="timestamp"),
        pytest.param("version", "0.9", id="version"),
        pytest.param("more", 1, id="unknown key"),
    ],
)
def test_put_is_as_strict_as_post(lms: Lms, path: str, value: Any) -> None:
    bad = put(short(), path, value)
    posted, stored_ = lms.post(bad), lms.put(bad, SID)
    assert (posted.status_code, stored_.status_code) == (400, 400)
    assert posted.json["path"] == stored_.json["path"]
    assert reader().count() == 0


@pytest.mark.parametrize("thing", [WEBINAR, {"objectType": "StatementRef", "id": "7"}])
def test_a_void_of_nothing_is_refused(lms: Lms, thing: dict[str, str]) -> None:
    assert lms.post(a_statement(verb=VOIDED, object=thing)).status_code == 400
    assert reader().count() == 0


def test_a_void_of_what_never_came_is_taken(lms: Lms) -> None:
    void = a_statement(verb=VOIDED, object={"objectType": "StatementRef", "id": SID})
    assert lms.post(void).status_code == 200
    assert lms.get(voidedStatementId=SID).status_code == 404


def test_a_void_is_not_voided(lms: Lms) -> None:
    first = a_statement(verb=VOIDED, object={"objectType": "StatementRef", "id": SID})
    second = a_statement(verb=VOIDED, object={"objectType": "StatementRef", "id": first["id"]})
    lms.post([first, second])
    assert lms.get(statementId=first["id"]).status_code == 200
    assert lms.get(voidedStatementId=first["id"]).status_code == 404


# Two at once.


def put_at_once(app: Flask, lms: Lms, statements: list[Any]) -> list[int]:
    """How writers who put statements under one id at the same time are answered."""

    def send(statement: Any) -> int:
        body = text.dump(statement)
        asked = {"statementId": SID}
        return (
            app.test_client()
            .put(STATEMENTS, headers=lms.headers, data=body, query_string=asked)
            .status_code
        )

    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(send, statements))


def test_one_of_many_with_one_id_is_stored(app: Flask, lms: Lms) -> None:
    different = [a_statement(id=SID, thing=f"urn:x:{number}") for number in range(16)]
    assert sorted(put_at_once(app, lms, different)) == [204] + [409] * 15
    assert reader().count() == 1


def test_the_same_from_many_is_no_conflict(app: Flask, lms: Lms) -> None:
    assert set(put_at_once(app, lms, [a_statement(id=SID)] * 16)) == {204}
    assert reader().count() == 1
