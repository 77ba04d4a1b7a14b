"""The projector: the only writer of evidence. It follows the log; its cursor commits with its rows.

It knows the log as an iterable of entries and nothing of where they are stored.
"""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from operator import itemgetter
from typing import Any, Protocol

from sqlalchemy import Connection, Table, select

from engine.competencies.evidence import EvidenceRow, Ruleset, Validation, Weighed
from engine.competencies.models import Projection, RulesetRow, evidence, line, revision, validation
from engine.competencies.projections import (
    FOLLOWING,
    RETIRED,
    ROWS,
    build,
    drop,
    follow_from,
    rebuild_of,
    serve,
    serving,
    serving_in,
    start,
    sweep,
)
from engine.competencies.reading import agent_key, mapping, refs_of
from engine.db import lease_table, may_take_lease, reading, take_lease, writing
from engine.errors import Refused
from engine.moments import to_us
from xapi import text
from xapi.errors import StatementRefused
from xapi.statements import read_timestamp
from xapi.vocabulary import Extension

__all__ = [
    "RETIRED",
    "ROWS",
    "Batch",
    "advance",
    "build",
    "drop",
    "follow_from",
    "project",
    "put",
    "rebuild_of",
    "release",
    "ruleset_of",
    "serve",
    "serving",
    "serving_in",
    "start",
    "sweep",
]

BATCH = 500
LEASE = "projector"
LEASE_SECONDS = 15
UNREADABLE = (
    *(ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError),
    *(Refused, StatementRefused),
)

_IN_ORDER = {table: itemgetter(*(column.name for column in table.columns)) for table in ROWS}
"""How a row's values are put in the order of its table's columns."""

logger = logging.getLogger(__name__)


class Logged(Protocol):
    """A statement in the log, as the projector needs it."""

    @property
    def seq(self) -> int:
        """Where it stands in the log."""

    @property
    def sid(self) -> uuid.UUID:
        """Its id."""

    @property
    def voided(self) -> bool:
        """Whether it is voided by now."""

    @property
    def voids(self) -> bool:
        """Whether it voids another."""

    @property
    def target(self) -> uuid.UUID | None:
        """The statement it refers to."""

    @property
    def origin(self) -> int:
        """Where it came from."""

    @property
    def payload(self) -> bytes:
        """It, as JSON."""


class Log(Protocol):
    """The log as the projector reads it."""

    def last(self) -> int:
        """The position of the newest statement; 0 when there is none."""

    def log(self, after: int, limit: int) -> Sequence[Logged]:
        """What was stored after a position, oldest first."""

    def voided(self, sids: Sequence[uuid.UUID]) -> set[uuid.UUID]:
        """Which of these statements are voided by now."""


@dataclass(slots=True)
class Batch:
    """What one stretch of the log means: rows by the name of their table, and what is voided."""

    generation: int
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    gone: list[uuid.UUID] = field(default_factory=list)

    def add(self, table: Table, row: dict[str, Any]) -> None:
        """One more row."""
        self.rows.setdefault(table.name, []).append({"generation": self.generation, **row})


def advance(log: Log, *, holder: str) -> int:
    """Project one stretch of the log for every projection; how many statements, 0 when at its end.

    Only the holder of the lease writes; the rows, the cursor and the check of the lease are one
    transaction, so no statement is ever projected twice. All projections stop at the same place,
    so that two of them can be compared while statements keep coming.
    """
    end = log.last()
    return sum(_advance_one(log, projection, end, holder) for projection in _projections())


def _projections() -> Sequence[Any]:
    table = Projection.__table__
    with reading() as connection:
        query = select(table).where(table.c.state.in_(FOLLOWING)).order_by(table.c.generation)
        return connection.execute(query).all()


@lru_cache(maxsize=8)
def _compiled(sha256: str) -> Ruleset:
    table = RulesetRow.__table__
    with reading() as connection:
        query = select(table.c.config).where(table.c.sha256 == sha256)
        config = connection.execute(query).scalar_one()
    return Ruleset(text.parse(text.canonical(config)))


def ruleset_of(ruleset_id: int) -> Ruleset:
    """A published ruleset, compiled once per process."""
    table = RulesetRow.__table__
    with reading() as connection:
        query = select(table.c.sha256).where(table.c.id == ruleset_id)
        sha256 = connection.execute(query).scalar_one()
    return _compiled(sha256)


def _advance_one(log: Log, projection: Any, end: int, holder: str) -> int:
    """One stretch for one projection; a new ruleset is served once it stands at the end."""
    entries = [entry for entry in log.log(projection.cursor, BATCH) if entry.seq <= end]
    if entries and not _advanced(log, projection, entries, holder):
        return 0
    at_end = projection.cursor >= end or (bool(entries) and entries[-1].seq >= end)
    if projection.state == "building" and at_end:
        serve(projection.generation)
    return len(entries)


def _advanced(log: Log, projection: Any, entries: Sequence[Logged], holder: str) -> bool:
    with reading() as connection:
        if not may_take_lease(connection, LEASE, holder):
            return False
    batch = project(log, entries, ruleset_of(projection.ruleset_id), projection.generation)
    return _store(projection, batch, entries, holder)


def _store(projection: Any, batch: Batch, entries: Sequence[Logged], holder: str) -> bool:
    """Write a batch and move the cursor, unless somebody else did meanwhile."""
    with writing() as connection:
        if take_lease(connection, LEASE, holder, seconds=LEASE_SECONDS) is None:
            return False
        if not _move(connection, projection, entries):
            return False
        put(connection, batch)
        return True


def put(connection: Connection, batch: Batch) -> None:
    """Write the rows of a stretch, and take away those of what it voids."""
    for table in ROWS:
        if rows := batch.rows.get(table.name):
            listed = [_IN_ORDER[table](row) for row in rows]
            connection.exec_driver_sql(_insert(table, connection.dialect.paramstyle), listed)
    for sid in batch.gone:
        _forget(connection, batch.generation, sid)


@lru_cache(maxsize=16)
def _insert(target: Table, paramstyle: str) -> str:
    """The driver's own statement for rows with a value for each column, in the table's order."""
    mark = "?" if paramstyle == "qmark" else "%s"
    names = ", ".join(column.name for column in target.columns)
    return f"INSERT INTO {target.name} ({names}) VALUES ({', '.join([mark] * len(target.columns))})"


def _move(connection: Connection, projection: Any, entries: Sequence[Logged]) -> bool:
    """Move the cursor of this very projection; a number may have been given anew meanwhile."""
    table = Projection.__table__
    here = (table.c.generation == projection.generation) & table.c.state.in_(FOLLOWING)
    same = (table.c.cursor == projection.cursor) & (table.c.ruleset_id == projection.ruleset_id)
    values = {"cursor": entries[-1].seq, "statements": table.c.statements + len(entries)}
    return connection.execute(table.update().where(here, same).values(values)).rowcount == 1


def project(log: Log, entries: Iterable[Logged], ruleset: Ruleset, generation: int) -> Batch:
    """What a stretch of the log means: rows for what counts, and what a void takes away.

    A statement that is voided by now gives no rows but its place among its item's revisions; the
    target of a voiding statement is noted if the void took effect, so that its rows are taken
    away. A statement that cannot be weighed is left out and said so: it stops nobody else's.
    """
    batch = Batch(generation)
    for entry in entries:
        if entry.voids:
            if entry.target is not None:
                batch.gone.append(entry.target)
            continue
        try:
            rows = _rows_of(entry, ruleset)
        except UNREADABLE:
            logger.exception("statement %s cannot be weighed and is left out", entry.sid)
            continue
        for table, row in rows:
            batch.add(table, row)
    batch.gone = sorted(log.voided(batch.gone))
    return batch


def _rows_of(entry: Logged, ruleset: Ruleset) -> list[tuple[Table, dict[str, Any]]]:
    statement = text.parse(entry.payload)
    here = {"seq": entry.seq, "origin": entry.origin}
    named = here | {"statement_id": str(entry.sid)}
    former = refs_of(statement)
    rows: list[tuple[Table, dict[str, Any]]] = []
    if former is not None:
        rows.append((revision, here | {"sid": str(entry.sid), "replaces": former}))
    if entry.voided:
        return rows
    weighed = ruleset.weigh(statement, authority=entry.origin)
    if Extension.CORRECTED_BY in mapping(mapping(statement.get("context")).get("extensions")):
        weighed = _by_the_learner(weighed)
    rows += [(evidence, named | _evidence(row)) for row in weighed.rows]
    if weighed.validation is not None:
        rows.append((validation, named | _validation(weighed.validation)))
    return [*rows, *_lines(entry, statement)]


def _by_the_learner(weighed: Weighed) -> Weighed:
    """Facts that the learner corrected herself are her own word."""
    return replace(weighed, rows=tuple(row._replace(assurance="self") for row in weighed.rows))


def _evidence(row: EvidenceRow) -> dict[str, Any]:
    return {
        "rule": row.rule,
        "competency": row.competency,
        "actor": row.actor,
        "kind": row.kind,
        "polarity": row.polarity,
        "assurance": row.assurance,
        "base": row.base,
        "split": row.split,
        "object_key": row.object_key,
        "day": row.day,
        "at": row.at,
        "stated": row.stated,
        "instructor": row.instructor,
        "replaces": row.replaces,
    }


def _validation(word: Validation) -> dict[str, Any]:
    return {
        "target": word.target,
        "validator": word.validator,
        "verdict": word.verdict,
        "level": word.level,
        "day": word.day,
        "at": word.at,
    }


def _lines(entry: Logged, statement: dict[str, Any]) -> list[tuple[Table, dict[str, Any]]]:
    """One line of somebody's record, whether it counts for anything or not."""
    actor = agent_key(statement)
    if actor is None:
        return []
    thing = mapping(statement.get("object"))
    definition = mapping(thing.get("definition"))
    extensions = mapping(mapping(statement.get("context")).get("extensions"))
    titles = mapping(definition.get("name"))
    tags = extensions.get(Extension.TAGS)
    told = {
        "seq": entry.seq,
        "sid": entry.sid.bytes,
        "actor": actor,
        "at": to_us(read_timestamp(statement.get("timestamp") or statement["stored"])),
        "verb": statement["verb"]["id"],
        "object_id": str(thing.get("id", "")),
        "object_type": definition.get("type"),
        "title": next(iter(titles.values()), "").replace("\0", "") or None,
        "tags": _tags(tags),
        "origin": entry.origin,
    }
    return [(line, told)]


def _tags(found: object) -> str:
    """The tags as JSON, as the driver takes it."""
    tags = [tag for tag in found if isinstance(tag, str)] if isinstance(found, list) else []
    return json.dumps(tags) if tags else "[]"


def _forget(connection: Connection, generation: int, sid: uuid.UUID) -> None:
    """A statement was voided: nothing of it counts any more."""
    for table, key in (
        (evidence, evidence.c.statement_id == str(sid)),
        (validation, validation.c.statement_id == str(sid)),
        (line, line.c.sid == sid.bytes),
    ):
        connection.execute(table.delete().where(table.c.generation == generation, key))


def release(holder: str) -> None:
    """Give the lease back, so that another process need not wait for it to expire."""
    with writing() as connection:
        table = lease_table
        mine = (table.c.name == LEASE) & (table.c.holder == holder)
        connection.execute(table.update().where(mine).values(expires=0))
