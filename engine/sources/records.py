"""From a line of a record back to what arrived: which run said it, in which row, in what words."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from engine import records
from engine.activity import Facts
from engine.competencies.exclusions import excluded_roots
from engine.db import db, portions
from engine.people.service import Who
from engine.pipeline import reader
from engine.sources import deliveries, writes
from engine.sources.items import ItemState, Word, load_items, word_of
from engine.sources.models import DeliveryRow, Item, Run, RunItem, SourceInstance
from engine.sources.raw import Raw


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What the learner corrected: when, what was reported, and what stands instead."""

    at: int
    reported: Facts | None
    corrected: Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What one run said of an item, and the rows of the delivery that it read it from.

    `rows` pairs each place in words with what stands there, None where it cannot be shown by
    itself. `stands` is False for a run that was undone; `counts` marks the word that decides.
    """

    run: int
    source: str
    plugin: str
    door: str
    at: int
    name: str
    rows: tuple[tuple[str, str | None], ...]
    facts: Facts | None
    stands: bool
    counts: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """Where a line of a record comes from; an item only exists where a source or learner spoke."""

    told: tuple[Told, ...] = ()
    facts: Facts | None = None
    change: Change | None = None


def changes(sids: Iterable[uuid.UUID]) -> dict[uuid.UUID, Change]:
    """The corrections among the items these statements speak for."""
    items: list[uuid.UUID] = []
    for part in portions(sids):
        items += db.session.scalars(select(Item.id).where(Item.last_sid.in_(part)))
    found = {state.last_sid: _change(state) for state in load_items(items).values()}
    return {sid: change for sid, change in found.items() if change is not None}


def _change(state: ItemState) -> Change | None:
    facts, teller = state.told()
    if facts is None or teller != "learner":
        return None
    at = max(one.corrected_at or 0 for one in state.whole if one.correction is not None)
    words = state.words.values()
    reported = max(words, key=_order).facts if words else state.original
    return Change(at=at, reported=reported, corrected=facts)


def _order(word: Word) -> tuple[int, int, int]:
    return word.order


def left_out(who: Who, sids: Iterable[uuid.UUID]) -> set[uuid.UUID]:
    """Those of her statements whose item she has left out of scoring."""
    roots = {sid: sid for sid in sids}
    for part in portions(roots):
        query = select(Item.last_sid, Item.root).where(Item.last_sid.in_(part))
        roots.update({row.last_sid: row.root for row in db.session.execute(query)})
    untold = records.revisions_among(sid for sid, root in roots.items() if sid == root)
    for sid, stored in reader().many(sorted(untold)).items():
        roots[sid] = records.first_of(stored, who.keys)
    excluded = excluded_roots(map(str, roots.values()))
    return {sid for sid, root in roots.items() if str(root) in excluded}


def trace(sid: uuid.UUID) -> Trace:
    """Where the statement of this id comes from: what runs said, newest first, and what stands."""
    item = db.session.scalar(select(Item).where(Item.last_sid == sid))
    if item is None:
        return Trace()
    state = load_items([item.id])[item.id]
    return Trace(told=_told(state), facts=state.told()[0], change=_change(state))


def _told(state: ItemState) -> tuple[Told, ...]:
    query = (
        select(RunItem, Run, DeliveryRow, SourceInstance)
        .join(Run, Run.id == RunItem.run_id)
        .join(DeliveryRow, DeliveryRow.id == RunItem.delivery_id)
        .join(SourceInstance, SourceInstance.id == Run.source_id)
        .where(RunItem.item_id.in_([one.id for one in state.whole]))
    )
    rows = sorted(
        db.session.execute(query).all(), key=lambda row: word_of(row.RunItem).order, reverse=True
    )
    words, teller = state.words.values(), state.told()[1]
    highest = max(words, key=_order).run_id if words and teller == "source" else None
    return tuple(_one_told(*row, counts=row.Run.id == highest) for row in rows)


def _one_told(
    said: RunItem, run: Run, delivery: DeliveryRow, source: SourceInstance, *, counts: bool
) -> Told:
    return Told(
        run=run.id,
        source=source.name,
        plugin=source.plugin,
        door=run.door,
        at=delivery.arrived_at,
        name=delivery.name,
        rows=_rows(delivery, said.places, said.facts),
        facts=said.facts,
        stands=run.stands,
        counts=counts,
    )


def _rows(
    delivery: DeliveryRow, places: Sequence[int | str], facts: Facts | None
) -> tuple[tuple[str, str | None], ...]:
    """Each place with what stands there. A bundle's places do not say which delivery they are in,
    so only a row that names the person is shown of it."""
    bundle = [Raw(one.body) for one in deliveries.stored_bundle(delivery).deliveries]
    found = []
    for place in places:
        rows = [row for raw in reversed(bundle) if (row := raw.row(place)) is not None]
        if len(bundle) > 1:
            rows = [row for row in rows if _names(row, facts)]
        found.append((writes.place_words([place]) or "the whole file", rows[0] if rows else None))
    return tuple(found)


def _names(row: str, facts: Facts | None) -> bool:
    """Whether a row speaks of the person the facts are about."""
    agent = facts["actor"] if facts else {}
    marks = [
        str(agent.get("mbox", "")).removeprefix("mailto:"),
        str(agent.get("account", {}).get("name", "")),
        str(agent.get("name", "")),
    ]
    return any(mark and mark.casefold() in row.casefold() for mark in marks)
