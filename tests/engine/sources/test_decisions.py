"""What learners decide about their own lines, and what it does to the record and the profile."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from factories import a_key, a_person, a_statement, headers
from flask import Flask
from looking import count_statements, item, live_statements, run, says, statement_of, voided
from toy import did

from engine import profiles
from engine.competencies.exclusions import exclude
from engine.db import transaction
from engine.errors import Conflict, Forbidden, NotFound, Refused
from engine.people.service import Who
from engine.pipeline import reader
from engine.sources import decisions, writes
from engine.sources.decisions import Correction, Note
from xapi.vocabulary import TYPES, Extension

pytestmark = pytest.mark.usefixtures("toys")

AT = datetime(2026, 9, 1, 9, tzinfo=UTC)
LATER = datetime(2026, 9, 2, 9, tzinfo=UTC)
DATA = "data-literacy"


@pytest.fixture
def bo(toys: object) -> Who:
    return a_person()


@pytest.fixture
def ines(toys: object) -> Who:
    return a_person("Ines Roy", "ines@example.org")


def noted(who: Who) -> uuid.UUID:
    return decisions.note(who, Note(title="Lunch on open data", kind="lunch-and-learn", at=AT))


def brought(_who: Who) -> uuid.UUID:
    run(did("a", minutes=30, title="Open data", tags=[DATA]))
    return item("a").sid or uuid.UUID(int=0)


MORE: dict[str, Any] = {
    "object": {
        "id": "https://lms.example.org/clinic",
        "definition": {"name": {"fr": "Clinique"}, "type": TYPES["webinar"]},
    },
    "result": {"duration": "PT50M", "score": {"scaled": 0.5}},
    "context": {
        "extensions": {"https://lms.example.org/x": 1, Extension.TAGS: [DATA]},
        "contextActivities": {"category": [{"id": "https://lms.example.org/category"}]},
        "platform": "Moodle",
    },
}


@pytest.fixture
def sent(toys: Flask) -> Callable[[Who], uuid.UUID]:
    """A statement about somebody through the xAPI endpoint."""

    def send(who: Who) -> uuid.UUID:
        statement = a_statement(who.email, **json.loads(json.dumps(MORE)))
        client = toys.test_client()
        answer = client.post("/xapi/statements", json=statement, headers=headers(a_key()))
        return uuid.UUID(answer.json[0])

    return send


@pytest.fixture(params=["noted", "brought", "sent"])
def line(request: pytest.FixtureRequest, bo: Who, sent: Callable[[Who], uuid.UUID]) -> uuid.UUID:
    """A line of Bo's: her own note, what a source brought, what an LMS sent."""
    makers = {"noted": noted, "brought": brought, "sent": sent}
    return makers[request.param](bo)


def extensions(sid: uuid.UUID) -> dict[str, Any]:
    return dict(statement_of(sid)["context"]["extensions"])


def assurances(who: Who) -> set[str]:
    profiles.catch_up()
    found = profiles.profile_of(who.id).standings.values()
    return {part.assurance for one in found for part in one.explain}


def audience(sid: uuid.UUID) -> str:
    return reader().many([sid])[sid].audience


def test_a_note_is_private_and_in_her_own_name(bo: Who) -> None:
    sid = noted(bo)
    statement = statement_of(sid)
    assert statement["actor"]["mbox"] == "mailto:bo@example.org"
    assert statement["object"]["definition"]["name"] == {"und": "Lunch on open data"}
    assert audience(sid) == "private"


def test_tags_of_a_note_are_written_as_they_are_compared(bo: Who) -> None:
    note = Note(title="x", kind="reading", at=AT, tags=("Open Data", "open-data", " "))
    assert extensions(decisions.note(bo, note))[Extension.TAGS] == ["open-data"]


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        pytest.param({"title": "  "}, "title", id="no title"),
        pytest.param({"title": "x" * 501}, "title", id="a huge title"),
        pytest.param({"kind": "nap"}, "kind", id="no kind"),
        pytest.param({"at": datetime(2026, 9, 1)}, "at", id="no zone"),  # noqa: DTZ001
        pytest.param({"at": datetime(1, 1, 1, tzinfo=UTC)}, "at", id="the year 1"),
        pytest.param({"duration": timedelta(minutes=-1)}, "duration", id="less than nothing"),
        pytest.param({"duration": timedelta(days=9999)}, "duration", id="a lifetime"),
    ],
)
def test_a_note_that_cannot_be_is_refused_by_its_field(
    bo: Who, wrong: dict[str, Any], where: str
) -> None:
    given: dict[str, Any] = {"title": "x", "kind": "reading", "at": AT} | wrong
    with pytest.raises(Refused) as refusal:
        decisions.note(bo, Note(**given))
    assert refusal.value.where == where
    assert count_statements() == 0


def test_a_correction_is_a_revision(bo: Who, line: uuid.UUID) -> None:
    changed = Correction(at=LATER, duration=timedelta(minutes=20), title="Closed data")
    new = decisions.correct(bo, line, changed)
    statement = statement_of(new)
    assert statement["timestamp"].startswith("2026-09-02T09:00:00")
    assert statement["result"]["duration"] == "PT20M"
    assert list(statement["object"]["definition"]["name"].values()) == ["Closed data"]
    assert extensions(new)[Extension.REPLACES] == str(line)
    assert voided(line)


@pytest.mark.parametrize(
    "correction",
    [
        pytest.param(Correction(title="Closed data"), id="title"),
        pytest.param(Correction(at=LATER), id="time"),
        pytest.param(Correction(duration=timedelta(minutes=1)), id="duration"),
    ],
)
def test_what_is_not_corrected_stays(bo: Who, line: uuid.UUID, correction: Correction) -> None:
    before = statement_of(line)
    after = statement_of(decisions.correct(bo, line, correction))
    assert after["verb"] == before["verb"]
    assert after["actor"] == before["actor"]
    assert after["object"]["id"] == before["object"]["id"]
    assert after["object"]["definition"]["type"] == before["object"]["definition"]["type"]


def test_a_statement_of_an_lms_keeps_all_the_rest(bo: Who, sent: Callable[[Who], Any]) -> None:
    new = statement_of(decisions.correct(bo, sent(bo), Correction(at=LATER)))
    assert new["result"] == MORE["result"]
    assert new["context"]["platform"] == "Moodle"
    assert new["context"]["contextActivities"] == MORE["context"]["contextActivities"]
    assert new["context"]["extensions"]["https://lms.example.org/x"] == 1
    assert new["object"]["definition"]["name"] == {"fr": "Clinique"}


def test_correcting_nothing_stores_nothing_new_of_ones_own(bo: Who) -> None:
    sid = noted(bo)
    assert decisions.correct(bo, sid, Correction(at=AT)) == sid
    assert count_statements() == 1


def test_what_a_learner_corrects_is_her_own_word(bo: Who) -> None:
    sid = brought(bo)
    assert assurances(bo) == {"system"}
    new = decisions.correct(bo, sid, Correction(duration=timedelta(minutes=45)))
    assert extensions(new)[Extension.CORRECTED_BY] == "learner"
    assert assurances(bo) == {"self"}


@pytest.mark.parametrize(
    "correction",
    [
        pytest.param(Correction(title="Closed data"), id="title"),
        pytest.param(Correction(at=LATER), id="time"),
        pytest.param(Correction(duration=timedelta(minutes=30)), id="the same"),
    ],
)
def test_a_withdrawn_correction_gives_the_word_back(bo: Who, correction: Correction) -> None:
    new = decisions.correct(bo, brought(bo), correction)
    back = decisions.withdraw_correction(bo, new)
    statement = statement_of(back)
    assert Extension.CORRECTED_BY not in extensions(back)
    assert statement["object"]["definition"]["name"] == {"und": "Open data"}
    assert assurances(bo) == {"system"}


def test_what_a_source_says_after_a_correction_waits_below_it(bo: Who) -> None:
    new = decisions.correct(bo, brought(bo), Correction(at=LATER))
    run(did("a", minutes=99))
    assert item("a").sid == new
    decisions.withdraw_correction(bo, new)
    assert says("a")["result"]["duration"] == "PT1H39M"


def test_nothing_to_withdraw(bo: Who, line: uuid.UUID) -> None:
    with pytest.raises(Refused, match="You have not corrected this"):
        decisions.withdraw_correction(bo, line)


def test_a_note_is_taken_back(bo: Who) -> None:
    sid = noted(bo)
    decisions.take_back(bo, sid)
    assert voided(sid)
    assert live_statements() == 0


def test_what_others_brought_is_not_taken_back(bo: Who) -> None:
    with pytest.raises(Refused, match="Only what you noted yourself"):
        decisions.take_back(bo, brought(bo))


def test_sharing_shows_in_the_statement_and_in_its_revisions(bo: Who, line: uuid.UUID) -> None:
    decisions.share(bo, line, "public")
    assert audience(line) == "public"
    assert audience(decisions.correct(bo, line, Correction(at=LATER))) == "public"


def test_sharing_stores_no_statement(bo: Who, line: uuid.UUID) -> None:
    before = count_statements()
    decisions.share(bo, line, "manager")
    assert count_statements() == before


@pytest.mark.parametrize("audience", ["everybody", "community:secret", "", "person:1"])
def test_one_shares_with_whom_one_can(bo: Who, audience: str) -> None:
    with pytest.raises(Refused, match="nobody you can share with"):
        decisions.share(bo, noted(bo), audience)


def test_an_excluded_item_counts_no_more_until_taken_in_again(bo: Who) -> None:
    sid = brought(bo)
    with transaction():
        exclude(str(decisions.root_of(bo, sid)), bo.id, excluded=True)
    assert assurances(bo) == set()
    with transaction():
        exclude(str(decisions.root_of(bo, sid)), bo.id, excluded=False)
    assert assurances(bo) == {"system"}


def test_an_exclusion_belongs_to_the_item_whatever_its_revision(bo: Who, line: uuid.UUID) -> None:
    root = decisions.root_of(bo, line)
    new = decisions.correct(bo, line, Correction(at=LATER))
    assert decisions.root_of(bo, new) == root == line


DECISIONS = {
    "correct": lambda who, sid: decisions.correct(who, sid, Correction(at=LATER)),
    "withdraw": decisions.withdraw_correction,
    "take back": decisions.take_back,
    "share": lambda who, sid: decisions.share(who, sid, "public"),
    "exclude": decisions.root_of,
}


@pytest.mark.parametrize("decide", DECISIONS.values(), ids=DECISIONS)
def test_other_peoples_lines_are_theirs(ines: Who, line: uuid.UUID, decide: Any) -> None:
    with pytest.raises(Forbidden):
        decide(ines, line)


@pytest.mark.parametrize("decide", DECISIONS.values(), ids=DECISIONS)
def test_a_line_that_is_voided_or_was_never_there(bo: Who, decide: Any) -> None:
    sid = noted(bo)
    decisions.take_back(bo, sid)
    with pytest.raises(NotFound):
        decide(bo, sid)
    with pytest.raises(NotFound):
        decide(bo, uuid.uuid4())


def test_decisions_that_keep_colliding_are_given_up(
    bo: Who, monkeypatch: pytest.MonkeyPatch
) -> None:
    sid = noted(bo)
    monkeypatch.setattr(writes, "stored", lambda *_: False)
    with pytest.raises(Conflict):
        decisions.share(bo, sid, "public")
