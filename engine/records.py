"""A person's record on read: her lines, newest first, and what others said about them.

Lines are the projection's; nothing is kept here, so a statement shows as soon as it is projected.
"""

from __future__ import annotations

import heapq
import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from engine.competencies import projector
from engine.competencies.models import evidence, line, revision, validation
from engine.db import db, portions
from engine.errors import Forbidden, NotFound
from engine.lrs.keys import origins
from engine.lrs.models import statement as log
from engine.lrs.reader import Stored
from engine.people import service as people
from engine.people.models import Person
from engine.pipeline import reader
from xapi import actors, text
from xapi.vocabulary import Extension

NOTHING = "none"
"""In place of a competency: the lines that reach none."""

HOPS = 255
QUARTER_US = 900 * 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which lines of a record are asked for; moments in microseconds, `until` left out itself."""

    origin: int | None = None
    competency: str | None = None
    audience: str | None = None
    since: int | None = None
    until: int | None = None


EVERYTHING = Wanted()


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where a line stands in a record: by when it happened, then by when it was stored."""

    at: int
    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a record, with the statement that says it and who may see it."""

    place: Place
    sid: uuid.UUID
    origin: int
    audience: str
    statement: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """What somebody else thinks of a statement: accepted (+1) or rejected (-1), perhaps a level.

    `who` is the person's id, or the identifier of somebody nobody here knows.
    """

    who: int | str
    name: str
    verdict: int
    level: int | None
    at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """How much one origin brought about a person, and when the newest of it happened."""

    lines: int
    newest: int


def lines(
    keys: Iterable[str],
    wanted: Wanted = EVERYTHING,
    *,
    limit: int,
    before: Place | None = None,
    without: Collection[int] = (),
) -> list[Line]:
    """The newest lines of a record before a place, at most `limit`.

    :param without: origins whose lines are not shown.
    """
    generation = projector.serving().generation
    narrowed = [log.c.voided == 0, *_conditions(wanted), *_before(before)]
    if without:
        narrowed.append(line.c.origin.not_in(list(without)))
    # One ordered walk of the index for each identifier, merged: none reads more than `limit`.
    found = [
        db.session.execute(_query(generation, key, narrowed).limit(limit)).all()
        for key in sorted(keys)
    ]
    merged = heapq.merge(*found, key=lambda row: (row.at, row.seq), reverse=True)
    return [_line(row) for row in islice(merged, limit)]


def _query(generation: int, key: str, narrowed: Sequence[ColumnElement[bool]]) -> Select[Any]:
    mine = (line.c.generation == generation) & (line.c.actor == key)
    return (
        select(line.c.seq, line.c.at, line.c.sid, line.c.origin, log.c.audience, log.c.payload)
        .join(log, log.c.seq == line.c.seq)
        .where(mine, *narrowed)
        .order_by(line.c.at.desc(), line.c.seq.desc())
    )


def _line(row: Any) -> Line:
    return Line(
        place=Place(row.at, row.seq),
        sid=uuid.UUID(bytes=row.sid),
        origin=row.origin,
        audience=row.audience,
        statement=text.parse(bytes(row.payload)),
    )


def _before(place: Place | None) -> list[ColumnElement[bool]]:
    if place is None:
        return []
    same_moment = and_(line.c.at == place.at, line.c.seq < place.seq)
    return [line.c.at <= place.at, or_(line.c.at < place.at, same_moment)]


def _conditions(wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    if wanted.origin is not None:
        yield line.c.origin == wanted.origin
    if wanted.audience == "community":
        yield log.c.audience.startswith("community:")
    elif wanted.audience is not None:
        yield log.c.audience == wanted.audience
    if wanted.since is not None:
        yield line.c.at >= wanted.since
    if wanted.until is not None:
        yield line.c.at < wanted.until
    if wanted.competency is not None:
        yield _reaches(wanted.competency)


def _reaches(competency: str) -> ColumnElement[bool]:
    here = (evidence.c.generation == line.c.generation) & (evidence.c.seq == line.c.seq)
    if competency == NOTHING:
        return ~select(evidence.c.seq).where(here).exists()
    return select(evidence.c.seq).where(here, evidence.c.competency == competency).exists()


def moments(
    keys: Iterable[str], *, since: int, without: Collection[int] = ()
) -> list[tuple[int, int]]:
    """How many lines there are in each quarter of an hour since a moment, those without left out.

    A quarter of an hour is the finest step between two time zones, so days of any zone can be
    added up from it.
    """
    quarter = (line.c.at - line.c.at % QUARTER_US).label("quarter")
    query = (
        select(quarter, func.count())
        .where(_mine(keys), line.c.at >= since, line.c.origin.not_in(list(without)))
        .group_by(quarter)
    )
    return [(at, count) for at, count in db.session.execute(query)]


def held(keys: Iterable[str]) -> dict[int, Held]:
    """What each origin brought about these identifiers."""
    query = (
        select(line.c.origin, func.count(), func.max(line.c.at))
        .where(_mine(keys))
        .group_by(line.c.origin)
    )
    return {
        origin: Held(lines=count, newest=newest)
        for origin, count, newest in db.session.execute(query)
    }


def is_weighed(stored: Stored) -> bool:
    """Whether the projector has come as far as this statement."""
    return stored.seq <= projector.serving().cursor


def competencies(keys: Iterable[str]) -> set[str]:
    """The competencies that anything in this record speaks of."""
    generation = projector.serving().generation
    mine = (evidence.c.generation == generation) & evidence.c.actor.in_(sorted(keys))
    return set(db.session.scalars(select(evidence.c.competency).where(mine).distinct()))


def _mine(keys: Iterable[str]) -> ColumnElement[bool]:
    generation = projector.serving().generation
    return and_(line.c.generation == generation, line.c.actor.in_(sorted(keys)))


def payloads(keys: Iterable[str]) -> Iterator[bytes]:
    """The statements of a record as they are stored, oldest stored first."""
    query = select(line.c.seq).where(_mine(keys)).order_by(line.c.seq)
    for part in portions(list(db.session.scalars(query))):
        found = select(log.c.payload).where(log.c.seq.in_(part)).order_by(log.c.seq)
        yield from (bytes(payload) for payload in db.session.scalars(found))


def own_statement(keys: Collection[str], sid: uuid.UUID) -> Stored:
    """The statement that speaks now for the one of this id, which may be an earlier revision.

    :raises NotFound: there is none, or it was taken back.
    :raises Forbidden: it is about somebody else.
    """
    stored = reader().many([sid]).get(sid)
    if stored is None or stored.voids:
        raise NotFound("There is no such line in your record.", "Go back to your record.")
    _require_own(stored, keys)
    standing = _successor(stored)
    if standing is None:
        raise NotFound("This line was taken back and no longer counts.", "Go back to your record.")
    _require_own(standing, keys)
    return standing


def _require_own(stored: Stored, keys: Collection[str]) -> None:
    if not _is_own(stored, keys):
        raise Forbidden("This is not your record.", "You can open your own lines only.")


def _is_own(stored: Stored, keys: Collection[str]) -> bool:
    return actors.key(text.parse(stored.payload)["actor"]) in keys


def _successor(stored: Stored) -> Stored | None:
    """The revision that stands in place of a statement, of the same origin; None when none does."""
    seen: set[uuid.UUID] = set()
    while stored.voided and stored.sid not in seen:
        seen.add(stored.sid)
        here = (revision.c.generation == projector.serving().generation) & (
            revision.c.origin == stored.origin
        )
        query = select(revision.c.sid).where(here, revision.c.replaces == str(stored.sid))
        following = db.session.scalars(query.order_by(revision.c.seq.desc())).first()
        found = reader().many([uuid.UUID(following)]) if following else {}
        if not found:
            return None
        (stored,) = found.values()
    return None if stored.voided else stored


def earlier(stored: Stored, keys: Collection[str]) -> list[Stored]:
    """The revisions a statement of hers replaced, the latest first, within one origin."""
    found: list[Stored] = []
    seen = {stored.sid}
    while (former := _former(stored)) is not None and former not in seen and len(found) < HOPS:
        seen.add(former)
        before = reader().many([former]).get(former)
        if before is None or before.origin != stored.origin or not _is_own(before, keys):
            break
        found.append(before)
        stored = before
    return found


def first_of(stored: Stored, keys: Collection[str]) -> uuid.UUID:
    """The first revision of a statement of hers; decisions are kept under it."""
    before = earlier(stored, keys)
    return before[-1].sid if before else stored.sid


def revisions_among(sids: Iterable[uuid.UUID]) -> set[uuid.UUID]:
    """Which of these statements stand in place of an earlier one."""
    here = revision.c.generation == projector.serving().generation
    return {
        uuid.UUID(sid)
        for part in portions([str(sid) for sid in sids])
        for sid in db.session.scalars(select(revision.c.sid).where(here, revision.c.sid.in_(part)))
    }


def _former(stored: Stored) -> uuid.UUID | None:
    context = text.parse(stored.payload).get("context") or {}
    former = (context.get("extensions") or {}).get(Extension.REPLACES)
    try:
        return uuid.UUID(former) if isinstance(former, str) else None
    except ValueError:
        return None


def opinions(sids: Iterable[uuid.UUID], own: Collection[str]) -> dict[uuid.UUID, list[Opinion]]:
    """What others think of these statements and of the revisions before them: each one's last word.

    Her own word, and words through origins that have no say for others, are left out.
    """
    wanted = {str(sid): sid for sid in sids}
    generation = projector.serving().generation
    roots = _revisions(generation, wanted)
    trusted = [one for one, origin in origins().items() if origin["attests"] is not None]
    latest: dict[uuid.UUID, dict[int | str, Any]] = defaultdict(dict)
    rows = _validations(generation, roots, trusted)
    persons = people.owners({row.validator for row in rows})
    for row in sorted(rows, key=lambda row: (row.at, row.statement_id)):
        if row.validator not in own:
            who = persons.get(row.validator, row.validator)
            latest[wanted[roots[row.target]]][who] = row
    names = _names(persons, [row for words in latest.values() for row in words.values()])
    return {
        sid: [_opinion(who, row, names) for who, row in words.items()]
        for sid, words in latest.items()
    }


def accepted_by(keys: Collection[str]) -> set[int | str]:
    """Whose work this person accepted, as `Opinion.who` names them."""
    generation = projector.serving().generation
    mine = validation.c.validator.in_(sorted(keys)) & (validation.c.verdict > 0)
    targets = db.session.scalars(
        select(validation.c.target).where(validation.c.generation == generation, mine)
    )
    found = reader().many([uuid.UUID(target) for target in set(targets)])
    authors = {str(actors.key(text.parse(one.payload)["actor"])) for one in found.values()}
    persons = people.owners(authors)
    return {persons.get(key, key) for key in authors}


def _revisions(generation: int, sids: Iterable[str]) -> dict[str, str]:
    """Each of these statements and every revision before it -> the statement asked for."""
    found = {sid: sid for sid in sids}
    level = list(found)
    for _ in range(HOPS):
        links = [
            row
            for part in portions(level)
            for row in db.session.execute(
                select(revision.c.sid, revision.c.replaces).where(
                    revision.c.generation == generation, revision.c.sid.in_(part)
                )
            )
            if row.replaces not in found
        ]
        if not links:
            break
        found.update({row.replaces: found[row.sid] for row in links})
        level = [row.replaces for row in links]
    return found


def _validations(generation: int, targets: Iterable[str], trusted: Sequence[int]) -> list[Any]:
    return [
        row
        for part in portions(list(targets))
        for row in db.session.execute(
            select(validation).where(
                validation.c.generation == generation,
                validation.c.target.in_(part),
                validation.c.origin.in_(trusted),
            )
        )
    ]


def _names(persons: Mapping[str, int], rows: Sequence[Any]) -> dict[str, str]:
    """What the people behind identifiers are called; who is nobody's, as her statement says."""
    found = select(Person.id, Person.name).where(Person.id.in_(sorted(set(persons.values()))))
    known = {row.id: row.name for row in db.session.execute(found)}
    names = {key: known[person] for key, person in persons.items() if person in known}
    strangers = {uuid.UUID(row.statement_id) for row in rows if row.validator not in names}
    for stored in reader().many(sorted(strangers)).values():
        actor = text.parse(stored.payload)["actor"]
        names.setdefault(str(actors.key(actor)), str(actor.get("name") or "somebody"))
    return names


def _opinion(who: int | str, row: Any, names: Mapping[str, str]) -> Opinion:
    return Opinion(
        who=who,
        name=names.get(row.validator, "somebody"),
        verdict=row.verdict,
        level=row.level,
        at=row.at,
    )
