"""Projections' lives: begun, built, served, thrown away. One is served; pages read no other."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Table, func, select

from engine.competencies.models import (
    Projection,
    evidence,
    line,
    revision,
    stretch,
    validation,
)
from engine.db import db, reading, writing

ROWS = (evidence, validation, line, revision)
RETIRED = "retired"
FOLLOWING = ("serving", "building", "checking")
"""The states in which a projection follows the log."""
REBUILT = ("rebuilding", "checking")
DROPPED_AT_ONCE = 5000


def start(ruleset_id: int, state: str) -> int:
    """Begin a new projection of the whole log; its generation."""
    with writing() as connection:
        return _start(connection, ruleset_id, state)


def _start(connection: Connection, ruleset_id: int, state: str, engine: str | None = None) -> int:
    table = Projection.__table__
    last = int(connection.execute(select(func.max(table.c.generation))).scalar() or 0)
    row = {"generation": last + 1, "ruleset_id": ruleset_id, "state": state, "engine": engine}
    connection.execute(table.insert().values(**row, cursor=0, statements=0))
    return last + 1


def build(ruleset_id: int) -> None:
    """Have the log weighed with a ruleset that is served once it has caught up.

    The first one is served at once. Whatever else was being built is given up; what is served or
    being built already goes on.
    """
    table = Projection.__table__
    with writing() as connection:
        building = _row(connection, table.c.state == "building")
        serving = _row(connection, table.c.state == "serving")
        if building is not None and building.ruleset_id == ruleset_id:
            return
        other = table.c.state == "building"
        connection.execute(table.update().where(other).values(state=RETIRED))
        if serving is None or serving.ruleset_id != ruleset_id:
            _start(connection, ruleset_id, "building" if serving else "serving")
    sweep()


def rebuild_of(ruleset_id: int, engine: str) -> int:
    """The rebuild that stopped half-way, or a new one; its generation.

    One of another ruleset or by another version of the engine is thrown away.
    """
    table = Projection.__table__
    under_way = table.c.state.in_(REBUILT)
    mine = under_way & (table.c.ruleset_id == ruleset_id) & (table.c.engine == engine)
    with writing() as connection:
        found = connection.execute(select(func.max(table.c.generation)).where(mine)).scalar()
        others = under_way & (table.c.generation != (found or 0))
        connection.execute(table.update().where(others).values(state=RETIRED))
        generation = found or _start(connection, ruleset_id, "rebuilding", engine)
    sweep()
    return int(generation)


def follow_from(generation: int, cursor: int) -> None:
    """A rebuild has weighed the log up to here; from now on it follows it like the others."""
    table = Projection.__table__
    here = (table.c.generation == generation) & (table.c.state == "rebuilding")
    done = select(func.coalesce(func.sum(stretch.c.statements), 0))
    count = done.where(stretch.c.generation == generation).scalar_subquery()
    values = {"state": "checking", "cursor": cursor, "statements": count}
    with writing() as connection:
        connection.execute(table.update().where(here).values(values))
        connection.execute(stretch.delete().where(stretch.c.generation == generation))


def drop(generation: int) -> None:
    """Throw a projection away, a stretch at a time: nobody who writes waits long."""
    table = Projection.__table__
    here = table.c.generation == generation
    with writing() as connection:
        connection.execute(table.update().where(here).values(state=RETIRED))
    for rows in ROWS:
        while _drop_some(rows, generation):
            pass
    with writing() as connection:
        connection.execute(stretch.delete().where(stretch.c.generation == generation))
        connection.execute(table.delete().where(here, table.c.state == RETIRED))


def _drop_some(rows: Table, generation: int) -> int:
    mine = rows.c.generation == generation
    some = select(rows.c.seq).where(mine).order_by(rows.c.seq).limit(DROPPED_AT_ONCE)
    with writing() as connection:
        return connection.execute(rows.delete().where(mine, rows.c.seq.in_(some))).rowcount


def sweep(*states: str) -> None:
    """Throw away what was left half-dropped, and projections in these states."""
    table = Projection.__table__
    with reading() as connection:
        query = select(table.c.generation).where(table.c.state.in_((RETIRED, *states)))
        left = connection.execute(query).scalars().all()
    for generation in left:
        drop(generation)


def serve(generation: int) -> bool:
    """Let pages read a projection; the one it replaces goes.

    False while it is behind that one, and for a rebuild under a ruleset that is no longer served.
    """
    table = Projection.__table__
    with writing() as connection:
        new = _row(connection, table.c.generation == generation)
        old = _row(connection, table.c.state == "serving")
        if new is None or not _may_follow(new, old):
            return False
        was, now = table.c.state == "serving", table.c.generation == generation
        connection.execute(table.update().where(was).values(state=RETIRED))
        connection.execute(table.update().where(now).values(state="serving"))
    sweep()
    return True


def _row(connection: Connection, condition: Any) -> Any:
    return connection.execute(select(Projection.__table__).where(condition)).one_or_none()


def _may_follow(new: Any, old: Any) -> bool:
    """Pages never go back: neither in the log, nor to a ruleset that was replaced."""
    if new.state == RETIRED:
        return False
    if old is None:
        return True
    wanted = new.state == "building" or old.ruleset_id == new.ruleset_id
    return bool(wanted and new.cursor >= old.cursor)


def serving() -> Projection:
    """The projection that pages read."""
    return db.session.scalars(select(Projection).where(Projection.state == "serving")).one()


def serving_in(connection: Connection) -> Any:
    """The same as a row, in the view of the log that this connection has."""
    table = Projection.__table__
    return connection.execute(select(table).where(table.c.state == "serving")).one()
