"""Disputes: opened by the learner, answered by the team, written down step by step."""

from __future__ import annotations

import uuid

import pytest
from factories import a_person
from flask import Flask
from live_log import DATA, DAY, an_origin, answered, new_id, put
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from engine import disputes, explanations, profiles
from engine.db import db, transaction
from engine.dispute_models import Dispute, DisputeStep
from engine.disputes import ITEM, LEVEL, Told
from engine.errors import Conflict, Forbidden, NotFound, Refused
from engine.explanations import Learner
from engine.people import service as people
from engine.people.service import Who
from engine.pipeline import reader
from xapi import text
from xapi.vocabulary import VERBS

pytestmark = pytest.mark.both_databases

WRONG = "I was not there"


@pytest.fixture
def bo(app: Flask) -> Who:
    """The learner."""
    return a_person("Bo Lund", "bo@example.org")


@pytest.fixture
def odile(app: Flask) -> Who:
    """Somebody of the L&D team."""
    return a_person("Odile Brandt", "odile@example.org", "ld")


@pytest.fixture
def item(bo: Who) -> uuid.UUID:
    """The only thing her level rests on."""
    (sid,) = put(an_origin("forum"), answered(thing="1"))
    profiles.catch_up()
    return uuid.UUID(sid)


def disputed(who: Who, item: uuid.UUID) -> uuid.UUID:
    """She disputes it; the dispute's id."""
    return disputes.open_(who, ITEM, str(item), WRONG, item)


def follow(who: Who, dispute: uuid.UUID, act: str, words: str = "Because") -> Told:
    """One step; the dispute after it."""
    with transaction():
        disputes.follow(who, dispute, act, words)
    return seen(dispute)


def seen(dispute: uuid.UUID) -> Told:
    """A dispute as it stands."""
    db.session.rollback()
    return disputes.for_team(dispute)


def mass(who: Who) -> int:
    """How much her only competency has."""
    db.session.rollback()
    found = profiles.profile_of(who.id, DAY).standings.get(DATA)
    return found.positive[0] if found else 0


# ---- Opening ----------------------------------------------------------------------------------


def test_a_dispute_says_what_is_wrong(bo: Who, item: uuid.UUID) -> None:
    told = seen(disputed(bo, item))

    assert (told.state, told.text, told.about, told.learner) == (
        "open",
        WRONG,
        str(item),
        "Bo Lund",
    )
    assert [(step.act, step.by) for step in told.steps] == [("opened", "Bo Lund")]


def test_a_dispute_is_a_statement_of_hers(bo: Who, item: uuid.UUID) -> None:
    opened = disputed(bo, item)
    said = text.parse(reader().many([opened])[opened].payload)

    assert said["verb"]["id"] == VERBS["disagreed"].iri
    assert said["object"] == {"objectType": "StatementRef", "id": str(item)}
    assert said["result"]["response"] == WRONG


def test_a_level_is_disputed_by_its_competency(bo: Who) -> None:
    opened = disputes.open_(bo, LEVEL, DATA, WRONG)
    said = text.parse(reader().many([opened])[opened].payload)

    assert said["object"]["id"] == seen(opened).about == DATA


def test_disputing_changes_no_level(bo: Who, item: uuid.UUID) -> None:
    before = profiles.digest_of(DAY)
    disputed(bo, item)
    disputes.open_(bo, LEVEL, DATA, WRONG)
    profiles.catch_up()

    assert profiles.digest_of(DAY) == before


@pytest.mark.parametrize(
    "words",
    [
        pytest.param("", id="nothing"),
        pytest.param(" \n ", id="only spaces"),
        pytest.param("x" * 2001, id="too long"),
    ],
)
def test_a_text_that_cannot_be_kept_is_refused(bo: Who, words: str) -> None:
    before = reader().count()
    with pytest.raises(Refused):
        disputes.open_(bo, LEVEL, DATA, words)

    assert disputes.of_person(bo.id) == []
    assert reader().count() == before


def test_the_same_thing_is_disputed_once(bo: Who, item: uuid.UUID) -> None:
    disputed(bo, item)

    with pytest.raises(Conflict):
        disputed(bo, item)
    assert len(disputes.of_person(bo.id)) == 1


def test_the_table_holds_one_open_dispute_on_a_thing(bo: Who, item: uuid.UUID) -> None:
    disputed(bo, item)
    second = Dispute(
        id=new_id(),
        person_id=bo.id,
        kind=ITEM,
        about=str(item),
        text=WRONG,
        state="open",
        opened_at=1,
    )

    with pytest.raises(IntegrityError), transaction() as session:
        session.add(second)


def test_what_was_declined_can_be_disputed_again(bo: Who, odile: Who, item: uuid.UUID) -> None:
    follow(odile, disputed(bo, item), "declined")

    assert seen(disputed(bo, item)).state == "open"


def test_open_disputes_have_a_bound(
    bo: Who, item: uuid.UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disputes, "MOST_OPEN", 1)
    disputed(bo, item)

    with pytest.raises(Refused) as refusal:
        disputes.open_(bo, LEVEL, DATA, WRONG)
    assert "Withdraw one" in refusal.value.mend


def test_withdrawing_and_opening_again_has_a_bound(
    bo: Who, item: uuid.UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disputes, "MOST_A_DAY", 1)
    disputes.withdraw(bo, disputed(bo, item))

    with pytest.raises(Refused) as refusal:
        disputed(bo, item)
    assert refusal.value.mend == "Go on tomorrow."


# ---- What becomes of it -----------------------------------------------------------------------


def test_withdrawing_voids_her_statement(bo: Who, item: uuid.UUID) -> None:
    opened = disputed(bo, item)
    disputes.withdraw(bo, opened)

    assert seen(opened).state == "withdrawn"
    assert reader().voided([opened]) == {opened}


def test_an_accepted_item_is_left_out_of_her_levels(bo: Who, odile: Who, item: uuid.UUID) -> None:
    before = mass(bo)
    told = follow(odile, disputed(bo, item), "accepted", "You are right")

    assert (told.state, told.steps[-1].words, told.steps[-1].by) == (
        "accepted",
        "You are right",
        "Odile Brandt",
    )
    assert before > mass(bo) == 0


def test_accepting_can_be_undone(bo: Who, odile: Who, item: uuid.UUID) -> None:
    before, opened = mass(bo), disputed(bo, item)
    follow(odile, opened, "accepted")
    told = follow(odile, opened, "reopened", "")

    assert told.state == "open"
    assert mass(bo) == before


def test_undoing_takes_nothing_in_that_she_left_out_herself(
    bo: Who, odile: Who, item: uuid.UUID
) -> None:
    with transaction():
        disputes.exclude(str(item), bo.id, excluded=True)
    opened = disputed(bo, item)
    follow(odile, opened, "accepted")
    follow(odile, opened, "reopened", "")

    assert mass(bo) == 0


def test_an_accepted_level_stays_what_the_evidence_gives(
    bo: Who, odile: Who, item: uuid.UUID
) -> None:
    before = profiles.digest_of(DAY)
    follow(odile, disputes.open_(bo, LEVEL, DATA, WRONG), "accepted")

    assert profiles.digest_of(DAY) == before


def test_a_declined_item_goes_on_counting(bo: Who, odile: Who, item: uuid.UUID) -> None:
    before = mass(bo)
    told = follow(odile, disputed(bo, item), "declined", "The list has your name")

    assert (told.state, mass(bo)) == ("declined", before)


def test_an_answer_can_be_replied_to(bo: Who, odile: Who, item: uuid.UUID) -> None:
    opened = disputed(bo, item)
    follow(odile, opened, "answered", "When did you leave?")
    told = follow(bo, opened, "replied", "After ten minutes")

    assert told.state == "open"
    assert [step.words for step in told.steps] == [
        WRONG,
        "When did you leave?",
        "After ten minutes",
    ]


def test_a_closed_dispute_keeps_what_was_decided(bo: Who, odile: Who, item: uuid.UUID) -> None:
    opened = disputed(bo, item)
    follow(odile, opened, "accepted")

    assert follow(bo, opened, "closed", "").state == "closed"
    assert mass(bo) == 0


@pytest.mark.parametrize(
    ("done", "act"),
    [
        pytest.param("accepted", "declined", id="decided twice"),
        pytest.param("declined", "accepted", id="decided otherwise"),
        pytest.param("accepted", "answered", id="answered late"),
    ],
)
def test_a_decision_stands_until_it_is_opened_again(
    bo: Who, odile: Who, item: uuid.UUID, done: str, act: str
) -> None:
    opened = disputed(bo, item)
    follow(odile, opened, done)

    with pytest.raises(Conflict):
        follow(odile, opened, act)
    assert seen(opened).state == done


@pytest.mark.parametrize("act", ["closed", "replied"])
def test_what_nobody_answered_is_neither_closed_nor_replied_to(
    bo: Who, item: uuid.UUID, act: str
) -> None:
    opened = disputed(bo, item)

    with pytest.raises(Conflict):
        follow(bo, opened, act)


def test_what_is_decided_is_not_withdrawn(bo: Who, odile: Who, item: uuid.UUID) -> None:
    opened = disputed(bo, item)
    follow(odile, opened, "accepted")

    with pytest.raises(Conflict):
        disputes.withdraw(bo, opened)
    assert reader().voided([opened]) == set()


def test_an_older_one_is_not_opened_beside_a_newer(bo: Who, odile: Who, item: uuid.UUID) -> None:
    first = disputed(bo, item)
    follow(odile, first, "declined")
    disputed(bo, item)

    with pytest.raises(Conflict):
        follow(odile, first, "reopened", "")


@pytest.mark.parametrize("act", ["opened", "withdrawn", "nonsense", ""])
def test_there_are_no_other_steps(bo: Who, odile: Who, item: uuid.UUID, act: str) -> None:
    opened = disputed(bo, item)

    with pytest.raises(NotFound):
        follow(odile, opened, act)


def test_a_decision_needs_its_reason(bo: Who, odile: Who, item: uuid.UUID) -> None:
    opened = disputed(bo, item)

    with pytest.raises(Refused):
        follow(odile, opened, "declined", "")
    assert seen(opened).state == "open"


def test_what_was_said_is_bounded(
    bo: Who, odile: Who, item: uuid.UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disputes, "MOST_STEPS", 1)
    opened = disputed(bo, item)

    with pytest.raises(Refused):
        follow(odile, opened, "answered")
    assert follow(odile, opened, "declined").state == "declined"


def test_steps_are_only_added(bo: Who, odile: Who, item: uuid.UUID) -> None:
    opened = disputed(bo, item)
    before = seen(opened).steps
    follow(odile, opened, "accepted")
    follow(odile, opened, "reopened", "")
    count = len(db.session.scalars(select(DisputeStep)).all())

    assert seen(opened).steps[:1] == before
    assert count == 3


# ---- Who may ----------------------------------------------------------------------------------


@pytest.mark.parametrize("act", ["accepted", "declined", "answered"])
def test_a_learner_decides_nothing(bo: Who, item: uuid.UUID, act: str) -> None:
    opened = disputed(bo, item)

    with pytest.raises(Forbidden):
        follow(bo, opened, act)


def test_nobody_of_the_team_decides_on_her_own(odile: Who) -> None:
    opened = disputes.open_(odile, LEVEL, DATA, WRONG)

    with pytest.raises(Forbidden):
        follow(odile, opened, "accepted")


def test_somebody_elses_dispute_is_as_good_as_absent(bo: Who, item: uuid.UUID) -> None:
    opened, other = disputed(bo, item), a_person("Ines Roy", "ines@example.org")

    with pytest.raises(NotFound):
        disputes.of_hers(other, opened)
    with pytest.raises(NotFound):
        disputes.withdraw(other, opened)
    assert disputes.of_person(other.id) == []


def test_a_dispute_stays_hers_when_records_are_merged(bo: Who, item: uuid.UUID) -> None:
    opened, other = disputed(bo, item), a_person("Bo L", "bo.l@example.org")
    with transaction():
        people.merge(people.get_person(other.email), people.get_person(bo.email))

    assert disputes.of_hers(other, opened).id == str(opened)
    assert [one.id for one in disputes.of_person(other.id)] == [str(opened)]


def test_those_that_wait_stand_first(bo: Who, odile: Who, item: uuid.UUID) -> None:
    waiting = disputes.open_(bo, LEVEL, DATA, WRONG)
    follow(odile, disputed(bo, item), "declined")
    found, more = disputes.every(1)

    assert (found[0].id, len(found), more) == (str(waiting), 2, False)


# ---- In the explanation -----------------------------------------------------------------------


def explained(who: Who) -> list[str]:
    """The disputes that the explanation of her level names."""
    db.session.rollback()
    learner = Learner(keys=people.keys_of(who.id), person=people.get_by_id(who.id))
    return [one["id"] for one in explanations.explain(learner, DATA, DAY)["disputes"]]


def test_an_explanation_names_what_is_disputed(bo: Who, item: uuid.UUID) -> None:
    opened = {str(disputed(bo, item)), str(disputes.open_(bo, LEVEL, DATA, WRONG))}

    assert set(explained(bo)) == opened


def test_an_explanation_names_no_other_disputes(bo: Who, odile: Who, item: uuid.UUID) -> None:
    disputes.open_(bo, LEVEL, "https://example.org/other", WRONG)
    follow(odile, disputed(bo, item), "declined")

    assert explained(bo) == []
