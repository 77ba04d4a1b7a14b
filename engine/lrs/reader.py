"""Reading statements: one by id, a filtered page in stored order, or the log from a position."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine

from engine.db import portions
from engine.lrs import attachments
from engine.lrs import terms as kinds
from engine.lrs.backends import Row, backend_of
from engine.lrs.search import Search
from engine.lrs.terms import TermIndex
from engine.moments import now_us
from xapi.query import Query

MAX_LIMIT = 500
LONG_AGO = 500_000
"""After how many microseconds without statements we look whether any is coming."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What a reader may see: everything, or one origin's statements and some audiences."""

    everything: bool = False
    origin: int | None = None
    audiences: tuple[str, ...] = ()

    def condition(self) -> tuple[str, list[Any]]:
        """The same as SQL over the statement's columns; never a matter of the index."""
        if self.everything:
            return "1 = 1", []
        marks = ",".join("?" * len(self.audiences))
        shared = f" OR s.audience IN ({marks})" if self.audiences else ""
        return f"(s.origin = ?{shared})", [self.origin, *self.audiences]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A statement as it lies in the log."""

    seq: int
    sid: uuid.UUID
    voided: bool
    voids: bool
    target: uuid.UUID | None
    origin: int
    audience: str
    payload: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Statements in the order asked for, as stored bytes; `position` goes on after the last one.

    A page may be short, even empty, and still have a position: the search for common things that
    seldom meet is broken off after a while, and goes on with the next page.
    """

    seqs: tuple[int, ...]
    payloads: tuple[bytes, ...]
    position: int | None

    def cut(self, count: int) -> Page:
        """The first so many of it; the next page goes on after them."""
        if count >= len(self.seqs):
            return self
        position = self.seqs[count - 1]
        return Page(seqs=self.seqs[:count], payloads=self.payloads[:count], position=position)


_COLUMNS = "s.seq, s.sid, s.voided, s.voids, s.target, s.origin, s.audience, s.payload"


class Reader:
    """The reading side of the record store."""

    def __init__(self, engine: Engine, index: TermIndex) -> None:
        self._backend = backend_of(engine)
        self._index = index
        self._settled = 0

    def get(self, sid: uuid.UUID, access: Access, *, voided: bool = False) -> Stored | None:
        """One statement by its id; a voided one only when asked for (xAPI 1.0.3 Data 2.3.2)."""
        condition, values = access.condition()
        query = f"SELECT {_COLUMNS} FROM statement s WHERE s.sid = ? AND s.voided = ? AND "
        rows = self._ask(query + condition, (sid.bytes, int(voided), *values))
        return _stored(rows[0]) if rows else None

    def many(self, sids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Stored]:
        """Statements by their ids, voided ones too; for the engine itself."""
        found: dict[uuid.UUID, Stored] = {}
        with self._backend.looking() as connection:
            for part in portions(sid.bytes for sid in sids):
                among, values = self._backend.among(part)
                query = f"SELECT {_COLUMNS} FROM statement s WHERE s.sid {among}"
                for row in self._backend.rows(connection, query, values):
                    stored = _stored(row)
                    found[stored.sid] = stored
        return found

    def voided(self, sids: Sequence[uuid.UUID]) -> set[uuid.UUID]:
        """Which of these statements are voided by now."""
        return {sid for sid, stored in self.many(sids).items() if stored.voided}

    def last(self) -> int:
        """The position of the newest statement; 0 when there is none."""
        return int(self._ask("SELECT coalesce(max(seq), 0) FROM statement")[0][0])

    def consistent_through(self) -> int:
        """The moment up to which every question finds all there is (Communication 2.1.3).

        That is the newest statement's; a moment ago, where nothing has come for a while and nothing
        is coming; and the time before a statement that is still to be filed under the many older
        ones that refer to it.
        """
        query = "SELECT (SELECT min(seq) FROM late_reference), (SELECT max(seq) FROM statement)"
        [(late, newest)] = self._ask(query)
        if late is not None:
            return int(late) - 1
        known = max(self._settled, newest or 0)
        if now_us() - known > LONG_AGO:
            with self._backend.looking() as connection:
                self._settled = known = self._backend.settled(connection) or known
        return int(known)

    def is_behind(self) -> bool:
        """Whether something that was stored is still to be filed under what refers to it."""
        return bool(self._ask("SELECT 1 FROM late_reference LIMIT 1"))

    def log(self, after: int, limit: int) -> list[Stored]:
        """What was stored after a position, oldest first, voided and voiding ones included."""
        query = f"SELECT {_COLUMNS} FROM statement s WHERE s.seq > ? ORDER BY s.seq LIMIT ?"
        return [_stored(row) for row in self._ask(query, (after, limit))]

    def count(self) -> int:
        """How many statements are stored."""
        return int(self._ask("SELECT count(*) FROM statement")[0][0])

    def page(self, query: Query, access: Access, *, after: int | None = None) -> Page:
        """A page of the statements that match every filter, newest stored first by default.

        Filters apply to one statement of a StatementRef chain at a time; time and limit to the
        statement itself (xAPI 1.0.3 Communication 2.1.3).
        """
        limit = min(query.limit or MAX_LIMIT, MAX_LIMIT)
        with self._backend.looking() as connection:
            search = Search(connection, self._backend, self._filters(query), query, access)
            rows, broken_off = search.rows(after, limit + 1)
        position = rows[limit - 1][0] if len(rows) > limit else broken_off
        return Page(
            seqs=tuple(seq for seq, _ in rows[:limit]),
            payloads=tuple(bytes(payload) for _, payload in rows[:limit]),
            position=position,
        )

    def attachments(self, seqs: Sequence[int]) -> dict[str, bytes]:
        """The contents that came with these statements, by their sha2 in lower case."""
        with self._backend.looking() as connection:
            return attachments.read(connection, seqs)

    def page_with_attachments(
        self, query: Query, access: Access, *, after: int | None = None, most: int
    ) -> Page:
        """Like `page`, cut where the contents that came with it are more than so many bytes."""
        page = self.page(query, access, after=after)
        with self._backend.looking() as connection:
            return page.cut(attachments.fitting(connection, page.seqs, most))

    def _ask(self, query: str, values: Sequence[Any] = ()) -> list[Row]:
        with self._backend.looking() as connection:
            return self._backend.rows(connection, query, values)

    def _filters(self, query: Query) -> list[list[int]]:
        """For each filter the terms any of which will do."""
        term = self._index.term
        filters = []
        for kind, related, key, wide in (
            (kinds.AGENT, kinds.RELATED_AGENT, query.agent, query.related_agents),
            (kinds.ACTIVITY, kinds.RELATED_ACTIVITY, query.activity, query.related_activities),
            (kinds.VERB, "", query.verb, False),
            (kinds.REGISTRATION, "", query.registration, False),
        ):
            if key is not None:
                filters.append([term(kind, key)] + ([term(related, key)] if wide else []))
        return filters


def _stored(row: Row) -> Stored:
    seq, sid, voided, voids, target, origin, audience, payload = row
    return Stored(
        seq=seq,
        sid=uuid.UUID(bytes=bytes(sid)),
        voided=bool(voided),
        voids=bool(voids),
        target=uuid.UUID(bytes=bytes(target)) if target else None,
        origin=origin,
        audience=audience,
        payload=bytes(payload),
    )
