"""Reading again what a source brought in a stretch of time, as a newer plugin reads it.

It is a run like any other: what it says outranks what the same deliveries said before, and it can
be undone. A plugin that says what it said changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import partial
from zoneinfo import ZoneInfo

from sqlalchemy import Select, func, select

from engine.api import Bundle
from engine.db import db, portions, transaction
from engine.errors import NotFound, Refused
from engine.moments import to_us
from engine.sources import deliveries, instances, untold
from engine.sources.items import ItemState
from engine.sources.models import DeliveryRow, Run
from engine.sources.reading import PATIENCE, Reading
from engine.sources.run_models import Replayed
from engine.sources.runs import AT_ONCE, REPLAY, Progress, Report, open_run, process
from engine.sources.trials import Arrival, Trial, tried

SHOWN = 5
LAST_YEAR = 9998
"""Of which every day is followed by another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The deliveries of a source that arrived from `since` until before `until`, microseconds.

    With a `run` only those that came with it.
    """

    name: str
    since: int
    until: int
    run: int | None = None

    @classmethod
    def of_days(cls, name: str, first: date, last: date, zone: str = "UTC") -> Window:
        """Whole days, both included, in somebody's time zone."""
        if last < first:
            raise Refused(
                f"The last day, {last}, lies before the first, {first}.",
                "Give the earlier day first.",
                where="until",
            )
        if last.year > LAST_YEAR:
            raise Refused(
                f"The last day, {last}, lies too far ahead.", "Give an earlier one.", where="until"
            )
        begins, ends = (
            datetime.combine(day, time(), tzinfo=_zone(zone)).astimezone(UTC)
            for day in (first, last + timedelta(days=1))
        )
        return cls(name=name, since=to_us(begins), until=to_us(ends))


def _zone(name: str) -> tzinfo:
    """A time zone; UTC for what names none."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # ZoneInfo raises each of them for a bad name
        return UTC


@dataclass(slots=True, kw_only=True)
class Replay:
    """What a replay comes to, or would: a report, and what nothing says any more.

    :param deliveries: how many are read; `gone` is how many of the stretch are not kept any more.
    :param voided: how many items nothing speaks for any more; `lost` are the first of them.
    """

    deliveries: int
    gone: int = 0
    report: Report = field(default_factory=Report)
    voided: int = 0
    lost: list[ItemState] = field(default_factory=list)

    @property
    def changes(self) -> int:
        """How many activities would be new, corrected or voided."""
        return self.report.counts["new"] + self.report.counts["corrected"] + self.voided


def preview(window: Window, *, progress: Progress | None = None) -> Replay:
    """What a replay would do, by the same code, with nothing written."""
    reading = Reading.of(instances.get(window.name))
    found = _found(reading, window)
    arrivals = {one: _arrival(db.session.get_one(DeliveryRow, one)) for one in found}
    trial = tried(reading, arrivals, progress=progress or _silent)
    replay = Replay(deliveries=len(found), gone=_gone(reading, window), report=trial.report)
    _void(replay, trial, reading, found)
    db.session.rollback()
    return replay


def _arrival(row: DeliveryRow) -> Arrival:
    return Arrival(bundle=partial(_stored, row.id), arrived_at=row.arrived_at)


def _stored(delivery_id: int) -> Bundle:
    return deliveries.stored_bundle(db.session.get_one(DeliveryRow, delivery_id))


def _void(replay: Replay, trial: Trial, reading: Reading, found: Sequence[int]) -> None:
    """Try what happens to items that nothing tells of any more."""
    heard, covered = untold.listen(reading, found), untold.covered_by(found)
    for ids in untold.batches_of(heard, covered):
        lost = untold.plan(trial.planner, ids, heard, covered)
        replay.voided += len(lost)
        replay.lost += lost[: SHOWN - len(replay.lost)]
        trial.stored()


def replay(window: Window, *, by: str = "", progress: Progress | None = None) -> Replay:
    """Read a stretch again for good, as one run."""
    reading = Reading.of(instances.get(window.name))
    found, gone = _found(reading, window), _gone(reading, window)
    report = process(_open(reading, found, by), progress=progress, patience=PATIENCE)
    voided = untold.count(report.run or 0)
    return Replay(deliveries=len(found), gone=gone, report=report, voided=voided)


def record(window: Window, *, by: str) -> int:
    """Replay for good, or leave it to the worker where that takes long; the run's number."""
    reading = Reading.of(instances.get(window.name))
    found = _found(reading, window)
    run_id = _open(reading, found, by)
    if _size(found) <= AT_ONCE:
        process(run_id, patience=PATIENCE)
    return run_id


def runs_of(replay: Replay) -> dict[int, str]:
    """Who started the runs of the deliveries whose rows a replay would show, by delivery."""
    shown = [one.state for many in replay.report.firsts.values() for one in many if one.state]
    ids = {state.own[0].delivery_id for state in (*shown, *replay.lost) if 0 in state.own}
    query = select(DeliveryRow.id, Run.by).join(Run, Run.id == DeliveryRow.run_id)
    return dict(db.session.execute(query.where(DeliveryRow.id.in_(ids))).all())


def _size(delivery_ids: Sequence[int]) -> int:
    """How many bytes deliveries have as they are kept."""
    lengths = (
        db.session.scalar(select(func.sum(func.length(DeliveryRow.sealed))).where(its)) or 0
        for its in (DeliveryRow.id.in_(part) for part in portions(delivery_ids))
    )
    return sum(lengths)


def _open(reading: Reading, found: Sequence[int], by: str) -> int:
    with transaction() as session:
        run = open_run(reading.source_id, REPLAY, reading.generation, by=by)
        session.add_all(Replayed(run_id=run.id, delivery_id=one) for one in found)
        return run.id


def _found(reading: Reading, window: Window) -> list[int]:
    """The deliveries to be read: of each bundle the last, which is read with all before it."""
    query = _in(reading, window).where(deliveries.is_kept())
    rows = db.session.execute(
        query.with_only_columns(DeliveryRow.id, DeliveryRow.bundle).order_by(DeliveryRow.id)
    ).all()
    last = {bundle or ident: ident for ident, bundle in rows}
    if not last:
        raise NotFound(
            "Nothing that arrived in these days is kept and stands.",
            "Choose other days. Raw input is kept for as long as the source's settings say.",
            where="since",
        )
    return sorted(last.values())


def _gone(reading: Reading, window: Window) -> int:
    """How many deliveries of the stretch are not kept any more."""
    query = _in(reading, window).where(~deliveries.is_kept())
    return db.session.scalar(query.with_only_columns(func.count())) or 0


def _in(reading: Reading, window: Window) -> Select[DeliveryRow]:
    """The deliveries of a stretch whose runs were read to their end and stand, oldest first."""
    between = (DeliveryRow.arrived_at >= window.since) & (DeliveryRow.arrived_at < window.until)
    query = (
        select(DeliveryRow)
        .join(Run, Run.id == DeliveryRow.run_id)
        .where(DeliveryRow.source_id == reading.source_id, between)
        .where(Run.stands, Run.state == "done")
    )
    return query if window.run is None else query.where(Run.id == window.run)


def _silent(_rows: int) -> None:
    """Nobody wants to know how far it is."""
