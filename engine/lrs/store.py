"""Writing statements: one transaction, one order, and what voids and references need.

Commit order equals `seq` order, because the write lock is taken before the clock is read; a log
reader that asks for everything after its cursor therefore never misses a statement.
"""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Engine, Executable
from sqlalchemy.exc import IntegrityError

from engine.errors import Conflict
from engine.lrs.references import Link, References
from engine.lrs.terms import RELATED_AGENT, TermIndex
from engine.moments import iso, now_us
from xapi import actors, sameness, text
from xapi.walk import Walked, walk

CHUNK = 500
POSTINGS = 50_000
_TAKEN = ("SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY")


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """In whose name statements are stored: the origin, what it signs as, and its right to void."""

    origin: int
    agent: dict[str, Any]
    may_void: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A statement that passed the walk, with its id already inside."""

    sid: uuid.UUID
    statement: dict[str, Any]
    walked: Walked
    authority: Authority
    audience: str = "private"


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """A row that must be stored with the statements or not at all.

    `expects` is the number of rows it has to touch; another number means that somebody else was
    faster, and nothing is stored.
    """

    statement: Executable
    values: Sequence[dict[str, Any]] | None = None
    expects: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """What `add` did: the stored statements in order, and the ids that were there before."""

    new: list[dict[str, Any]] = field(default_factory=list)
    known: list[uuid.UUID] = field(default_factory=list)


class Outdated(Conflict):
    """A row changed between planning and storing; plan again."""


class Store:
    """The writing side of the record store."""

    def __init__(self, engine: Engine, index: TermIndex) -> None:
        self._engine = engine
        self._index = index

    def add(
        self,
        entries: Sequence[Entry],
        rows: Sequence[Write] = (),
    ) -> Added:
        """Store statements and the rows that belong to them in one transaction.

        A statement whose id is known and whose content is the same is left alone (xAPI 1.0.3
        Communication 2.1.1, 2.1.2).

        :raises Conflict: an id is known with other content; nothing is stored.
        :raises Outdated: a row in `rows` did not touch what it expected, or its key is taken;
            nothing is stored.
        """
        if not entries and not rows:
            return Added()
        try:
            with (
                self._engine.connect().execution_options(writing=True) as connection,
                connection.begin(),
            ):
                added = self._insert(connection, entries)
                for write in rows:
                    _execute(connection, write)
        except IntegrityError as error:
            if not _is_repeated(error):
                raise
            raise _outdated() from error
        return added

    def _insert(self, connection: Connection, entries: Sequence[Entry]) -> Added:
        fresh, known = _divide(connection, entries)
        if not fresh:
            return Added(known=known)
        first = _next_seq(connection)
        stored = [_stamp(entry, seq) for seq, entry in enumerate(fresh, start=first)]
        _write_statements(connection, first, fresh, stored)
        batch = {
            entry.sid.bytes: Link(seq=seq, terms=self._terms(entry), target=_target(entry))
            for seq, entry in enumerate(fresh, start=first)
        }
        references = References(connection, self._index, batch)
        _settle_voids(connection, fresh, references.awaited)
        _write_postings(connection, references.postings())
        return Added(new=stored, known=known)

    def _terms(self, entry: Entry) -> frozenset[int]:
        """What a statement is found by; its authority counts as stored, not as sent along."""
        found = entry.walked.terms
        if "authority" in entry.statement:
            sent = {name: part for name, part in entry.statement.items() if name != "authority"}
            found = walk(sent, version="2.0.0").terms
        speaker = actors.key(entry.authority.agent)
        ours = {(RELATED_AGENT, speaker)} if speaker else set()
        return frozenset(self._index.terms(found | ours))


def _divide(
    connection: Connection, entries: Sequence[Entry]
) -> tuple[list[Entry], list[uuid.UUID]]:
    """Which entries are new and which are there already; other content is a conflict."""
    stored = _payloads(connection, [entry.sid.bytes for entry in entries])
    fresh: dict[bytes, Entry] = {}
    known = []
    for entry in entries:
        sid = entry.sid.bytes
        if sid in stored:
            _require_same(entry, text.parse(stored[sid]))
            known.append(entry.sid)
        elif sid in fresh:
            _require_same(entry, fresh[sid].statement)
            known.append(entry.sid)
        else:
            fresh[sid] = entry
    return list(fresh.values()), known


def _require_same(entry: Entry, before: dict[str, Any]) -> None:
    if not sameness.same(before, entry.statement):
        raise Conflict(
            f"Statement {entry.sid} is already stored with other content.",
            "Send a changed statement under a new id; what is stored never changes.",
        )


def _payloads(connection: Connection, sids: Sequence[bytes]) -> dict[bytes, bytes]:
    found: dict[bytes, bytes] = {}
    for start in range(0, len(sids), CHUNK):
        part = sids[start : start + CHUNK]
        marks = ",".join("?" * len(part))
        query = f"SELECT sid, payload FROM statement WHERE sid IN ({marks})"
        for sid, payload in connection.exec_driver_sql(query, tuple(part)):
            found[bytes(sid)] = bytes(payload)
    return found


def _next_seq(connection: Connection) -> int:
    last = connection.exec_driver_sql("SELECT max(seq) FROM statement").scalar() or 0
    return max(now_us(), last + 1)


def _stamp(entry: Entry, seq: int) -> dict[str, Any]:
    """The statement as it is kept: the server's own fields set, the sender's left alone."""
    stored = iso(seq)
    statement = {"id": str(entry.sid), **entry.statement}
    statement.setdefault("timestamp", stored)
    statement.update(stored=stored, authority=entry.authority.agent)
    return statement


def _target(entry: Entry) -> bytes | None:
    return entry.walked.target.bytes if entry.walked.target else None


def _write_statements(
    connection: Connection, first: int, fresh: Sequence[Entry], stored: Sequence[dict[str, Any]]
) -> None:
    connection.exec_driver_sql(
        "INSERT INTO statement (seq, sid, voided, voids, target, origin, audience, payload)"
        " VALUES (?, ?, 0, ?, ?, ?, ?, ?)",
        [
            (
                first + at,
                entry.sid.bytes,
                int(entry.walked.voids),
                _target(entry),
                entry.authority.origin,
                entry.audience,
                text.dump(stored[at]),
            )
            for at, entry in enumerate(fresh)
        ],
    )


def _write_postings(connection: Connection, postings: Iterator[tuple[int, int]]) -> None:
    while part := sorted(itertools.islice(postings, POSTINGS)):
        connection.exec_driver_sql(
            "INSERT INTO posting (term, pos) VALUES (?, ?) ON CONFLICT DO NOTHING", part
        )


def _settle_voids(connection: Connection, fresh: Sequence[Entry], awaited: Sequence[int]) -> None:
    """Decide, when the later of the two is stored, which statements are voided.

    A void counts on statements of the same authority, or with the right to void others'; a
    voiding statement cannot be voided (xAPI 1.0.3 Data 2.3.2).

    :param awaited: positions of the new statements that older ones refer to.
    """
    voids = [
        (_target(entry), entry.authority.origin, int(entry.authority.may_void))
        for entry in fresh
        if entry.walked.voids
    ]
    if voids:
        connection.exec_driver_sql(
            "UPDATE statement SET voided = 1 WHERE sid = ? AND voids = 0 AND (origin = ? OR ?)",
            voids,
        )
    if awaited:
        connection.exec_driver_sql(
            "UPDATE statement SET voided = 1 WHERE seq = ? AND voids = 0 AND EXISTS ("
            "SELECT 1 FROM statement v JOIN origin o ON o.id = v.origin"
            " WHERE v.target = statement.sid AND v.voids = 1"
            " AND (v.origin = statement.origin OR o.may_void))",
            [(seq,) for seq in awaited],
        )


def _execute(connection: Connection, write: Write) -> None:
    touched = 0
    if write.values is None or write.values:
        touched = connection.execute(write.statement, write.values).rowcount
    if write.expects is not None and touched != write.expects:
        raise _outdated()


def _outdated() -> Outdated:
    return Outdated("Somebody else changed this while it was being worked out.", "Try it again.")


def _is_repeated(error: IntegrityError) -> bool:
    """Whether a key was taken by somebody faster, which planning again can mend."""
    return getattr(error.orig, "sqlite_errorname", "") in _TAKEN
