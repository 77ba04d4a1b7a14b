"""Open Badges 3.0: signed with a key anybody can fetch, as the schema wants; bad ones are told."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import os
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from factories import a_person
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import RSAKey
from jsonschema import Draft201909Validator, FormatChecker
from live_log import DATA, an_origin, answered, here, put
from publishing_making import (
    a_badge,
    a_learner,
    an_officer,
    asked,
    claims,
    confirmed,
    decided,
    path_of,
)
from sqlalchemy import select

from engine import profiles
from engine.competencies import frameworks
from engine.competencies.models import FrameworkRow
from engine.db import db, transaction
from engine.errors import Forbidden, Refused
from engine.people import service as people
from engine.publishing import badges, grants, keys
from engine.publishing.models import Grant, IssuerKey

DATA_FILES = Path(__file__).parents[2] / "data" / "credentials"
OURS = DATA_FILES / "open_badge_3.schema.json"
OFFICIAL = os.environ.get("BYWAY_TEST_OPEN_BADGE_SCHEMA", "")
"""1EdTech's own schema, which its licence lets everybody use and not everybody hand on."""


@pytest.fixture
def badge(app: Flask) -> Grant:
    return a_badge()


def token_of(row: Grant) -> str:
    assert row.token is not None
    return row.token


def test_a_badge_is_verified_with_the_key_that_anybody_fetches(app: Flask, badge: Grant) -> None:
    told = claims(app, token_of(badge))
    assert told["type"] == ["VerifiableCredential", "OpenBadgeCredential"]
    assert told["credentialSubject"]["achievement"]["achievementType"] == "Competency"


def test_its_kid_leads_to_the_key_itself(app: Flask, badge: Grant) -> None:
    header = json.loads(_unpacked(token_of(badge).split(".")[0]))
    assert set(header) == {"alg", "typ", "kid"}
    key = RSAKey.import_key(app.test_client().get(path_of(header["kid"])).json)
    assert jwt.decode(token_of(badge), key, algorithms=["RS256"]).claims["jti"]


def _unpacked(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


@pytest.mark.usefixtures("badge")
def test_what_anybody_fetches_holds_no_private_half(app: Flask) -> None:
    (key,) = app.test_client().get("/.well-known/jwks.json").json["keys"]
    assert set(key) == {"kty", "n", "e", "kid", "use", "alg"}


@pytest.mark.usefixtures("badge")
def test_the_private_half_is_kept_encrypted(app: Flask) -> None:
    (row,) = db.session.scalars(select(IssuerKey)).all()
    assert b'"d"' not in row.sealed
    assert row.sealed.startswith(b"gAAAA")


@pytest.mark.parametrize(
    "schema",
    [
        pytest.param(str(OURS), id="ours"),
        pytest.param(
            OFFICIAL,
            id="1EdTech's",
            marks=pytest.mark.skipif(not OFFICIAL, reason="needs BYWAY_TEST_OPEN_BADGE_SCHEMA"),
        ),
    ],
)
@pytest.mark.parametrize("lines", [0, 2], ids=["nothing shown", "two lines shown"])
def test_a_badge_is_valid_against_the_schema(app: Flask, schema: str, lines: int) -> None:
    validator = Draft201909Validator(
        json.loads(Path(schema).read_text(encoding="utf-8")), format_checker=FormatChecker()
    )
    told = claims(app, token_of(a_badge_with(lines)))
    assert [error.message for error in validator.iter_errors(told)] == []


def a_badge_with(lines: int) -> Grant:
    """A badge that names so many lines."""
    who = a_learner()
    decided()
    standing = here()
    assert standing is not None
    row = asked(who, shared=tuple(one.statement for one in standing.explain[:lines]))
    return confirmed(row, an_officer())


def empty_members(value: Any, path: str = "") -> Iterator[str]:
    """The places where nothing is said."""
    if value in (None, "", [], {}):
        yield path
    listed = enumerate(value) if isinstance(value, list) else ()
    for name, one in value.items() if isinstance(value, dict) else listed:
        yield from empty_members(one, f"{path}.{name}")


def test_nothing_in_it_is_empty(app: Flask, badge: Grant) -> None:
    assert list(empty_members(claims(app, token_of(badge)))) == []


def test_the_claims_say_the_credential_again(app: Flask, badge: Grant) -> None:
    told = claims(app, token_of(badge))
    assert told["iss"] == told["issuer"]["id"]
    assert told["jti"] == told["id"]
    assert told["sub"] == told["credentialSubject"]["id"]
    assert datetime.fromtimestamp(told["nbf"], UTC) == datetime.fromisoformat(told["validFrom"])
    assert datetime.fromtimestamp(told["exp"], UTC) == datetime.fromisoformat(told["validUntil"])


def test_it_says_the_level_by_the_scale(app: Flask, badge: Grant) -> None:
    subject = claims(app, token_of(badge))["credentialSubject"]
    (described,) = subject["achievement"]["resultDescription"]
    rungs = {one["id"]: one["level"] for one in described["rubricCriterionLevel"]}
    assert subject["result"][0]["resultDescription"] == described["id"]
    assert rungs[subject["result"][0]["achievedLevel"]] == str(badge.level)


def test_it_ends_on_the_day_the_level_would_fall(app: Flask, badge: Grant) -> None:
    until = datetime.fromisoformat(claims(app, token_of(badge))["validUntil"]).date()
    before, after = here(as_of=until - timedelta(days=1)), here(as_of=until)
    assert before is not None
    assert after is not None
    assert (before.level, after.level < badge.level) == (badge.level, True)


def test_her_address_is_a_hash_that_who_knows_it_can_compare(app: Flask, badge: Grant) -> None:
    told = claims(app, token_of(badge))
    (identity,) = told["credentialSubject"]["identifier"]
    digest = hashlib.sha256(f"bo@example.org{identity['salt']}".encode()).hexdigest()
    assert identity["identityHash"] == f"sha256${digest}"
    assert "bo@example.org" not in json.dumps(told)
    assert "Bo Lund" not in json.dumps(told)


def test_only_lines_that_she_shares_are_in_it(app: Flask) -> None:
    told = claims(app, token_of(a_badge_with(1)))
    standing = here()
    assert standing is not None
    assert len(told["evidence"]) == 1
    assert told["evidence"][0]["id"].startswith("https://forum.example.org/t/")


def test_without_a_line_shared_there_is_no_evidence_in_it(app: Flask, badge: Grant) -> None:
    assert "evidence" not in claims(app, token_of(badge))


def test_it_is_aligned_with_the_competency(app: Flask, badge: Grant) -> None:
    achievement = claims(app, token_of(badge))["credentialSubject"]["achievement"]
    (alignment,) = achievement["alignment"]
    assert (alignment["targetUrl"], "targetType" in alignment) == (DATA, False)


def test_of_a_case_framework_the_alignment_says_so(app: Flask) -> None:
    row = db.session.scalars(select(FrameworkRow)).first()
    assert row is not None
    document = json.loads(json.dumps(row.document))
    for one in document["competencies"]:
        one["extra"] = {"case": {"identifier": str(uuid.uuid4())}}
    with transaction():
        frameworks.keep(document)
    achievement = claims(app, token_of(a_badge()))["credentialSubject"]["achievement"]
    assert achievement["alignment"][0]["targetType"] == "CFItem"


# ---- For whom there is one ---------------------------------------------------------------------


def test_a_level_below_the_one_decided_earns_none(app: Flask) -> None:
    decided(badge_level=4)
    with pytest.raises(Refused) as refusal:
        asked(a_learner())
    assert "Badges are issued from level 4 on" in refusal.value.why


def test_a_level_that_nobody_else_stands_behind_earns_none(app: Flask) -> None:
    decided()
    who = a_person("Bo Lund", "bo@example.org")
    put(an_origin("forum"), *(answered(thing=str(thing)) for thing in range(6)))
    profiles.catch_up()
    standing = here()
    assert standing is not None
    assert (standing.level > 0, standing.basis) == (True, "system")
    with pytest.raises(Refused) as refusal:
        asked(who)
    assert refusal.value.where == "badge"


def test_an_expert_alone_issues_none(app: Flask) -> None:
    decided()
    row = asked(a_learner())
    with pytest.raises(Forbidden):
        confirmed(row, an_officer(role="expert"))


def test_without_a_badge_the_level_can_still_be_confirmed(app: Flask) -> None:
    decided()
    row = confirmed(asked(a_learner()), an_officer(role="expert"), with_badge=False)
    assert (row.state, row.token) == ("confirmed", None)


def test_what_was_not_asked_for_is_not_issued(app: Flask) -> None:
    decided()
    assert confirmed(asked(a_learner(), wants_badge=False), an_officer()).token is None


def test_when_the_rules_became_stricter_meanwhile_none_is_issued(app: Flask) -> None:
    decided()
    row = asked(a_learner())
    decided(badge_level=4)
    with pytest.raises(Refused):
        confirmed(row, an_officer())
    assert grants.find(row.uid).state == "open"


# ---- Told apart --------------------------------------------------------------------------------


def state(token: str, **later: float) -> str:
    return grants.check_badge(token, datetime.now(UTC) + timedelta(**later)).state


def test_a_badge_that_holds_is_valid(badge: Grant) -> None:
    assert state(token_of(badge)) == "valid"


def test_spaces_and_line_ends_around_it_do_no_harm(badge: Grant) -> None:
    token = token_of(badge)
    assert state(f"  {token[:50]}\r\n{token[50:]}\n") == "valid"


def test_after_its_end_it_is_expired(badge: Grant) -> None:
    assert state(token_of(badge), days=20_000) == "expired"


def test_before_its_beginning_it_does_not_hold_yet(badge: Grant) -> None:
    assert state(token_of(badge), hours=-1) == "not-yet"


def test_taken_back_it_is_revoked(badge: Grant) -> None:
    grants.revoke(badge.uid, "The wrong learner.", by=officer())
    assert state(token_of(badge)) == "revoked"


def officer() -> Any:
    return people.who(people.get_person("odile@example.org"))


def test_changed_it_is_told_so(badge: Grant) -> None:
    header, body, signature = token_of(badge).split(".")
    changed = json.loads(_unpacked(body)) | {"name": "Level 9"}
    packed = base64.urlsafe_b64encode(json.dumps(changed).encode()).rstrip(b"=").decode()
    assert state(f"{header}.{packed}.{signature}") == "tampered"


def test_signed_by_somebody_else_it_is_foreign(badge: Grant) -> None:
    told = json.loads(_unpacked(token_of(badge).split(".")[1]))
    theirs = RSAKey.generate_key(2048)
    header = {"alg": "RS256", "kid": "https://else.example.org/keys/1"}
    assert state(jwt.encode(header, told, theirs)) == "foreign"


def test_signed_by_somebody_else_under_our_name_it_is_tampered(badge: Grant) -> None:
    header, body, _ = token_of(badge).split(".")
    told, theirs = json.loads(_unpacked(body)), RSAKey.generate_key(2048)
    assert state(jwt.encode(json.loads(_unpacked(header)), told, theirs)) == "tampered"


@pytest.mark.parametrize("algorithm", ["none", "HS256", "ES256"])
def test_another_algorithm_makes_it_no_badge_of_ours(badge: Grant, algorithm: str) -> None:
    header, body, signature = token_of(badge).split(".")
    other = json.dumps(json.loads(_unpacked(header)) | {"alg": algorithm}).encode()
    packed = base64.urlsafe_b64encode(other).rstrip(b"=").decode()
    assert state(f"{packed}.{body}.{signature}") in {"foreign", "tampered"}


@pytest.mark.usefixtures("badge")
def test_the_status_list_is_no_badge(app: Flask) -> None:
    assert state(app.test_client().get("/badges/status").text) == "foreign"


@pytest.mark.parametrize(
    "text", ["", "a.b", "é.é.é", "x" * 200_000, "a.b.c", "..", "e30.e30.e30", "W10.e30."]
)
@pytest.mark.usefixtures("badge")
def test_what_is_no_token_is_told_so(text: str) -> None:
    assert state(text) in {"unreadable", "foreign"}


def test_whatever_is_sent_is_judged(badge: Grant) -> None:
    token = token_of(badge)

    @given(st.integers(0, len(token) - 1), st.characters(codec="utf-8"))
    def changed(place: int, letter: str) -> None:
        found = grants.check_badge(token[:place] + letter + token[place + 1 :])
        assert found.state in {"valid", "tampered", "foreign", "unreadable"}

    changed()


# ---- Keys and the status list ------------------------------------------------------------------


def test_with_a_new_key_what_was_signed_before_still_holds(app: Flask, badge: Grant) -> None:
    address = keys.new_key()
    db.session.rollback()
    fetched = app.test_client().get("/.well-known/jwks.json").json["keys"]
    assert fetched[0]["kid"] == address
    assert len(fetched) == 2
    assert claims(app, token_of(badge))["jti"] == f"urn:uuid:{badge.uid}"


def test_a_new_key_signs_from_then_on(app: Flask, badge: Grant) -> None:
    address = keys.new_key()
    assert keys.signing_key()[0] == address


def test_the_first_key_is_made_once(app: Flask) -> None:
    assert keys.signing_key()[0] == keys.signing_key()[0]


def revoked_in(app: Flask, row: Grant) -> int:
    """The bit of a badge in the status list, read as a stranger reads it."""
    status = claims(app, token_of(row))["credentialStatus"]
    listed = claims(app, app.test_client().get(path_of(status["statusListCredential"])).text)
    packed = listed["credentialSubject"]["encodedList"]
    assert packed.startswith("u")
    bits, place = gzip.decompress(_unpacked(packed[1:])), int(status["statusListIndex"])
    assert len(bits) * 8 >= 131_072
    return bits[place // 8] >> (7 - place % 8) & 1


def test_the_status_list_says_which_are_revoked(app: Flask, badge: Grant) -> None:
    before = revoked_in(app, badge)
    grants.give_back(people.who(people.get_person("bo@example.org")), badge.uid)
    assert (before, revoked_in(app, badge)) == (0, 1)


@pytest.mark.parametrize("place", [0, 7, 131_071, 131_072, 400_000])
def test_every_place_fits_into_the_list(place: int) -> None:
    bits = gzip.decompress(_unpacked(badges._bits([place])[1:]))
    assert bits[place // 8] == 0x80 >> place % 8
    assert sum(bits) == bits[place // 8]
    assert len(bits) * 8 % 131_072 == 0


@pytest.mark.parametrize("address", ["/badges/keys/none", "/badges/status"])
def test_before_any_badge_there_is_nothing_to_fetch(app: Flask, address: str) -> None:
    answer = app.test_client().get(address)
    assert (answer.status_code, answer.mimetype) == (404, "application/json")


@pytest.mark.usefixtures("badge")
def test_web_sites_may_fetch_what_they_check_with(app: Flask) -> None:
    answer = app.test_client().get("/.well-known/jwks.json")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.usefixtures("badge")
def test_under_another_secret_nothing_is_signed() -> None:
    with transaction():
        row = db.session.scalars(select(IssuerKey)).one()
        row.sealed = b"gAAAAsomething else"
    with pytest.raises(Refused) as refusal:
        keys.signing_key()
    assert "another secret" in refusal.value.why
