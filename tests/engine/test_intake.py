"""Many statements at once, each on its own: what is sound is stored, the rest is told apart."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace

import pytest
from factories import a_statement
from flask import Flask
from lrs_making import add, an_authority, an_entry

from engine import intake
from engine.errors import Conflict
from engine.intake import Candidate, Outcome
from engine.lrs.store import Authority, Entry
from engine.pipeline import entry_of, reader
from xapi.errors import StatementRefused
from xapi.rows import Row

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("app")]
BAD = StatementRefused(path="$", rule="It is bad.", clause="none", fix="Mend it.")


@pytest.fixture
def lms(app: Flask) -> Authority:
    """Somebody who brings statements."""
    return an_authority()


def results(entries: Sequence[Entry]) -> list[str]:
    """What became of each entry, a conflict as that word."""
    found = intake.store_each(entries)
    return ["conflict" if isinstance(one, Conflict) else one for one in found]


def changed(entry: Entry) -> Entry:
    """Another statement under the same id."""
    other = a_statement(thing="https://events.example.org/other", id=str(entry.sid))
    return entry_of(other, authority=entry.authority)


def taken(*candidates: Candidate) -> list[Outcome]:
    return [outcome for portion in intake.take(candidates) for outcome in portion]


def test_new_ones_are_stored_in_order(lms: Authority) -> None:
    entries = [an_entry(lms) for _ in range(3)]
    assert results(entries) == ["stored"] * 3
    assert [one.sid for one in reader().log(0, 10)] == [entry.sid for entry in entries]


def test_known_ones_are_known(lms: Authority) -> None:
    entries = [an_entry(lms) for _ in range(3)]
    add(entries[1])
    assert results(entries) == ["stored", "known", "stored"]


def test_a_conflict_is_that_of_its_row_alone(lms: Authority) -> None:
    entries = [an_entry(lms) for _ in range(3)]
    add(changed(entries[1]))
    assert results(entries) == ["stored", "conflict", "stored"]


def test_the_conflict_names_the_statement(lms: Authority) -> None:
    entry = an_entry(lms)
    add(changed(entry))
    [found] = intake.store_each([entry])
    assert str(found).startswith(f"Statement {entry.sid} is already stored with other content.")


def test_what_is_stored_stays_as_it_is(lms: Authority) -> None:
    entry = an_entry(lms)
    add(entry)
    before = reader().log(0, 10)
    intake.store_each([changed(entry)])
    assert reader().log(0, 10) == before


def test_the_same_one_again_in_a_batch_is_known(lms: Authority) -> None:
    entry = an_entry(lms)
    assert results([entry, an_entry(lms), entry]) == ["stored", "stored", "known"]


def test_another_one_under_the_same_id_in_a_batch_is_a_conflict(lms: Authority) -> None:
    entry = an_entry(lms)
    assert results([entry, changed(entry), entry]) == ["stored", "conflict", "known"]


def test_of_two_that_contradict_the_record_both_are_conflicts(lms: Authority) -> None:
    entry = an_entry(lms)
    add(changed(entry))
    assert results([entry, entry, an_entry(lms)]) == ["conflict", "conflict", "stored"]


def test_nothing_is_nothing() -> None:
    assert results([]) == []


def test_a_refused_row_keeps_its_place(lms: Authority) -> None:
    good = Candidate(place="line 2", entry=an_entry(lms))
    found = taken(Candidate(place="line 1", refusal=BAD), good)
    assert [(one.place, one.outcome) for one in found] == [
        ("line 1", "refused"),
        ("line 2", "stored"),
    ]


def test_a_portion_is_stored_before_the_next_is_read(
    lms: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "PORTION", 2)
    portions = intake.take(Candidate(place="x", entry=an_entry(lms)) for _ in range(5))
    assert (len(next(portions)), reader().count()) == (2, 2)


def test_heavy_attachments_fill_a_portion(lms: Authority) -> None:
    heavy = replace(an_entry(lms), attachments={"a": bytes(intake.PORTION_BYTES)})
    rows = [Candidate(place="1", entry=heavy), Candidate(place="2", entry=an_entry(lms))]
    assert [len(portion) for portion in intake.take(rows)] == [1, 1]


def test_rows_become_candidates_or_refusals(lms: Authority) -> None:
    rows = [
        Row(place="line 1", value=a_statement()),
        Row(place="line 2", value={}),
        Row(place="line 3", refusal=BAD),
    ]
    found = list(intake.candidates(rows, lambda one: entry_of(one, authority=lms)))
    assert [one.refusal is None for one in found] == [True, False, False]


@pytest.mark.parametrize(
    ("members", "version"),
    [
        pytest.param({}, "1.0.3", id="claims none"),
        pytest.param({"version": "1.0.0"}, "1.0.3", id="claims the older"),
        pytest.param({"version": "2.0.0"}, "2.0.0", id="claims the newer"),
        pytest.param({"context": {"contextAgents": []}}, "2.0.0", id="uses what is newer"),
        pytest.param(
            {"version": "1.0.3", "context": {"contextGroups": []}}, "2.0.0", id="claims wrongly"
        ),
    ],
)
def test_rules_are_those_of_the_version_a_statement_claims(
    members: dict[str, object], version: str
) -> None:
    assert intake.checked(a_statement(**members))[1] == version


def test_a_timestamp_of_the_older_version_stays_as_it_is_written() -> None:
    statement = a_statement(timestamp="2026-09-08T08:00:00-04:00")
    intake.checked(statement)
    assert statement["timestamp"] == "2026-09-08T08:00:00-04:00"


@pytest.mark.parametrize("statement", [None, 5, "x", [], {}, {"version": 2}])
def test_what_is_no_statement_is_refused(statement: object) -> None:
    with pytest.raises(StatementRefused):
        intake.checked(statement)


@pytest.mark.parametrize(
    ("context", "cited"),
    [
        pytest.param({}, "xAPI 1.0.3", id="of the older where that is claimed"),
        pytest.param({"contextAgents": []}, "IEEE", id="of the newer where it is used"),
    ],
)
def test_refusal_is_in_the_words_of_the_version(context: dict[str, object], cited: str) -> None:
    with pytest.raises(StatementRefused) as caught:
        intake.checked(a_statement(context=context | {"registration": "x"}))
    assert caught.value.clause.startswith(cited)
    assert caught.value.path == "$.context.registration"


def test_an_asked_version_counts() -> None:
    with pytest.raises(StatementRefused):
        intake.checked(a_statement(version="2.0.0"), "1.0.3")


def test_ids_in_any_case_are_one(lms: Authority) -> None:
    sid = str(uuid.uuid4())
    entries = [an_entry(lms, id=sid), an_entry(lms, id=sid.upper())]
    assert results(entries) == ["stored", "known"]
