"""The order in which what a source says is taken: each item once, after what it refers to.

A file may tell of one item twice (a topic and its first post, a post and its deletion), and may
tell of an acceptance before the answer. Both are settled before anything is recorded, from the
file alone, so every reading of it comes to the same, interrupted or not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from engine.api import Activity, Failed, Gone, ItemRef, Skipped
from engine.errors import BadReport
from engine.moments import to_us

Said = Activity | Gone | Skipped | Failed

MOST = 1_000_000
KEPT = 5_000
"""How many things said are kept from the first reading for the second; more are read again."""


@dataclass(slots=True)
class Arrangement:
    """What a first reading found out; things said are known by their place in the reading.

    `last`: of each item told of more than once, the place of its last telling. `group`: which
    item a telling belongs to. `waits`: the place that must come first. `length`: how many things
    are left when each item is taken once. `heard`: all that was said, unless it was too much.
    """

    last: dict[int, int] = field(default_factory=dict)
    group: dict[int, int] = field(default_factory=dict)
    waits: dict[int, int] = field(default_factory=dict)
    length: int = 0
    heard: list[Said] | None = None

    @classmethod
    def of(cls, said: Iterable[Said]) -> Arrangement:
        """Exhaust a reading; what refuses a file refuses it here, before anything is recorded."""
        tellings, heard = _Tellings(), list[Said]()
        for place, one in enumerate(said):
            if place >= MOST:
                raise BadReport(f"It tells of more than {MOST} things.", "Split the file.")
            tellings.hear(place, one)
            if place < KEPT:
                heard.append(one)
        found = tellings.arranged()
        found.heard = heard if tellings.count <= KEPT else None
        return found

    def apply(self, again: Callable[[], Iterable[Said]], *, arrived_at: int) -> Iterator[Said]:
        """The same reading in this order; `again` reads once more what was too much to keep."""
        said = again() if self.heard is None else self.heard
        held: dict[int, list[tuple[int, Said]]] = {}
        told: dict[int, list[Said]] = {}
        for place, one in enumerate(said):
            group = self.group.get(place, place)
            if group in self.last:
                told.setdefault(group, []).append(one)
                if place < self.last[group]:
                    continue
                one = _joined(told.pop(group), arrived_at)
            awaited = self.waits.get(place, -1)
            if awaited > place:
                held.setdefault(awaited, []).append((place, one))
                continue
            yield one
            yield from _released(held, place)
        for tellings in told.values():
            yield _joined(tellings, arrived_at)
        yield from (one for waiting in held.values() for _, one in waiting)


def let_go(arrangements: Iterable[Arrangement]) -> None:
    """Keep no more than `KEPT` things of all these together; the rest is read again."""
    room = KEPT
    for one in arrangements:
        room -= len(one.heard or ())
        if room < 0:
            one.heard = None


def _released(held: dict[int, list[tuple[int, Said]]], place: int) -> Iterator[Said]:
    """What waited for a place, and what waited for that in turn."""
    ready = held.pop(place, [])[::-1]
    while ready:
        place, one = ready.pop()
        yield one
        ready += held.pop(place, [])[::-1]


def _joined(tellings: Sequence[Said], arrived_at: int) -> Said:
    """One item told of several times: the latest report counts, then what comes last.

    The rows of all are accounted for; an activity keeps the keys of all.
    """
    about = [one for one in tellings if isinstance(one, Activity | Gone)]
    winner = max(reversed(about), key=lambda one: order_of(one.reported_at, arrived_at))
    others = [one for one in about if one is not winner]
    rows = (*winner.rows, *(row for one in others for row in one.rows))
    if isinstance(winner, Gone):
        return replace(winner, rows=rows)
    keys = tuple(dict.fromkeys(key for one in (winner, *others) for key in _keys(one)))
    return replace(winner, rows=rows, keys=keys, tags=_tags(winner, others))


def _tags(winner: Activity, others: Sequence[Activity | Gone]) -> tuple[str, ...]:
    """The winner's tags; one that is part of the item it tells of takes those told beside it."""
    if winner.within is None:
        return winner.tags
    beside = (one for one in others if isinstance(one, Activity) and one.within is None)
    return (*winner.tags, *(tag for one in beside for tag in one.tags))


def order_of(reported_at: datetime | None, arrived_at: int) -> int:
    """When a report was made, which is when it arrived if it does not say."""
    return to_us(reported_at) if reported_at else arrived_at


@dataclass(slots=True)
class _Tellings:
    """A first reading under way: which telling each key was first heard in."""

    owner: dict[str, int] = field(default_factory=dict)
    parent: dict[int, int] = field(default_factory=dict)
    again: list[tuple[int, int]] = field(default_factory=list)
    refs: list[tuple[int, tuple[str, ...]]] = field(default_factory=list)
    count: int = 0

    def hear(self, place: int, said: Said) -> None:
        self.count += 1
        keys = _keys(said)
        groups = {self._root(self.owner[key]) for key in keys if key in self.owner}
        first = min(groups, default=place)
        for group in groups - {first}:
            self.parent[group] = first
        self.owner.update(dict.fromkeys(keys, first))
        if groups:
            self.again.append((place, first))
        if refs := _refs(said):
            self.refs.append((place, refs))

    def _root(self, group: int) -> int:
        while group in self.parent:
            group = self.parent[group]
        return group

    def arranged(self) -> Arrangement:
        found = Arrangement()
        for place, first in self.again:
            root = self._root(first)
            found.group |= {place: root, first: root}
            found.last[root] = max(found.last.get(root, root), place)
        found.group |= {place: self._root(place) for place in self.parent}
        refs = [
            (found.last.get(found.group.get(place, place), place), keys)
            for place, keys in self.refs
        ]
        ahead: dict[int, int] = {}
        for own, keys in sorted(refs):
            awaited = [self._place(key, found) for key in keys if key in self.owner]
            latest = max((_taken(place, own, ahead) for place in awaited), default=-1)
            if latest > own:
                found.waits[own] = max(found.waits.get(own, -1), latest)
                ahead[own] = found.waits[own]
        found.length = self.count - len(self.again) - len(self.parent)
        return found

    def _place(self, key: str, found: Arrangement) -> int:
        root = self._root(self.owner[key])
        return found.last.get(root, root)


def _taken(place: int, before: int, ahead: dict[int, int]) -> int:
    """When something is taken that may wait itself: a place later than `before`, or its own.

    `ahead` says for what each place waits; what was walked through is shortened there.
    """
    passed = []
    while place < before and place in ahead:
        passed.append(place)
        place = ahead[place]
    ahead.update(dict.fromkeys(passed, place))
    return place


def _keys(said: Said) -> tuple[str, ...]:
    match said:
        case Gone():
            return (said.key,)
        case Activity():
            return said.keys
        case _:
            return ()


def _refs(said: Said) -> tuple[str, ...]:
    if not isinstance(said, Activity):
        return ()
    refs = (said.actor, said.object, said.within)
    return tuple(ref.key for ref in refs if isinstance(ref, ItemRef))
