"""The second stage: people are scored shard by shard, each in one view of the database.

A shard is a range of identifiers. Somebody with several belongs where the first of them lies that
has evidence, so everybody is in exactly one shard and no list of all people is ever made.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select

from engine import profiles
from engine.competencies import projector
from engine.competencies.models import Projection, evidence
from engine.db import db, reading
from engine.errors import Conflict
from engine.people import many
from engine.people import service as people
from engine.profile_rows import Loader
from engine.profiles import Decisions, Learner, Profile

PAUSE, PATIENCE_S = 0.05, 60
SIZE = 200
"""How many identifiers with evidence a shard has."""
ROWS = 10_000
"""How many rows of evidence are looked at together, unless one person has more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """The identifiers after one up to another, or to the last."""

    after: str
    until: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """Somebody's profile and its digest; `actor` is the first identifier that has evidence."""

    actor: str
    person_id: int | None
    profile: Profile
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A shard of a rebuild that is to be compared with what is served."""

    generation: int
    as_of: date
    shard: Shard


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What a comparison came to; `digest` is the sum of the rebuilt digests."""

    learners: int
    digest: int
    equal: bool


def next_shard(connection: Connection, generation: int, after: str) -> Shard:
    """The shard that follows an identifier."""
    here = (evidence.c.generation == generation) & (evidence.c.actor > after)
    query = select(evidence.c.actor).distinct().where(here).order_by(evidence.c.actor)
    last = connection.execute(query.limit(1).offset(SIZE - 1)).scalar()
    return Shard(after=after, until=last)


def shards(generation: int) -> Iterator[Shard]:
    """All shards of a projection; together they hold every identifier there may be."""
    after: str | None = ""
    while after is not None:
        with reading() as connection:
            shard = next_shard(connection, generation, after)
        yield shard
        after = shard.until


def score(
    connection: Connection, view: Any, shard: Shard, as_of: date, decisions: Decisions
) -> Iterator[Scored]:
    """Everybody of a shard on a day; the one way from evidence to many people's levels.

    :param view: the projection's row.
    """
    loader = Loader(connection, view.generation, view.ruleset_id)
    for some in _together(_learners(connection, view.generation, shard)):
        records = profiles.records_in(loader, [one.learner for one in some], decisions)
        for one, record in zip(some, records, strict=True):
            profile = profiles.profile_from(record, as_of)
            digest = profiles.person_digest(profile)
            yield Scored(actor=one.actor, person_id=one.person, profile=profile, digest=digest)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    actor: str
    person: int | None
    learner: Learner
    rows: int


def _learners(connection: Connection, generation: int, shard: Shard) -> Iterator[_Wanted]:
    """Who belongs into a shard, with how many rows she has in all."""
    inside = evidence.c.actor > shard.after
    if shard.until is not None:
        inside &= evidence.c.actor <= shard.until
    here = _counted(connection, generation, inside)
    persons = set(people.owners(here).values())
    keys, words = many.keys_of(persons), many.words_of(persons)
    owners = {key: person for person, own in keys.items() for key in own}
    everywhere = _counted(connection, generation, evidence.c.actor.in_(sorted(owners)))
    firsts = dict[int, str]()
    for actor in everywhere:
        firsts.setdefault(owners[actor], actor)
    for actor, count in here.items():
        person = owners.get(actor)
        if person is None:
            alone = Learner(own=frozenset([actor]), words={})
            yield _Wanted(actor=actor, person=None, learner=alone, rows=count)
        elif firsts[person] == actor:
            learner = Learner(own=keys[person], words=words.get(person, {}))
            rows = sum(everywhere.get(key, 0) for key in learner.own)
            yield _Wanted(actor=actor, person=person, learner=learner, rows=rows)


def _counted(
    connection: Connection, generation: int, condition: ColumnElement[bool]
) -> dict[str, int]:
    """How many rows each of these identifiers has, in the database's order of identifiers."""
    where = (evidence.c.generation == generation) & condition
    query = select(evidence.c.actor, func.count()).where(where)
    rows = connection.execute(query.group_by(evidence.c.actor).order_by(evidence.c.actor))
    return {row.actor: row[1] for row in rows}


def _together(learners: Iterable[_Wanted]) -> Iterator[list[_Wanted]]:
    """As many at a time as have so many rows together; at least one."""
    some, rows = list[_Wanted](), 0
    for one in learners:
        if some and rows + one.rows > ROWS:
            yield some
            some, rows = [], 0
        some.append(one)
        rows += one.rows
    if some:
        yield some


def compare(comparison: Comparison) -> Tally:
    """Score a shard in the rebuild and in what is served, while both stand at the same place."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        with reading() as connection:
            mine, served = both(connection, comparison.generation)
            if mine.cursor == served.cursor:
                return _compared(connection, comparison, mine, served)
        time.sleep(PAUSE)
    raise Conflict(
        "The rebuild and what is served never stood at the same place.",
        "See `byway doctor`; start the rebuild again.",
    )


def both(connection: Connection, generation: int) -> tuple[Any, Any]:
    """The rows of a rebuild and of what is served.

    :raises Conflict: what is served follows another ruleset by now.
    """
    table = Projection.__table__
    mine = connection.execute(select(table).where(table.c.generation == generation)).one_or_none()
    served = projector.serving_in(connection)
    if mine is None or mine.state == projector.RETIRED or served.ruleset_id != mine.ruleset_id:
        raise Conflict("A ruleset was published meanwhile.", "Start the rebuild again.")
    return mine, served


def _compared(connection: Connection, comparison: Comparison, mine: Any, served: Any) -> Tally:
    db.session.rollback()  # the decisions of now, the same for both
    decisions = Decisions.load()
    found, there = (
        {
            one.actor: one.digest
            for one in score(connection, view, comparison.shard, comparison.as_of, decisions)
        }
        for view in (mine, served)
    )
    db.session.rollback()
    total = sum(int(digest, 16) for digest in found.values())
    return Tally(learners=len(found), digest=total, equal=found == there)
