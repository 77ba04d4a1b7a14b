"""Forwarding: the log followed by position, each statement sent on once it is allowed to leave.

The position is written after the other store's answer, so nothing is lost; a statement that is
sent twice because we were stopped in between has the same id, and the other side counts it once.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence

from sqlalchemy import exists, func, or_, select

from engine.db import db, reading
from engine.errors import Conflict, Refused
from engine.exchange import forwards, turns
from engine.exchange.client import Answer, Client, Trouble
from engine.exchange.gates import Gate
from engine.exchange.ledger import Ledger
from engine.exchange.parcels import COUNT, Parcel, batches, parcel
from engine.exchange.remotes import remote_of
from engine.lrs import attachments
from engine.lrs.models import DeadLetter, ForwardRow, PullRow, statement
from engine.lrs.reader import Stored
from engine.moments import now_us
from engine.pipeline import reader
from xapi import text
from xapi.attachments import described

STRETCH = 200
LETTERS = 50
MANY = 10
"""So many refusals in a row speak of the store rather than of the statements."""

log = logging.getLogger(__name__)


def advance(holder: str) -> int:
    """Take each forward that is due a stretch further; how many statements were looked at.

    What a store refuses as a whole is kept with its forward, which is left alone for a while.
    """
    return sum(_advance_one(forward_id, holder) for forward_id in _due())


def _due() -> list[int]:
    """The forwards that may try and have something to do."""
    table, letter = ForwardRow.__table__, DeadLetter.__table__
    last = select(func.coalesce(func.max(statement.c.seq), 0)).scalar_subquery()
    owed = exists().where(letter.c.forward_id == table.c.id, letter.c.resend)
    may = table.c.enabled & (table.c.not_before <= now_us())
    query = select(table.c.id).where(may, or_(table.c.cursor < last, owed)).order_by(table.c.id)
    with reading() as connection:
        return list(connection.execute(query).scalars())


def _advance_one(forward_id: int, holder: str) -> int:
    lease = f"forward:{forward_id}"
    try:
        with turns.held(lease, holder):
            return _tried(forward_id, lease, holder)
    except Conflict:  # another worker is at it, or it was changed meanwhile
        return 0


def _tried(forward_id: int, lease: str, holder: str) -> int:
    try:
        return _Turn(forward_id, lease, holder).run()
    except Conflict:
        raise
    except Refused as refusal:
        log.warning("forward %d does not go on; the reason is kept with it", forward_id)
        turns.failed(ForwardRow.__table__, forward_id, refusal)
        return 0


class _Turn:
    """One worker's stretch of one forward."""

    def __init__(self, forward_id: int, lease: str, holder: str) -> None:
        db.session.rollback()
        row = db.session.get(ForwardRow, forward_id)
        if row is None:
            raise Conflict("The forward was removed.")
        remote = remote_of(row)
        self._client = Client(remote)
        self._refusals = 0
        self._version = remote.version
        self._ledger = Ledger(forward_id, lease=lease, holder=holder, cursor=row.cursor)
        self._count = max(1, COUNT >> row.failures)  # it may be slow, or its limits low
        self._gate = Gate(
            audiences=frozenset(row.audiences),
            match=forwards.match_of(row),
            barred=_pulled_from(remote.url),
            has=self._client.has,
        )
        db.session.rollback()

    def run(self) -> int:
        """Letters that are to be sent again, then the log; how many entries were looked at."""
        owed = self._ledger.owed(LETTERS)
        self._send_again(owed)
        entries = reader().log(self._ledger.cursor, STRETCH)
        if entries:
            self._send(entries)
            self._ledger.passed(entries[-1].seq)
        return len(entries) + len(owed)

    def _send_again(self, seqs: Sequence[int]) -> None:
        """Send what is owed as far as it may leave now; the rest is owed no more.

        What the log has still to come to is left to it: it is judged by what holds then.
        """
        passed = [seq for seq in seqs if seq <= self._ledger.cursor]
        entries = [one for seq in passed for one in reader().log(seq - 1, 1) if one.seq == seq]
        leaving = self._gate.sift(entries).leaving if entries else ()
        self._ledger.dropped(sorted({*seqs} - {one.seq for one in leaving}))
        for one in self._parcels(leaving):
            self._deliver((one,))

    def _send(self, entries: Sequence[Stored]) -> None:
        sifted = self._gate.sift(entries)
        self._ledger.withheld = sifted.withheld
        for batch in batches(self._parcels(sifted.leaving), self._count):
            self._deliver(batch)

    def _parcels(self, leaving: Iterable[Stored]) -> Iterator[Parcel]:
        """Statements made ready one by one, so that few attachments are in memory at a time."""
        for stored in leaving:
            said = text.parse(stored.payload)
            contents = _contents(stored.seq) if any(described(said)) else {}
            yield parcel(stored, said, contents, version=self._version)

    def _deliver(self, batch: tuple[Parcel, ...]) -> None:
        """Send a batch, halving what is refused until the bad ones stand alone."""
        waiting = [batch]
        while waiting:
            piece = waiting.pop()
            answer, half = self._answer(piece), len(piece) // 2
            if answer.taken:
                self._ledger.taken([one.seq for one in piece])
                self._refusals = 0
            elif half:
                waiting += [piece[half:], piece[:half]]
            else:
                self._put_aside(piece[0], answer)

    def _answer(self, piece: Sequence[Parcel]) -> Answer:
        unfit = next((one.unfit for one in piece if one.unfit), "")
        return Answer(taken=False, status=0, why=unfit) if unfit else self._client.send(piece)

    def _put_aside(self, one: Parcel, answer: Answer) -> None:
        self._ledger.refused(one.seq, answer.status or None, answer.why)
        self._refusals += 1
        if self._refusals >= MANY:
            raise Trouble(
                f"It refused {MANY} statements in a row, the last with: {answer.why}",
                "Mend what it names, then `byway forwards resend`; the rest is tried by itself.",
            )


def _contents(seq: int) -> dict[str, bytes]:
    with reading() as connection:
        return attachments.read(connection, [seq])


def _pulled_from(url: str) -> frozenset[int]:
    """The origins of what is pulled from this very store: it need not hear that again."""
    query = select(PullRow.origin_id).where(PullRow.url == url)
    return frozenset(db.session.scalars(query))
