"""OAuth 2.0 client credentials: a key's name and secret for a token, and what a token may do."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from factories import a_statement
from flask import Flask
from werkzeug.test import TestResponse
from xapi_making import STATEMENTS, Lms

from engine.config import keyring
from engine.db import transaction
from engine.keyring import Keyring
from engine.lrs import keys
from engine.lrs.rights import Change
from engine.moments import now_us
from engine.pipeline import reader
from engine.xapi_http import oauth

TOKEN = "/xapi/oauth/token"
GRANT = {"grant_type": "client_credentials"}
HOUR_US = 3_600_000_000


@pytest.fixture
def lms(app: Flask) -> Lms:
    return Lms(app, scopes=["statements/write", "statements/read"], reads="all")


def ask(lms: Lms, path: str = TOKEN, **form: Any) -> TestResponse:
    """Ask for a token by Basic."""
    return lms.send("POST", path, without="Content-Type", data=GRANT | form)


def by(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def token_of(lms: Lms, **form: Any) -> str:
    """A token that was granted."""
    found: str = ask(lms, **form).json["access_token"]
    return found


@pytest.mark.parametrize("path", [TOKEN, "/oauth/token", "/xAPI/OAuth/token", TOKEN + "/"])
def test_a_key_is_changed_for_a_token(lms: Lms, path: str) -> None:
    answer = ask(lms, path)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json | {"access_token": ""} == {
        "access_token": "",
        "token_type": "Bearer",
        "expires_in": 3600,
        "scope": "statements/read statements/write",
    }


def test_the_key_may_stand_in_the_form(app: Flask, lms: Lms) -> None:
    form = GRANT | {"client_id": lms.key.key, "client_secret": lms.key.secret}
    assert app.test_client().post(TOKEN, data=form).json["token_type"] == "Bearer"


def test_the_name_may_stand_in_the_form_beside_basic(lms: Lms) -> None:
    assert ask(lms, client_id=lms.key.key).status_code == 200


def test_a_token_writes_and_reads_what_its_key_does(lms: Lms) -> None:
    sent = by(token_of(lms))
    statement = a_statement()
    assert lms.post(statement, with_=sent).status_code == 200
    assert lms.send("GET", STATEMENTS, with_=sent).json["statements"][0]["id"] == statement["id"]


def test_the_scheme_is_read_in_any_case(lms: Lms) -> None:
    sent = {"Authorization": f"bearer {token_of(lms)}"}
    assert lms.send("GET", STATEMENTS, with_=sent).status_code == 200


def test_a_token_signs_as_its_key(app: Flask, lms: Lms) -> None:
    lms.post(a_statement())
    lms.post(a_statement(), with_=by(token_of(lms)))
    by_key, by_token = (s["authority"] for s in lms.get().json["statements"])
    assert by_key == by_token


def test_a_scope_narrows_the_token(lms: Lms) -> None:
    granted = ask(lms, scope="statements/write").json
    assert granted["scope"] == "statements/write"
    sent = by(granted["access_token"])
    assert lms.post(a_statement(), with_=sent).status_code == 200
    assert lms.send("GET", STATEMENTS, with_=sent).status_code == 403


def test_a_token_without_the_scope_is_told_so(lms: Lms) -> None:
    sent = by(token_of(lms, scope="statements/write"))
    answer = lms.send("GET", STATEMENTS, with_=sent)
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="xAPI", error="insufficient_scope"'


def test_a_key_without_the_scope_is_asked_for_nothing(app: Flask) -> None:
    answer = Lms(app, scopes=["statements/write"]).get()
    assert answer.status_code == 403
    assert "WWW-Authenticate" not in answer.headers


def test_a_token_for_its_own_reads_its_own(app: Flask, lms: Lms) -> None:
    Lms(app).post(a_statement())
    sent = by(token_of(lms, scope="statements/read/mine"))
    assert lms.send("GET", STATEMENTS, with_=sent).json["statements"] == []


def test_a_token_of_a_key_for_all_may_be_for_less(app: Flask) -> None:
    everything = Lms(app, scopes=["all"], reads="all")
    assert ask(everything, scope="state profile").json["scope"] == "profile state"


def test_a_token_without_the_right_to_void_voids_nothing_of_others(app: Flask) -> None:
    statement = a_statement()
    Lms(app).post(statement)
    voider = Lms(app, scopes=["statements/write", "statements/void", "all/read"], reads="all")
    voiding = a_statement(verb="http://adlnet.gov/expapi/verbs/voided")
    voiding["object"] = {"objectType": "StatementRef", "id": statement["id"]}
    sent = by(token_of(voider, scope="statements/write"))
    assert voider.post(voiding, with_=sent).status_code == 200
    assert voider.get(statementId=statement["id"]).status_code == 200


@pytest.mark.parametrize(
    ("form", "status", "code"),
    [
        pytest.param({"grant_type": ""}, 400, "invalid_request", id="no grant type"),
        pytest.param({"grant_type": "password"}, 400, "unsupported_grant_type", id="another"),
        pytest.param({"scope": "statements/void"}, 400, "invalid_scope", id="more than the key"),
        pytest.param({"scope": "statements/write all"}, 400, "invalid_scope", id="partly more"),
        pytest.param({"scope": "nonsense"}, 400, "invalid_scope", id="no scope"),
        pytest.param({"scope": ["a", "b"]}, 400, "invalid_request", id="a parameter twice"),
        pytest.param({"client_id": "x"}, 400, "invalid_request", id="another name"),
        pytest.param({"client_secret": "x"}, 400, "invalid_request", id="the secret twice"),
        pytest.param({"scope": "x" * 20_000}, 413, "invalid_request", id="too large"),
    ],
)
def test_a_wrong_request_for_a_token_is_named(
    lms: Lms, form: dict[str, Any], status: int, code: str
) -> None:
    answer = ask(lms, **form)
    assert (answer.status_code, answer.json["error"]) == (status, code)
    assert answer.json["error_description"]
    assert answer.headers["Cache-Control"] == "no-store"


def test_an_empty_scope_is_none(lms: Lms) -> None:
    assert ask(lms, scope="").json["scope"] == "statements/read statements/write"


def test_a_request_that_is_no_form_is_refused(lms: Lms) -> None:
    answer = lms.send("POST", TOKEN, data=b'{"grant_type": "client_credentials"}')
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_request")


@pytest.mark.parametrize(
    "authorization",
    [
        pytest.param("", id="none"),
        pytest.param("Basic !!!", id="no base64"),
        pytest.param("Basic " + base64.b64encode(b"nobody:x").decode(), id="an unknown key"),
        pytest.param("Bearer abc", id="a token"),
    ],
)
def test_a_stranger_gets_no_token(app: Flask, authorization: str) -> None:
    sent = {"Authorization": authorization}
    answer = app.test_client().post(TOKEN, data=GRANT, headers=sent)
    assert (answer.status_code, answer.json["error"]) == (401, "invalid_client")
    assert answer.headers["WWW-Authenticate"].startswith("Basic ")


def test_a_token_is_not_asked_for_by_get(lms: Lms) -> None:
    assert lms.send("GET", TOKEN).status_code == 405


def is_refused(answer: TestResponse) -> bool:
    """Whether a token is refused as RFC 6750 says."""
    challenges = answer.headers.getlist("WWW-Authenticate")
    return answer.status_code == 401 and 'Bearer realm="xAPI", error="invalid_token"' in challenges


@pytest.mark.parametrize(
    "token",
    [
        pytest.param("", id="none"),
        pytest.param("abc", id="nonsense"),
        pytest.param("WzEsMiwzXQ.abc", id="not signed"),
        pytest.param("é", id="no ascii"),
        pytest.param("." * 50_000, id="long"),
    ],
)
def test_what_is_no_token_is_refused(lms: Lms, token: str) -> None:
    assert is_refused(lms.send("GET", STATEMENTS, with_=by(token)))


def test_a_token_of_another_installation_is_refused(app: Flask, lms: Lms) -> None:
    token = token_of(lms)
    app.extensions["byway.keyring"] = Keyring(bytes(32))
    assert is_refused(lms.send("GET", STATEMENTS, with_=by(token)))


def test_a_changed_token_is_refused(lms: Lms) -> None:
    token = token_of(lms)
    changed = ("X" if token[0] != "X" else "Y") + token[1:]
    assert is_refused(lms.send("GET", STATEMENTS, with_=by(changed)))


def test_a_token_ends_after_its_hour(lms: Lms) -> None:
    caller = keys.authenticate(lms.key.key, lms.key.secret)
    token = oauth.issue(caller, now_us() // 1_000_000)
    assert is_refused(lms.send("GET", STATEMENTS, with_=by(token)))


def test_a_token_ends_with_its_key(lms: Lms) -> None:
    token = token_of(lms)
    with transaction():
        keys.revoke(lms.key.key)
    assert is_refused(lms.send("GET", STATEMENTS, with_=by(token)))


def test_a_token_shrinks_with_its_key(lms: Lms) -> None:
    token = token_of(lms)
    with transaction():
        keys.change(lms.key.key, Change(scopes=("statements/write",)))
    assert lms.send("GET", STATEMENTS, with_=by(token)).status_code == 403


def test_a_token_for_less_than_it_asks_stores_nothing(lms: Lms) -> None:
    sent = by(token_of(lms, scope="statements/read"))
    assert lms.post(a_statement(), with_=sent).status_code == 403
    assert reader().count() == 0


def test_tokens_are_signed_with_a_key_of_their_own(app: Flask) -> None:
    assert keyring().derive("access tokens") != app.config["SECRET_KEY"]
