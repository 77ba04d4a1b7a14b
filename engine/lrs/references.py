"""StatementRefs: what a statement refers to and what refers to it, whichever came first.

A statement matches a filter where one it refers to does (xAPI 1.0.3 Communication 2.1.3). So it
inherits the terms of every statement below it, filed by distance, when the later of them arrives.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import chain, islice

from sqlalchemy import Connection

from engine.db import portions
from engine.errors import Refused
from engine.lrs.backends import Backend, Row
from engine.lrs.terms import HOP_BITS, MAX_HOP, TermIndex
from xapi import text
from xapi.walk import walk

REFERRED = "DISTINCT target FROM statement WHERE target"
MOST_AT_ONCE = 1_000
"""How many older statements inherit from a new one while it is stored; more are filed later."""
MOST_HANDED_ON = 32
"""How many of its terms a statement hands on to those that refer to it."""
MOST_POSTINGS = 300_000
"""How many entries of the index are written in one transaction; what needs more is refused."""
VERSION = "2.0.0"
"""By whose rules a stored statement is walked: they know all of 1.0.3."""
Posting = tuple[int, int]
"""A term and the position it is filed at."""


class TooMuch(Refused):
    """More than one transaction bears."""

    status = 413


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A statement as part of a chain: what it is found by, and the one below it."""

    seq: int
    terms: frozenset[int]
    target: bytes | None


class Chains:
    """What statements refer to, one below the other, as far as it is stored."""

    def __init__(
        self,
        connection: Connection,
        backend: Backend,
        index: TermIndex,
        links: dict[bytes, Link],
    ) -> None:
        """Set up.

        :param links: what is known already, by id; what is read is added.
        """
        self._connection = connection
        self._backend = backend
        self._index = index
        self._links = links

    def line(self, sid: bytes) -> list[Link]:
        """A known statement and those below it; a repetition ends it."""
        line, seen = [self._links[sid]], {sid}
        target = line[0].target
        while target is not None and target not in seen and len(line) <= MAX_HOP:
            link = self._links.get(target) or self._load(target)
            if link is None:
                break
            line.append(link)
            seen.add(target)
            target = link.target
        return line

    def _load(self, sid: bytes) -> Link | None:
        """Read a stored statement's link; None when it has not come yet."""
        query = "SELECT seq, target, payload FROM statement WHERE sid = ?"
        for row in self._backend.rows(self._connection, query, (sid,)):
            self._links[sid] = link_of(row, self._index)
        return self._links.get(sid)


def filed(line: Sequence[Link], seq: int, hop: int = 0) -> Iterator[Posting]:
    """The terms of a line as they are filed under the statement that stands `hop` above it.

    A statement hands on MOST_HANDED_ON terms at most, always the same ones: a few bytes that refer
    to a long chain of large statements would else fill the index.
    """
    for distance, link in enumerate(line[: MAX_HOP + 1 - hop], start=hop):
        pos = seq << HOP_BITS | distance
        terms: Iterable[int] = link.terms
        if distance and len(link.terms) > MOST_HANDED_ON:
            terms = sorted(link.terms)[:MOST_HANDED_ON]
        yield from ((term, pos) for term in terms)


class References:
    """The chains around statements, in the transaction that stores them or files them later."""

    def __init__(
        self,
        connection: Connection,
        backend: Backend,
        index: TermIndex,
        batch: Mapping[bytes, Link],
        awaited: AbstractSet[bytes],
    ) -> None:
        """Set up.

        :param batch: new statements by their ids.
        :param awaited: which of them something older refers to directly; may hold others too.
        """
        self._connection = connection
        self._backend = backend
        self._batch = batch
        self._chains = Chains(connection, backend, index, dict(batch))
        self._first = min(link.seq for link in batch.values())
        self._awaited = awaited
        self.late: list[int] = []
        """Positions of new statements that too many older ones refer to; filled by `postings`."""

    @property
    def awaited(self) -> list[int]:
        """The positions of those new statements that something older refers to."""
        return [link.seq for sid, link in self._batch.items() if sid in self._awaited]

    def postings(self) -> list[Posting]:
        """(term, position) of each new statement, and what older ones inherit from it.

        Only older statements are looked for upwards: a new one has its own chain downwards. Where
        a batch has more than MOST_AT_ONCE of them, those of its later statements are filed later.
        """
        postings: list[Posting] = []
        left = MOST_AT_ONCE
        for sid, link in self._batch.items():
            line = self._chains.line(sid)
            postings += filed(line, link.seq)
            above = list(islice(self._older_above(sid, line), left + 1))
            if len(above) > left:
                self.late.append(link.seq)
                continue
            left -= len(above)
            for seq, hop, end in above:
                postings += filed(line[:end], seq, hop)
            if len(postings) > MOST_POSTINGS:
                raise _too_much()
        return postings

    def inherited(self, after: int) -> Iterator[list[Posting]]:
        """What each older statement beyond a position inherits from the only one of the batch.

        In the order of the log, so that filing can be broken off and taken up again.
        """
        [sid] = self._batch
        line = self._chains.line(sid)
        for seq, hop, end in sorted(self._older_above(sid, line)):
            if seq > after:
                yield list(filed(line[:end], seq, hop))

    def _older_above(self, sid: bytes, line: Sequence[Link]) -> Iterator[tuple[int, int, int]]:
        """(seq, distance, end) of each older statement that refers to this one, at once or at last.

        It inherits the line up to `end`: in a circle the line comes to the statement itself, or to
        one on its way here, and nothing is filed twice.
        """
        if sid not in self._awaited:
            return
        places = {link.seq: at for at, link in enumerate(line)}
        ends, level = {sid: len(line)}, [sid]
        for hop in range(1, MAX_HOP + 1):
            above = []
            for seq, referrer, target in self._referrers(level):
                if referrer not in ends:
                    ends[referrer] = places.get(seq, ends[target])
                    above.append(referrer)
                    yield seq, hop, ends[referrer]
            if not above:
                return
            level = above

    def _referrers(self, sids: Sequence[bytes]) -> Iterator[tuple[int, bytes, bytes]]:
        """(seq, id, target) of the older statements that refer to any of these directly."""
        for part in portions(sids):
            among, values = self._backend.among(part)
            query = f"SELECT seq, sid, target FROM statement WHERE target {among} AND seq < ?"
            values.append(self._first)
            for seq, sid, target in self._backend.each(self._connection, query, values):
                yield seq, bytes(sid), bytes(target)


def link_of(row: Row, index: TermIndex) -> Link:
    """The link of a stored statement, given as (seq, target, payload)."""
    seq, target, payload = row
    found = walk(text.parse(bytes(payload)), version=VERSION).terms
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
    _, [found] = backend.locked(connection, [(query, ())])
    for after, sid, *row in found:
        link = link_of(tuple(row), index)
        one = {bytes(sid): link}
        inherited = References(connection, backend, index, one, set(one)).inherited(after)
        stretch = _stretch(inherited)
        if stretch:
            backend.post(connection, sorted(set(chain.from_iterable(stretch))))
        _note_progress(connection, backend, link.seq, stretch)
        return max(1, len(stretch))
    return 0


def _stretch(inherited: Iterator[list[Posting]]) -> list[list[Posting]]:
    """As much as one transaction bears."""
    stretch, size = [], 0
    for postings in inherited:
        stretch.append(postings)
        size += len(postings)
        if len(stretch) == MOST_AT_ONCE or size > MOST_POSTINGS:
            break
    return stretch


def _too_much() -> Refused:
    return TooMuch(
        f"These statements and what they refer to need more than {MOST_POSTINGS} index entries.",
        "Send fewer at once.",
    )


def _note_progress(
    connection: Connection,
    backend: Backend,
    seq: int,
    stretch: Sequence[Sequence[tuple[int, int]]],
) -> None:
    cursor = backend.cursor(connection)
    if not stretch:
        cursor.execute(backend.sql("DELETE FROM late_reference WHERE seq = ?"), (seq,))
        return
    last = stretch[-1][0][1] >> HOP_BITS
    query = "UPDATE late_reference SET after = ? WHERE seq = ?"
    cursor.execute(backend.sql(query), (last, seq))
