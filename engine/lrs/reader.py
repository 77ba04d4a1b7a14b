"""Reading statements: one by id, a filtered page in stored order, or the log from a position."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine

from engine.lrs import terms as kinds
from engine.lrs.terms import HOP_BITS, TermIndex
from engine.moments import to_us
from xapi.query import Query

MAX_LIMIT = 500
PROBE = 1000
FIRST, LAST = 0, (1 << 63 >> HOP_BITS) - 2
"""The least and greatest position that the index can hold; times beyond them are cut to them."""


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
        shared = f" OR s.audience IN ({_marks(self.audiences)})" if self.audiences else ""
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
    """Statements in the order asked for, as stored bytes; `position` goes on after the last one."""

    payloads: tuple[bytes, ...]
    position: int | None


_COLUMNS = "s.seq, s.sid, s.voided, s.voids, s.target, s.origin, s.audience, s.payload"


class Reader:
    """The reading side of the record store."""

    def __init__(self, engine: Engine, index: TermIndex) -> None:
        self._engine = engine
        self._index = index

    def get(self, sid: uuid.UUID, access: Access, *, voided: bool = False) -> Stored | None:
        """One statement by its id; a voided one only when asked for (xAPI 1.0.3 Data 2.3.2)."""
        condition, values = access.condition()
        query = f"SELECT {_COLUMNS} FROM statement s WHERE s.sid = ? AND s.voided = ? AND "
        with self._engine.connect() as connection:
            row = connection.exec_driver_sql(
                query + condition, (sid.bytes, int(voided), *values)
            ).one_or_none()
        return _stored(row) if row else None

    def many(self, sids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Stored]:
        """Statements by their ids, voided ones too; for the engine itself."""
        found: dict[uuid.UUID, Stored] = {}
        with self._engine.connect() as connection:
            for start in range(0, len(sids), PROBE):
                part = tuple(sid.bytes for sid in sids[start : start + PROBE])
                query = f"SELECT {_COLUMNS} FROM statement s WHERE s.sid IN ({_marks(part)})"
                for row in connection.exec_driver_sql(query, part):
                    stored = _stored(row)
                    found[stored.sid] = stored
        return found

    def voided(self, sids: Sequence[uuid.UUID]) -> set[uuid.UUID]:
        """Which of these statements are voided by now."""
        return {sid for sid, stored in self.many(sids).items() if stored.voided}

    def last(self) -> int:
        """The position of the newest statement; 0 when there is none."""
        with self._engine.connect() as connection:
            query = "SELECT coalesce(max(seq), 0) FROM statement"
            return int(connection.exec_driver_sql(query).scalar_one())

    def log(self, after: int, limit: int) -> list[Stored]:
        """What was stored after a position, oldest first, voided and voiding ones included."""
        query = f"SELECT {_COLUMNS} FROM statement s WHERE s.seq > ? ORDER BY s.seq LIMIT ?"
        with self._engine.connect() as connection:
            rows = connection.exec_driver_sql(query, (after, limit)).all()
        return [_stored(row) for row in rows]

    def count(self) -> int:
        """How many statements are stored."""
        with self._engine.connect() as connection:
            query = "SELECT count(*) FROM statement"
            return int(connection.exec_driver_sql(query).scalar_one())

    def page(self, query: Query, access: Access, *, after: int | None = None) -> Page:
        """A page of the statements that match every filter, newest stored first by default.

        Filters apply to one statement of a StatementRef chain at a time; time and limit to the
        statement itself (xAPI 1.0.3 Communication 2.1.3).
        """
        limit = min(query.limit or MAX_LIMIT, MAX_LIMIT)
        with self._engine.connect() as connection:
            search = _Search(connection, self._filters(query), query, access)
            rows = list(search.rows(after, limit + 1))
        more = len(rows) > limit
        rows = rows[:limit]
        return Page(
            payloads=tuple(bytes(payload) for _, payload in rows),
            position=rows[-1][0] if more else None,
        )

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


class _Search:
    """One filtered, ordered walk over the index."""

    def __init__(
        self, connection: Connection, filters: list[list[int]], query: Query, access: Access
    ) -> None:
        self._connection = connection
        self._ascending = query.ascending
        self._access = access
        self._since = to_us(query.since) if query.since else FIRST
        self._until = to_us(query.until) if query.until else LAST
        self._filters = sorted(filters, key=self._size)

    def _size(self, terms: list[int]) -> int:
        """How common a filter is, counted no further than a probe: the rarest one drives."""
        query = (
            f"SELECT count(*) FROM (SELECT 1 FROM posting WHERE term IN ({_marks(terms)}) LIMIT ?)"
        )
        return int(self._connection.exec_driver_sql(query, (*terms, PROBE)).scalar_one())

    def rows(self, after: int | None, wanted: int) -> Iterator[tuple[int, bytes]]:
        """(seq, payload) in order, each statement once, at most `wanted` of them."""
        seen: set[int] = set()
        position = after
        while len(seen) < wanted:
            asked = wanted - len(seen)
            chunk = self._chunk(position, asked)
            for seq, payload in chunk:
                position = seq
                if seq not in seen:
                    seen.add(seq)
                    yield seq, payload
            if len(chunk) < asked:
                return

    def _bounds(self, after: int | None) -> tuple[int, int]:
        """The open interval of seq: since is exclusive, until inclusive (Communication 2.1.3)."""
        low, high = self._since, self._until + 1
        if after is not None:
            low, high = (after, high) if self._ascending else (low, after)
        return max(FIRST, min(low, LAST)), max(FIRST, min(high, LAST + 1))

    def _chunk(self, after: int | None, limit: int) -> list[tuple[int, bytes]]:
        low, high = self._bounds(after)
        allowed, values = self._access.condition()
        order = "ASC" if self._ascending else "DESC"
        if not self._filters:
            query = (
                "SELECT s.seq, s.payload FROM statement s WHERE s.seq > ? AND s.seq < ?"
                f" AND s.voided = 0 AND {allowed} ORDER BY s.seq {order} LIMIT ?"
            )
            return self._all(query, (low, high, *values, limit))
        driver, *others = self._filters
        tests = "".join(
            f" AND EXISTS (SELECT 1 FROM posting q WHERE q.pos = p.pos AND q.term IN ({_marks(o)}))"
            for o in others
        )
        bounds = ((low + 1) << HOP_BITS, high << HOP_BITS)
        query = (
            # CROSS JOIN: the index drives, so rows come in order and the limit ends the search
            "SELECT s.seq, s.payload FROM posting p CROSS JOIN statement s"
            " WHERE p.term = ? AND p.pos >= ? AND p.pos < ? AND s.seq = p.pos >> 8"
            f" AND s.voided = 0 AND {allowed}{tests} ORDER BY p.pos {order} LIMIT ?"
        )
        tail = (*values, *(term for other in others for term in other), limit)
        found = [row for term in driver for row in self._all(query, (term, *bounds, *tail))]
        found.sort(key=lambda row: row[0], reverse=not self._ascending)
        return found[:limit]

    def _all(self, query: str, values: tuple[Any, ...]) -> list[tuple[int, bytes]]:
        rows = self._connection.exec_driver_sql(query, values)
        return [(row[0], row[1]) for row in rows]


def _marks(values: Sequence[object]) -> str:
    return ",".join("?" * len(values))


def _stored(row: Any) -> Stored:
    return Stored(
        seq=row.seq,
        sid=uuid.UUID(bytes=bytes(row.sid)),
        voided=bool(row.voided),
        voids=bool(row.voids),
        target=uuid.UUID(bytes=bytes(row.target)) if row.target else None,
        origin=row.origin,
        audience=row.audience,
        payload=bytes(row.payload),
    )
