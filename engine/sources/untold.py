"""What an earlier reading told of deliveries and a new one does not: it is taken back.

What others say of such an item stands again; where nobody else does, its statement is voided. A
row that the new reading fails at, or withholds, says nothing about what it told before.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from engine.api import Activity, Failed, Gone
from engine.db import db, portions
from engine.errors import Conflict
from engine.sources import deliveries, writes
from engine.sources.items import ItemState, Word, load_keys
from engine.sources.models import DeliveryRow, Run, RunItem
from engine.sources.planner import Planner
from engine.sources.reading import BATCH, RETRIES, Reading, Turn

VOIDED = "voided"


@dataclass(slots=True)
class Hearing:
    """What a new reading of deliveries speaks of: items, and rows that it could not read."""

    items: set[uuid.UUID] = field(default_factory=set)
    unread: set[tuple[int, int | str]] = field(default_factory=set)


def take_back(reading: Reading, turn: Turn, run_id: int) -> None:
    """Take back what the deliveries of a run told before and do not tell any more."""
    read = deliveries.of_run(run_id)
    heard, covered = listen(reading, read), covered_by(read)
    for ids in batches_of(heard, covered):
        _take_back(reading, run_id, ids, heard, covered)
        turn.renew()


def count(run_id: int) -> int:
    """How many items nothing speaks for any more since a run took back what told of them."""
    mine = (RunItem.run_id == run_id) & (RunItem.outcome == VOIDED)
    return db.session.scalar(select(func.count()).select_from(RunItem).where(mine)) or 0


def listen(reading: Reading, delivery_ids: Iterable[int]) -> Hearing:
    """Read deliveries for nothing but what they speak of."""
    heard = Hearing()
    for delivery_id in delivery_ids:
        bundle = deliveries.stored_bundle(db.session.get_one(DeliveryRow, delivery_id))
        keys = set[str]()
        for said in reading.said(bundle):
            if isinstance(said, Failed):
                heard.unread.add((delivery_id, said.row))
            elif isinstance(said, Activity | Gone):
                keys.update(said.keys if isinstance(said, Activity) else (said.key,))
            if len(keys) > BATCH:
                heard.items.update(load_keys(reading.system, keys).values())
                keys.clear()
        heard.items.update(load_keys(reading.system, keys).values())
    return heard


def covered_by(delivery_ids: Iterable[int]) -> frozenset[int]:
    """The deliveries that are read along with these: those of a bundle with all before them."""
    found, before = set(delivery_ids), aliased(DeliveryRow)
    for part in portions(sorted(found)):
        same = (before.source_id == DeliveryRow.source_id) & (before.bundle == DeliveryRow.bundle)
        query = select(before.id).join(DeliveryRow, same & (before.id < DeliveryRow.id))
        found.update(db.session.scalars(query.where(DeliveryRow.id.in_(part))))
    return frozenset(found)


def batches_of(heard: Hearing, covered: Collection[int]) -> Iterator[list[uuid.UUID]]:
    """The items that standing runs told from these deliveries and nobody heard of now."""
    found = set[uuid.UUID]()
    for part in portions(sorted(covered)):
        query = select(RunItem.item_id).join(Run, Run.id == RunItem.run_id).distinct()
        told = query.where(RunItem.delivery_id.in_(part), Run.stands)
        found.update(item for item in db.session.scalars(told) if item not in heard.items)
    ids = sorted(found)
    for start in range(0, len(ids), BATCH):
        yield ids[start : start + BATCH]


def _take_back(
    reading: Reading,
    run_id: int,
    ids: Sequence[uuid.UUID],
    heard: Hearing,
    covered: Collection[int],
) -> None:
    for _ in range(RETRIES):
        voice = reading.voice(run_id=run_id, delivery_id=0, arrived_at=0)
        planner = reading.planner(voice, ())
        plan(planner, ids, heard, covered)
        if writes.stored(planner.entries, writes.of_plan(planner, ())):
            return
    raise Conflict("These items keep changing while they are read.", "Run it again.")


def plan(
    planner: Planner, ids: Iterable[uuid.UUID], heard: Hearing, covered: Collection[int]
) -> list[ItemState]:
    """Plan what taking these items back changes; those that nothing speaks for any more."""
    planner.load(ids)
    gone = []
    for state in [planner.states[one] for one in ids]:
        word = _instead(state, planner, heard, covered)
        if word is not None and _say(planner, state, word) and word.facts is None:
            gone.append(state)
    planner.settle_parts()
    return gone


def _instead(
    state: ItemState, planner: Planner, heard: Hearing, covered: Collection[int]
) -> Word | None:
    """What is said of an item in place of what these deliveries told; None where nothing is."""
    words = [one for one in state.own.values() if one.run_id != planner.voice.run_id]
    theirs = [one for one in words if one.delivery_id in covered]
    if not theirs:
        return None
    newest = max(theirs, key=lambda one: one.order)
    others = [one for one in words if one.delivery_id not in covered]
    other = max(others, key=lambda one: one.order, default=None)
    if other is not None and other.order > newest.order:
        return None
    if any((newest.delivery_id, place) in heard.unread for place in newest.places):
        return None
    return Word(
        item=state.id,
        generation=planner.voice.generation,
        reported_at=newest.reported_at,
        run_id=planner.voice.run_id,
        facts=other.facts if other else None,
        places=newest.places,
        delivery_id=newest.delivery_id,
        outcome="corrected" if other and other.facts else VOIDED,
    )


def _say(planner: Planner, state: ItemState, word: Word) -> bool:
    """Put the word beside the others'; whether that changes what stands."""
    before = len(planner.entries)
    state.own[word.run_id] = word
    state.touched = True
    for one in state.whole:
        planner.settle(one)
    changed = len(planner.entries) > before
    if not changed:
        state.own[word.run_id] = word.ended("known")
    return changed
