"""Items as the planner works on them: what every run said, what stands, and loading them.

Runs can show that several items are one. They keep their own words and keys, so that undoing the
run takes it back; while it stands, the oldest speaks for them all.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import or_, select

from engine.activity import Facts, Teller
from engine.db import db, portions
from engine.sources.models import Item, ItemKey, ItemMerge, Run, RunItem

LATEST = 1 << 62


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """What one run says of an item; `facts` is None where it says that the item is gone."""

    item: uuid.UUID
    generation: int
    reported_at: int
    run_id: int
    facts: Facts | None
    places: tuple[int | str, ...]
    delivery_id: int
    outcome: str

    @property
    def order(self) -> tuple[int, int, int]:
        """Later settings outrank earlier ones, then the later report, then the later run.

        A preview's run has no number yet (0) and would be the latest.
        """
        return (self.generation, self.reported_at, self.run_id or LATEST)

    def ended(self, outcome: str) -> Word:
        """The same word with the outcome its rows had."""
        return replace(self, outcome=outcome)


@dataclass(slots=True, kw_only=True, eq=False)
class ItemState:
    """A working copy of an item with the words of all runs that stand.

    `own` are the words said of it under its own keys; `kept_by` names, for each run that showed
    it to be another, that other. `speaker` is the oldest of those that are one item, `joined` the
    rest of them. `loaded` is the version it was read at, None for one that is not stored yet.
    """

    id: uuid.UUID
    system: uuid.UUID
    origin_id: int
    key: str
    revision: int
    loaded: int | None
    sid: uuid.UUID | None
    last_sid: uuid.UUID
    root: uuid.UUID
    essence: str | None
    agent: dict[str, Any]
    audience: str
    within: str | None
    original: Facts | None
    correction: Facts | None
    corrected_at: int | None
    created_at: int
    touched: bool = False
    own: dict[int, Word] = field(default_factory=dict)
    kept_by: dict[int, uuid.UUID] = field(default_factory=dict)
    oldest: ItemState | None = field(default=None, repr=False)
    joined: list[ItemState] = field(default_factory=list, repr=False)

    @classmethod
    def fresh(cls, system: uuid.UUID, origin_id: int, key: str, agent: dict[str, Any]) -> ItemState:
        """An item nobody has spoken of before."""
        item = uuid.uuid5(system, f"item|{key}")
        return cls(
            id=item,
            system=system,
            origin_id=origin_id,
            key=key,
            revision=0,
            loaded=None,
            sid=None,
            last_sid=item,
            root=item,
            essence=None,
            agent=agent,
            audience="private",
            within=None,
            original=None,
            correction=None,
            corrected_at=None,
            created_at=0,
        )

    @property
    def speaker(self) -> ItemState:
        """The item whose statement speaks for this one: itself, unless it was merged."""
        return self.oldest or self

    @property
    def merged(self) -> bool:
        """Whether another item speaks for this one."""
        return self.oldest is not None

    @property
    def whole(self) -> list[ItemState]:
        """All items that are one with this, the speaker last."""
        return [*self.speaker.joined, self.speaker]

    @property
    def words(self) -> dict[int, Word]:
        """What each run said of this item or those that joined it."""
        found = dict(self.own)
        for other in self.joined:
            for run, word in other.own.items():
                if run not in found or word.order > found[run].order:
                    found[run] = word
        return found

    def standing(self) -> tuple[Facts | None, bool]:
        """The facts that hold: the learner's own correction, else the highest word; and which."""
        facts, teller = self.told()
        return facts, teller == "learner"

    def told(self) -> tuple[Facts | None, Teller]:
        """The facts that hold, and whose word they are."""
        if self.merged:
            return None, "source"
        corrected = [one for one in self.whole if one.correction is not None]
        if corrected:
            newest = max(corrected, key=lambda one: one.corrected_at or 0)
            return self._named(newest.correction, newest.id), "learner"
        words = self.words
        if not words:
            return self.original, "original"
        highest = max(words.values(), key=lambda word: word.order)
        return self._named(highest.facts, highest.item), "source"

    def known_tags(self) -> list[str]:
        """The tags of this item as those tell them who know them, for what is part of it."""
        knowing = [
            word for word in self.words.values() if word.facts and not word.facts.get("within")
        ]
        facts = max(knowing, key=lambda word: word.order).facts if knowing else self.told()[0]
        return list(facts["tags"]) if facts else []

    def _named(self, facts: Facts | None, home: uuid.UUID) -> Facts | None:
        """The facts of an item that joined, under this item's own name if it had no address."""
        if facts is None or home == self.id or facts["object"].get("id") != home.urn:
            return facts
        return {**facts, "object": {**facts["object"], "id": self.id.urn}}


def join(states: Iterable[ItemState]) -> None:
    """Take items for one: the oldest speaks from now on."""
    oldest, *others = sorted(states, key=lambda state: (state.created_at, state.id))
    oldest.oldest, oldest.joined = None, others
    for other in others:
        other.oldest, other.joined = oldest, []


def load_keys(system: uuid.UUID, keys: Iterable[str]) -> dict[str, uuid.UUID]:
    """Which item each key names; keys nobody has used are left out."""
    found: dict[str, uuid.UUID] = {}
    for part in portions(keys):
        query = select(ItemKey.key, ItemKey.item_id).where(
            ItemKey.system == system, ItemKey.key.in_(part)
        )
        found.update((row.key, row.item_id) for row in db.session.execute(query))
    return found


def load_items(ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, ItemState]:
    """Working copies of items and of all that are one with them, with the words that stand."""
    wanted = set(ids)
    merges = load_merges(wanted)
    wanted |= {item for merge in merges for item in (merge.other_id, merge.kept_id)}
    states: dict[uuid.UUID, ItemState] = {}
    for part in portions(wanted):
        items = db.session.scalars(select(Item).where(Item.id.in_(part)))
        states.update({item.id: _state(item) for item in items})
        for word in _words(part):
            states[word.item].own[word.run_id] = word
    for merge in merges:
        states[merge.other_id].kept_by[merge.run_id] = merge.kept_id
        join({*states[merge.other_id].whole, *states[merge.kept_id].whole})
    return states


def load_names(ids: Iterable[uuid.UUID]) -> set[str]:
    """Every key that names one of these items."""
    return {
        key
        for part in portions(ids)
        for key in db.session.scalars(select(ItemKey.key).where(ItemKey.item_id.in_(part)))
    }


def load_parts(system: uuid.UUID, keys: Iterable[str]) -> set[uuid.UUID]:
    """The items that are part of those these keys name."""
    return {
        item
        for part in portions(keys)
        for item in db.session.scalars(
            select(Item.id).where(Item.system == system, Item.within.in_(part))
        )
    }


def load_merges(ids: Iterable[uuid.UUID]) -> list[ItemMerge]:
    """What standing runs showed of these items being others, and of those in turn."""
    found: dict[tuple[int, uuid.UUID], ItemMerge] = {}
    seen, frontier = set[uuid.UUID](), set(ids)
    while frontier:
        near = [merge for part in portions(frontier) for merge in _merges(part)]
        found.update({(merge.run_id, merge.other_id): merge for merge in near})
        seen |= frontier
        frontier = {item for merge in near for item in (merge.other_id, merge.kept_id)} - seen
    return list(found.values())


def _merges(ids: list[uuid.UUID]) -> Iterator[ItemMerge]:
    named = or_(ItemMerge.other_id.in_(ids), ItemMerge.kept_id.in_(ids))
    query = select(ItemMerge).join(Run, Run.id == ItemMerge.run_id).where(named, Run.stands)
    yield from db.session.scalars(query)


def _state(item: Item) -> ItemState:
    return ItemState(
        id=item.id,
        system=item.system,
        origin_id=item.origin_id,
        key=item.key,
        revision=item.revision,
        loaded=item.version,
        sid=item.sid,
        last_sid=item.last_sid,
        root=item.root,
        essence=item.essence,
        agent=item.agent,
        audience=item.audience,
        within=item.within,
        original=item.original,
        correction=item.correction,
        corrected_at=item.corrected_at,
        created_at=item.created_at,
    )


def _words(ids: list[uuid.UUID]) -> Iterator[Word]:
    query = (
        select(RunItem)
        .join(Run, Run.id == RunItem.run_id)
        .where(RunItem.item_id.in_(ids), Run.stands)
    )
    for said in db.session.scalars(query):
        yield word_of(said)


def word_of(said: RunItem) -> Word:
    """What a run said of an item, as a value."""
    return Word(
        item=said.item_id,
        generation=said.generation,
        reported_at=said.reported_at,
        run_id=said.run_id,
        facts=said.facts,
        places=tuple(said.places),
        delivery_id=said.delivery_id,
        outcome=said.outcome,
    )
