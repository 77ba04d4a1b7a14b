"""Items as the planner works on them: what every run said, what stands, and loading them."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from sqlalchemy import select

from engine.activity import Facts
from engine.db import db
from engine.sources.models import Item, ItemKey, ItemMerge, Run, RunItem

T = TypeVar("T")
CHUNK = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """What one run says of an item; `facts` is None where it says that the item is gone."""

    generation: int
    reported_at: int
    run_id: int
    facts: Facts | None
    places: tuple[int | str, ...]
    delivery_id: int
    outcome: str

    @property
    def order(self) -> tuple[int, int, int]:
        """Later settings outrank earlier ones, then the later report, then the later run."""
        return (self.generation, self.reported_at, self.run_id)

    def ended(self, outcome: str) -> Word:
        """The same word with the outcome its rows had."""
        return replace(self, outcome=outcome)


@dataclass(slots=True, kw_only=True)
class ItemState:
    """A working copy of an item with the words of all runs that stand."""

    id: uuid.UUID
    system: uuid.UUID
    origin_id: int
    key: str
    revision: int
    loaded_revision: int | None
    sid: uuid.UUID | None
    last_sid: uuid.UUID
    root: uuid.UUID
    essence: str | None
    agent: dict[str, Any]
    audience: str
    original: Facts | None
    correction: Facts | None
    corrected_at: int | None
    created_at: int
    merged: bool = False
    touched: bool = False
    words: dict[int, Word] = field(default_factory=dict)

    @classmethod
    def fresh(
        cls, system: uuid.UUID, origin_id: int, key: str, agent: dict[str, Any]
    ) -> ItemState:
        """An item nobody has spoken of before."""
        item = uuid.uuid5(system, f"item|{key}")
        return cls(
            id=item,
            system=system,
            origin_id=origin_id,
            key=key,
            revision=0,
            loaded_revision=None,
            sid=None,
            last_sid=item,
            root=item,
            essence=None,
            agent=agent,
            audience="private",
            original=None,
            correction=None,
            corrected_at=None,
            created_at=0,
        )

    def standing(self) -> tuple[Facts | None, bool]:
        """The facts that hold: the learner's own correction, else the highest word; and which."""
        if self.merged:
            return None, False
        if self.correction is not None:
            return self.correction, True
        if not self.words:
            return self.original, False
        return max(self.words.values(), key=lambda word: word.order).facts, False


def load_keys(system: uuid.UUID, keys: Iterable[str]) -> dict[str, uuid.UUID]:
    """Which item each key names; keys nobody has used are left out."""
    found: dict[str, uuid.UUID] = {}
    for part in _chunks(keys):
        query = select(ItemKey.key, ItemKey.item_id).where(
            ItemKey.system == system, ItemKey.key.in_(part)
        )
        found.update({key: item for key, item in db.session.execute(query)})
    return found


def load_keys_of(item_id: uuid.UUID) -> set[str]:
    """Every key that names an item."""
    return set(db.session.scalars(select(ItemKey.key).where(ItemKey.item_id == item_id)))


def load_items(ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, ItemState]:
    """Working copies of items, with the words of the runs that stand."""
    states: dict[uuid.UUID, ItemState] = {}
    for part in _chunks(ids):
        items = db.session.scalars(select(Item).where(Item.id.in_(part)))
        states.update({item.id: _state(item) for item in items})
        for item_id, word in _words(part):
            states[item_id].words[word.run_id] = word
        for item_id in _merged(part):
            states[item_id].merged = True
    return states


def _state(item: Item) -> ItemState:
    return ItemState(
        id=item.id,
        system=item.system,
        origin_id=item.origin_id,
        key=item.key,
        revision=item.revision,
        loaded_revision=item.revision,
        sid=item.sid,
        last_sid=item.last_sid,
        root=item.root,
        essence=item.essence,
        agent=item.agent,
        audience=item.audience,
        original=item.original,
        correction=item.correction,
        corrected_at=item.corrected_at,
        created_at=item.created_at,
    )


def _words(ids: list[uuid.UUID]) -> Iterator[tuple[uuid.UUID, Word]]:
    query = (
        select(RunItem)
        .join(Run, Run.id == RunItem.run_id)
        .where(RunItem.item_id.in_(ids), Run.stands)
    )
    for said in db.session.scalars(query):
        yield said.item_id, word_of(said)


def word_of(said: RunItem) -> Word:
    """What a run said of an item, as a value."""
    return Word(
        generation=said.generation,
        reported_at=said.reported_at,
        run_id=said.run_id,
        facts=said.facts,
        places=tuple(said.places),
        delivery_id=said.delivery_id,
        outcome=said.outcome,
    )


def _merged(ids: list[uuid.UUID]) -> Iterator[uuid.UUID]:
    """Those that a standing run showed to be another item."""
    query = (
        select(ItemMerge.other_id)
        .join(Run, Run.id == ItemMerge.run_id)
        .where(ItemMerge.other_id.in_(ids), Run.stands)
    )
    yield from db.session.scalars(query)


def _chunks(values: Iterable[T]) -> Iterator[list[T]]:
    listed = list(values)
    for start in range(0, len(listed), CHUNK):
        yield listed[start : start + CHUNK]
