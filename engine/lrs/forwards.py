"""What the record store owes to other stores when a statement's audience changes."""

from __future__ import annotations

import uuid

from sqlalchemy import Insert, exists, insert, literal, select, true

from engine.lrs.models import DeadLetter, ForwardRow, statement


def look_again(sid: uuid.UUID, audience: str, at: int) -> Insert:
    """Have every forward judge a statement anew that it may have passed by.

    Written before the new audience, in one transaction with it; the same audience changes nothing.
    A letter without attempts stands for this: forwarding sends the statement if it may leave now,
    and drops the letter if not.
    """
    letter = DeadLetter.__table__
    there = exists().where(letter.c.forward_id == ForwardRow.id, letter.c.seq == statement.c.seq)
    passed = (
        select(
            ForwardRow.id,
            statement.c.seq,
            literal(""),
            literal(0),
            true(),
            literal(at),
            literal(at),
        )
        .join(statement, true())
        .where(statement.c.sid == sid.bytes, statement.c.audience != audience, ~there)
    )
    columns = ("forward_id", "seq", "why", "attempts", "resend", "first_at", "last_at")
    return insert(DeadLetter).from_select(columns, passed)
