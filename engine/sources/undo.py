"""Undo and redo: which runs stand changes, and every item of the run is settled again."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence

from sqlalchemy import select, update

from engine.db import db, transaction
from engine.errors import Conflict, NotFound
from engine.lrs.store import Outdated
from engine.moments import now_us
from engine.pipeline import record
from engine.sources import writes
from engine.sources.models import ItemKey, ItemMerge, Run, RunItem, SourceInstance
from engine.sources.reading import Reading, Turn
from engine.sources.runs import BATCH, RETRIES


def undo(run_id: int) -> int:
    """Take a run back: what others say of its items stands again, the rest is voided.

    What learners corrected themselves is left alone. The number of statements stored for it is
    returned; repeating it stores none.
    """
    return _restand(run_id, stands=False)


def redo(run_id: int) -> int:
    """Let a run stand again that was undone."""
    return _restand(run_id, stands=True)


def _restand(run_id: int, *, stands: bool) -> int:
    run = db.session.get(Run, run_id)
    if run is None:
        raise NotFound(f"There is no run {run_id}.", "Look at the source's runs.")
    reading = Reading.of(db.session.get_one(SourceInstance, run.source_id))
    with Turn(reading.system) as turn:
        with transaction() as session:
            session.execute(update(Run).where(Run.id == run_id).values(stands=stands))
            _lead_keys(run_id, stands=stands)
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
        for item in ids:
            planner.settle(planner.states[item])
        rows = writes.of_states(planner.states.values())
        db.session.rollback()
        try:
            record(planner.entries, rows)
        except Outdated:
            continue
        return len(planner.entries)
    raise Conflict("These items keep changing meanwhile.", "Do it again.")


def _items(run_id: int) -> Iterator[list[uuid.UUID]]:
    """The items of a run, and those it showed to be others, in a fixed order."""
    said = db.session.scalars(select(RunItem.item_id).where(RunItem.run_id == run_id))
    merged = db.session.scalars(select(ItemMerge.other_id).where(ItemMerge.run_id == run_id))
    ids = sorted({*said, *merged})
    for start in range(0, len(ids), BATCH):
        yield ids[start : start + BATCH]


def _lead_keys(run_id: int, *, stands: bool) -> None:
    """Keys of merged items lead to the kept one while the run stands, else back."""
    for merge in db.session.scalars(select(ItemMerge).where(ItemMerge.run_id == run_id)):
        item = merge.kept_id if stands else merge.other_id
        mine = ItemKey.key.in_(merge.keys) & ItemKey.item_id.in_([merge.kept_id, merge.other_id])
        db.session.execute(update(ItemKey).where(mine).values(item_id=item))
