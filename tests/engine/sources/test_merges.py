"""Several items that turn out to be one: the oldest speaks, and undo takes it back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from factories import a_person
from looking import (
    adds_up,
    count_statements,
    ended,
    item,
    live_statements,
    minutes,
    run,
    says,
    standing,
    voided,
)
from toy import accepted, did, gone

from engine.sources import decisions, undo

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("toys")]


@pytest.fixture
def two(toys: object) -> None:
    """Items a and b, a the older."""
    run(did("a", minutes=1))
    run(did("b", minutes=2))


def merge(minutes: int = 3, *keys: str) -> int:
    return run(did(*(keys or ("a", "b")), minutes=minutes)).run or 0


@pytest.mark.usefixtures("two")
def test_the_oldest_stands_and_the_other_is_voided() -> None:
    other = item("b").sid
    report = run(did("b", "a", minutes=3))
    assert ended(report) == {"corrected": 1}
    assert minutes("a") == "PT3M"
    assert voided(str(other))
    assert live_statements() == 1


@pytest.mark.usefixtures("two")
def test_a_merge_that_changes_no_fact_is_a_correction_still() -> None:
    assert ended(run(did("a", "b", minutes=1))) == {"corrected": 1}


@pytest.mark.usefixtures("two")
def test_keys_of_either_lead_to_the_oldest() -> None:
    merge()
    report = run(did("b", minutes=7))
    assert ended(report) == {"corrected": 1}
    assert minutes("a") == "PT7M"
    assert live_statements() == 1


@pytest.mark.usefixtures("two")
def test_an_object_without_address_keeps_the_name_of_the_oldest() -> None:
    before = says("a")["object"]["id"]
    merge()
    run(did("b", minutes=7))
    assert says("a")["object"]["id"] == before


@pytest.mark.usefixtures("two")
def test_undo_takes_a_merge_back_and_redo_makes_it_again() -> None:
    before = standing()
    merged = merge()
    after = standing()
    undo.undo(merged)
    assert standing() == before
    undo.redo(merged)
    assert standing() == after


@pytest.mark.usefixtures("two")
def test_merging_again_stores_nothing() -> None:
    merge()
    before = count_statements()
    assert ended(run(did("a", "b", minutes=3))) == {"known": 1}
    assert count_statements() == before


@pytest.mark.usefixtures("two")
def test_a_merge_stands_as_long_as_one_run_says_so() -> None:
    first, _second = merge(), merge()
    undo.undo(first)
    assert live_statements() == 1
    assert ended(run(did("b", minutes=9))) == {"corrected": 1}
    assert minutes("a") == "PT9M"


@pytest.mark.usefixtures("two")
def test_what_was_said_of_a_merged_item_is_its_own_again_after_undo() -> None:
    merged = merge()
    run(did("b", minutes=8))
    undo.undo(merged)
    assert (minutes("a"), minutes("b")) == ("PT1M", "PT8M")


@pytest.mark.usefixtures("two")
@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
def test_merges_and_further_runs_are_undone_in_any_order(order: tuple[int, ...]) -> None:
    run(did("c", minutes=3))
    before = standing()
    made = (merge(4), run(did("b", minutes=5), gone("a")).run or 0, merge(6, "c", "b"))
    for one in order:
        undo.undo(made[one])
    assert standing() == before
    for one in order:
        undo.redo(made[one])
    assert live_statements() == 1
    assert minutes("a") == "PT6M"


def test_three_that_are_one_in_two_steps() -> None:
    run(did("a"), did("b"), did("c"))
    run(did("b", "c"), did("a", "b"))
    assert live_statements() == 1


def test_one_run_may_show_it_in_several_rows() -> None:
    run(did("a"), did("b"), did("c"), did("d"))
    report = run(did("a", "b"), did("c", "d"), did("b", "d"))
    assert adds_up(report)
    assert live_statements() == 1
    undo.undo(report.run or 0)
    assert live_statements() == 4


@pytest.mark.usefixtures("two")
def test_a_deletion_under_the_other_key_voids_what_stands() -> None:
    merge()
    run(gone("b"))
    assert live_statements() == 0


@pytest.mark.usefixtures("two")
def test_a_reference_to_the_merged_item_leads_to_the_oldest() -> None:
    merge()
    run(accepted("yes", "b"))
    assert says("yes")["object"]["id"] == str(item("a").sid)


@pytest.mark.usefixtures("two")
def test_what_the_learner_corrected_stands_whichever_it_was() -> None:
    bo = a_person()
    sid = item("b").sid
    assert sid
    decisions.correct(bo, sid, decisions.Correction(duration=timedelta(hours=1)))
    merge()
    assert minutes("a") == "PT1H"
    standing_sid = item("a").sid
    assert standing_sid
    decisions.withdraw_correction(bo, standing_sid)
    assert minutes("a") == "PT3M"


@pytest.mark.usefixtures("two")
def test_a_correction_made_after_a_merge_outlives_its_undo() -> None:
    bo = a_person()
    merged = merge()
    sid = item("a").sid
    assert sid
    at = datetime(2026, 9, 1, 9, tzinfo=UTC)
    decisions.correct(bo, sid, decisions.Correction(at=at))
    undo.undo(merged)
    assert says("a")["timestamp"] == "2026-09-01T09:00:00.000Z"
    assert minutes("b") == "PT2M"


def test_two_that_were_one_from_the_start_are_never_two() -> None:
    report: Any = run(did("a", minutes=1), did("b", minutes=2), did("a", "b", minutes=3))
    assert ended(report) == {"new": 1, "merged": 2}
    assert len(report.statements) == 1
