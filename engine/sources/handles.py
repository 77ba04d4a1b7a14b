"""Handles that nobody owns: who turns up in the record and is no person here yet.

Of what is recorded under them only how much there is, from where and since when is told; what it
is about is nobody's to see but the person's.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, Select, exists, func, select

from engine.competencies import projector
from engine.competencies.models import evidence, line
from engine.db import PORTION, db, portions, reading
from engine.lrs.models import Origin
from engine.people.inbox_models import IgnoredHandle
from engine.people.models import Identifier
from xapi import actors

PAGE = 50
LONGEST_SEARCH = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which handles are asked for: of one origin, with a text in them, open or put aside."""

    search: str = ""
    origin: int | None = None
    ignored: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """How much one source has of a handle, and when the first and newest of it was stored."""

    source: str
    rows: int
    first: int
    last: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Handle:
    """A handle that nobody owns; `waits` where its rows are not recorded, since it is a name."""

    key: str
    seen: tuple[Seen, ...]
    waits: bool = False

    @property
    def rows(self) -> int:
        """How many rows there are of it, over all sources."""
        return sum(one.rows for one in self.seen)

    @property
    def first(self) -> int:
        """When it was first seen, in microseconds."""
        return min(one.first for one in self.seen)

    @property
    def last(self) -> int:
        """When it was last seen, in microseconds."""
        return max(one.last for one in self.seen)


def page(wanted: Wanted, *, number: int = 1, size: int = PAGE) -> tuple[list[Handle], bool]:
    """A page of the handles that nobody owns, in their order, and whether there are more."""
    with reading() as connection:
        generation = projector.serving_in(connection).generation
        query = _open(generation, wanted).offset((max(number, 1) - 1) * size).limit(size + 1)
        keys = [row.actor for row in connection.execute(query)]
        seen = _seen(connection, generation, keys[:size])
    return [Handle(key=key, seen=seen[key]) for key in keys[:size]], len(keys) > size


def every(wanted: Wanted = Wanted()) -> Iterator[Handle]:
    """All handles that nobody owns, a portion at a time."""
    number, more = 1, True
    while more:
        found, more = page(wanted, number=number, size=PORTION)
        yield from found
        number += 1


def one(key: str) -> Handle | None:
    """What there is of a handle, whoever owns it; None when nothing is recorded under it."""
    with reading() as connection:
        seen = _seen(connection, projector.serving_in(connection).generation, [key])
    return Handle(key=key, seen=seen[key]) if seen.get(key) else None


def among(keys: Collection[str]) -> set[str]:
    """Those of these identifiers that something is recorded under."""
    found: set[str] = set()
    with reading() as connection:
        generation = projector.serving_in(connection).generation
        for part in portions(sorted(set(keys))):
            here = (line.c.generation == generation) & line.c.actor.in_(part)
            query = select(line.c.actor).where(here).distinct()
            found.update(connection.execute(query).scalars())
    return found


def lights_up(keys: Collection[str]) -> Counter[str]:
    """The competencies that what is recorded under identifiers counts towards, with the rows."""
    found: Counter[str] = Counter()
    with reading() as connection:
        generation = projector.serving_in(connection).generation
        for part in portions(sorted(keys)):
            here = (evidence.c.generation == generation) & evidence.c.actor.in_(part)
            query = select(evidence.c.competency, func.count(evidence.c.seq.distinct()))
            rows = connection.execute(query.where(here).group_by(evidence.c.competency))
            found.update({row.competency: row[1] for row in rows})
    return found


def seen_of(keys: Collection[str]) -> tuple[Seen, ...]:
    """How much each source has of several identifiers together."""
    with reading() as connection:
        seen = _seen(connection, projector.serving_in(connection).generation, keys)
    return _together(seen)


def origins() -> list[tuple[int, str]]:
    """The origins by name, to choose from."""
    query = select(Origin.id, Origin.name).order_by(Origin.name, Origin.id)
    return [(id_, name) for id_, name in db.session.execute(query)]


def _open(generation: int, wanted: Wanted) -> Select[str]:
    """The actors of the record that nobody owns.

    The index is walked from one actor to the next, so it costs as much as there are actors,
    however many lines each has.
    """
    first = select(func.min(line.c.actor).label("actor")).where(line.c.generation == generation)
    walk = first.cte("walk", recursive=True)
    behind = (line.c.generation == generation) & (line.c.actor > walk.c.actor)
    step = select(func.min(line.c.actor)).where(behind).correlate(walk).scalar_subquery()
    walk = walk.union_all(select(step).where(walk.c.actor.is_not(None)))
    actor = walk.c.actor
    owned = exists().where(Identifier.key == actor, Identifier.person_id.is_not(None))
    aside = exists().where(IgnoredHandle.key == actor)
    query = select(actor).where(actor.is_not(None), ~owned, actor.not_in(_authorities()))
    query = query.where(aside if wanted.ignored else ~aside)
    if wanted.search.strip():
        query = query.where(
            actor.icontains(wanted.search.strip()[:LONGEST_SEARCH], autoescape=True)
        )
    if wanted.origin is not None:
        mine = (line.c.generation == generation) & (line.c.actor == actor)
        query = query.where(exists().where(mine, line.c.origin == wanted.origin))
    return query.order_by(actor)


def _authorities() -> list[str]:
    """What keys, sources and Byway itself sign as; they void statements and learn nothing."""
    agents = db.session.scalars(select(Origin.authority))
    return sorted({key for agent in agents if (key := actors.key(agent))})


def _seen(
    connection: Connection, generation: int, keys: Collection[str]
) -> dict[str, tuple[Seen, ...]]:
    names = {row.id: row.name for row in connection.execute(select(Origin.id, Origin.name))}
    found: dict[str, list[Seen]] = defaultdict(list)
    for part in portions(keys):
        here = (line.c.generation == generation) & line.c.actor.in_(part)
        query = (
            select(
                line.c.actor,
                line.c.origin,
                func.count().label("rows"),
                func.min(line.c.seq).label("first"),
                func.max(line.c.seq).label("last"),
            )
            .where(here)
            .group_by(line.c.actor, line.c.origin)
            .order_by(line.c.actor, func.count().desc(), line.c.origin)
        )
        for row in connection.execute(query):
            name = names.get(row.origin, "")
            found[row.actor].append(
                Seen(source=name, rows=row.rows, first=row.first, last=row.last)
            )
    return {key: tuple(seen) for key, seen in found.items()}


def _together(seen: Mapping[str, tuple[Seen, ...]]) -> tuple[Seen, ...]:
    """What several handles have, by source."""
    parts: dict[str, list[Seen]] = defaultdict(list)
    for found in seen.values():
        for part in found:
            parts[part.source].append(part)
    return tuple(
        Seen(
            source=source,
            rows=sum(part.rows for part in some),
            first=min(part.first for part in some),
            last=max(part.last for part in some),
        )
        for source, some in parts.items()
    )
