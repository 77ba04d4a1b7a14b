"""POST /api/v1/statements/bulk: an answer for each statement; a bad row spoils no other."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import pytest
from factories import a_statement, headers
from flask import Flask
from werkzeug.test import TestResponse
from xapi_making import Lms

from engine import db as database
from engine import intake
from engine.api import hookimpl
from engine.db import db, transaction
from engine.lrs.backends import backend_of
from engine.lrs.models import Origin
from engine.pipeline import reader
from engine.rest import statements as rest
from xapi import text
from xapi.walk import walk

BULK = "/api/v1/statements/bulk"
NDJSON = {"Content-Type": "application/x-ndjson"}
BAD = {"actor": {"mbox": "bo@example.org"}}


@pytest.fixture
def lms(app: Flask) -> Lms:
    """A client of version 2.0."""
    return Lms(app, "2.0.0")


def send(lms: Lms, *statements: Any, **more: Any) -> TestResponse:
    """POST statements as an array."""
    return lms.post(list(statements), BULK, **more)


def outcomes(answer: TestResponse) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [one["outcome"] for one in answer.json["results"]]


def changed(statement: dict[str, Any]) -> dict[str, Any]:
    """Another statement under the same id."""
    return a_statement(thing="https://events.example.org/other", id=statement["id"])


def without_id(**members: Any) -> dict[str, Any]:
    return {name: part for name, part in a_statement(**members).items() if name != "id"}


def test_sound_statements_are_stored(lms: Lms) -> None:
    one, two = a_statement(), a_statement()
    assert send(lms, one, two).json == {
        "stored": 2,
        "known": 0,
        "refused": 0,
        "conflict": 0,
        "results": [
            {"index": 0, "id": one["id"], "outcome": "stored"},
            {"index": 1, "id": two["id"], "outcome": "stored"},
        ],
    }
    assert set(lms.ids()) == {one["id"], two["id"]}


def test_statement_without_id_gets_one(lms: Lms) -> None:
    [result] = send(lms, without_id()).json["results"]
    assert lms.ids() == [result["id"]]


def test_bad_row_spoils_no_other(lms: Lms) -> None:
    answer = send(lms, a_statement(), a_statement(**BAD), a_statement())
    assert outcomes(answer) == ["stored", "refused", "stored"]
    assert reader().count() == 2


def test_refused_row_has_place_rule_clause_fix_and_example(lms: Lms) -> None:
    error = send(lms, a_statement(), a_statement(**BAD)).json["results"][1]["error"]
    assert error["error"].startswith("Expected mailto:")
    assert (error["path"], error["clause"]) == ("$.actor.mbox", "IEEE 9274.1.1 4.2.2.1")
    assert error["fix"]
    assert walk(error["example"], version="2.0.0")


def test_refused_row_keeps_the_id_it_came_with(lms: Lms) -> None:
    bad = a_statement(**BAD)
    assert send(lms, bad).json["results"][0]["id"] == bad["id"]


@pytest.mark.parametrize("row", [None, 5, "x", [], {}, {"id": 5}], ids=str)
def test_what_is_no_statement_is_refused_in_its_row(lms: Lms, row: Any) -> None:
    answer = send(lms, row, a_statement())
    assert outcomes(answer) == ["refused", "stored"]
    assert answer.json["results"][0]["id"] is None


def test_known_statement_is_known(lms: Lms) -> None:
    one = a_statement()
    send(lms, one)
    assert outcomes(send(lms, one, a_statement())) == ["known", "stored"]


def test_contradiction_is_told_in_its_row_alone(lms: Lms) -> None:
    one = a_statement()
    send(lms, one)
    answer = send(lms, a_statement(), changed(one), a_statement())
    assert outcomes(answer) == ["stored", "conflict", "stored"]
    assert "already stored with other content" in answer.json["results"][1]["error"]["error"]


def test_repeated_id_is_known_or_a_conflict(lms: Lms) -> None:
    one = a_statement()
    assert outcomes(send(lms, one, one, changed(one))) == ["stored", "known", "conflict"]


def test_more_than_a_portion_is_stored(lms: Lms) -> None:
    rows = [a_statement() for _ in range(intake.PORTION + 1)]
    assert send(lms, *rows).json["stored"] == len(rows)


def test_nothing_is_nothing(lms: Lms) -> None:
    assert send(lms).json["results"] == []


# What it is sent as.


def test_json_lines_are_taken(lms: Lms) -> None:
    body = b"\n".join(text.dump(one) for one in (a_statement(), BAD, a_statement()))
    assert outcomes(lms.post(body, BULK, with_=NDJSON)) == ["stored", "refused", "stored"]


def test_line_that_is_no_json_is_refused_in_its_row(lms: Lms) -> None:
    body = text.dump(a_statement()) + b"\n{\n" + text.dump(a_statement())
    assert outcomes(lms.post(body, BULK, with_=NDJSON)) == ["stored", "refused", "stored"]


def test_repeated_key_is_refused_in_its_row(lms: Lms) -> None:
    body = b"[" + text.dump(a_statement()) + b',{"id":1,"id":2},' + text.dump(a_statement()) + b"]"
    assert outcomes(lms.post(body, BULK)) == ["stored", "refused", "stored"]


def test_one_statement_alone_is_taken(lms: Lms) -> None:
    assert outcomes(lms.post(a_statement(), BULK)) == ["stored"]


def test_packed_body_is_taken(lms: Lms) -> None:
    body = gzip.compress(text.dump([a_statement()]))
    assert outcomes(lms.post(body, BULK, with_={"Content-Encoding": "gzip"})) == ["stored"]


@pytest.mark.parametrize(
    ("body", "with_", "status"),
    [
        pytest.param(b"[]", {"Content-Type": "text/plain"}, 415, id="plain text"),
        pytest.param(b"", {}, 400, id="no body"),
        pytest.param(b"rubbish", {}, 400, id="no JSON"),
        pytest.param(b"5", {}, 400, id="a number"),
        pytest.param(b"[]", {"Content-Encoding": "gzip"}, 400, id="said to be packed"),
        pytest.param(b"[]", {"Content-Encoding": "br"}, 415, id="packed otherwise"),
        pytest.param(b"[]", {"X-Experience-API-Version": "0.9"}, 400, id="unknown version"),
    ],
)
def test_what_cannot_be_read_is_refused_whole(
    lms: Lms, body: bytes, with_: dict[str, str], status: int
) -> None:
    answer = lms.post(body, BULK, with_=with_)
    assert (answer.status_code, bool(answer.json["error"])) == (status, True)


def test_parameters_are_refused(lms: Lms) -> None:
    answer = lms.post([], f"{BULK}?statementId=1")
    assert (answer.status_code, answer.json["parameter"]) == (400, "statementId")


def test_more_than_are_taken_at_once_are_refused(lms: Lms, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rest, "MOST", 2)
    assert send(lms, *(a_statement() for _ in range(3))).status_code == 413
    assert reader().count() == 0


def test_a_body_that_is_too_large_is_refused(lms: Lms, app: Flask) -> None:
    app.config["MAX_CONTENT_LENGTH"] = 100
    assert send(lms, a_statement()).status_code == 413


# Versions.


@pytest.mark.parametrize(
    ("version", "outcome"),
    [
        pytest.param(None, "stored", id="none"),
        pytest.param("2.0.0", "stored", id="newer"),
        pytest.param("1.0.3", "refused", id="older"),
    ],
)
def test_rules_are_those_of_the_version_named(lms: Lms, version: str | None, outcome: str) -> None:
    lms.headers.pop("X-Experience-API-Version")
    lms.headers |= {"X-Experience-API-Version": version} if version else {}
    assert outcomes(send(lms, a_statement(context={"contextAgents": []}))) == [outcome]


@pytest.mark.parametrize(
    ("version", "label"), [("1.0.3", "1.0.0"), ("2.0.0", "2.0.0")], ids=["older", "newer"]
)
def test_statement_is_labelled_with_its_version(lms: Lms, version: str, label: str) -> None:
    send(lms, a_statement(), with_={"X-Experience-API-Version": version})
    assert lms.get().json["statements"][0]["version"] == label


# Attachments and what is sent twice.


@pytest.mark.parametrize(
    ("more", "outcome"),
    [
        pytest.param({"fileUrl": "https://example.org/c.pdf"}, "stored", id="with an address"),
        pytest.param({}, "refused", id="without bytes"),
    ],
)
def test_attachment_needs_an_address(lms: Lms, more: dict[str, str], outcome: str) -> None:
    attachment = {
        "usageType": "http://example.org/attachments/certificate",
        "display": {"en": "Certificate"},
        "contentType": "application/pdf",
        "length": 27,
        "sha2": "0" * 64,
    }
    assert outcomes(send(lms, a_statement(attachments=[attachment | more]))) == [outcome]


def test_key_that_dedupes_stores_content_once(lms: Lms) -> None:
    with transaction() as session:
        session.get_one(Origin, lms.key.origin).dedupe = True
    bare = without_id()
    answers = [send(lms, bare, bare), send(lms, bare)]
    assert [outcomes(one) for one in answers] == [["stored", "known"], ["known"]]


# Who may.


def test_without_a_key_nothing_is_read(app: Flask) -> None:
    answer = app.test_client().post(BULK, json=[])
    assert (answer.status_code, "Basic" in answer.headers["WWW-Authenticate"]) == (401, True)


def test_wrong_secret_is_refused(lms: Lms) -> None:
    lms.headers |= headers(lms.key.__class__(key=lms.key.key, secret="x", origin=0))
    assert send(lms).status_code == 401


def test_key_that_may_not_write_is_refused(app: Flask) -> None:
    reading = Lms(app, scopes=["statements/read"])
    assert send(reading, a_statement()).status_code == 403
    assert reader().count() == 0


def test_token_opens_it_too(lms: Lms) -> None:
    form = {"grant_type": "client_credentials"}
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    token = lms.send("POST", "/xapi/oauth/token", data=form, with_=kind).json["access_token"]
    bearer = {"Authorization": f"Bearer {token}"}
    assert outcomes(send(lms, a_statement(), with_=bearer)) == ["stored"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        pytest.param("GET", BULK, 405, id="another method"),
        pytest.param("POST", "/api/v1/nothing", 404, id="another path"),
    ],
)
def test_what_is_not_there_is_told_in_json(lms: Lms, method: str, path: str, status: int) -> None:
    answer = lms.send(method, path)
    assert (answer.status_code, bool(answer.json["error"])) == (status, True)


# When the record store becomes busy half-way.


class Blocker:
    """A plugin that keeps others from writing as soon as the first statements are stored."""

    def __init__(self) -> None:
        self.held = ExitStack()

    @hookimpl
    def statements_stored(self, statements: list[dict[str, Any]]) -> None:
        backend = backend_of(db.engine)
        backend.locked(self.held.enter_context(backend.appending(alone=False)))


@pytest.mark.both_databases
def test_what_was_not_stored_any_more_says_so(
    make_app: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "WAIT_MS", 50)
    monkeypatch.setattr(intake, "PORTION", 1)
    blocker = Blocker()
    with make_app([("blocker", blocker)]).app_context() as context, blocker.held:
        answer = send(Lms(context.app, "2.0.0"), a_statement(), a_statement())
    assert outcomes(answer) == ["stored", "refused"]
    assert "busy" in answer.json["results"][1]["error"]["error"]
