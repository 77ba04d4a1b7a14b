"""What an ordinary key sends cannot make or break anybody's level, whatever it says it is.

Everything goes through the endpoint. Before and after, level, masses and digest are the same.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from factories import a_person, a_statement
from flask import Flask
from live_log import (
    ACCEPTED,
    DATA,
    DAY,
    REJECTED,
    VERIFIED,
    VOIDED,
    answered,
    classes,
    here,
    on,
    where,
)
from xapi_making import Lms

from engine import profiles
from engine.db import db, transaction
from engine.lrs.keys import authority_of, own_origin
from engine.people import service as people
from engine.pipeline import entry_of, record
from xapi.vocabulary import BYWAY, COMPETENCY, VERBS, Extension

pytestmark = pytest.mark.both_databases
BO, INES, EVE = "bo@example.org", "ines@example.org", "eve@example.org"
ITEM, WORD, OTHER = (str(uuid.uuid5(uuid.NAMESPACE_URL, name)) for name in ("i", "w", "o"))
BO_ELSEWHERE = {"account": {"homePage": "https://forum.example.org", "name": "bo"}}

Forged = list[dict[str, Any]]


def agent(email: str) -> dict[str, Any]:
    return {"objectType": "Agent", "mbox": f"mailto:{email}"}


@pytest.fixture(autouse=True)
def log(app: Flask) -> None:
    """Bo answered twice; Ines, a peer, accepted one of it in Byway; Eve is an expert."""
    bo = a_person("Bo Lund", BO)
    a_person("Ines Roy", INES)
    a_person("Eve Ode", EVE, "expert")
    with transaction():
        people.link(people.get_person(bo.email), "https://forum.example.org::bo")
    lms = Lms(app, name="where he answered")
    assert lms.post([{**answered(), "id": ITEM}, {**answered(thing="2"), "id": OTHER}]).json
    db.session.rollback()
    word = {**on(ITEM, ACCEPTED, INES), "id": WORD}
    record([entry_of(word, authority=authority_of(own_origin()))])


def standing() -> tuple[Any, ...]:
    """Where Bo stands, and the digests of everybody."""
    profiles.catch_up()
    now = here(BO)
    assert now is not None
    return now, profiles.person_digests(DAY)


def chain() -> Forged:
    """An approval of an approval of what refers to the item."""
    first = on(ITEM, "http://adlnet.gov/expapi/verbs/commented", EVE)
    second = on(first["id"], ACCEPTED, EVE)
    return [first, second, on(second["id"], ACCEPTED, EVE)]


def in_a_group() -> dict[str, Any]:
    return {"objectType": "Group", "name": "experts", "member": [agent(EVE)]}


def attestation(instructor: dict[str, Any], **members: Any) -> dict[str, Any]:
    thing = {"id": DATA, "definition": {"type": COMPETENCY}}
    return a_statement(
        BO,
        VERIFIED,
        object=thing,
        context={"instructor": instructor},
        result={"score": {"raw": 4}},
        **members,
    )


SHA1 = hashlib.sha1(b"mailto:" + BO.encode(), usedforsecurity=False).hexdigest()
BADGE = {"role": "expert", "level": 4}
FORGED: dict[str, Callable[[], Forged]] = {
    "a peer's approval": lambda: [on(OTHER, ACCEPTED, INES)],
    "an expert's approval, with a level": lambda: [
        on(OTHER, ACCEPTED, EVE, result={"score": {"raw": 4}})
    ],
    "an approval spelt otherwise": lambda: [
        on(OTHER, alias, EVE) for alias in VERBS["accepted"].aliases
    ],
    "a peer's rejection": lambda: [on(ITEM, REJECTED, INES)],
    "an expert's rejection": lambda: [on(ITEM, REJECTED, EVE)],
    "an expert's rejection spelt otherwise": lambda: [
        on(ITEM, alias, EVE) for alias in VERBS["rejected"].aliases
    ],
    "an expert's attestation": lambda: [attestation(agent(EVE))],
    "a stranger's attestation": lambda: [attestation(agent("dean@uni.example"))],
    "her own attestation": lambda: [attestation(agent(BO))],
    "an attestation by a group with an expert": lambda: [attestation(in_a_group())],
    "an approver who says she is an expert": lambda: [
        on(
            OTHER,
            ACCEPTED,
            INES,
            context={
                "instructor": agent(EVE),
                "extensions": {BYWAY + "ext/role": "expert", BYWAY + "ext/validator": BADGE},
            },
            result={"score": {"raw": 4}, "extensions": {BYWAY + "ext/role": "expert"}},
        )
    ],
    "an approver among experts": lambda: [
        on(OTHER, ACCEPTED, INES, context={"team": in_a_group()})
    ],
    "an approval by a group of experts": lambda: [on(OTHER, ACCEPTED, actor=in_a_group())],
    "a void of what was accepted": lambda: [on(ITEM, VOIDED, BO)],
    "a void of the acceptance": lambda: [on(WORD, VOIDED, INES)],
    "an approval of an approval": chain,
    "an approval by herself": lambda: [on(OTHER, ACCEPTED, BO)],
    "an approval by herself under another name": lambda: [
        on(OTHER, ACCEPTED, actor={"objectType": "Agent", **BO_ELSEWHERE})
    ],
    "an approval by herself under her hash": lambda: [
        on(OTHER, ACCEPTED, actor={"objectType": "Agent", "mbox_sha1sum": SHA1})
    ],
    "a rejection long ago and one to come": lambda: [
        on(ITEM, REJECTED, EVE, timestamp="2001-01-01T00:00:00Z"),
        on(ITEM, REJECTED, EVE, timestamp="2026-09-09T00:00:00Z"),
    ],
}


def is_unmoved(app: Flask, forged: Forged, **key: Any) -> bool:
    """Whether everything stands where it stood, once an ordinary key has sent this."""
    before = standing()
    assert Lms(app, name="forger", **key).post(forged).status_code == 200
    return standing() == before


@pytest.mark.parametrize("forged", FORGED.values(), ids=FORGED.keys())
def test_what_an_ordinary_key_says_of_others_moves_nobody(
    app: Flask, forged: Callable[[], Forged]
) -> None:
    assert is_unmoved(app, forged())


@pytest.mark.parametrize("forged", FORGED.values(), ids=FORGED.keys())
def test_nor_does_what_a_browser_says(app: Flask, forged: Callable[[], Forged]) -> None:
    assert is_unmoved(app, forged(), browser=True, scopes=["statements/write"])


def byways_own(app: Flask) -> Any:
    """What Byway itself signs as."""
    return authority_of(own_origin()).agent


def of_a_key_that_may_attest(app: Flask) -> Any:
    """What such a key signs as."""
    lms, sent = Lms(app, name="trusted", may_attest=True), a_statement("nobody@example.org")
    lms.post(sent)
    return lms.get(statementId=sent["id"]).json["authority"]


@pytest.mark.parametrize("claimed", [byways_own, of_a_key_that_may_attest])
def test_an_authority_that_is_claimed_is_not_believed(
    app: Flask, claimed: Callable[[Flask], Any]
) -> None:
    assert is_unmoved(app, [on(OTHER, ACCEPTED, EVE, authority=claimed(app))])


def test_a_revision_of_somebody_elses_statement_takes_no_acceptance(app: Flask) -> None:
    Lms(app, name="forger").post(answered(thing="3", **{Extension.REPLACES: ITEM}))

    assert sorted(classes(where(BO))) == ["peer", "system", "system"]


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(lambda: on(OTHER, ACCEPTED, INES), id="a peer's approval"),
        pytest.param(lambda: on(ITEM, REJECTED, EVE), id="an expert's rejection"),
        pytest.param(lambda: attestation(agent(EVE)), id="an expert's attestation"),
    ],
)
def test_a_key_that_may_attest_moves_them(app: Flask, said: Callable[[], Any]) -> None:
    assert not is_unmoved(app, [said()], may_attest=True)


def test_a_key_with_the_right_to_void_takes_an_acceptance_back(app: Flask) -> None:
    scopes = ["statements/write", "statements/void"]

    assert not is_unmoved(app, [on(WORD, VOIDED, INES)], scopes=scopes)


def test_an_approval_by_a_key_that_may_attest_makes_nobody_an_expert(app: Flask) -> None:
    told = on(OTHER, ACCEPTED, INES, context={"instructor": agent(EVE)})
    Lms(app, name="attesting", may_attest=True).post(told)

    assert classes(where(BO)) == ["peer", "peer"]
