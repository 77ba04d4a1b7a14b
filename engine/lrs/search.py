"""One filtered, ordered walk over the index that never looks at more than so many entries.

The rarest filter drives: its entries are read in order, and the other filters are asked of each.
They are read window by window, each larger than the last, so that a page of common things costs
little, and one of things that seldom meet ends short rather than late.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from sqlalchemy import Connection

from engine.lrs.backends import Backend
from engine.lrs.terms import HOP_BITS, MAX_HOP
from engine.moments import to_us
from xapi.query import Query

PROBE = 1000
WINDOWS = (512, 4_096, 16_384)
"""How many entries each window of a walk holds; with the last one the page is what it is."""
FIRST, LAST = 0, (1 << 63 >> HOP_BITS) - 2
"""The least and greatest position that the index can hold; times beyond them are cut to them."""

Found = list[tuple[int, bytes]]


class Condition(Protocol):
    """Who reads, as far as a search needs to know."""

    @property
    def everything(self) -> bool:
        """Whether nothing is hidden."""

    @property
    def origin(self) -> int | None:
        """The one whose statements are always shown."""

    @property
    def audiences(self) -> tuple[str, ...]:
        """What else is shown."""

    def condition(self) -> tuple[str, list[Any]]:
        """The same as SQL over the statement's columns."""


class Search:
    """A walk for one page; positions are those of the log, and the interval is always open."""

    def __init__(
        self,
        connection: Connection,
        backend: Backend,
        filters: list[list[int]],
        query: Query,
        access: Condition,
    ) -> None:
        self._connection, self._backend = connection, backend
        self._ascending = query.ascending
        self._access = access
        self._filters = sorted(filters, key=self._size) if len(filters) > 1 else filters
        # since is exclusive, until inclusive (xAPI 1.0.3 Communication 2.1.3)
        self._low = _cut(to_us(query.since)) if query.since else FIRST
        self._high = _cut(to_us(query.until)) + 1 if query.until else LAST + 1

    def _size(self, terms: list[int]) -> int:
        """How common a filter is, counted no further than a probe."""
        among, values = self._backend.among(terms)
        query = f"SELECT count(*) FROM (SELECT 1 FROM posting WHERE term {among} LIMIT ?) AS few"
        return int(self._ask(query, (*values, PROBE))[0][0])

    def rows(self, after: int | None, wanted: int) -> tuple[Found, int | None]:
        """(seq, payload) in order, each statement once, at most `wanted`.

        The second value is where to go on after a walk that was broken off before it found enough;
        None when it found enough or there is no more.
        """
        found: dict[int, bytes] = {}
        for size in WINDOWS:
            low, high = self._bounds(after)
            edge = self._edge(low, high, max(size, wanted))
            window = (low, high) if edge is None else self._past((low, high), edge)
            self._collect(found, window, wanted)
            if len(found) >= wanted or edge is None:
                return list(found.items())[:wanted], None
            after = edge - 1 if self._ascending else edge + 1
        return list(found.items()), after

    def _bounds(self, after: int | None) -> tuple[int, int]:
        if after is None:
            return self._low, self._high
        if self._ascending:
            return max(self._low, _cut(after)), self._high
        return self._low, min(self._high, _cut(after))

    def _past(self, bounds: tuple[int, int], position: int) -> tuple[int, int]:
        """The part of an interval that is walked before a position is reached."""
        low, high = bounds
        return (low, position) if self._ascending else (position, high)

    def _beyond(self, bounds: tuple[int, int], position: int) -> tuple[int, int]:
        """The part of an interval that is walked after a position."""
        low, high = bounds
        return (position, high) if self._ascending else (low, position)

    def _collect(self, found: dict[int, bytes], window: tuple[int, int], wanted: int) -> None:
        """Add what a window holds; a statement filed at several hops is one."""
        while True:
            chunk = self._inside(window, wanted)
            found.update(chunk)
            if len(chunk) < wanted or len(found) >= wanted:
                return
            window = self._beyond(window, chunk[-1][0])

    def _edge(self, low: int, high: int, size: int) -> int | None:
        """The position just beyond a window; None when all the rest is inside."""
        beyond = f"{self._order} LIMIT 1 OFFSET ?"
        if self._filters:
            query = "SELECT pos >> 8 FROM posting WHERE term = ? AND pos >= ? AND pos < ?"
            query += f" ORDER BY pos {beyond}"
            inside = _positions((low, high))
            edges = [
                row for term in self._filters[0] for row in self._ask(query, (term, *inside, size))
            ]
        else:
            mine = not self._access.everything and not self._access.audiences
            query = "SELECT seq FROM statement WHERE seq > ? AND seq < ?"
            query += f"{' AND origin = ?' if mine else ''} ORDER BY seq {beyond}"
            origin = [self._access.origin] if mine else []
            edges = self._ask(query, (low, high, *origin, size))
        return (min if self._ascending else max)((int(edge) for (edge,) in edges), default=None)

    def _inside(self, bounds: tuple[int, int], wanted: int) -> Found:
        """What matches in an open interval, in order, at most `wanted`."""
        if not self._filters:
            return self._listed(bounds, wanted)
        found = [row for term in self._filters[0] for row in self._filed(term, bounds, wanted)]
        if len(self._filters[0]) > 1:
            found.sort(key=lambda row: row[0], reverse=not self._ascending)
        return found[:wanted]

    def _listed(self, bounds: tuple[int, int], wanted: int) -> Found:
        shown, values = self._access.condition()
        query = (
            "SELECT s.seq, s.payload FROM statement s WHERE s.seq > ? AND s.seq < ?"
            f" AND s.voided = 0 AND {shown} ORDER BY s.seq {self._order} LIMIT ?"
        )
        return self._ask(query, (*bounds, *values, wanted))

    def _filed(self, term: int, bounds: tuple[int, int], wanted: int) -> Found:
        """What is filed under one term and passes the other filters."""
        shown, values = self._access.condition()
        seen, known = self._seen()
        tests, terms = self._tests()
        query = (
            # CROSS JOIN: the index drives, so rows come in order and the limit ends the search
            "SELECT s.seq, s.payload FROM posting p CROSS JOIN statement s"
            " WHERE p.term = ? AND p.pos >= ? AND p.pos < ? AND s.seq = p.pos >> 8"
            f" AND s.voided = 0 AND {shown}{seen}{tests} ORDER BY p.pos {self._order} LIMIT ?"
        )
        return self._ask(query, (term, *_positions(bounds), *values, *known, *terms, wanted))

    def _seen(self) -> tuple[str, list[Any]]:
        """What a statement is found by through others counts where the reader sees these too.

        Else a reference of one's own would tell what a hidden statement is about.
        """
        if self._access.everything:
            return "", []
        shown, values = self._access.condition()
        line = (
            f"SELECT s.target, p.pos & {MAX_HOP} UNION ALL"
            " SELECT s.target, line.hops - 1 FROM line JOIN statement s ON s.sid = line.target"
            f" WHERE line.hops > 0 AND {shown}"
        )
        found = f"WITH RECURSIVE line (target, hops) AS ({line}) SELECT 1 FROM line WHERE hops = 0"
        return f" AND (p.pos & {MAX_HOP} = 0 OR EXISTS ({found}))", values

    def _tests(self) -> tuple[str, list[Any]]:
        """Each other filter asked of an entry; counted, so that no planner turns it round."""
        tests, values = "", list[Any]()
        for other in self._filters[1:]:
            among, terms = self._backend.among(other)
            asked = f"SELECT count(*) FROM posting q WHERE q.pos = p.pos AND q.term {among}"
            tests += f" AND ({asked}) > 0"
            values += terms
        return tests, values

    @property
    def _order(self) -> str:
        return "ASC" if self._ascending else "DESC"

    def _ask(self, query: str, values: Sequence[Any]) -> list[Any]:
        return self._backend.rows(self._connection, query, values)


def _cut(position: int) -> int:
    return max(FIRST, min(position, LAST))


def _positions(bounds: tuple[int, int]) -> tuple[int, int]:
    """An open interval of the log as what the index holds of it, the end left out."""
    low, high = bounds
    return (low + 1) << HOP_BITS, high << HOP_BITS
