"""Everybody who has a profile, page by page, for a system that asks for all of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select

from engine.competencies import projector
from engine.competencies.models import evidence
from engine.db import db, portions, reading
from engine.errors import NotFound
from engine.people import many
from engine.people.models import Person

MOST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolled:
    """Somebody with a profile: her id, her name, and every identifier she is known by."""

    uid: str
    name: str
    identifiers: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some learners in the order they came; `after` asks for those that follow, if any do."""

    learners: list[Enrolled]
    after: str | None


def page(after: str | None, limit: int) -> Page:
    """Those who follow somebody, at most `limit` people looked at; who has no evidence is left out.

    So a page may hold fewer, even none, while others follow.

    :param after: the id that the page before gave; None for the first.
    :raises NotFound: nobody has this id.
    """
    query = select(Person).where(Person.merged_into.is_(None)).order_by(Person.id)
    if after is not None:
        query = query.where(Person.id > _place(after))
    found = list(db.session.scalars(query.limit(limit + 1)))
    some, rest = found[:limit], found[limit:]
    keys = many.keys_of(person.id for person in some)
    speaking = _with_evidence(key for own in keys.values() for key in own)
    return Page(
        learners=[
            Enrolled(uid=person.uid, name=person.name, identifiers=sorted(keys[person.id]))
            for person in some
            if keys[person.id] & speaking
        ],
        after=some[-1].uid if rest else None,
    )


def _place(uid: str) -> int:
    found = db.session.scalar(select(Person.id).where(Person.uid == uid[:36]))
    if found is None:
        raise NotFound("Nobody has this id.", "Follow `more` of the page before.")
    return int(found)


def _with_evidence(keys: Iterable[str]) -> frozenset[str]:
    """Which of these identifiers the projection that pages read has evidence of."""
    found = set[str]()
    with reading() as connection:
        here = evidence.c.generation == projector.serving_in(connection).generation
        for part in portions(sorted(keys)):
            query = select(evidence.c.actor).where(here, evidence.c.actor.in_(part)).distinct()
            found.update(connection.execute(query).scalars())
    return frozenset(found)
