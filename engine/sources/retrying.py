"""Trying rows again that failed or matched nobody: from what arrived, by what holds now.

They end in the run that brought them, as old as it is, so that undoing it takes them along. What
works leaves the list; what does not stays as it is, under the reason of now.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import cast

from sqlalchemy import Table, select, update

from engine.api import Activity, Gone
from engine.db import db, transaction
from engine.errors import Conflict, NotFound
from engine.lrs.store import Write
from engine.sources import deliveries, problems, writes
from engine.sources.arranging import Said
from engine.sources.models import DeliveryRow, Run, RunProblem, SourceInstance
from engine.sources.planner import Outcome, Planner
from engine.sources.problems import MENDABLE
from engine.sources.reading import PATIENCE, RETRIES, Reading, Turn, batches
from engine.sources.runs import Report, process
from engine.sources.waiting import read_waiting

Place = int | str


@dataclass(frozen=True, slots=True, kw_only=True)
class Retried:
    """How many rows were tried again, and how many of them need no hand any more."""

    rows: int = 0
    mended: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Problem:
    """A problem of a run as it was found."""

    id: int
    outcome: str
    why: str
    places: tuple[Place, ...]


@dataclass(slots=True)
class _Open:
    """The problems of a run that are tried again, by the places they are at.

    The delivery is None where a problem does not say of which it is.
    """

    at: dict[tuple[int | None, Place], list[_Problem]] = field(default_factory=dict)

    @classmethod
    def of(cls, run_id: int, problem_id: int | None) -> _Open:
        found = cls()
        query = select(RunProblem).where(
            RunProblem.run_id == run_id, RunProblem.outcome.in_(MENDABLE)
        )
        if problem_id is not None:
            query = query.where(RunProblem.id == problem_id)
        for one in db.session.scalars(query.order_by(RunProblem.id)):
            places = problems.places_of(one)
            problem = _Problem(id=one.id, outcome=one.outcome, why=one.why, places=places)
            for place in places:
                found.at.setdefault((one.delivery_id, place), []).append(problem)
        return found

    def has(self, delivery_id: int, said: Said) -> bool:
        """Whether one of these problems is at the rows of a thing said."""
        return any(self._at(delivery_id, row) for row in _rows(said))

    def take(self, delivery_id: int, said: Said, *, surely: bool) -> dict[Place, _Problem]:
        """The problems at the rows of a thing said, each row of each once.

        :param surely: only those that are said to be of this delivery.
        """
        return {
            row: found.pop(0)
            for row in _rows(said)
            if (found := self._at(delivery_id, row, surely=surely))
        }

    def _at(self, delivery_id: int, row: Place, *, surely: bool = False) -> list[_Problem]:
        sure = self.at.get((delivery_id, row))
        return sure or ([] if surely else self.at.get((None, row))) or []


def retry(run_id: int, *, problem_id: int | None = None) -> Retried:
    """Try the rows of a run again that need a hand, or those of one problem of it.

    A run that was refused as a whole is read again as a whole.

    :raises Conflict: the run is undone, under way, or what arrived is not kept any more.
    """
    run = db.session.get(Run, run_id)
    if run is None:
        raise NotFound(f"There is no run {run_id}.", "Look at the source's runs.")
    reading = Reading.of(db.session.get_one(SourceInstance, run.source_id))
    if run.state == "refused":
        return _read_whole(run_id)
    with Turn(reading.system, patience=PATIENCE) as turn:
        retried = _retry(reading, turn, run_id, problem_id)
        read_waiting(reading.system, turn)
    with transaction():
        problems.note(run_id)
    return retried


def _read_whole(run_id: int) -> Retried:
    """Read a refused run again; it is refused again, or recorded."""
    _kept(run_id)
    fresh = {"state": "waiting", "why": None, "mend": None, "ended_at": None}
    with transaction() as session:
        refused = (Run.id == run_id) & (Run.state == "refused")
        session.execute(update(Run).where(refused).values(**fresh))
    report = process(run_id, patience=PATIENCE)
    return Retried(rows=report.rows, mended=report.rows - _unmended(report))


def _unmended(report: Report) -> int:
    return sum(report.counts[name] for name in MENDABLE)


def _retry(reading: Reading, turn: Turn, run_id: int, problem_id: int | None) -> Retried:
    run = db.session.get_one(Run, run_id, populate_existing=True)
    if not run.stands or run.state != "done":
        raise Conflict(
            "Only the rows of a run that was read to its end and stands can be tried again.",
            "Let it stand again, or wait until it is read.",
        )
    if not _Open.of(run_id, problem_id).at:
        return Retried()
    tried = Retried()
    for delivery_id in _kept(run_id):
        for batch in batches(_said(reading, run_id, delivery_id, problem_id)):
            turn.renew()
            done = _record(reading, run_id, delivery_id, problem_id, batch)
            tried = Retried(rows=tried.rows + done.rows, mended=tried.mended + done.mended)
    return tried


def _kept(run_id: int) -> list[int]:
    kept = deliveries.of_run(run_id)
    if not kept:
        raise Conflict(
            f"These rows cannot be read again. {deliveries.OVER}",
            "Export the report again and upload it.",
        )
    return kept


def _said(
    reading: Reading, run_id: int, delivery_id: int, problem_id: int | None
) -> Iterator[Said]:
    """What the source says now of the rows that are tried again."""
    row, wanted = db.session.get_one(DeliveryRow, delivery_id), _Open.of(run_id, problem_id)
    bundle, arrived_at = deliveries.stored_bundle(row), row.arrived_at
    for said in reading.in_order(bundle, arrived_at=arrived_at):
        if wanted.has(delivery_id, said):
            yield said


def _rows(said: Said) -> tuple[Place, ...]:
    return said.rows if isinstance(said, Activity | Gone) else (said.row,)


def _record(
    reading: Reading,
    run_id: int,
    delivery_id: int,
    problem_id: int | None,
    batch: Sequence[Said],
) -> Retried:
    """Record what a batch comes to now, with the run's counts, in one transaction."""
    for _ in range(RETRIES):
        run = db.session.get_one(Run, run_id, populate_existing=True)
        row = db.session.get_one(DeliveryRow, delivery_id)
        voice = reading.voice(run_id=run_id, delivery_id=delivery_id, arrived_at=row.arrived_at)
        planner = reading.planner(voice, batch)
        change = _Change(counts=Counter(run.counts))
        change.take(planner, batch, _Open.of(run_id, problem_id))
        planner.settle_parts()
        rows = [
            *change.writes(),
            *writes.of_plan(planner, change.told),
            writes.of_run(run_id, before=run.done, counts=dict(change.counts)),
        ]
        if writes.stored(planner.entries, rows):
            return Retried(rows=change.rows, mended=change.mended)
    raise Conflict("These items keep changing while they are read.", "Do it again.")


@dataclass(slots=True)
class _Change:
    """What trying a batch of rows again changes of a run: its counts and its problems.

    Every row that is tried leaves the outcome it had for that of now, so the counts go on adding
    up. A problem with rows that nothing is said of now keeps those.
    """

    counts: Counter[str]
    told: list[Outcome] = field(default_factory=list)
    left: dict[int, list[Place]] = field(default_factory=dict)
    rows: int = 0
    mended: int = 0

    def take(self, planner: Planner, batch: Sequence[Said], wanted: _Open) -> None:
        for said in batch:
            recorded = _is_recorded(planner, said)
            found = wanted.take(planner.voice.delivery_id, said, surely=recorded)
            if not found:
                continue
            outcome = replace(planner.take(said), places=tuple(found))
            self.rows += len(found)
            if not _stays(outcome, found):
                self._move(outcome, found)

    def _move(self, outcome: Outcome, found: Mapping[Place, _Problem]) -> None:
        self.counts += outcome.counts()
        for place, problem in found.items():
            self.counts[problem.outcome] -= 1
            self.left.setdefault(problem.id, list(problem.places)).remove(place)
        self.told.append(outcome)
        self.mended += 0 if outcome.outcome in MENDABLE else len(found)

    def writes(self) -> Iterator[Write]:
        """The problems that are solved, or have fewer rows now."""
        yield from writes.of_solved([ident for ident, rest in self.left.items() if not rest])
        table = cast(Table, RunProblem.__table__)
        for ident, rest in self.left.items():
            if rest:
                values = {"places": rest, "place": writes.place_words(rest)}
                fewer = update(table).where(table.c.id == ident)
                yield Write(statement=fewer.values(**values))


def _is_recorded(planner: Planner, said: Said) -> bool:
    """Whether the run has recorded this: it needs no hand, unless somebody says it does."""
    states = [planner.state_of(key) for key in said.keys] if isinstance(said, Activity) else []
    return any(state is not None and planner.voice.run_id in state.own for state in states)


def _stays(outcome: Outcome, found: Mapping[Place, _Problem]) -> bool:
    """Whether rows end as they did, for the same reason."""
    return all((one.outcome, one.why) == (outcome.outcome, outcome.why) for one in found.values())
