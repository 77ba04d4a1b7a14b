"""A record store with everything an index has to cope with, and ways to damage what is filed."""

from __future__ import annotations

import itertools
import random
import uuid
from dataclasses import dataclass
from typing import Any

from lrs_making import a_reference, a_void, add, an_authority, an_entry
from sqlalchemy import ColumnElement, delete, func, insert, select, update

from engine.db import db, reading, writing
from engine.lrs.models import posting, statement
from engine.lrs.store import Authority, Entry
from engine.lrs.upkeep import Upkeep
from engine.pipeline import store
from xapi import text

POS, TERM = posting.c.pos, posting.c.term
HOP = POS.op("&")(255)
OWN, INHERITED = HOP == 0, HOP > 0
INSTRUCTOR = {"mbox": "mailto:ines@example.org"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """Some statements of a filled store; all that is in it is filed as it must be."""

    authority: Authority
    plain: Entry
    chain: list[Entry]
    voided: Entry
    void: Entry
    other_void: Entry
    spared: Entry
    count: int


def filled() -> Filled:
    """Chains, circles and voids that came in any order, from three origins."""
    us, stranger = an_authority(), an_authority("stranger")
    operator = an_authority("operator", may_void=True)
    plain = an_entry(us, context={"instructor": INSTRUCTOR}, thing="https://events.example.org/9")
    ours = an_entry(us, **{"actor": us.agent})
    line, ring = chain(us, 4), circle(us, 3)
    tail = a_reference(us, ring[0].sid)
    voided, early, spared, foreign = (an_entry(us) for _ in range(4))
    void, other_void = a_void(us, voided.sid), a_void(us, early.sid)
    batches = [
        [plain, ours, line[2], tail, other_void],
        [line[0], ring[1], voided, spared],
        [ring[2], line[3], void, a_void(stranger, spared.sid), early],
        [line[1], ring[0], foreign, a_void(operator, foreign.sid), a_void(us, void.sid)],
        [a_void(operator, other_void.sid)],
    ]
    for batch in batches:
        add(*batch)
    return Filled(
        authority=us,
        plain=plain,
        chain=line,
        voided=voided,
        void=void,
        other_void=other_void,
        spared=spared,
        count=sum(map(len, batches)),
    )


def chain(authority: Authority, length: int) -> list[Entry]:
    """Each refers to the next; the last is about an activity."""
    sids = [uuid.uuid4() for _ in range(length)]
    refs = [a_reference(authority, below, id=str(sid)) for sid, below in itertools.pairwise(sids)]
    return [*refs, an_entry(authority, id=str(sids[-1]))]


def circle(authority: Authority, length: int) -> list[Entry]:
    """Each refers to the next, and the last to the first."""
    sids = [uuid.uuid4() for _ in range(length)]
    return [
        a_reference(authority, below, id=str(sid), actor=by(number))
        for number, (sid, below) in enumerate(zip(sids, sids[1:] + sids[:1], strict=True))
    ]


def tangle(authority: Authority, seed: int, size: int = 12) -> None:
    """Store statements that refer to each other at random, in random order and batches."""
    chance = random.Random(seed)
    sids = [uuid.UUID(int=chance.getrandbits(128), version=4) for _ in range(size)]
    entries = [
        a_reference(authority, chance.choice(sids), id=str(sid), actor=by(number))
        for number, sid in enumerate(sids)
    ]
    while entries:
        count = chance.randint(1, 4)
        add(*entries[:count])
        del entries[:count]


def by(number: int) -> dict[str, Any]:
    """One of many people."""
    return {"mbox": f"mailto:learner{number}@example.org"}


def upkeep() -> Upkeep:
    """What looks after the store's index."""
    return store().upkeep()


def postings() -> set[tuple[int, int]]:
    """All that is filed."""
    with reading() as connection:
        return {(term, pos) for term, pos in connection.execute(select(TERM, POS))}


def count(where: ColumnElement[bool]) -> int:
    """How many postings there are of a kind."""
    with reading() as connection:
        query = select(func.count()).select_from(posting).where(where)
        return int(connection.execute(query).scalar_one())


def drop(where: ColumnElement[bool]) -> int:
    """Take postings away; how many there were."""
    with writing() as connection:
        return int(connection.execute(delete(posting).where(where)).rowcount)


def file(*found: tuple[int, int]) -> None:
    """File what does not belong there, as (term, position)."""
    with writing() as connection:
        connection.execute(insert(posting), [{"term": term, "pos": pos} for term, pos in found])


def position(entry: Entry) -> int:
    """Where a statement stands in the log."""
    with reading() as connection:
        query = select(statement.c.seq).where(statement.c.sid == entry.sid.bytes)
        return int(connection.execute(query).scalar_one())


def at(entry: Entry) -> ColumnElement[bool]:
    """What is filed under a statement."""
    return under(position(entry))


def under(seq: int) -> ColumnElement[bool]:
    """What is filed at a position of the log."""
    return POS.between(seq << 8, seq << 8 | 255)


def change(entry: Entry, **values: Any) -> None:
    """Change a row of the log, as nothing of ours ever does."""
    mine = statement.c.sid == entry.sid.bytes
    with writing() as connection:
        connection.execute(update(statement).where(mine).values(**values))


def say(entry: Entry, **members: Any) -> None:
    """Change what a stored statement says."""
    with reading() as connection:
        query = select(statement.c.payload).where(statement.c.sid == entry.sid.bytes)
        said = text.parse(bytes(connection.execute(query).scalar_one()))
    change(entry, payload=text.dump({**said, **members}))


def is_voided(entry: Entry) -> bool:
    """Whether a statement counts as voided."""
    with reading() as connection:
        query = select(statement.c.voided).where(statement.c.sid == entry.sid.bytes)
        return bool(connection.execute(query).scalar_one())


def link_without_content() -> None:
    """An attachment that a statement came with and that is gone, foreign keys or not."""
    unguarded = {
        "sqlite": "PRAGMA foreign_keys=OFF",
        "postgresql": "SET session_replication_role = replica",
    }
    with db.engine.connect().execution_options(plain=True) as connection:
        connection.exec_driver_sql(unguarded[db.engine.dialect.name])
        connection.exec_driver_sql(
            "INSERT INTO statement_attachment (seq, sha2) SELECT min(seq), 'abc' FROM statement"
        )
        connection.commit()
        connection.invalidate()
