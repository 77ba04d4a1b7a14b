"""Trying a reading out: planned as a run plans it, with nothing written.

What nothing later in the reading can speak of is forgotten as soon as it is counted. So a report
of any length is tried in the memory that its first rows take.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice

from sqlalchemy import select

from engine.api import Activity, Bundle, Gone
from engine.db import db, portions
from engine.sources.arranging import Arrangement, Said, let_go
from engine.sources.items import ItemState
from engine.sources.models import ItemKey
from engine.sources.planner import Outcome, Planner
from engine.sources.reading import BATCH, Reading
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


def try_bundles(reading: Reading, bundles: Mapping[int, Bundle], *, arrived_at: int) -> Report:
    """What recording these would do, by the code that records, with nothing written.

    :param bundles: each by the number that what it says is known by in the report.
    """
    named, arranged = set[str](), dict[int, Arrangement]()
    for number, bundle in bundles.items():
        arranged[number] = reading.survey(bundle, named)
        let_go(arranged.values())
    trial = Trial(reading, named=named)
    for number, bundle in bundles.items():
        trial.turn_to(delivery_id=number, arrived_at=arrived_at)
        said = arranged[number].apply(partial(reading.said, bundle), arrived_at=arrived_at)
        while batch := list(islice(said, BATCH)):
            trial.take(batch, only_known=len(bundles) > 1)
    db.session.rollback()
    return trial.report


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
