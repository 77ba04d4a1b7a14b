"""Snapshots: everybody's levels on a day, one a night and on demand; what group views read.

They are made shard by shard. Each shard is scored without any lock and written in one short
transaction together with how far the day got, so that whoever goes on finds nothing half done.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select, text

from engine import profiles
from engine.competencies import projector
from engine.competencies.models import SnapshotDay, snapshot
from engine.competencies.rollup import NodeStanding
from engine.competencies.scoring import Standing
from engine.db import db, drop_lease, holder_name, may_take_lease, reading, take_lease, writing
from engine.errors import Conflict
from engine.moments import now_us
from engine.rebuilding import shards
from engine.rebuilding.shards import Scored, Shard

HOUR = 1
"""The hour, UTC, after which the worker makes the snapshot of the day that has ended."""
LEASE = "snapshot"
LEASE_S, PATIENCE_S, PAUSE = 120, 180, 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """One learner's level in one competency or node on a day; person None: nobody owns `actor`.

    `score` in milli-levels, `confidence` in millionths; `digest` is that of her whole profile.
    """

    actor: str
    person_id: int | None
    ruleset_id: int
    level: int
    score: int
    confidence: int
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The snapshot of a day: how many learners are in it by now, and whether it is whole."""

    as_of: date
    ruleset_id: int
    learners: int
    finished: bool


def levels(as_of: date, competency: str) -> list[Level]:
    """Everybody's level in a competency in the snapshot of a day; empty when there is none."""
    here = (snapshot.c.as_of == as_of.toordinal()) & (snapshot.c.competency == competency)
    columns = [snapshot.c[one.name] for one in fields(Level)]
    with reading() as connection:
        rows = connection.execute(select(*columns).where(here).order_by(snapshot.c.actor))
        return [Level(**row) for row in rows.mappings()]


def newest(until: date) -> Snapshot | None:
    """The last whole snapshot of this day or before."""
    table = SnapshotDay.__table__
    whole = (table.c.as_of <= until.toordinal()) & table.c.finished_at.is_not(None)
    with reading() as connection:
        query = select(table).where(whole).order_by(table.c.as_of.desc()).limit(1)
        row = connection.execute(query).one_or_none()
    return None if row is None else _told(row)


def take(as_of: date, *, progress: Callable[[int], None] | None = None) -> Snapshot:
    """Make the snapshot of a day now, anew if there is a whole one, else where it stopped.

    :raises Conflict: another process is at one and does not get on.
    """
    profiles.catch_up()
    holder, since = holder_name(), time.monotonic()
    _claim(as_of, anew=True)
    while not (found := _find(as_of)).finished:
        if advance(as_of, holder):
            since = time.monotonic()
        elif time.monotonic() - since > PATIENCE_S:
            raise Conflict("Another process is making a snapshot.", "Try again later.")
        else:
            time.sleep(PAUSE)
        if progress:
            progress(found.learners)
    return found


def advance_night(holder: str, now: datetime | None = None) -> bool:
    """One shard of the night's snapshot; False when there is nothing to do now."""
    night = _night(now or datetime.now(UTC))
    return night is not None and advance(night, holder)


def _night(now: datetime) -> date | None:
    """The day whose snapshot is to be made: yesterday, from the hour on, until it is whole."""
    yesterday = now.date() - timedelta(days=1)
    if now.hour < HOUR:
        return None
    _claim(yesterday, anew=False)
    return None if _find(yesterday).finished else yesterday


def advance(as_of: date, holder: str) -> bool:
    """Score and keep one shard of a day; False when it is whole, or somebody else is at one.

    Under a ruleset that came meanwhile the day begins anew.
    """
    with reading() as connection:
        day, view = _row(connection, as_of), projector.serving_in(connection)
        if day is None or day.finished_at or not may_take_lease(connection, LEASE, holder):
            return False
        after = day.after if day.ruleset_id == view.ruleset_id else ""
        shard = shards.next_shard(connection, view.generation, after)
        db.session.rollback()  # the decisions of now
        decisions = profiles.Decisions.load()
        scored = list(shards.score(connection, view, shard, as_of, decisions))
    db.session.rollback()
    return _keep(day, view.ruleset_id, shard, [one for one in scored if _levels(one)], holder)


def _keep(day: Any, ruleset_id: int, shard: Shard, scored: Sequence[Scored], holder: str) -> bool:
    rows = [
        {"as_of": day.as_of, "ruleset_id": ruleset_id, **row}
        for one in scored
        for row in _rows(one)
    ]
    with writing() as connection:
        lease = take_lease(connection, LEASE, holder, seconds=LEASE_S)
        if lease is None or not _move(connection, day, ruleset_id, shard, len(scored)):
            return False
        _clear(connection, day.as_of, shard, scored)
        if rows:
            connection.execute(snapshot.insert(), rows)
        if shard.until is None:
            drop_lease(connection, lease)
    return True


def _move(connection: Connection, day: Any, ruleset_id: int, shard: Shard, count: int) -> bool:
    """Say how far the day got, unless somebody else did meanwhile."""
    table = SnapshotDay.__table__
    same = (table.c.after == day.after) & (table.c.ruleset_id == day.ruleset_id)
    open_ = (table.c.as_of == day.as_of) & table.c.finished_at.is_(None)
    values = {
        "ruleset_id": ruleset_id,
        "after": shard.until or shard.after,
        "learners": count + (day.learners if shard.after else 0),
        "finished_at": now_us() if shard.until is None else None,
    }
    return connection.execute(table.update().where(open_, same).values(values)).rowcount == 1


def _clear(connection: Connection, as_of: int, shard: Shard, scored: Sequence[Scored]) -> None:
    """What an earlier snapshot of the day says of these identifiers and of these people."""
    here = snapshot.c.actor > shard.after
    if shard.until is not None:
        here &= snapshot.c.actor <= shard.until
    persons = sorted(one.person_id for one in scored if one.person_id is not None)
    here |= snapshot.c.person_id.in_(persons)
    connection.execute(snapshot.delete().where(snapshot.c.as_of == as_of, here))


def _rows(one: Scored) -> Iterator[dict[str, Any]]:
    told = {"actor": one.actor, "person_id": one.person_id, "digest": one.digest}
    for competency, (level, score, confidence) in _levels(one).items():
        marks = {"level": level, "score": score, "confidence": confidence}
        yield {**told, **marks, "competency": competency}


def _levels(one: Scored) -> dict[str, tuple[int, int, int]]:
    """Level, score and confidence in competencies with evidence and in the nodes above them."""
    places: Iterable[tuple[str, Standing | NodeStanding]] = (
        *one.profile.standings.items(),
        *((id_, node) for id_, node in one.profile.nodes.items() if node.score_milli),
    )
    return {id_: (at.level, at.score_milli, at.confidence_ppm) for id_, at in places}


def _claim(as_of: date, *, anew: bool) -> None:
    """Make the day's row, which only one can; `anew` opens a day that was whole."""
    table, here = SnapshotDay.__table__, SnapshotDay.as_of == as_of.toordinal()
    with reading() as connection:
        day, view = _row(connection, as_of), projector.serving_in(connection)
    if day is not None and not (anew and day.finished_at):
        return
    row = {"as_of": as_of.toordinal(), "ruleset_id": view.ruleset_id, "started_at": now_us()}
    again = {"after": "", "learners": 0, "finished_at": None}
    with writing() as connection:
        if day is None:
            connection.execute(_INSERT, {**row, **again})
        else:
            connection.execute(table.update().where(here).values(**row, **again))


_INSERT = text(
    "INSERT INTO snapshot_day (as_of, ruleset_id, after, learners, started_at)"
    " VALUES (:as_of, :ruleset_id, :after, :learners, :started_at) ON CONFLICT DO NOTHING"
)


def _row(connection: Connection, as_of: date) -> Any:
    table = SnapshotDay.__table__
    return connection.execute(select(table).where(table.c.as_of == as_of.toordinal())).one_or_none()


def _find(as_of: date) -> Snapshot:
    with reading() as connection:
        return _told(_row(connection, as_of))


def _told(row: Any) -> Snapshot:
    return Snapshot(
        as_of=date.fromordinal(row.as_of),
        ruleset_id=row.ruleset_id,
        learners=row.learners,
        finished=row.finished_at is not None,
    )
