"""StatementRefs: what a statement refers to and what refers to it, whichever came first.

A statement matches a filter where one it refers to does (xAPI 1.0.3 Communication 2.1.3). So it
inherits the terms of every statement below it, filed by distance, when the later of them arrives.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice

from sqlalchemy import Connection

from engine.db import portions
from engine.lrs.backends import Backend, Row
from engine.lrs.terms import HOP_BITS, MAX_HOP, TermIndex
from xapi import text
from xapi.walk import walk

MOST_AT_ONCE = 1_000
"""How many older statements inherit from a new one while it is stored; more are filed later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A statement as part of a chain: what it is found by, and the one below it."""

    seq: int
    terms: frozenset[int]
    target: bytes | None


class References:
    """The chains around statements, in the transaction that stores them or files them later."""

    def __init__(
        self,
        connection: Connection,
        backend: Backend,
        index: TermIndex,
        batch: Mapping[bytes, Link],
    ) -> None:
        self._connection = connection
        self._backend = backend
        self._index = index
        self._batch = batch
        self._links = dict(batch)
        self._first = min(link.seq for link in batch.values())
        self._awaited = self._referred(list(batch))
        self.late: list[int] = []
        """Positions of new statements that too many older ones refer to; filled by `postings`."""

    @property
    def awaited(self) -> list[int]:
        """The positions of those new statements that something older refers to."""
        return [link.seq for sid, link in self._batch.items() if sid in self._awaited]

    def postings(self) -> Iterator[tuple[int, int]]:
        """(term, position) of each new statement, and what older ones inherit from it.

        Only older statements are looked for upwards: a new one has its own chain downwards. Where
        they are more than MOST_AT_ONCE, none of them is filed now.
        """
        for sid, link in self._batch.items():
            line = [sid, *self._below(sid)]
            yield from self._filed(link.seq, 0, line)
            above = list(islice(self._older_above(sid), MOST_AT_ONCE + 1))
            if len(above) > MOST_AT_ONCE:
                self.late.append(link.seq)
                continue
            for seq, hop in above:
                yield from self._filed(seq, hop, line)

    def inherited(self, after: int) -> Iterator[list[tuple[int, int]]]:
        """What each older statement beyond a position inherits from the only one of the batch.

        In the order of the log, so that filing can be broken off and taken up again.
        """
        [sid] = self._batch
        line = [sid, *self._below(sid)]
        for seq, hop in sorted(self._older_above(sid)):
            if seq > after:
                yield list(self._filed(seq, hop, line))

    def _filed(self, seq: int, hop: int, line: Sequence[bytes]) -> Iterator[tuple[int, int]]:
        """The terms of a chain, filed under the statement that stands `hop` above it."""
        for distance, below in enumerate(line[: MAX_HOP + 1 - hop], start=hop):
            pos = seq << HOP_BITS | distance
            yield from ((term, pos) for term in self._links[below].terms)

    def _below(self, sid: bytes) -> Iterator[bytes]:
        """The chain below a statement, as far as it is stored; a repetition ends it."""
        seen, target = {sid}, self._links[sid].target
        while target is not None and target not in seen and len(seen) <= MAX_HOP:
            if target not in self._links and not self._load(target):
                return
            yield target
            seen.add(target)
            target = self._links[target].target

    def _load(self, sid: bytes) -> bool:
        """Read a stored statement's link; False when it has not come yet."""
        query = "SELECT seq, target, payload FROM statement WHERE sid = ?"
        rows = self._backend.rows(self._connection, query, (sid,))
        if not rows:
            return False
        self._links[sid] = link_of(rows[0], self._index)
        return True

    def _older_above(self, sid: bytes) -> Iterator[tuple[int, int]]:
        """(seq, distance) of each older statement that refers to this one, at first or at last."""
        seen, level = {sid}, [sid] if sid in self._awaited else []
        for hop in range(1, MAX_HOP + 1):
            if not level:
                return
            above = []
            for seq, referrer in self._referrers(level):
                if referrer not in seen:
                    seen.add(referrer)
                    above.append(referrer)
                    yield seq, hop
            level = above

    def _referred(self, sids: Sequence[bytes]) -> set[bytes]:
        """Which of these statements older ones refer to directly."""
        rows = self._older("SELECT DISTINCT target", sids)
        return {bytes(target) for (target,) in rows}

    def _referrers(self, sids: Sequence[bytes]) -> Iterator[tuple[int, bytes]]:
        """(seq, id) of the older statements that refer to any of these directly."""
        for seq, sid in self._older("SELECT seq, sid", sids):
            yield seq, bytes(sid)

    def _older(self, select: str, sids: Sequence[bytes]) -> Iterator[Row]:
        for part in portions(sids):
            among, values = self._backend.among(part)
            query = f"{select} FROM statement WHERE target {among} AND seq < ?"
            yield from self._backend.each(self._connection, query, (*values, self._first))


def link_of(row: Row, index: TermIndex) -> Link:
    """The link of a stored statement, given as (seq, target, payload)."""
    seq, target, payload = row
    found = walk(text.parse(bytes(payload)), version="2.0.0").terms  # 2.0 knows all of 1.0.3
    terms = frozenset(index.terms(found))
    return Link(seq=seq, terms=terms, target=bytes(target) if target else None)


def file_late(connection: Connection, backend: Backend, index: TermIndex) -> int:
    """File one stretch of what was left for later; how many older statements, 0 when all is filed.

    To be called in a transaction that appends to the log, so that nothing comes in between.
    """
    query = (
        "SELECT l.after, s.sid, s.seq, s.target, s.payload FROM late_reference l"
        " JOIN statement s ON s.seq = l.seq ORDER BY l.seq LIMIT 1"
    )
    for after, sid, *row in backend.rows(connection, query):
        link = link_of(tuple(row), index)
        inherited = References(connection, backend, index, {bytes(sid): link}).inherited(after)
        stretch = list(islice(inherited, MOST_AT_ONCE))
        backend.post(connection, sorted(set(chain.from_iterable(stretch))))
        _note_progress(connection, backend, link.seq, stretch)
        return max(1, len(stretch))
    return 0


def _note_progress(
    connection: Connection,
    backend: Backend,
    seq: int,
    stretch: Sequence[Sequence[tuple[int, int]]],
) -> None:
    cursor = backend.cursor(connection)
    if len(stretch) < MOST_AT_ONCE:
        cursor.execute(backend.sql("DELETE FROM late_reference WHERE seq = ?"), (seq,))
        return
    last = stretch[-1][0][1] >> HOP_BITS
    query = "UPDATE late_reference SET after = ? WHERE seq = ?"
    cursor.execute(backend.sql(query), (last, seq))
