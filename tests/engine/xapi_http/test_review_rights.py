"""What a key or token gets hold of by detours: nothing that it does not get on the straight way."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from attachment_making import attached, post_mixed
from factories import a_statement
from flask import Flask
from xapi_making import STATEMENTS, Lms

from xapi.vocabulary import VOIDED

SECRET = '{"mbox":"mailto:secret@example.org"}'


def a_reference(sid: str, **members: Any) -> dict[str, Any]:
    return a_statement(object={"objectType": "StatementRef", "id": sid}, **members)


def by_token(lms: Lms, scope: str) -> dict[str, str]:
    """A header with a token that has one scope of the key's."""
    form = {"grant_type": "client_credentials", "scope": scope}
    answer = lms.send("POST", "/xapi/oauth/token", without="Content-Type", data=form)
    return {"Authorization": f"Bearer {answer.json['access_token']}"}


@pytest.mark.parametrize("void_first", [True, False], ids=["void first", "target first"])
def test_a_token_without_the_right_voids_nothing_of_others(app: Flask, void_first: bool) -> None:
    mighty = Lms(app, scopes=["statements/write", "statements/void"])
    other, sid = Lms(app, name="other"), str(uuid.uuid4())
    token = by_token(mighty, "statements/write")
    sending = [
        lambda: mighty.post(a_reference(sid, verb=VOIDED), with_=token),
        lambda: other.post(a_statement(id=sid)),
    ]
    assert [send().status_code for send in sending[:: 1 if void_first else -1]] == [200, 200]
    assert other.get(statementId=sid).status_code == 200


def test_a_reference_does_not_tell_what_a_hidden_statement_is_about(app: Flask) -> None:
    other, spy = Lms(app, name="other"), Lms(app)
    hidden = a_statement("secret@example.org")
    other.post(hidden)
    spy.post(a_reference(hidden["id"]))
    assert spy.ids(agent=SECRET) == []


def test_a_hidden_statement_between_two_of_ones_own_does_not_join_them(app: Flask) -> None:
    other, spy = Lms(app, name="other"), Lms(app)
    below, between = a_statement("secret@example.org"), str(uuid.uuid4())
    spy.post(below)
    other.post(a_reference(below["id"], id=between))
    spy.post(a_reference(between))
    assert spy.ids(agent=SECRET) == [below["id"]]


def test_who_reads_everything_finds_through_references(app: Flask) -> None:
    other, operator = Lms(app, name="other"), Lms(app, scopes=["all"], reads="all")
    target = a_statement("secret@example.org")
    referrer = a_reference(target["id"])
    other.post([target, referrer])
    assert operator.ids(agent=SECRET) == [referrer["id"], target["id"]]


@pytest.mark.parametrize(
    ("path", "query"),
    [
        pytest.param("/xapi/about", {}, id="about"),
        pytest.param(STATEMENTS, {}, id="statements"),
        pytest.param(STATEMENTS, {"attachments": "true"}, id="with attachments"),
        pytest.param(STATEMENTS, {"limit": "-1"}, id="refusal"),
        pytest.param("/xapi/nowhere", {}, id="no resource"),
    ],
)
def test_no_answer_is_run_as_a_page(app: Flask, path: str, query: dict[str, str]) -> None:
    lms = Lms(app)
    post_mixed(lms, attached(b"<script>"), b"<script>")
    policy = lms.get(path, **query).headers["Content-Security-Policy"]
    assert policy == "default-src 'none'; sandbox"
