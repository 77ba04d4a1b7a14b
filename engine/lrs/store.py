"""Writing statements: one transaction, one order, and what voids and references need.

Commit order equals `seq` order, because the write lock is taken before the clock is read; a log
reader that asks for everything after its cursor therefore never misses a statement.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Engine, Executable

from engine.errors import Conflict
from engine.lrs.terms import HOP_BITS, MAX_HOP, TermIndex
from engine.moments import iso, now_us
from xapi import sameness, text
from xapi.walk import Walked, walk

CHUNK = 500


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


@dataclass(frozen=True, slots=True)
class _Row:
    """A statement as the transaction knows it: stored before, or about to be."""

    seq: int
    sid: bytes
    voids: bool
    target: bytes | None
    origin: int


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
        :raises Outdated: a row in `rows` did not touch what it expected; nothing is stored.
        """
        with (
            self._engine.connect().execution_options(writing=True) as connection,
            connection.begin(),
        ):
            added = self._insert(connection, entries)
            for write in rows:
                _execute(connection, write)
        return added

    def _insert(self, connection: Connection, entries: Sequence[Entry]) -> Added:
        fresh, known = _divide(connection, entries)
        if not fresh:
            return Added(known=known)
        seq = _next_seq(connection)
        stored = [_stamp(entry, seq + at) for at, entry in enumerate(fresh)]
        batch = {
            entry.sid.bytes: _Row(
                seq + at,
                entry.sid.bytes,
                entry.walked.voids,
                entry.walked.target.bytes if entry.walked.target else None,
                entry.authority.origin,
            )
            for at, entry in enumerate(fresh)
        }
        _write_statements(connection, batch, fresh, stored)
        _settle_voids(connection, batch, fresh)
        _write_postings(connection, self._postings(connection, batch, fresh))
        return Added(new=stored, known=known)

    def _postings(
        self, connection: Connection, batch: dict[bytes, _Row], fresh: Sequence[Entry]
    ) -> Iterator[tuple[int, int]]:
        """Own terms at hop 0; then what references inherit, in whichever order they arrived."""
        own = {entry.sid.bytes: self._index.terms(entry.walked.terms) for entry in fresh}
        new = {row.seq for row in batch.values()}
        for sid, row in batch.items():
            yield from ((term, row.seq << HOP_BITS) for term in own[sid])
        for sid, row in batch.items():
            chain = list(_down(connection, row)) if row.target else []
            yield from self._inherited(connection, row.seq, 0, chain, own)
            for seq, hop in _up(connection, sid):
                if seq not in new:
                    yield from ((term, seq << HOP_BITS | hop) for term in own[sid])
                    yield from self._inherited(connection, seq, hop, chain, own)

    def _inherited(
        self,
        connection: Connection,
        seq: int,
        hop: int,
        chain: Sequence[bytes],
        own: dict[bytes, set[int]],
    ) -> Iterator[tuple[int, int]]:
        """The terms of every statement below, each at its distance from `seq`."""
        for distance, sid in enumerate(chain[: MAX_HOP - hop], start=hop + 1):
            if sid not in own:
                own[sid] = self._terms_of(connection, sid)
            yield from ((term, seq << HOP_BITS | distance) for term in own[sid])

    def _terms_of(self, connection: Connection, sid: bytes) -> set[int]:
        payload = connection.exec_driver_sql(
            "SELECT payload FROM statement WHERE sid = ?", (sid,)
        ).scalar_one()
        statement = text.parse(bytes(payload))
        return self._index.terms(walk(statement, version="2.0.0").terms)


def _divide(
    connection: Connection, entries: Sequence[Entry]
) -> tuple[list[Entry], list[uuid.UUID]]:
    """Which entries are new and which are there already; other content is a conflict."""
    stored = _payloads(connection, [entry.sid.bytes for entry in entries])
    fresh, known = [], []
    for entry in entries:
        before = stored.get(entry.sid.bytes)
        if before is None:
            fresh.append(entry)
        elif sameness.same(text.parse(before), entry.statement):
            known.append(entry.sid)
        else:
            raise Conflict(
                f"Statement {entry.sid} is already stored with other content.",
                "Send a changed statement under a new id; what is stored never changes.",
            )
    return fresh, known


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


def _write_statements(
    connection: Connection,
    batch: dict[bytes, _Row],
    fresh: Sequence[Entry],
    stored: Sequence[dict[str, Any]],
) -> None:
    connection.exec_driver_sql(
        "INSERT INTO statement (seq, sid, voided, voids, target, origin, audience, payload)"
        " VALUES (?, ?, 0, ?, ?, ?, ?, ?)",
        [
            (row.seq, row.sid, int(row.voids), row.target, row.origin, entry.audience, text.dump(s))
            for row, entry, s in zip(batch.values(), fresh, stored, strict=True)
        ],
    )


def _write_postings(connection: Connection, postings: Iterable[tuple[int, int]]) -> None:
    connection.exec_driver_sql(
        "INSERT INTO posting (term, pos) VALUES (?, ?) ON CONFLICT DO NOTHING", sorted(postings)
    )


def _settle_voids(
    connection: Connection, batch: dict[bytes, _Row], fresh: Sequence[Entry]
) -> None:
    """Decide, when the later of the two is stored, which statements are voided.

    A void counts on statements of the same authority, or with the right to void others'; a
    voiding statement cannot be voided (xAPI 1.0.3 Data 2.3.2).
    """
    voids = [
        (row.target, row.origin, int(entry.authority.may_void))
        for row, entry in zip(batch.values(), fresh, strict=True)
        if row.voids
    ]
    if voids:
        connection.exec_driver_sql(
            "UPDATE statement SET voided = 1 WHERE sid = ? AND voids = 0 AND (origin = ? OR ?)",
            voids,
        )
    connection.exec_driver_sql(
        "UPDATE statement SET voided = 1 WHERE seq = ? AND voids = 0 AND EXISTS ("
        "SELECT 1 FROM statement v JOIN origin o ON o.id = v.origin"
        " WHERE v.target = statement.sid AND v.voids = 1"
        " AND (v.origin = statement.origin OR o.may_void))",
        [(row.seq,) for row in batch.values()],
    )


def _down(connection: Connection, row: _Row) -> Iterator[bytes]:
    """The chain of StatementRefs below a statement, as far as it is stored; cycles end it."""
    seen, target = {row.sid}, row.target
    while target is not None and target not in seen and len(seen) <= MAX_HOP:
        found = connection.exec_driver_sql(
            "SELECT target FROM statement WHERE sid = ?", (target,)
        ).one_or_none()
        if found is None:
            return
        yield target
        seen.add(target)
        target = bytes(found.target) if found.target else None


def _up(connection: Connection, sid: bytes) -> Iterator[tuple[int, int]]:
    """Every stored statement that refers to this one, directly or through others: (seq, hop)."""
    seen, level = {sid}, [sid]
    for hop in range(1, MAX_HOP + 1):
        above = [
            (row.seq, bytes(row.sid))
            for target in level
            for row in connection.exec_driver_sql(
                "SELECT seq, sid FROM statement WHERE target = ?", (target,)
            )
        ]
        above = [(seq, sid) for seq, sid in above if sid not in seen]
        if not above:
            return
        yield from ((seq, hop) for seq, _ in above)
        level = [sid for _, sid in above]
        seen.update(level)


def _execute(connection: Connection, write: Write) -> None:
    result = connection.execute(write.statement, write.values)
    if write.expects is not None and result.rowcount != write.expects:
        raise Outdated(
            "Somebody else changed this while it was being worked out.", "Try it again."
        )
