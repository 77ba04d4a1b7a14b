"""Rows about something that had not come yet: once it has, they are read, in their own run."""

from __future__ import annotations

import logging
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeGuard

from sqlalchemy import select

from engine.api import Activity, ItemRef
from engine.db import db
from engine.errors import Conflict, Refused
from engine.sources import deliveries, writes
from engine.sources.arranging import Said
from engine.sources.models import DeliveryRow, ItemKey, Run, RunProblem, SourceInstance, Waiting
from engine.sources.planner import Outcome, awaiting
from engine.sources.reading import BATCH, RETRIES, Reading, Turn

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answered:
    """A delivery, and what it waited for that is there now."""

    delivery_id: int
    keys: tuple[str, ...]


def read_waiting(system: uuid.UUID, turn: Turn) -> None:
    """Read the rows of a system's standing runs that waited for what has come meanwhile.

    They count where they stand: in the run that brought them, as old as it is, so that it takes
    them back when it is undone. One may be what another waited for, hence the repetition.
    """
    tried: set[_Answered] = set()
    while answered := [one for one in _answered(system) if one not in tried]:
        for one in answered:
            tried.add(one)
            try:
                _read(one, turn)
            except Conflict:
                raise
            except Refused as refusal:
                log.warning("delivery %s cannot be read again: %s", one.delivery_id, refusal.why)


def _answered(system: uuid.UUID) -> list[_Answered]:
    """Deliveries of standing runs that wait for a key which an item has by now."""
    db.session.rollback()
    there = (ItemKey.system == Waiting.system) & (ItemKey.key == Waiting.key)
    query = (
        select(Waiting.delivery_id, Waiting.key)
        .join(ItemKey, there)
        .join(DeliveryRow, DeliveryRow.id == Waiting.delivery_id)
        .join(Run, Run.id == DeliveryRow.run_id)
        .where(Waiting.system == system, Run.stands, Run.state == "done")
        .order_by(Waiting.delivery_id, Waiting.key)
    )
    keys: dict[int, list[str]] = defaultdict(list)
    for delivery_id, key in db.session.execute(query):
        keys[delivery_id].append(key)
    return [_Answered(delivery_id=one, keys=tuple(found)) for one, found in keys.items()]


def _read(answered: _Answered, turn: Turn) -> None:
    row = db.session.get_one(DeliveryRow, answered.delivery_id)
    reading = Reading.of(db.session.get_one(SourceInstance, row.source_id))
    bundle = deliveries.stored_bundle(row)
    arranged = reading.in_order(bundle, arrived_at=row.arrived_at)
    waited = [said for said in arranged if _is_about(said, answered.keys)]
    for batch in _batches(waited):
        turn.renew()
        _record(reading, answered, batch)
    writes.stored([], writes.of_answered(reading.system, answered.delivery_id, answered.keys))


def _is_about(said: Said, keys: Sequence[str]) -> TypeGuard[Activity]:
    if not isinstance(said, Activity):
        return False
    refs = (said.actor, said.object)
    return any(isinstance(ref, ItemRef) and ref.key in keys for ref in refs)


def _batches(said: Sequence[Activity]) -> Iterator[Sequence[Activity]]:
    for start in range(0, len(said), BATCH):
        yield said[start : start + BATCH]


def _record(reading: Reading, answered: _Answered, batch: Sequence[Activity]) -> None:
    for _ in range(RETRIES):
        row = db.session.get_one(DeliveryRow, answered.delivery_id)
        run = db.session.get_one(Run, row.run_id)
        voice = reading.voice(run_id=run.id, delivery_id=row.id, arrived_at=row.arrived_at)
        planner = reading.planner(voice, batch)
        open_rows = _open_rows(run.id, answered.keys)
        outcomes, solved = [], []
        for said in batch:
            if problem := open_rows.pop(writes.place_words(said.rows), None):
                outcomes.append(planner.take(said))
                solved.append(problem)
        planner.settle_parts()
        rows = [
            *writes.of_solved(solved),
            *writes.of_plan(planner, outcomes),
            writes.of_run(run.id, before=run.done, counts=_recounted(run.counts, outcomes)),
        ]
        if writes.stored(planner.entries, rows):
            return
    raise Conflict("These items keep changing while they are read.", "Run it again.")


def _open_rows(run_id: int, keys: Sequence[str]) -> dict[str, int]:
    """The rows of a run that waited for these keys, and where that is written down."""
    reasons = [awaiting(key) for key in keys]
    query = select(RunProblem).where(RunProblem.run_id == run_id, RunProblem.why.in_(reasons))
    return {problem.place: problem.id for problem in db.session.scalars(query)}


def _recounted(counts: Mapping[str, int], outcomes: Sequence[Outcome]) -> dict[str, int]:
    """The counts of a run after rows that were unmatched ended in these outcomes."""
    counted = Counter(counts)
    for outcome in outcomes:
        counted["unmatched"] -= len(outcome.places)
        counted += outcome.counts()
    return dict(counted)
