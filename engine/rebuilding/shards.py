"""The second stage: people are scored shard by shard, each in one view of the database.

A shard is a range of identifiers. Somebody with several belongs where the first of them lies that
has evidence, so everybody is in exactly one shard and no list of all people is ever made.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, func, select

from engine import profiles
from engine.competencies import projector
from engine.competencies.models import Projection, evidence
from engine.db import db, reading
from engine.errors import Conflict
from engine.people import service as people
from engine.profile_rows import Loader
from engine.profiles import Decisions, Profile

PAUSE, PATIENCE_S = 0.05, 60
SIZE = 200
"""How many identifiers with evidence a shard has."""


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
    for actor, person, own in _learners(connection, view.generation, shard):
        words = {} if person is None else people.words_of(person)
        record = profiles.record_in(loader, own, words, decisions)
        profile = profiles.profile_from(record, as_of)
        digest = profiles.person_digest(profile)
        yield Scored(actor=actor, person_id=person, profile=profile, digest=digest)


def _learners(
    connection: Connection, generation: int, shard: Shard
) -> Iterator[tuple[str, int | None, frozenset[str]]]:
    actors = _actors(connection, generation, shard)
    owners = people.owners(actors)
    seen = set[int]()
    for actor in actors:
        person = owners.get(actor)
        if person is None:
            yield actor, None, frozenset([actor])
        elif person not in seen:
            seen.add(person)
            own = people.keys_of(person)
            if _first(connection, generation, own) == actor:
                yield actor, person, own


def _actors(connection: Connection, generation: int, shard: Shard) -> Sequence[str]:
    here = (evidence.c.generation == generation) & (evidence.c.actor > shard.after)
    if shard.until is not None:
        here &= evidence.c.actor <= shard.until
    query = select(evidence.c.actor).distinct().where(here).order_by(evidence.c.actor)
    return connection.execute(query).scalars().all()


def _first(connection: Connection, generation: int, keys: frozenset[str]) -> str:
    """The first of these identifiers that has evidence, in the database's order."""
    here = (evidence.c.generation == generation) & evidence.c.actor.in_(sorted(keys))
    return str(connection.execute(select(func.min(evidence.c.actor)).where(here)).scalar())


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
