"""What is written down of a forward while it goes on: its position, its counts, its letters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import ColumnElement, Connection, and_, delete, insert, select, update

from engine.db import reading, writing
from engine.errors import Conflict
from engine.exchange.turns import hold
from engine.lrs.models import DeadLetter, ForwardRow
from engine.moments import now_us

_FORWARD, _LETTER = ForwardRow.__table__, DeadLetter.__table__


class Ledger:
    """The book of one forward, kept by whoever holds `lease`.

    Each entry is one transaction with the check that nobody else holds it and that the position
    is still where it was read.
    """

    def __init__(self, forward_id: int, *, lease: str, holder: str, cursor: int) -> None:
        self._id, self._lease, self._holder = forward_id, lease, holder
        self.cursor = cursor
        self.withheld: frozenset[int] = frozenset()
        """The positions held back in the stretch at hand; counted as they are passed."""

    def taken(self, seqs: Sequence[int]) -> None:
        """Statements were taken; letters about them are answered."""
        with self._moving(seqs[-1], sent=len(seqs)) as connection:
            connection.execute(delete(_LETTER).where(self._mine(seqs)))

    def refused(self, seq: int, status: int | None, why: str) -> None:
        """A statement was refused: it becomes a letter, and the log goes on behind it."""
        now, mine = now_us(), self._mine([seq])
        said = {"status": status, "why": why, "last_at": now, "resend": False}
        again = update(_LETTER).where(mine).values(attempts=_LETTER.c.attempts + 1, **said)
        with self._moving(seq) as connection:
            if not connection.execute(again).rowcount:
                new = {"forward_id": self._id, "seq": seq, "attempts": 1, "first_at": now}
                connection.execute(insert(_LETTER).values(**new, **said))

    def passed(self, seq: int) -> None:
        """Nothing of the log up to here is left to be sent."""
        if seq > self.cursor:
            with self._moving(seq):
                pass

    def owed(self, most: int) -> list[int]:
        """The positions of letters that are to be sent again."""
        mine = (_LETTER.c.forward_id == self._id) & _LETTER.c.resend
        query = select(_LETTER.c.seq).where(mine).order_by(_LETTER.c.seq).limit(most)
        with reading() as connection:
            return list(connection.execute(query).scalars())

    def dropped(self, seqs: Sequence[int]) -> None:
        """Letters that are not to be sent any more."""
        if seqs:
            with self._moving(self.cursor) as connection:
                connection.execute(delete(_LETTER).where(self._mine(seqs)))

    def _mine(self, seqs: Sequence[int]) -> ColumnElement[bool]:
        return and_(_LETTER.c.forward_id == self._id, _LETTER.c.seq.in_(seqs))

    @contextmanager
    def _moving(self, seq: int, *, sent: int = 0) -> Iterator[Connection]:
        """A transaction that moves the position to here, unless it is further already."""
        end = max(seq, self.cursor)
        values = {
            "cursor": end,
            "sent": _FORWARD.c.sent + sent,
            "withheld": _FORWARD.c.withheld
            + sum(self.cursor < position <= end for position in self.withheld),
            **({"failures": 0, "not_before": 0, "trouble": None} if sent else {}),
        }
        mine = (_FORWARD.c.id == self._id) & (_FORWARD.c.cursor == self.cursor)
        with writing() as connection:
            hold(connection, self._lease, self._holder)
            if connection.execute(update(_FORWARD).where(mine).values(**values)).rowcount != 1:
                raise Conflict("The forward was changed meanwhile.", "It goes on by itself.")
            yield connection
        self.cursor = end
