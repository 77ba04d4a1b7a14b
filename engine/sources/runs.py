"""Runs: one reading of one or more deliveries, by preview or for good."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import delete, select, update

from engine.api import Bundle, Delivery
from engine.db import db, transaction
from engine.errors import Conflict, NotFound, Refused
from engine.moments import now_us
from engine.sources import deliveries, instances, writes
from engine.sources.arranging import Arrangement, Said
from engine.sources.models import OUTCOMES, DeliveryRow, Run, RunProblem, SourceInstance, Waiting
from engine.sources.planner import Outcome, Planner, Voice
from engine.sources.reading import BATCH, PATIENCE, RETRIES, Reading, Turn, place_of
from engine.sources.undo import restand
from engine.sources.waiting import read_waiting

Progress = Callable[[int], None]
REMARK = "remark"
NEEDS_A_HAND = (REMARK, "failed", "unmatched")
UNFINISHED = ("waiting", "running")


@dataclass(slots=True, kw_only=True)
class Report:
    """What a run or a preview came to; the counts add up to `rows`.

    `statements` are those this reading stored or would store, `outcomes` are kept by previews.
    """

    run: int | None = None
    rows: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    problems: list[dict[str, str]] = field(default_factory=list)
    statements: list[dict[str, Any]] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)

    @classmethod
    def of(cls, run: Run) -> Report:
        """What a run has come to so far."""
        query = select(RunProblem).where(
            RunProblem.run_id == run.id, RunProblem.outcome.in_(NEEDS_A_HAND)
        )
        problems = db.session.scalars(query.order_by(RunProblem.id))
        return cls(
            run=run.id,
            rows=run.rows,
            counts=Counter(run.counts),
            problems=[{"where": one.place, "why": one.why, "mend": one.mend} for one in problems],
        )

    def add(self, outcome: Outcome) -> None:
        """Count the rows of one outcome: the first of a recorded thing, the others as merged."""
        self.rows += len(outcome.places)
        self.counts += outcome.counts()
        if outcome.outcome in NEEDS_A_HAND:
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
    bundle, arrived_at = deliveries.bundle_with(reading.source_id, delivery), now_us()
    arrangement = reading.arrange(bundle)
    report = Report(problems=[_remark(bundle, words) for words in reading.remarks(bundle)])
    voice = reading.voice(run_id=0, delivery_id=0, arrived_at=arrived_at)
    planner = reading.planner(voice, ())
    for batch in _batches(arrangement.apply(reading.said(bundle), arrived_at=arrived_at)):
        reading.look_up(planner, batch)
        for outcome in map(planner.take, batch):
            report.add(outcome)
            report.outcomes.append(outcome)
        planner.settle_parts()
    report.statements = [entry.statement for entry in planner.entries]
    db.session.rollback()
    return report


def run_file(
    name: str, delivery: Delivery, *, by: str = "", progress: Progress | None = None
) -> Report:
    """Read a file for good: refused whole with nothing kept, or recorded row by row.

    A delivery that is there already, by its system's own id, is not read again.
    """
    reading = Reading.of(instances.get(name))
    with Turn(reading.system, patience=PATIENCE) as turn:
        known = deliveries.known(reading.source_id, delivery.uid)
        if known is not None:
            return Report.of(db.session.get_one(Run, known.run_id))
        bundle = deliveries.bundle_with(reading.source_id, delivery)
        arrangement, remarks = reading.arrange(bundle), reading.remarks(bundle)
        with transaction() as session:
            run = open_run(reading.source_id, "file", reading.generation, by=by)
            row = deliveries.keep_delivery(run, delivery)
            run_id, arranged = run.id, {row.id: arrangement}
            for remark in (_remark(bundle, words) for words in remarks):
                session.add(RunProblem(run_id=run_id, outcome=REMARK, **_named(remark)))
        return _Reader(reading, turn, run_id, progress).read(arranged)


def _remark(bundle: Bundle, words: str) -> dict[str, str]:
    """A word on how a delivery was read; no row of it needs a hand."""
    mend = "If names or titles look wrong, save the file as UTF-8 and read it again."
    return {"where": place_of(bundle), "why": words, "mend": mend}


def _named(problem: dict[str, str]) -> dict[str, str]:
    return {"place": problem["where"], "why": problem["why"], "mend": problem["mend"]}


def open_run(source_id: int, door: str, generation: int, *, by: str = "") -> Run:
    """A run that waits for being processed."""
    run = Run(
        source_id=source_id,
        door=door,
        state="waiting",
        generation=generation,
        by=by,
        started_at=now_us(),
        rows=0,
        done=0,
        counts={},
    )
    db.session.add(run)
    db.session.flush()
    return run


def process(run_id: int, *, progress: Progress | None = None, patience: float = 0) -> Report:
    """Read the deliveries of a run and record them, or go on where it was interrupted.

    A run that has ended, or that was undone, is left as it is.
    """
    run = db.session.get(Run, run_id)
    if run is None:
        raise NotFound(f"There is no run {run_id}.", "Look at the source's runs.")
    reading = Reading.of(db.session.get_one(SourceInstance, run.source_id))
    with Turn(reading.system, patience=patience) as turn:
        run = db.session.get_one(Run, run_id, populate_existing=True)
        if run.state not in UNFINISHED or not run.stands:
            return Report.of(run)
        return _Reader(reading, turn, run_id, progress).read({})


class _Reader:
    """A run being read by whoever has the turn.

    Every batch is stored with the run's progress in one transaction: whoever goes on after an
    interruption begins with the first thing that is not recorded.
    """

    def __init__(
        self, reading: Reading, turn: Turn, run_id: int, progress: Progress | None
    ) -> None:
        self._reading = reading
        self._turn = turn
        self._run_id = run_id
        self._progress = progress or (lambda _rows: None)
        self._report = Report(run=run_id)
        self._done = 0

    def read(self, arranged: dict[int, Arrangement]) -> Report:
        """Read all of it; `arranged` holds the deliveries whose first pass was made already."""
        try:
            self._start()
            for delivery_id in deliveries.of_run(self._run_id):
                if delivery_id not in arranged:
                    arranged[delivery_id] = self._first_pass(delivery_id)
                    self._turn.renew()
            self._record_all(arranged)
        except Conflict:
            raise  # somebody else is at it: the run goes on later
        except Refused as refusal:
            self._refuse(refusal)
            raise
        self._end(state="done")
        read_waiting(self._reading.system, self._turn)
        return self._told()

    def _start(self) -> None:
        """Begin, or go on; under other settings than before everything is read again."""
        run = db.session.get_one(Run, self._run_id)
        same = run.generation == self._reading.generation
        if same and run.done:
            self._report, self._done = Report.of(run), run.done
        values: dict[str, Any] = {"state": "running"}
        if not same:
            values |= {"generation": self._reading.generation, "done": 0, "rows": 0, "counts": {}}
        with transaction() as session:
            session.execute(update(Run).where(Run.id == self._run_id).values(**values))
            if not same:
                mine = RunProblem.run_id == self._run_id
                session.execute(delete(RunProblem).where(mine))

    def _first_pass(self, delivery_id: int) -> Arrangement:
        row = db.session.get_one(DeliveryRow, delivery_id)
        return self._reading.arrange(deliveries.stored_bundle(row))

    def _record_all(self, arranged: dict[int, Arrangement]) -> None:
        passed = 0
        for delivery_id, arrangement in sorted(arranged.items()):
            skip = min(max(self._done - passed, 0), arrangement.length)
            passed += arrangement.length
            for batch in _batches(self._said(delivery_id, arrangement), skip):
                self._record(delivery_id, batch)
                self._turn.renew()
                self._progress(self._report.rows)

    def _said(self, delivery_id: int, arrangement: Arrangement) -> Iterator[Said]:
        row = db.session.get_one(DeliveryRow, delivery_id)
        said = self._reading.said(deliveries.stored_bundle(row))
        return arrangement.apply(said, arrived_at=row.arrived_at)

    def _record(self, delivery_id: int, batch: Sequence[Said]) -> None:
        """Plan a batch and store it; planned again when somebody changed an item meanwhile."""
        for _ in range(RETRIES):
            planner = self._reading.planner(self._voice(delivery_id), batch)
            outcomes = [planner.take(said) for said in batch]
            planner.settle_parts()
            if self._stored(planner, outcomes):
                for outcome in outcomes:
                    self._report.add(outcome)
                self._report.statements += [entry.statement for entry in planner.entries]
                self._done += len(batch)
                return
        raise Conflict("These items keep changing while they are read.", "Run it again.")

    def _voice(self, delivery_id: int) -> Voice:
        row = db.session.get_one(DeliveryRow, delivery_id)
        return self._reading.voice(
            run_id=self._run_id, delivery_id=row.id, arrived_at=row.arrived_at
        )

    def _stored(self, planner: Planner, outcomes: Sequence[Outcome]) -> bool:
        """Store a plan with the run's progress; False when it has become outdated."""
        counts = sum((outcome.counts() for outcome in outcomes), Counter(self._report.counts))
        progress = writes.of_run(
            self._run_id,
            before=self._done,
            done=self._done + len(outcomes),
            rows=self._report.rows + sum(len(outcome.places) for outcome in outcomes),
            counts=dict(counts),
        )
        return writes.stored(planner.entries, [*writes.of_plan(planner, outcomes), progress])

    def _refuse(self, refusal: Refused) -> None:
        """Keep the refusal with the run; what a plugin let through at first is taken back."""
        where = f"{refusal.where}: " if refusal.where else ""
        if self._done:
            restand(self._reading, self._turn, self._run_id, stands=False)
        nothing: dict[str, Any] = {"done": 0, "rows": 0, "counts": {}}
        self._end(state="refused", why=where + refusal.why, mend=refusal.mend, **nothing)

    def _end(self, **values: Any) -> None:
        with transaction() as session:
            mine = Run.id == self._run_id
            session.execute(update(Run).where(mine).values(ended_at=now_us(), **values))
            if values["state"] == "refused":
                session.execute(delete(RunProblem).where(RunProblem.run_id == self._run_id))
                own = select(DeliveryRow.id).where(DeliveryRow.run_id == self._run_id)
                session.execute(delete(Waiting).where(Waiting.delivery_id.in_(own)))

    def _told(self) -> Report:
        """The report, with rows that were read again counted where they ended."""
        db.session.rollback()
        told = Report.of(db.session.get_one(Run, self._run_id, populate_existing=True))
        told.statements = self._report.statements
        return told


def _batches(said: Iterator[Said], skip: int = 0) -> Iterator[list[Said]]:
    said = itertools.islice(said, skip, None)
    while batch := list(itertools.islice(said, BATCH)):
        yield batch
