"""Two people who are one: what a merge would move, and merging them."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from engine.db import db
from engine.errors import NotFound, Refused
from engine.people import inbox
from engine.people import service as people
from engine.people.inbox import Decider
from engine.people.models import Person
from engine.sources import handles
from engine.sources.handles import Seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Moves:
    """What a merge would move: identifiers, roles, communities, and how many rows by source.

    The hashes that stand for addresses move too and are not told.
    """

    email: str
    name: str
    other: str
    other_name: str
    keys: tuple[str, ...]
    roles: tuple[str, ...]
    communities: tuple[str, ...]
    seen: tuple[Seen, ...]


def look_at(*, email: str, other: str, decider: Decider) -> Moves:
    """What would move from one person to another; nothing is written."""
    into, from_ = _both(email, other)
    inbox.require_may_merge(decider, into, from_)
    moved = people.who(from_)
    return Moves(
        email=into.email,
        name=into.name,
        other=from_.email,
        other_name=from_.name,
        keys=tuple(sorted(key for key in moved.keys if ":" in key)),
        roles=tuple(sorted(moved.roles - {"learner"})),
        communities=tuple(name for _, name in moved.communities),
        seen=handles.seen_of(moved.keys),
    )


def merge(*, email: str, other: str, decider: Decider) -> None:
    """Take two people for one, until unmerged; within the caller's transaction."""
    into, from_ = _both(email, other)
    inbox.merge(into, from_, decider)


def _both(email: str, other: str) -> tuple[Person, Person]:
    into, from_ = _find(email, "email"), _find(other, "other")
    if into.id == from_.id:
        raise Refused(
            "These are the same person already.", "Name two different people.", where="other"
        )
    return into, from_


def _find(text: str, field: str) -> Person:
    try:
        person = people.find_person(text)
    except Refused as refusal:
        raise Refused(refusal.why, refusal.mend, where=field) from refusal
    if person is None:
        raise NotFound(f"Nobody here has the address {text}.", "Check the spelling.", where=field)
    return person


def unmerge(email: str, decider: Decider) -> Person:
    """Give the record of an address that was merged its own life back."""
    address = people.clean_email(email)
    other = db.session.scalar(select(Person).where(Person.email == address))
    if other is None:
        raise NotFound(f"Nobody here has the address {address}.", "Check the spelling.")
    inbox.require_may_merge(decider, people.standing(other), other)
    return people.unmerge(other, by=decider.name)
