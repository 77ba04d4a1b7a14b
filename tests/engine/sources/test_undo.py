"""Undo and redo change which runs stand; everything else follows."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from factories import a_person
from looking import (
    count_statements,
    ended,
    live_statements,
    minutes,
    run,
    says,
    standing,
    state_of,
    voided,
)
from sqlalchemy import update
from toy import did, gone

from engine.db import transaction
from engine.errors import BadReport, NotFound
from engine.sources import decisions, doors, runs, undo
from engine.sources.models import Run
from xapi.vocabulary import Extension

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("toys")]


def number(*said: dict[str, Any], **more: Any) -> int:
    return run(*said, **more).run or 0


def test_undo_of_the_only_run_voids() -> None:
    first = run(did("a"))
    undo.undo(first.run or 0)
    assert live_statements() == 0
    assert voided(first.statements[0]["id"])


def test_undo_restores_what_an_earlier_run_said_as_a_new_revision() -> None:
    run(did("a", minutes=30))
    second = run(did("a", minutes=45))
    undo.undo(second.run or 0)
    replaces = says("a")["context"]["extensions"][Extension.REPLACES]
    assert minutes("a") == "PT30M"
    assert replaces in {one["id"] for one in second.statements}


def test_undo_of_an_outranked_run_changes_nothing() -> None:
    first = number(did("a", minutes=30))
    run(did("a", minutes=45))
    assert undo.undo(first) == 0
    assert minutes("a") == "PT45M"


def test_undo_of_a_deletion_brings_back() -> None:
    run(did("a", minutes=30))
    undo.undo(number(gone("a")))
    assert minutes("a") == "PT30M"


def test_import_after_undo_restores() -> None:
    undo.undo(number(did("a", minutes=30)))
    assert ended(run(did("a", minutes=30))) == {"new": 1}
    assert minutes("a") == "PT30M"


def test_redo_brings_back() -> None:
    run(did("a", minutes=30))
    second = number(did("a", minutes=45), did("b"))
    after = standing()
    undo.undo(second)
    assert minutes("b") == "gone"
    undo.redo(second)
    assert standing() == after


@pytest.mark.parametrize("again", [undo.undo, undo.redo])
def test_doing_it_twice_stores_nothing(again: Any) -> None:
    first = number(did("a"))
    undo.undo(first)
    again(first)
    before = count_statements()
    assert again(first) == 0
    assert count_statements() == before


@pytest.mark.parametrize(
    "order", [pytest.param((0, 1), id="older first"), pytest.param((1, 0), id="newer first")]
)
def test_undoing_two_runs_in_either_order_ends_the_same(order: tuple[int, int]) -> None:
    run(did("a", minutes=1), did("b", minutes=1))
    before = standing()
    two = number(did("a", minutes=2), gone("b")), number(did("a", minutes=3), did("b", minutes=3))
    undo.undo(two[order[0]])
    undo.undo(two[order[1]])
    assert standing() == before


def test_undo_leaves_what_the_learner_corrected() -> None:
    bo = a_person()
    first = run(did("a", minutes=30))
    sid = uuid.UUID(first.statements[0]["id"])
    at = datetime(2026, 9, 1, 9, tzinfo=UTC)
    decisions.correct(bo, sid, decisions.Correction(at=at))
    undo.undo(first.run or 0)
    assert voided(sid)
    assert says("a")["timestamp"] == "2026-09-01T09:00:00.000Z"


def test_a_crash_between_falling_and_settling_is_repaired_by_repeating() -> None:
    first = number(did("a"))
    with transaction() as session:
        session.execute(update(Run).where(Run.id == first).values(stands=False))
    assert undo.undo(first) == 1
    assert live_statements() == 0


def test_a_run_that_is_undone_before_it_is_read_waits_until_redone() -> None:
    waiting = a_waiting_run(did("a"))
    undo.undo(waiting)
    assert doors.unfinished() == []
    assert runs.process(waiting).rows == 0
    undo.redo(waiting)
    assert doors.unfinished() == [waiting]
    assert ended(runs.process(waiting)) == {"new": 1}


def a_waiting_run(*said: dict[str, Any]) -> int:
    taken = doors.receive("t", {"X-Secret": ""}, {}, json.dumps(said).encode())
    assert isinstance(taken, int)
    return taken


def test_undo_of_a_refused_run_does_nothing() -> None:
    refused = a_waiting_run({"say": "refuse", "why": "-"})
    with pytest.raises(BadReport):
        runs.process(refused)
    assert undo.undo(refused) == 0
    assert state_of(refused).stands


@pytest.mark.parametrize("act", [undo.undo, undo.redo])
def test_a_run_that_is_not_there(act: Any) -> None:
    with pytest.raises(NotFound):
        act(99)
