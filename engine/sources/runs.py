"""Runs: one reading of one or more deliveries, by preview or for good."""

from __future__ import annotations

import itertools
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import delete, select, update

from engine.api import Delivery
from engine.db import db, transaction
from engine.errors import Conflict, NotFound, Refused
from engine.lrs.store import Outdated
from engine.moments import now_us
from engine.pipeline import record
from engine.sources import deliveries, instances, writes
from engine.sources.models import (
    OUTCOMES,
    DeliveryRow,
    Run,
    RunProblem,
    SourceInstance,
    Waiting,
)
from engine.sources.planner import Outcome, Planner, Said, Voice
from engine.sources.reading import Reading, Turn

BATCH = 200
RETRIES = 5

Progress = Callable[[int], None]


@dataclass(slots=True, kw_only=True)
class Report:
    """What a run or a preview came to; the counts add up to `rows`."""

    run: int | None = None
    rows: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    problems: list[dict[str, str]] = field(default_factory=list)
    statements: list[dict[str, Any]] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)

    def add(self, outcome: Outcome) -> None:
        """Count the rows of one outcome: the first of a recorded thing, the others as merged."""
        recorded = outcome.outcome in ("new", "corrected", "known")
        places = len(outcome.places)
        self.rows += places
        self.counts[outcome.outcome] += 1 if recorded else places
        if recorded:
            self.counts["merged"] += places - 1
        if outcome.outcome in ("failed", "unmatched"):
            place = writes.place_words(outcome.places)
            self.problems.append({"where": place, "why": outcome.why, "mend": outcome.mend})

    def as_json(self) -> dict[str, Any]:
        """The fixed form that scripts rely on."""
        return {
            "run": self.run,
            "rows": self.rows,
            **{name: self.counts.get(name, 0) for name in OUTCOMES},
            "problems": self.problems,
            "statements": self.statements,
        }


def preview(name: str, delivery: Delivery) -> Report:
    """What a run of this delivery would do, by the same code, with nothing written."""
    reading = Reading.of(instances.get(name))
    bundle = deliveries.bundle_with(reading.source_id, delivery)
    reading.first_pass(bundle)
    report = Report()
    voice = reading.voice(run_id=0, delivery_id=0, arrived_at=now_us())
    planner = reading.planner(voice, ())
    for batch in _batches(reading.said(bundle)):
        planner.blocked = reading.blocked(batch)
        planner.look_up(batch)
        for outcome in map(planner.take, batch):
            report.add(outcome)
            report.outcomes.append(outcome)
    report.statements = [entry.statement for entry in planner.entries]
    db.session.rollback()
    return report


def run_file(
    name: str, delivery: Delivery, *, by: str = "", progress: Progress | None = None
) -> Report:
    """Read a file for good: refused whole with nothing kept, or recorded row by row."""
    reading = Reading.of(instances.get(name))
    reading.first_pass(deliveries.bundle_with(reading.source_id, delivery))
    with transaction():
        run = open_run(reading.source_id, "file", reading.generation, by=by)
        deliveries.keep_delivery(run, delivery)
        run_id = run.id
    return process(run_id, progress=progress)


def open_run(source_id: int, door: str, generation: int, *, by: str = "") -> Run:
    """A run that waits for being processed."""
    run = Run(
        source_id=source_id,
        door=door,
        state="waiting",
        generation=generation,
        by=by,
        started_at=now_us(),
        counts={},
    )
    db.session.add(run)
    db.session.flush()
    return run


def process(run_id: int, *, progress: Progress | None = None) -> Report:
    """Read the deliveries of a run and record them; harmless to repeat after an interruption."""
    run = db.session.get(Run, run_id)
    if run is None:
        raise NotFound(f"There is no run {run_id}.", "Look at the source's runs.")
    reading = Reading.of(db.session.get_one(SourceInstance, run.source_id))
    report, fresh = Report(run=run_id), set[str]()
    with Turn(reading.system) as turn:
        _start(run_id)
        try:
            for delivery_id in deliveries.of_run(run_id):
                for keys in _read(reading, run_id, delivery_id, report):
                    fresh |= keys
                    turn.renew()
                    if progress:
                        progress(report.rows)
        except Refused as refusal:
            _finish(run_id, report, refusal)
            raise
        _finish(run_id, report, None)
    _read_waiting(reading, fresh)
    return report


def _start(run_id: int) -> None:
    with transaction() as session:
        session.execute(delete(RunProblem).where(RunProblem.run_id == run_id))
        started = {"state": "running", "rows": 0, "counts": {}}
        session.execute(update(Run).where(Run.id == run_id).values(**started))


def _finish(run_id: int, report: Report, refusal: Refused | None) -> None:
    values: dict[str, Any] = {"state": "refused" if refusal else "done", "ended_at": now_us()}
    if refusal:
        where = f"{refusal.where}: " if refusal.where else ""
        values |= {"why": where + refusal.why, "mend": refusal.mend}
    values |= {"rows": report.rows, "counts": dict(report.counts)}
    with transaction() as session:
        session.execute(update(Run).where(Run.id == run_id).values(**values))


def _read(
    reading: Reading, run_id: int, delivery_id: int, report: Report
) -> Iterator[set[str]]:
    """Read one delivery with its bundle, batch by batch; yields the keys not known before."""
    row = db.session.get_one(DeliveryRow, delivery_id)
    voice = reading.voice(run_id=run_id, delivery_id=row.id, arrived_at=row.arrived_at)
    bundle = deliveries.stored_bundle(row)
    reading.first_pass(bundle)
    for batch in _batches(reading.said(bundle)):
        yield _record(reading, voice, batch, report)


def _record(reading: Reading, voice: Voice, batch: Sequence[Said], report: Report) -> set[str]:
    """Plan a batch and store it; planned again when somebody changed an item meanwhile."""
    for _ in range(RETRIES):
        planner = reading.planner(voice, batch)
        outcomes = [planner.take(said) for said in batch]
        if not _stored(planner, outcomes):
            continue
        for outcome in outcomes:
            report.add(outcome)
        report.statements += [entry.statement for entry in planner.entries]
        return planner.fresh_keys
    raise Conflict("These items keep changing while they are read.", "Run it again.")


def _stored(planner: Planner, outcomes: Sequence[Outcome]) -> bool:
    """Store a plan; False when it has become outdated."""
    rows = writes.of_plan(planner, outcomes)
    db.session.rollback()  # what was read is released before the store takes its lock
    try:
        record(planner.entries, rows)
    except Outdated:
        return False
    return True


def _batches(said: Iterator[Said]) -> Iterator[list[Said]]:
    while batch := list(itertools.islice(said, BATCH)):
        yield batch


def _read_waiting(reading: Reading, fresh: set[str]) -> None:
    """Read deliveries again that had a row about something that has now come."""
    for delivery_id in _waiting_for(reading.system, sorted(fresh)):
        with transaction() as session:
            session.execute(delete(Waiting).where(Waiting.delivery_id == delivery_id))
            row = session.get_one(DeliveryRow, delivery_id)
            run = open_run(row.source_id, "again", reading.generation)
            deliveries.keep_delivery(run, replace(deliveries.delivery_of(row), uid=None))
            run_id = run.id
        process(run_id)


def _waiting_for(system: uuid.UUID, keys: Sequence[str]) -> list[int]:
    ids: set[int] = set()
    for start in range(0, len(keys), BATCH):
        part = keys[start : start + BATCH]
        query = select(Waiting.delivery_id).where(Waiting.system == system, Waiting.key.in_(part))
        ids.update(db.session.scalars(query))
    return sorted(ids)
