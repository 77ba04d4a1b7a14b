"""Undo and redo: which runs stand changes, and every item of the run is settled again."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence

from sqlalchemy import select, update

from engine.db import db, transaction
from engine.errors import Conflict, NotFound
from engine.moments import now_us
from engine.sources import writes
from engine.sources.models import ItemMerge, Run, RunItem, SourceInstance
from engine.sources.reading import BATCH, PATIENCE, RETRIES, Reading, Turn
from engine.sources.waiting import read_waiting


def undo(run_id: int) -> int:
    """Take a run back: what others say of its items stands again, the rest is voided.

    What learners corrected themselves is left alone. The number of statements stored for it is
    returned; repeating it stores none. A run that has not ended stays where it is until redone;
    of a refused one nothing stands anyway.
    """
    return _restand(run_id, stands=False)


def redo(run_id: int) -> int:
    """Let a run stand again that was undone; one that had not ended goes on."""
    return _restand(run_id, stands=True)


def _restand(run_id: int, *, stands: bool) -> int:
    run = db.session.get(Run, run_id)
    if run is None:
        raise NotFound(f"There is no run {run_id}.", "Look at the source's runs.")
    if run.state == "refused":
        return 0
    reading = Reading.of(db.session.get_one(SourceInstance, run.source_id))
    with Turn(reading.system, patience=PATIENCE) as turn:
        stored = restand(reading, turn, run_id, stands=stands)
        if stands:
            read_waiting(reading.system, turn)
    return stored


def restand(reading: Reading, turn: Turn, run_id: int, *, stands: bool) -> int:
    """Let a run stand or fall, by whoever has the turn; how many statements it took."""
    with transaction() as session:
        session.execute(update(Run).where(Run.id == run_id).values(stands=stands))
    stored = 0
    for ids in _items(run_id):
        stored += settle(reading, ids)
        turn.renew()
    return stored


def settle(reading: Reading, ids: Sequence[uuid.UUID]) -> int:
    """Make the standing statements of some items say their standing facts."""
    for _ in range(RETRIES):
        voice = reading.voice(run_id=0, delivery_id=0, arrived_at=now_us())
        planner = reading.planner(voice, ())
        planner.load(ids)
        for state in sorted(planner.states.values(), key=lambda one: not one.merged):
            planner.settle(state)
        planner.settle_parts()
        rows = writes.of_states(planner.states.values())
        if writes.stored(planner.entries, rows):
            return len(planner.entries)
    raise Conflict("These items keep changing meanwhile.", "Do it again.")


def _items(run_id: int) -> Iterator[list[uuid.UUID]]:
    """The items of a run, and those it showed to be others, in a fixed order."""
    said = db.session.scalars(select(RunItem.item_id).where(RunItem.run_id == run_id))
    merges = db.session.scalars(select(ItemMerge).where(ItemMerge.run_id == run_id))
    merged = {item for merge in merges for item in (merge.kept_id, merge.other_id)}
    ids = sorted({*said, *merged})
    for start in range(0, len(ids), BATCH):
        yield ids[start : start + BATCH]
