"""Who works on a forward or a pull, and when: one worker at a time, less often while it fails."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Table, select, update

from engine.db import Lease, drop_lease, take_lease, writing
from engine.errors import Conflict, Refused
from engine.moments import now_us

LEASE_SECONDS = 300
"""Longer than any single request takes; renewed after each."""
FIRST_PAUSE, LONGEST_PAUSE, LONGEST_ASKED = 5, 3600, 86_400


def hold(connection: Connection, name: str, holder: str) -> Lease:
    """Take a piece of work, or go on holding it, inside a write transaction.

    :raises Conflict: somebody else holds it.
    """
    lease = take_lease(connection, name, holder, seconds=LEASE_SECONDS)
    if lease is None:
        raise Conflict(f"Somebody else is at {name}.", "Wait until that has ended.")
    return lease


@contextmanager
def held(name: str, holder: str) -> Iterator[None]:
    """A piece of work that nobody else does meanwhile."""
    with writing() as connection:
        lease = hold(connection, name, holder)
    try:
        yield
    finally:
        with writing() as connection:
            drop_lease(connection, lease)


def failed(table: Table, row_id: int, refusal: Refused) -> None:
    """Keep with a forward or pull why it does not go on, and leave the store alone for a while."""
    mine = table.c.id == row_id
    asked = getattr(refusal, "retry_after", 0)
    with writing() as connection:
        failures = (connection.execute(select(table.c.failures).where(mine)).scalar() or 0) + 1
        not_before = now_us() + pause_us(failures, asked)
        values = {"failures": failures, "not_before": not_before, "trouble": str(refusal)}
        connection.execute(update(table).where(mine).values(**values))


def pause_us(failures: int, asked: float = 0) -> int:
    """How long to leave a record store alone after so many failures in a row, in microseconds.

    Twice as long each time up to an hour; longer where it asked for that, up to a day.
    """
    own = min(FIRST_PAUSE * 2 ** (min(failures, 30) - 1), LONGEST_PAUSE)
    return int(max(own, min(asked, LONGEST_ASKED)) * 1_000_000)
