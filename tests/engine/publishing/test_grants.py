"""Levels that people confirm: asked by the learner, decided by a role, taken back by either."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from factories import a_person
from flask import Flask
from live_log import DATA, DAY, an_origin, answered, here, put
from publishing_making import (
    a_learner,
    an_officer,
    asked,
    chosen,
    confirmed,
    decided,
    stored,
)

from engine import profiles
from engine.competencies.evidence import OWN_PROFILE
from engine.db import db, transaction
from engine.errors import Conflict, Forbidden, NotFound, Refused
from engine.people import service as people
from engine.people.service import Who
from engine.publishing import grants
from engine.publishing.consents import Choice
from engine.publishing.granting import shared_of, standing_of
from engine.publishing.grants import Asked
from engine.publishing.models import Grant
from xapi import text

pytestmark = pytest.mark.both_databases

LEARNER_COMPETENCY = "https://w3id.org/xapi/learnercompetency"


@pytest.fixture
def bo(app: Flask) -> Who:
    return a_learner()


@pytest.fixture
def odile(app: Flask) -> Who:
    return an_officer()


def said(row: Grant) -> Any:
    return text.parse(stored(uuid.UUID(row.statement)).payload)


def plain(who: Who) -> Grant:
    """She asks without a badge."""
    return asked(who, wants_badge=False)


def test_a_confirmation_is_a_statement_as_the_profile_says(bo: Who, odile: Who) -> None:
    told = said(confirmed(plain(bo), odile))
    around = told["context"]["contextActivities"]
    assert told["verb"]["id"] == "https://w3id.org/xapi/tla/verbs/conferred"
    assert told["object"]["mbox"] == "mailto:bo@example.org"
    assert [one["id"] for one in around["grouping"]] == [DATA]
    assert {one["id"] for one in around["category"]} == {LEARNER_COMPETENCY, OWN_PROFILE}


def test_it_names_who_confirmed_and_the_best_evidence(bo: Who, odile: Who) -> None:
    told, standing = said(confirmed(plain(bo), odile))["context"], here()
    assert standing is not None
    assert told["instructor"]["mbox"] == f"mailto:{odile.email}"
    assert told["statement"]["id"] in {one.statement for one in standing.explain}


def test_a_confirmation_changes_no_level(bo: Who, odile: Who) -> None:
    before = profiles.person_digests(DAY)
    confirmed(plain(bo), odile)
    profiles.catch_up()
    db.session.rollback()
    assert profiles.person_digests(DAY) == before


@pytest.mark.parametrize(("publishes", "audience"), [(True, "public"), (False, "private")])
def test_others_read_it_where_she_publishes_the_level(
    bo: Who, odile: Who, publishes: bool, audience: str
) -> None:
    decided(publishes=publishes)
    chosen(bo, Choice(everything=publishes))
    assert stored(uuid.UUID(confirmed(plain(bo), odile).statement)).audience == audience


@pytest.mark.parametrize("role", ["ld", "expert"])
def test_the_team_and_experts_confirm(bo: Who, role: str) -> None:
    assert confirmed(plain(bo), an_officer(role=role)).state == "confirmed"


@pytest.mark.parametrize("role", ["learner", "manager", "operator"])
def test_nobody_else_confirms(bo: Who, role: str) -> None:
    row = plain(bo)
    with pytest.raises(Forbidden):
        confirmed(row, an_officer(role=role))
    assert grants.find(row.uid).state == "open"


def test_nobody_confirms_her_own(bo: Who) -> None:
    row = plain(bo)
    with transaction():
        person = people.get_person(bo.email)
        people.give_role(person, "ld")
        bo = people.who(person)
    with pytest.raises(Forbidden) as refusal:
        confirmed(row, bo)
    assert refusal.value.why == "This is your own request."


def test_nobody_confirms_that_of_a_record_merged_into_hers(bo: Who, odile: Who) -> None:
    row = plain(bo)
    with transaction():
        people.merge(people.get_person(odile.email), people.get_person(bo.email))
    with pytest.raises(Forbidden):
        confirmed(row, odile)


def test_what_is_decided_is_decided_once(bo: Who, odile: Who) -> None:
    row = confirmed(plain(bo), odile)
    with pytest.raises(Conflict):
        confirmed(row, odile)


def test_a_level_that_fell_is_not_confirmed(bo: Who, odile: Who) -> None:
    row = plain(bo)
    with pytest.raises(Refused) as refusal:
        grants.confirm(row.uid, by=odile, with_badge=False, as_of=DAY.replace(year=2046))
    assert "no longer shows level" in refusal.value.why


def test_declined_she_reads_why(bo: Who, odile: Who) -> None:
    row = plain(bo)
    with transaction():
        grants.decline(row.uid, "Show one more line.", by=odile)
    assert (grants.find(row.uid).state, grants.find(row.uid).reason) == (
        "declined",
        "Show one more line.",
    )


@pytest.mark.parametrize("reason", ["", "  ", "x" * 1001, "a\0b"])
def test_a_no_says_why(bo: Who, odile: Who, reason: str) -> None:
    row = plain(bo)
    with pytest.raises(Refused) as refusal:
        grants.decline(row.uid, reason, by=odile)
    assert refusal.value.where == "reason"


def test_taken_back_it_is_void(bo: Who, odile: Who) -> None:
    row = confirmed(plain(bo), odile)
    grants.revoke(row.uid, "The wrong learner.", by=odile)
    assert stored(uuid.UUID(row.statement)).voided
    assert grants.find(row.uid).state == "revoked"


def test_the_learner_gives_it_back_herself(bo: Who, odile: Who) -> None:
    row = confirmed(plain(bo), odile)
    grants.give_back(bo, row.uid)
    assert stored(uuid.UUID(row.statement)).voided


def test_what_is_withdrawn_nobody_sees(bo: Who) -> None:
    row = plain(bo)
    with transaction():
        grants.withdraw(bo, row.uid)
    assert grants.waiting() == []
    with pytest.raises(NotFound):
        grants.find(row.uid)


def test_asked_again_it_is_the_same_request(bo: Who) -> None:
    first, second = plain(bo), asked(bo, wants_badge=False, words="Please.")
    assert first.uid == second.uid
    assert [one.words for one in grants.waiting()] == ["Please."]


def test_what_was_withdrawn_can_be_asked_again(bo: Who) -> None:
    row = plain(bo)
    with transaction():
        grants.withdraw(bo, row.uid)
    assert (plain(bo).uid, len(grants.of_person(bo.id))) == (row.uid, 1)


def test_too_many_at_a_time_are_refused(bo: Who, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grants, "MOST_OPEN", 0)
    with pytest.raises(Conflict):
        plain(bo)


def test_what_she_shows_is_seen_and_nothing_else(bo: Who) -> None:
    standing = here()
    assert standing is not None
    one = standing.explain[0].statement
    row = asked(bo, wants_badge=False, shared=(one,))
    assert [line.sid for line in shared_of(row, standing_of(row, DAY))] == [one]


def test_only_what_the_level_rests_on_is_shown(bo: Who) -> None:
    (other,) = put(an_origin("other"), answered("ines@example.org", thing="hers"))
    with pytest.raises(Refused) as refusal:
        asked(bo, shared=(other,), wants_badge=False)
    assert refusal.value.where == "shared"


@pytest.mark.parametrize(
    ("given", "where"),
    [
        pytest.param({"competency": "c:none"}, "competency", id="no such competency"),
        pytest.param({"words": "x" * 1001}, "words", id="too many words"),
        pytest.param({"words": "a\0"}, "words", id="no text"),
        pytest.param({"shared": ("x",)}, "shared", id="no statement"),
        pytest.param({"wants_badge": True}, "badge", id="no badges here"),
    ],
)
def test_what_cannot_be_asked_is_refused_at_its_field(
    bo: Who, given: dict[str, Any], where: str
) -> None:
    with pytest.raises(Refused) as refusal, transaction():
        grants.ask(bo, Asked(**{"competency": DATA} | given), DAY)
    assert refusal.value.where == where
    assert grants.waiting() == []


def test_somebody_elses_request_is_as_good_as_absent(bo: Who) -> None:
    row = plain(bo)
    other = people.who(people.get_person("ines@example.org"))
    with pytest.raises(NotFound):
        grants.withdraw(other, row.uid)
    with pytest.raises(NotFound):
        grants.of_learner(a_person("Eve", "eve@example.org"), row.uid)
