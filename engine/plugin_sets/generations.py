"""Generations of the set: each is one decision, never changed; the newest is what counts."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import Connection, select

from engine.db import reading, transaction
from engine.errors import Conflict, NotFound
from engine.moments import now_us
from engine.plugin_sets.models import PluginChoice, PluginGeneration

LONGEST = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What was decided about a plugin; `sha256` is its wheel's, None where Byway brings it."""

    plugin: str
    version: str
    sha256: str | None
    enabled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """A set: who decided it, when (microseconds) and why. Number 0 is what Byway brings."""

    number: int
    at: int
    by: str
    why: str
    choices: tuple[Choice, ...]
    file_sha256: str | None = None

    def of(self, plugin: str) -> Choice | None:
        """What was decided about a plugin, if anything was."""
        return next((one for one in self.choices if one.plugin == plugin), None)

    def with_(self, choice: Choice) -> tuple[Choice, ...]:
        """The choices with one of them changed or added."""
        others = (one for one in self.choices if one.plugin != choice.plugin)
        return tuple(sorted([*others, choice], key=lambda one: one.plugin))


FIRST = Generation(number=0, at=0, by="", why="What Byway brings", choices=())


def current() -> Generation:
    """The set that counts now; before the schema knows of sets, what Byway brings."""
    with reading() as connection:
        if not sa.inspect(connection).has_table(PluginGeneration.__tablename__):
            return FIRST
        newest = _newest(connection)
        return _read(connection, newest) if newest else FIRST


def number() -> int:
    """The number of the set that counts now, at the least cost."""
    with reading() as connection:
        return _newest(connection)


def get(wanted: int) -> Generation:
    """A generation by its number."""
    with reading() as connection:
        if wanted == 0:
            return FIRST
        if not 0 < wanted <= _newest(connection):
            raise NotFound(f"There is no set {wanted}.", "See `byway plugins history`.")
        return _read(connection, wanted)


def newest(most: int) -> list[Generation]:
    """The latest generations, the newest first, and at the end of all what Byway brings."""
    with reading() as connection:
        last = _newest(connection)
        numbers = range(last, max(last - most, 0), -1)
        found = [_read(connection, one) for one in numbers]
    return [*found, FIRST] if last <= most else found


def last_from_file() -> str | None:
    """The digest of the file of plugins that was taken over last."""
    table = PluginGeneration
    query = select(table.file_sha256).where(table.file_sha256.is_not(None))
    with reading() as connection:
        return connection.scalar(query.order_by(table.number.desc()).limit(1))


def add(
    base: Generation, choices: tuple[Choice, ...], *, by: str, why: str, file: str | None = None
) -> Generation:
    """Make a set the one that counts; refused if another became it after `base`."""
    made = PluginGeneration(
        number=base.number + 1, at=now_us(), by=by[:320], why=why[:LONGEST], file_sha256=file
    )
    with transaction() as session:
        there = session.scalar(select(sa.func.max(PluginGeneration.number))) or 0
        if there != base.number:
            raise Conflict(
                "Somebody changed the plugins meanwhile; nothing was changed here.",
                "Look at them again, then repeat what is still wanted.",
            )
        session.add(made)
        session.flush()
        session.add_all(
            PluginChoice(
                generation=made.number,
                plugin=one.plugin,
                version=one.version,
                sha256=one.sha256,
                enabled=one.enabled,
            )
            for one in choices
        )
    return get(made.number)


def _newest(connection: Connection) -> int:
    return connection.scalar(select(sa.func.max(PluginGeneration.number))) or 0


def _read(connection: Connection, wanted: int) -> Generation:
    table, rows = PluginGeneration.__table__, PluginChoice.__table__
    row = connection.execute(sa.select(table).where(table.c.number == wanted)).one()
    query = sa.select(rows).where(rows.c.generation == wanted).order_by(rows.c.plugin)
    return Generation(
        number=row.number,
        at=row.at,
        by=row.by,
        why=row.why,
        file_sha256=row.file_sha256,
        choices=tuple(
            Choice(plugin=one.plugin, version=one.version, sha256=one.sha256, enabled=one.enabled)
            for one in connection.execute(query)
        ),
    )
