"""Runs: one reading of one or more deliveries, by preview or for good."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import delete, select, update

from engine.api import Bundle, Delivery
from engine.db import db, transaction
from engine.errors import Conflict, NotFound, Refused
from engine.moments import now_us
from engine.sources import deliveries, instances, problems, untold, writes
from engine.sources.arranging import Arrangement, Said, let_go
from engine.sources.models import DeliveryRow, Run, RunProblem, SourceInstance, Waiting
from engine.sources.planner import Outcome, Planner, Voice
from engine.sources.reading import PATIENCE, RETRIES, Reading, Turn, batches, place_of
from engine.sources.reports import REMARK
from engine.sources.reports import Report as Report
from engine.sources.trials import Arrival, tried
from engine.sources.undo import restand
from engine.sources.waiting import read_waiting

Progress = Callable[[int], None]
REPLAY = "replay"
"""The door of runs that read again what came before."""
AT_ONCE = 400_000
"""How many bytes somebody at a page waits for; the worker reads what is longer."""
UNFINISHED = ("waiting", "running")


def preview(name: str, delivery: Delivery) -> Report:
    """What a run of this delivery would do, by the same code, with nothing written."""
    reading = Reading.of(instances.get(name))
    bundle = deliveries.bundle_with(reading.source_id, delivery)
    report = tried(reading, {0: Arrival.of(bundle, arrived_at=now_us())}).report
    db.session.rollback()
    remarks = [_remark(bundle, words) for words in reading.remarks(bundle)]
    report.problems = [*remarks, *report.problems]
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
        with transaction():
            run_id, delivery_id = _open(reading, delivery, by)
            _note(run_id, [_remark(bundle, words) for words in remarks])
        return _Reader(reading, turn, run_id, progress).read({delivery_id: arrangement})


def leave_file(name: str, delivery: Delivery, *, by: str = "") -> int:
    """Keep a file for the worker to read, as one that is too long to wait for; the run's number."""
    reading = Reading.of(instances.get(name))
    bundle = deliveries.bundle_with(reading.source_id, delivery)
    remarks = reading.remarks(bundle)
    with transaction():
        run_id, _ = _open(reading, delivery, by)
        _note(run_id, [_remark(bundle, words) for words in remarks])
    return run_id


def _open(reading: Reading, delivery: Delivery, by: str) -> tuple[int, int]:
    """A run of a file, and the delivery that the file is."""
    run = open_run(reading.source_id, "file", reading.generation, by=by)
    return run.id, deliveries.keep_delivery(run, delivery).id


def _note(run_id: int, remarks: Sequence[dict[str, str]]) -> None:
    """Keep with a run how its delivery was read."""
    for remark in remarks:
        place = {"place": remark["where"], "why": remark["why"], "mend": remark["mend"]}
        db.session.add(RunProblem(run_id=run_id, outcome=REMARK, **place))


def _remark(bundle: Bundle, words: str) -> dict[str, str]:
    """A word on how a delivery was read; no row of it needs a hand."""
    mend = "If names or titles look wrong, save the file as UTF-8 and read it again."
    return {"where": place_of(bundle), "why": words, "mend": mend}


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
        self._things = 0
        self._is_replay = False

    def read(self, arranged: dict[int, Arrangement]) -> Report:
        """Read all of it; `arranged` holds the deliveries whose first pass was made already."""
        try:
            self._start()
            for delivery_id in deliveries.of_run(self._run_id):
                if delivery_id not in arranged:
                    arranged[delivery_id] = self._first_pass(delivery_id)
                    let_go(arranged.values())
                    self._turn.renew()
            self._record_all(arranged)
        except Conflict:
            raise  # somebody else is at it: the run goes on later
        except Refused as refusal:
            self._refuse(refusal)
            raise
        self._finish()
        read_waiting(self._reading.system, self._turn)
        return self._told()

    def _start(self) -> None:
        """Begin, or go on; under other settings than before everything is read again."""
        run = db.session.get_one(Run, self._run_id)
        self._is_replay = run.door == REPLAY
        same = run.generation == self._reading.generation
        if same and run.done:
            self._report, self._done = Report.of(run), run.done
        values: dict[str, Any] = {"state": "running"}
        if not same:
            values |= {"generation": self._reading.generation, "done": 0, "rows": 0, "counts": {}}
        with transaction() as session:
            session.execute(update(Run).where(Run.id == self._run_id).values(**values))
            if not same:
                mine = (RunProblem.run_id == self._run_id) & (RunProblem.outcome != REMARK)
                session.execute(delete(RunProblem).where(mine))

    def _first_pass(self, delivery_id: int) -> Arrangement:
        row = db.session.get_one(DeliveryRow, delivery_id)
        return self._reading.arrange(deliveries.stored_bundle(row))

    def _record_all(self, arranged: dict[int, Arrangement]) -> None:
        passed, self._things = 0, sum(one.length for one in arranged.values())
        for delivery_id, arrangement in sorted(arranged.items()):
            skip = min(max(self._done - passed, 0), arrangement.length)
            passed += arrangement.length
            for batch in batches(self._said(delivery_id, arrangement), skip):
                self._record(delivery_id, batch)
                self._turn.renew()
                self._progress(self._report.rows)

    def _said(self, delivery_id: int, arrangement: Arrangement) -> Iterator[Said]:
        row = db.session.get_one(DeliveryRow, delivery_id)
        return arrangement.apply(
            lambda: self._reading.said(deliveries.stored_bundle(row)), arrived_at=row.arrived_at
        )

    def _record(self, delivery_id: int, batch: Sequence[Said]) -> None:
        """Plan a batch and store it; planned again when somebody changed an item meanwhile."""
        for _ in range(RETRIES):
            planner = self._reading.planner(self._voice(delivery_id), batch)
            outcomes = [planner.take(said) for said in batch]
            planner.settle_parts()
            if self._stored(planner, outcomes):
                for outcome in outcomes:
                    self._report.add(outcome)
                self._report.store([entry.statement for entry in planner.entries])
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
            things=self._things,
            rows=self._report.rows + sum(len(outcome.places) for outcome in outcomes),
            counts=dict(counts),
        )
        told = [_unlisted(one) for one in outcomes] if self._is_replay else outcomes
        return writes.stored(planner.entries, [*writes.of_plan(planner, told), progress])

    def _refuse(self, refusal: Refused) -> None:
        """Keep the refusal with the run; what a plugin let through at first is taken back."""
        where = f"{refusal.where}: " if refusal.where else ""
        if self._done:
            restand(self._reading, self._turn, self._run_id, stands=False)
        nothing: dict[str, Any] = {"done": 0, "things": None, "rows": 0, "counts": {}}
        self._end(state="refused", why=where + refusal.why, mend=refusal.mend, **nothing)

    def _finish(self) -> None:
        """All of it is recorded, and what needs a hand has been seen."""
        if self._is_replay:
            untold.take_back(self._reading, self._turn, self._run_id)
        with transaction():
            problems.note(self._run_id)
        self._end(state="done")

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
        told.statements, told.stored = self._report.statements, self._report.stored
        return told


def _unlisted(outcome: Outcome) -> Outcome:
    """Rows that wait for somebody or something do so in the run that brought them."""
    return replace(outcome, why="") if outcome.outcome == "unmatched" else outcome
