"""The projector: the only writer of evidence. It follows the log; its cursor commits with its rows.

It knows the log as an iterable of entries and nothing of where they are stored.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, Protocol

from sqlalchemy import Connection, Table, func, select

from engine.competencies.evidence import EvidenceRow, Ruleset, Validation, Weighed
from engine.competencies.models import Projection, RulesetRow, evidence, line, revision, validation
from engine.competencies.reading import agent_key, mapping, refs_of
from engine.db import db, lease_table, reading, take_lease, writing
from engine.moments import to_us
from xapi import text
from xapi.statements import read_timestamp
from xapi.vocabulary import Extension

BATCH = 500
LEASE = "projector"
LEASE_SECONDS = 15
ROWS = (evidence, validation, line, revision)


class Logged(Protocol):
    """A statement in the log, as the projector needs it."""

    seq: int
    sid: uuid.UUID
    voided: bool
    voids: bool
    target: uuid.UUID | None
    origin: int
    payload: bytes


class Log(Protocol):
    """The log as the projector reads it."""

    def log(self, after: int, limit: int) -> Sequence[Logged]:
        """What was stored after a position, oldest first."""

    def voided(self, sids: Sequence[uuid.UUID]) -> set[uuid.UUID]:
        """Which of these statements are voided by now."""


@dataclass(slots=True)
class _Batch:
    """The rows of one stretch of the log, by table."""

    generation: int
    rows: dict[Table, list[dict[str, Any]]] = field(default_factory=dict)
    gone: list[uuid.UUID] = field(default_factory=list)

    def add(self, table: Table, row: dict[str, Any]) -> None:
        self.rows.setdefault(table, []).append({"generation": self.generation, **row})


def advance(log: Log, *, holder: str) -> int:
    """Project one stretch of the log for every projection; how many statements, 0 when at its end.

    Only the holder of the lease writes; the rows, the cursor and the check of the lease are one
    transaction, so no statement is ever projected twice.
    """
    done = 0
    for generation in _generations():
        done += _advance_one(log, generation, holder)
    return done


def _generations() -> list[int]:
    with reading() as connection:
        rows = connection.execute(select(Projection.generation).order_by(Projection.generation))
        return [row.generation for row in rows]


@lru_cache(maxsize=8)
def _compiled(ruleset_id: int, config: str) -> Ruleset:
    return Ruleset(text.parse(config.encode()))


def ruleset_of(ruleset_id: int) -> Ruleset:
    """A published ruleset, compiled once per process."""
    with reading() as connection:
        table = RulesetRow.__table__
        config = connection.execute(
            select(table.c.config).where(table.c.id == ruleset_id)
        ).scalar_one()
    return _compiled(ruleset_id, text.canonical(config).decode())


def _projection(connection: Connection, generation: int) -> Any:
    table = Projection.__table__
    return connection.execute(
        select(table).where(table.c.generation == generation)
    ).one_or_none()


def _advance_one(log: Log, generation: int, holder: str) -> int:
    with writing() as connection:
        if take_lease(connection, LEASE, holder, seconds=LEASE_SECONDS) is None:
            return 0
        projection = _projection(connection, generation)
    if projection is None:
        return 0
    entries = log.log(projection.cursor, BATCH)
    if not entries:
        _serve_if_built(generation)
        return 0
    batch = project(entries, ruleset_of(projection.ruleset_id), generation)
    batch.gone = sorted(log.voided(batch.gone))
    return len(entries) if _store(projection, batch, entries, holder) else 0


def _store(projection: Any, batch: _Batch, entries: Sequence[Logged], holder: str) -> bool:
    """Write a batch and move the cursor, unless somebody else did meanwhile."""
    with writing() as connection:
        if take_lease(connection, LEASE, holder, seconds=LEASE_SECONDS) is None:
            return False
        table = Projection.__table__
        here = (table.c.generation == projection.generation) & (table.c.cursor == projection.cursor)
        moved = connection.execute(
            table.update()
            .where(here)
            .values(cursor=entries[-1].seq, statements=table.c.statements + len(entries))
        )
        if moved.rowcount != 1:
            return False
        for target, rows in batch.rows.items():
            connection.execute(target.insert(), rows)
        for sid in batch.gone:
            _forget(connection, projection.generation, sid)
        return True


def project(entries: Iterable[Logged], ruleset: Ruleset, generation: int) -> _Batch:
    """What a stretch of the log means: rows for what counts, and what a void takes away.

    A statement that is voided by now gives no rows; the target of a voiding statement is noted,
    so that its rows are taken away if the void took effect.
    """
    batch = _Batch(generation)
    for entry in entries:
        if entry.voids:
            if entry.target is not None:
                batch.gone.append(entry.target)
        elif not entry.voided:
            _project_one(entry, ruleset, batch)
    return batch


def _project_one(entry: Logged, ruleset: Ruleset, batch: _Batch) -> None:
    statement = text.parse(entry.payload)
    weighed = ruleset.weigh(statement, authority=entry.origin)
    if Extension.CORRECTED_BY in mapping(mapping(statement.get("context")).get("extensions")):
        weighed = _by_the_learner(weighed)
    here = {"seq": entry.seq, "origin": entry.origin}
    named = here | {"statement_id": str(entry.sid)}
    for row in weighed.rows:
        batch.add(evidence, named | _evidence(row))
    if weighed.validation is not None:
        batch.add(validation, named | _validation(weighed.validation))
    former = refs_of(statement)
    if former is not None:
        batch.add(revision, here | {"sid": str(entry.sid), "replaces": former})
    _add_line(entry, statement, batch)


def _by_the_learner(weighed: Weighed) -> Weighed:
    """Facts that the learner corrected herself are her own word."""
    return replace(weighed, rows=tuple(replace(row, assurance="self") for row in weighed.rows))


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


def _add_line(entry: Logged, statement: dict[str, Any], batch: _Batch) -> None:
    """One line of somebody's record, whether it counts for anything or not."""
    actor = agent_key(statement)
    if actor is None:
        return
    thing = mapping(statement.get("object"))
    definition = mapping(thing.get("definition"))
    extensions = mapping(mapping(statement.get("context")).get("extensions"))
    titles = mapping(definition.get("name"))
    tags = extensions.get(Extension.TAGS)
    batch.add(
        line,
        {
            "seq": entry.seq,
            "sid": entry.sid.bytes,
            "actor": actor,
            "at": to_us(read_timestamp(statement.get("timestamp") or statement["stored"])),
            "verb": statement["verb"]["id"],
            "object_id": str(thing.get("id", "")),
            "object_type": definition.get("type"),
            "title": next(iter(titles.values()), None),
            "tags": tags if isinstance(tags, list) else [],
            "origin": entry.origin,
        },
    )


def _forget(connection: Connection, generation: int, sid: uuid.UUID) -> None:
    """A statement was voided: nothing of it counts any more."""
    for table, key in (
        (evidence, evidence.c.statement_id == str(sid)),
        (validation, validation.c.statement_id == str(sid)),
        (line, line.c.sid == sid.bytes),
    ):
        connection.execute(table.delete().where(table.c.generation == generation, key))


def start(ruleset_id: int, state: str) -> int:
    """Begin a new projection of the whole log; its generation."""
    table = Projection.__table__
    with writing() as connection:
        last = connection.execute(select(func.max(table.c.generation))).scalar() or 0
        row = {"generation": last + 1, "ruleset_id": ruleset_id, "state": state}
        connection.execute(table.insert().values(**row, cursor=0, statements=0))
    return int(last) + 1


def drop(generation: int) -> None:
    """Throw a projection away."""
    with writing() as connection:
        _drop(connection, generation)


def _drop(connection: Connection, generation: int) -> None:
    for rows in ROWS:
        connection.execute(rows.delete().where(rows.c.generation == generation))
    table = Projection.__table__
    connection.execute(table.delete().where(table.c.generation == generation))


def _serve_if_built(generation: int) -> None:
    with reading() as connection:
        built = _projection(connection, generation)
    if built is not None and built.state == "building":
        serve(generation)


def serve(generation: int) -> None:
    """Let pages read a projection that has reached the end; the one it replaces goes."""
    table = Projection.__table__
    with writing() as connection:
        for old in connection.execute(select(table.c.generation).where(table.c.state == "serving")):
            _drop(connection, old.generation)
        here = table.c.generation == generation
        connection.execute(table.update().where(here).values(state="serving"))


def release(holder: str) -> None:
    """Give the lease back, so that another process need not wait for it to expire."""
    with writing() as connection:
        table = lease_table
        mine = (table.c.name == LEASE) & (table.c.holder == holder)
        connection.execute(table.update().where(mine).values(expires=0))


def serving() -> Projection:
    """The projection that pages read."""
    return db.session.scalars(
        select(Projection).where(Projection.state == "serving").order_by(Projection.generation)
    ).one()
