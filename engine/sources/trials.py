"""Trying a reading out: planned as a run plans it, with nothing written.

What nothing later in the reading can speak of is forgotten as soon as it is counted. So a report
of any length is tried in the memory that its first rows take.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from sqlalchemy import select

from engine.api import Activity, Bundle, Gone
from engine.db import db, portions
from engine.sources.arranging import Arrangement, Said, let_go
from engine.sources.items import ItemState
from engine.sources.models import ItemKey
from engine.sources.planner import Outcome, Planner
from engine.sources.reading import Reading, batches
from engine.sources.reports import Report


class Trial:
    """A reading that is tried out, batch by batch; its `report` says what it came to.

    :param named: the keys that something in the reading refers to.
    """

    def __init__(self, reading: Reading, *, named: Collection[str]) -> None:
        self.report = Report()
        self.planner: Planner = reading.planner(
            reading.voice(run_id=0, delivery_id=0, arrived_at=0), ()
        )
        self._reading = reading
        self._named = named

    def turn_to(self, *, delivery_id: int, arrived_at: int) -> None:
        """What is taken from now on is of this delivery."""
        voice = self.planner.voice
        self.planner.voice = replace(voice, delivery_id=delivery_id, arrived_at=arrived_at)

    def take(self, batch: Sequence[Said], *, only_known: bool = False) -> None:
        """Plan a batch as a run does, and count what came of it.

        :param only_known: another delivery may tell of the same things: what changes is kept.
        """
        self._reading.look_up(self.planner, batch)
        outcomes = [self.planner.take(said) for said in batch]
        self.planner.settle_parts()
        self._count(outcomes)
        told = list(zip(batch, outcomes, strict=True))
        self._forget([one for one in told if not only_known or one[1].outcome == "known"])

    def _count(self, outcomes: Sequence[Outcome]) -> None:
        firsts = []
        for outcome in outcomes:
            self.report.add(outcome)
            if self.report.show(outcome):
                firsts.append(outcome)
        shown = {str(one.state.speaker.sid) for one in firsts if one.state is not None}
        self.stored(shown)

    def stored(self, shown: Collection[str] = ()) -> None:
        """Count what has been planned since, and let go of it."""
        self.report.store([entry.statement for entry in self.planner.entries], shown)
        self.planner.entries.clear()

    def _forget(self, told: Sequence[tuple[Said, Outcome]]) -> None:
        """Let go of items that every key of theirs has been told of and nothing refers to."""
        found = [
            (_keys(said), outcome.state)
            for said, outcome in told
            if outcome.state is not None and _is_alone(outcome.state)
        ]
        names = _names(state.id for _, state in found if state.loaded is not None)
        for keys, state in found:
            if names[state.id] <= keys and keys.isdisjoint(self._named):
                self._drop(state, keys)

    def _drop(self, state: ItemState, names: set[str]) -> None:
        self.planner.states.pop(state.id, None)
        for name in names:
            self.planner.keys.pop(name, None)
            self.planner.fresh_keys.discard(name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A bundle to be tried, which is looked up when it is read, and when it arrived."""

    bundle: Callable[[], Bundle]
    arrived_at: int

    @classmethod
    def of(cls, bundle: Bundle, *, arrived_at: int) -> Arrival:
        """One that is at hand already."""
        return cls(bundle=lambda: bundle, arrived_at=arrived_at)


def tried(
    reading: Reading,
    arrivals: Mapping[int, Arrival],
    *,
    progress: Callable[[int], None] = lambda _rows: None,
) -> Trial:
    """What recording these would do, by the code that records; the caller rolls back.

    :param arrivals: each by the number that what it says is known by in the report.
    """
    named, arranged = set[str](), dict[int, Arrangement]()
    for number, arrival in arrivals.items():
        arranged[number] = reading.survey(arrival.bundle(), named)
        let_go(arranged.values())
    trial = Trial(reading, named=named)
    for number, arrival in arrivals.items():
        trial.turn_to(delivery_id=number, arrived_at=arrival.arrived_at)
        again = partial(_read_again, reading, arrival)
        for batch in batches(arranged[number].apply(again, arrived_at=arrival.arrived_at)):
            trial.take(batch, only_known=len(arrivals) > 1)
            progress(trial.report.rows)
    return trial


def _read_again(reading: Reading, arrival: Arrival) -> Iterator[Said]:
    return reading.said(arrival.bundle())


def _keys(said: Said) -> set[str]:
    match said:
        case Activity():
            return set(said.keys)
        case Gone():
            return {said.key}
        case _:
            return set()


def _names(ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, set[str]]:
    """The keys that stored items are known by."""
    found: dict[uuid.UUID, set[str]] = defaultdict(set)
    for part in portions(ids):
        query = select(ItemKey.item_id, ItemKey.key).where(ItemKey.item_id.in_(part))
        for item, key in db.session.execute(query):
            found[item].add(key)
    return found


def _is_alone(state: ItemState) -> bool:
    """Whether nothing but its own words bears on an item."""
    return not (state.merged or state.joined or state.kept_by)
