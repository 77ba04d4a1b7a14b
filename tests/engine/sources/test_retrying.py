"""Trying rows again that failed or matched nobody."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import changing
import pytest
from changing import Second, Strict, a_file, row
from flask import Flask
from looking import count_statements, minutes, run_delivery, standing, state_of, table_sizes
from sqlalchemy import select, update

from engine.db import db, transaction
from engine.errors import BadReport, Conflict, NotFound
from engine.sources import deliveries, instances, retention, retrying, runs, undo
from engine.sources import problems as known
from engine.sources.models import DeliveryRow, RunProblem
from engine.sources.retrying import Retried

pytestmark = pytest.mark.both_databases


@pytest.fixture(autouse=True)
def talks(make_app: Callable[..., Flask]) -> Iterator[Flask]:
    """An application with a source that has versions."""
    app = make_app([("changing", changing)])
    with app.app_context():
        changing.add()
        yield app
        db.session.remove()


def run(*rows: dict[str, Any]) -> int:
    return run_delivery(a_file(*rows), "c").run or 0


def a_refused_run() -> int:
    """A file that the worker has read, by a version that refuses it."""
    changing.become(Strict)
    left = runs.leave_file("c", a_file(row("a")))
    with pytest.raises(BadReport):
        runs.process(left)
    return left


def two_deliveries(*bodies: list[dict[str, Any]]) -> int:
    """A run of two files that came together, as a poll brings them."""
    with transaction():
        opened = runs.open_run(1, "poll", 1)
        first = opened.id
        for rows in bodies:
            deliveries.keep_delivery(opened, a_file(*rows))
    runs.process(first)
    return first


def counts(run_id: int) -> dict[str, int]:
    return {name: count for name, count in state_of(run_id).counts.items() if count}


def problems(run_id: int) -> list[RunProblem]:
    query = select(RunProblem).where(RunProblem.run_id == run_id).order_by(RunProblem.id)
    return list(db.session.scalars(query))


LUNCHES = [row("a"), row("b", kind="lunch"), row("c", kind="lunch")]


def test_what_works_now_leaves_the_list_and_is_counted_where_it_ended() -> None:
    first = run(*LUNCHES)
    changing.become(Second)
    assert retrying.retry(first) == Retried(rows=2, mended=2)
    assert counts(first) == {"new": 3}
    assert problems(first) == []


def test_the_counts_go_on_adding_up() -> None:
    first = run(*LUNCHES, row("d", email=None, name="Bo"))
    changing.become(Second)
    retrying.retry(first)
    assert sum(counts(first).values()) == state_of(first).rows == 4


def test_one_problem_alone() -> None:
    first = run(*LUNCHES)
    changing.become(Second)
    retrying.retry(first, problem_id=problems(first)[1].id)
    assert [one.place for one in problems(first)] == ["row 2"]
    assert (minutes("c", "c"), counts(first)) == ("PT30M", {"new": 2, "failed": 1})


def test_a_second_time_changes_nothing() -> None:
    first = run(*LUNCHES)
    changing.become(Second)
    retrying.retry(first)
    before = standing(), count_statements(), counts(first)
    assert retrying.retry(first) == Retried()
    assert (standing(), count_statements(), counts(first)) == before


def test_what_still_fails_stays_as_it_is() -> None:
    first = run(*LUNCHES)
    before = [(one.id, one.why) for one in problems(first)], table_sizes()
    assert retrying.retry(first) == Retried(rows=2)
    assert ([(one.id, one.why) for one in problems(first)], table_sizes()) == before


def test_what_fails_for_another_reason_says_so() -> None:
    first = run(row("a", email="nobody"), row("b", kind="lunch", email=None, name="Bo"))
    changing.become(Second)
    retrying.retry(first)
    assert [one.outcome for one in problems(first)][-1] == "unmatched"
    assert sum(counts(first).values()) == 2


def test_undo_takes_it_along() -> None:
    first = run(*LUNCHES)
    changing.become(Second)
    retrying.retry(first)
    undo.undo(first)
    assert standing() == set()


def test_a_refused_run_is_read_again_as_a_whole() -> None:
    refused = a_refused_run()
    changing.become(Second)
    assert retrying.retry(refused) == Retried(rows=1, mended=1)
    assert (state_of(refused).state, counts(refused)) == ("done", {"new": 1})


def test_a_refused_run_can_be_refused_again() -> None:
    refused = a_refused_run()
    with pytest.raises(BadReport, match="reads nothing"):
        retrying.retry(refused)
    assert state_of(refused).state == "refused"


def test_an_undone_run_is_left_alone() -> None:
    first = run(*LUNCHES)
    undo.undo(first)
    with pytest.raises(Conflict, match="stands can be tried again"):
        retrying.retry(first)


def test_without_its_raw_input_nothing_can_be_tried() -> None:
    first = run(*LUNCHES)
    with transaction() as session:
        session.execute(update(DeliveryRow).values(arrived_at=0))
    retention.sweep()
    with pytest.raises(Conflict, match="not kept any more"):
        retrying.retry(first)


def test_of_several_deliveries_the_right_row_is_tried() -> None:
    first = two_deliveries([row("a"), row("b")], [row("c"), row("d", kind="lunch")])
    changing.become(Second)
    assert retrying.retry(first) == Retried(rows=1, mended=1)
    assert (counts(first), minutes("d", "c")) == ({"new": 4}, "PT30M")


def test_a_mended_file_and_a_retry_are_one() -> None:
    first = run(*LUNCHES)
    changing.become(Second)
    run(*LUNCHES)
    before = count_statements()
    retrying.retry(first)
    assert (counts(first), count_statements()) == ({"new": 1, "known": 2}, before)


def test_problems_over_runs_are_one() -> None:
    run(*LUNCHES)
    second = run(row("z"), *LUNCHES)
    found = known.seen(1, [("failed", "Lunches cannot be read.")])
    (seen,) = found.values()
    assert seen.first_at < state_of(second).started_at < seen.last_at


def test_why_a_run_was_refused_stays_when_its_plugin_is_gone() -> None:
    refused = a_refused_run()
    why = state_of(refused).why
    with transaction():
        instances.get("c").plugin = "gone"
    with pytest.raises(NotFound, match="No plugin brings"):
        retrying.retry(refused)
    assert why
    assert (state_of(refused).state, state_of(refused).why) == ("refused", why)
