"""Writing statements: one transaction, one order, and what voids and references need.

Commit order equals `seq` order, because the lock on the log is taken before the clock is read; a
log reader that asks for everything after its cursor therefore never misses a statement.
"""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from sqlalchemy import Connection, Engine, Executable
from sqlalchemy.exc import DataError, IntegrityError

from engine.db import portions
from engine.errors import Conflict, Refused
from engine.lrs import attachments
from engine.lrs.backends import Question, backend_of
from engine.lrs.definitions import Definitions
from engine.lrs.gathering import Gathering
from engine.lrs.references import REFERRED, VERSION, Link, References, file_late
from engine.lrs.terms import AGENT, RELATED_AGENT, TermIndex
from engine.lrs.upkeep import Upkeep
from engine.moments import iso
from xapi import actors, sameness, text
from xapi.walk import Walked, walk

TOGETHER = 1_000
"""How many statements of different requests are stored in one transaction."""
_TAKEN = ("SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY", "23505")


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """In whose name statements are stored: the origin, what it signs as, and its rights.

    Without `may_define` what it says of activities is kept in its statements alone.
    """

    origin: int
    agent: dict[str, Any]
    may_void: bool = False
    may_define: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A statement that passed the walk, and the bytes of its attachments by their sha2."""

    sid: uuid.UUID
    statement: dict[str, Any]
    walked: Walked
    authority: Authority
    audience: str = "private"
    attachments: Mapping[str, bytes] = field(default_factory=dict)


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
    """What `add` did: the stored statements in order, and the ids that were there before.

    `through` is the position up to which every question then finds all there is; None where that
    was not looked into.
    """

    new: list[dict[str, Any]] = field(default_factory=list)
    known: list[uuid.UUID] = field(default_factory=list)
    through: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """The locked log: its first free position, whether something is to be filed, what is known."""

    first: int
    behind: bool
    known: dict[bytes, bytes]
    awaited: set[bytes]


class Outdated(Conflict):
    """A row changed between planning and storing; plan again."""


class Store:
    """The writing side of the record store."""

    def __init__(self, engine: Engine, index: TermIndex, definitions: Definitions) -> None:
        self._backend = backend_of(engine)
        self._index = index
        self._definitions = definitions
        self._gathering = Gathering[Connection, Entry, Added](
            partial(self._backend.appending, alone=False),
            self._insert,
            most=TOGETHER,
            may_fail=(Refused, IntegrityError, DataError),
        )

    def add(self, entries: Sequence[Entry], rows: Sequence[Write] = ()) -> Added:
        """Store statements and the rows that belong to them in one transaction.

        A statement whose id is known and whose content is the same is left alone (xAPI 1.0.3
        Communication 2.1.1, 2.1.2). Statements without rows share a transaction with those that
        other threads bring at the same moment; each call still stores all or nothing.

        :raises Conflict: an id is known with other content; nothing is stored.
        :raises Outdated: a row in `rows` did not touch what it expected, or its key is taken;
            nothing is stored.
        """
        if rows:
            return self._add_with(entries, rows)
        return self._gathering.do(entries) if entries else Added()

    def file_late_references(self) -> int:
        """File a stretch of what storing left for later; 0 when nothing is left."""
        with self._backend.appending(alone=False) as connection:
            return file_late(connection, self._backend, self._index)

    def upkeep(self) -> Upkeep:
        """What looks after the index of this store."""
        return Upkeep(self._backend, self._index)

    def _add_with(self, entries: Sequence[Entry], rows: Sequence[Write]) -> Added:
        try:
            with self._backend.appending(alone=True) as connection:
                [added] = self._insert(connection, [entries])
                for write in rows:
                    _execute(connection, write)
        except IntegrityError as error:
            if not _is_repeated(error):
                raise
            raise _outdated() from error
        return added

    def _insert(self, connection: Connection, groups: Sequence[Sequence[Entry]]) -> list[Added]:
        entries = list(itertools.chain.from_iterable(groups))
        seen = self._look(connection, [entry.sid.bytes for entry in entries])
        fresh = list(_fresh(entries, seen.known).values())
        stored, late = self._append(connection, seen, fresh) if fresh else ({}, False)
        through = None if late or seen.behind else seen.first + len(fresh) - 1
        return [_added(group, stored, through) for group in groups]

    def _look(self, connection: Connection, sids: Sequence[bytes]) -> _Seen:
        """Lock the log and look at it."""
        questions: list[Question] = [("SELECT 1 FROM late_reference LIMIT 1", ())]
        questions += [
            (f"SELECT {columns} {among}", values)
            for columns in ("sid, payload FROM statement WHERE sid", REFERRED)
            for among, values in map(self._backend.among, portions(sids))
        ]
        first, (behind, *answers) = self._backend.locked(connection, questions)
        half = len(answers) // 2
        return _Seen(
            first=first,
            behind=bool(behind),
            known={bytes(sid): bytes(payload) for rows in answers[:half] for sid, payload in rows},
            awaited={bytes(target) for rows in answers[half:] for (target,) in rows},
        )

    def _append(
        self,
        connection: Connection,
        seen: _Seen,
        fresh: Sequence[Entry],
    ) -> tuple[dict[bytes, dict[str, Any]], bool]:
        """Write new statements and all that is found by them.

        As stored, by their ids; and whether something was left to be filed later.
        """
        first = seen.first
        stored = [_stamp(entry, seq) for seq, entry in enumerate(fresh, start=first)]
        rows = [_row(first + at, entry, stored[at]) for at, entry in enumerate(fresh)]
        batch = {
            entry.sid.bytes: Link(seq=seq, terms=self._terms(entry), target=_target(entry))
            for seq, entry in enumerate(fresh, start=first)
        }
        references = References(connection, self._backend, self._index, batch, seen.awaited)
        postings = sorted(references.postings())  # so the index is written in its own order
        self._definitions.note(connection, fresh, first)
        attached = ((first + at, entry.attachments) for at, entry in enumerate(fresh))
        attachments.keep(connection, attached)
        with self._backend.piped(connection):
            self._backend.append(connection, rows)
            self._settle_voids(connection, fresh, references.awaited)
            self._backend.post(connection, postings)
            self._leave_for_later(connection, references.late)
        by_id = {entry.sid.bytes: stored[at] for at, entry in enumerate(fresh)}
        return by_id, bool(references.late)

    def _terms(self, entry: Entry) -> frozenset[int]:
        """What a statement is found by: what a walk over it finds once it is stored.

        Its authority counts as stored, not as sent along.
        """
        found = entry.walked.terms
        if "authority" in entry.statement:
            sent = {name: part for name, part in entry.statement.items() if name != "authority"}
            found = walk(sent, version=VERSION).terms
        speaker = actors.key(entry.authority.agent)
        ours = {(RELATED_AGENT, speaker)} if speaker and (AGENT, speaker) not in found else set()
        return frozenset(self._index.terms(found | ours))

    def _settle_voids(
        self, connection: Connection, fresh: Sequence[Entry], awaited: Sequence[int]
    ) -> None:
        """Decide, when the later of the two is stored, which statements are voided.

        A void counts on statements of the same authority, or with the right to void others', which
        it keeps for what is still to come (`voids` is 2) as long as the origin has it; a voiding
        statement cannot be voided (xAPI 1.0.3 Data 2.3.2).

        :param awaited: positions of the new statements that older ones refer to.
        """
        voids = [
            (_target(entry), entry.authority.origin, entry.authority.may_void)
            for entry in fresh
            if entry.walked.voids
        ]
        cursor = self._backend.cursor(connection)
        if voids:
            cursor.executemany(self._backend.sql(_VOID), voids)
        if awaited:
            cursor.executemany(self._backend.sql(_BE_VOIDED), [(seq,) for seq in awaited])

    def _leave_for_later(self, connection: Connection, late: Sequence[int]) -> None:
        if late:
            query = "INSERT INTO late_reference (seq, after) VALUES (?, 0)"
            rows = [(seq,) for seq in late]
            self._backend.cursor(connection).executemany(self._backend.sql(query), rows)


_VOID = "UPDATE statement SET voided = 1 WHERE sid = ? AND voids = 0 AND (origin = ? OR ?)"
_BE_VOIDED = (
    "UPDATE statement SET voided = 1 WHERE seq = ? AND voids = 0 AND EXISTS ("
    "SELECT 1 FROM statement v JOIN origin o ON o.id = v.origin"
    " WHERE v.target = statement.sid AND v.voids > 0"
    " AND (v.origin = statement.origin OR (v.voids = 2 AND o.may_void)))"
)


def _fresh(entries: Sequence[Entry], known: Mapping[bytes, bytes]) -> dict[bytes, Entry]:
    """The entries that are new, by id; other content under a known id is a conflict."""
    fresh: dict[bytes, Entry] = {}
    for entry in entries:
        sid = entry.sid.bytes
        if sid in known:
            _require_same(entry, text.parse(known[sid]))
        elif sid in fresh:
            _require_same(entry, fresh[sid].statement)
        else:
            fresh[sid] = entry
    return fresh


def _added(
    group: Sequence[Entry], stored: dict[bytes, dict[str, Any]], through: int | None
) -> Added:
    """What became of one call's entries; what it brought first is its own, the rest was known."""
    added = Added(through=through)
    for entry in group:
        statement = stored.pop(entry.sid.bytes, None)
        if statement is None:
            added.known.append(entry.sid)
        else:
            added.new.append(statement)
    return added


def _require_same(entry: Entry, before: dict[str, Any]) -> None:
    if not sameness.same(before, entry.statement):
        raise Conflict(
            f"Statement {entry.sid} is already stored with other content.",
            "Send a changed statement under a new id; what is stored never changes.",
        )


def _stamp(entry: Entry, seq: int) -> dict[str, Any]:
    """The statement as it is kept: the server's own fields set, the sender's left alone."""
    stored = iso(seq)
    statement = {"id": str(entry.sid), **entry.statement}
    statement.setdefault("timestamp", stored)
    statement.update(stored=stored, authority=entry.authority.agent)
    return statement


def _row(seq: int, entry: Entry, stored: dict[str, Any]) -> tuple[Any, ...]:
    return (
        seq,
        entry.sid.bytes,
        int(entry.walked.voids) * (1 + entry.authority.may_void),
        _target(entry),
        entry.authority.origin,
        entry.audience,
        text.dump(stored),
    )


def _target(entry: Entry) -> bytes | None:
    return entry.walked.target.bytes if entry.walked.target else None


def _execute(connection: Connection, write: Write) -> None:
    touched = 0
    if write.values is None or write.values:
        asked = write.statement.execution_options(preserve_rowcount=True)
        touched = connection.execute(asked, write.values).rowcount
    if write.expects is not None and touched != write.expects:
        raise _outdated()


def _outdated() -> Outdated:
    return Outdated("Somebody else changed this while it was being worked out.", "Try it again.")


def _is_repeated(error: IntegrityError) -> bool:
    """Whether a key was taken by somebody faster, which planning again can mend."""
    told = (getattr(error.orig, "sqlite_errorname", ""), getattr(error.orig, "sqlstate", ""))
    return not set(_TAKEN).isdisjoint(told)
