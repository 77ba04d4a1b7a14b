"""StatementRefs: what a statement refers to and what refers to it, whichever came first.

A statement matches a filter where one it refers to does (xAPI 1.0.3 Communication 2.1.3). So it
inherits the terms of every statement below it, filed by distance, when the later of them arrives.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from engine.db import portions
from engine.lrs.backends import Backend
from engine.lrs.terms import HOP_BITS, MAX_HOP, TermIndex
from xapi import text
from xapi.walk import walk


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A statement as part of a chain: what it is found by, and the one below it."""

    seq: int
    terms: frozenset[int]
    target: bytes | None


class References:
    """The chains around statements that have just been stored, in the same transaction."""

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
        self._above = self._referrers(list(batch))

    @property
    def awaited(self) -> list[int]:
        """The positions of those new statements that something older refers to."""
        return [link.seq for sid, link in self._batch.items() if sid in self._above]

    def postings(self) -> Iterator[tuple[int, int]]:
        """(term, position) of each new statement, and what older ones inherit from it.

        Only older statements are looked for upwards: a new one has its own chain downwards.
        """
        for sid, link in self._batch.items():
            line = [sid, *self._below(sid)]
            for seq, hop in ((link.seq, 0), *self._older_above(sid)):
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
        [(seq, target, payload)] = rows
        found = walk(text.parse(bytes(payload)), version="2.0.0").terms  # 2.0 knows all of 1.0.3
        terms = frozenset(self._index.terms(found))
        self._links[sid] = Link(seq=seq, terms=terms, target=bytes(target) if target else None)
        return True

    def _older_above(self, sid: bytes) -> Iterator[tuple[int, int]]:
        """(seq, distance) of each older statement that refers to this one, at first or at last."""
        if sid not in self._above:
            return
        seen, level = {sid}, self._above[sid]
        for hop in range(1, MAX_HOP + 1):
            level = [(seq, above) for seq, above in level if above not in seen]
            if not level:
                return
            yield from ((seq, hop) for seq, _ in level)
            seen.update(above for _, above in level)
            referrers = self._referrers([above for _, above in level])
            level = [found for group in referrers.values() for found in group]

    def _referrers(self, sids: Sequence[bytes]) -> dict[bytes, list[tuple[int, bytes]]]:
        """(seq, id) of the older statements that refer to each of these directly."""
        found: dict[bytes, list[tuple[int, bytes]]] = {}
        for part in portions(sids):
            among, values = self._backend.among(part)
            query = f"SELECT target, seq, sid FROM statement WHERE target {among} AND seq < ?"
            values.append(self._first)
            for target, seq, sid in self._backend.rows(self._connection, query, values):
                found.setdefault(bytes(target), []).append((seq, bytes(sid)))
        return found
