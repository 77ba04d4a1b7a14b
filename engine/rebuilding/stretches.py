"""The first stage: stretches of the log become rows of a new projection, in any order.

What is done is written down with the rows, in one transaction, so a rebuild that was killed goes
on in the gaps, and nothing is weighed twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select, text

from engine.competencies import projector
from engine.competencies.models import Projection
from engine.competencies.models import stretch as stretches
from engine.db import db, lease_table, reading, writing_options
from engine.errors import Conflict
from engine.lrs.models import statement
from engine.pipeline import reader

REBUILD = "rebuild"
"""The lease that whoever rebuilds holds."""
LENGTH = 1000
"""How many statements a stretch has: as much as others who write can wait for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """The statements after one position up to another, to be weighed under a ruleset.

    `fence` is that of the rebuild's lease: what a worker of an earlier rebuild brings is refused.
    """

    generation: int
    ruleset_id: int
    fence: int
    after: int
    until: int


def left(generation: int, ruleset_id: int, fence: int, end: int) -> Iterator[Stretch]:
    """What is not yet weighed up to a position, a stretch at a time."""
    for start, stop in _gaps(generation, end):
        for after, until in _cuts(start, stop):
            yield Stretch(
                generation=generation,
                ruleset_id=ruleset_id,
                fence=fence,
                after=after,
                until=until,
            )


def _gaps(generation: int, end: int) -> list[tuple[int, int]]:
    columns = (stretches.c.after, stretches.c.until)
    query = select(*columns).where(stretches.c.generation == generation)
    found, at = list[tuple[int, int]](), 0
    with reading() as connection:
        for after, until in connection.execute(query.order_by(stretches.c.after)):
            if at < after:
                found.append((at, after))
            at = max(at, until)
    return [*found, (at, end)] if at < end else found


def _cuts(after: int, end: int) -> Iterator[tuple[int, int]]:
    seq = statement.c.seq
    while after < end:
        inside = select(seq).where(seq > after, seq <= end).order_by(seq)
        with reading() as connection:
            until = connection.execute(inside.limit(1).offset(LENGTH - 1)).scalar() or end
        yield after, until
        after = until


def weighed(generation: int) -> int:
    """How many statements this rebuild has weighed by now."""
    column = stretches.c.statements
    with reading() as connection:
        counts = connection.execute(select(column).where(stretches.c.generation == generation))
        return sum(counts.scalars())


def weigh(stretch: Stretch) -> int:
    """Weigh a stretch and keep its rows; how many statements, 0 when another worker was faster.

    Every void up to the end of the log when the stage began shows in `voided` by now, so the order
    of the stretches does not matter; later ones find the rows when their own turn comes.
    """
    ruleset = projector.ruleset_of(stretch.ruleset_id)
    entries = [one for one in reader().log(stretch.after, LENGTH) if one.seq <= stretch.until]
    batch = projector.project(reader(), entries, ruleset, stretch.generation)
    with _beside_others() as connection:
        _require_turn(connection, stretch)
        if not _claimed(connection, stretch, len(entries)):
            return 0
        projector.put(connection, batch)
    return len(entries)


@contextmanager
def _beside_others() -> Iterator[Connection]:
    """A transaction that writes where nobody else does: on PostgreSQL it waits for nobody."""
    options = writing_options(db.engine)
    if db.engine.dialect.name != "sqlite":
        options["writing"] = False
    with db.engine.connect().execution_options(**options) as connection, connection.begin():
        yield connection


def _require_turn(connection: Connection, stretch: Stretch) -> None:
    """Look that the rebuild is still this one, and hold both rows until the commit."""
    lease, table = lease_table, Projection.__table__
    fence = select(lease.c.fence).where(lease.c.name == REBUILD)
    here = select(table.c.state).where(table.c.generation == stretch.generation)
    found: list[Any] = [
        connection.execute(query.with_for_update(read=True)).scalar() for query in (fence, here)
    ]
    if found != [stretch.fence, "rebuilding"]:
        raise Conflict("Another rebuild has taken over.", "Leave it to that one.")


def _claimed(connection: Connection, stretch: Stretch, statements: int) -> bool:
    """Write down that it is done; False when it was already."""
    query = text(
        "INSERT INTO stretch (generation, after, until, statements)"
        " VALUES (:generation, :after, :until, :statements) ON CONFLICT DO NOTHING"
    )
    row = {"generation": stretch.generation, "after": stretch.after, "until": stretch.until}
    return connection.execute(query, {**row, "statements": statements}).rowcount == 1
