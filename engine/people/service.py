"""What can be done with people: create, link, merge, unmerge, give roles, ask who somebody is."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import select, update

from engine.db import db
from engine.errors import Conflict, NotFound, Refused
from engine.moments import now_us
from engine.people.models import (
    Community,
    Consent,
    Identifier,
    ManagerOf,
    Membership,
    PeopleLog,
    Person,
    Role,
    log,
)
from xapi import actors

ROLES = ("learner", "manager", "expert", "ld", "operator")


@dataclass(frozen=True, slots=True, kw_only=True)
class Who:
    """A person as other layers see her; `keys` are all her identifiers, merged ones included."""

    id: int
    uid: str
    name: str
    email: str
    zone: str
    keys: frozenset[str]
    roles: frozenset[str]
    communities: tuple[tuple[str, str], ...]


def clean_email(text: str) -> str:
    """An email as it is compared: trimmed, lower-case; refused when it cannot be one."""
    email = text.strip().lower()
    local, _, domain = email.rpartition("@")
    if not local or "." not in domain.strip(".") and domain != "localhost" or " " in email:
        raise Refused(f'"{text}" is not an email address.', "Write it like name@example.org.")
    return email


def create_person(*, name: str, email: str, by: str = "") -> Person:
    """A new person with her email as a verified identifier."""
    person = Person(
        uid=str(uuid.uuid4()), name=name.strip() or email, email=email, created_at=now_us()
    )
    db.session.add(person)
    db.session.flush()
    link(person, f"mailto:{email}", by=by)
    return person


def find_person(email: str) -> Person | None:
    """The person with this address, by her own email or one linked to her; merged ones resolved."""
    address = clean_email(email)
    person = db.session.scalar(select(Person).where(Person.email == address))
    if person is None:
        identifier = _identifier(f"mailto:{address}")
        person = _person(identifier.person_id) if identifier else None
    return standing(person) if person else None


def get_person(email: str) -> Person:
    """Like `find_person`, refused with the mend when there is nobody."""
    person = find_person(email)
    if person is None:
        raise NotFound(
            f"Nobody here has the address {email}.", "Add her with `byway people import CSV`."
        )
    return person


def standing(person: Person) -> Person:
    """The person a record stands for now: itself, or what it was merged into."""
    while person.merged_into is not None:
        person = _require(person.merged_into)
    return person


def link(person: Person, text: str, *, by: str = "") -> list[str]:
    """Say that an identifier is this person's; everything recorded under it lights up.

    A mailbox also covers its sha1. An identifier that is somebody else's is refused: merge the
    two, or unlink it first.
    """
    keys = _with_hash(read_key(text))
    for key in keys:
        identifier = _identifier(key)
        if identifier is None:
            db.session.add(Identifier(key=key, person_id=person.id))
        elif identifier.person_id not in (None, person.id):
            owner = _require(identifier.person_id or 0)
            raise Conflict(
                f"{key} already belongs to {owner.email}.",
                "If they are one person, merge them; else unlink it there first.",
            )
        else:
            identifier.person_id = person.id
    db.session.flush()
    log("linked", now_us(), person_id=person.id, keys=keys, by=by)
    return keys


def unlink(person: Person, text: str, *, by: str = "") -> list[str]:
    """Take an identifier away from a person; what is recorded under it stays recorded."""
    keys = _with_hash(read_key(text))
    mine = (Identifier.person_id == person.id) & Identifier.key.in_(keys)
    if not db.session.scalars(select(Identifier).where(mine)).all():
        raise NotFound(f"{keys[0]} is not linked to {person.email}.", "Check the spelling.")
    db.session.execute(update(Identifier).where(mine).values(person_id=None))
    log("unlinked", now_us(), person_id=person.id, keys=keys, by=by)
    return keys


def merge(into: Person, other: Person, *, by: str = "") -> None:
    """Take two records for one person: `other`'s identifiers become `into`'s until unmerged."""
    if into.id == other.id:
        raise Refused("These are the same person already.", "Name two different people.")
    keys = sorted(keys_of(other.id))
    moved = update(Identifier).where(Identifier.person_id == other.id)
    db.session.execute(moved.values(person_id=into.id))
    other.merged_into = into.id
    db.session.flush()
    log("merged", now_us(), person_id=into.id, other_id=other.id, keys=keys, by=by)


def unmerge(other: Person, *, by: str = "") -> Person:
    """Give a merged record its own life back, with the identifiers it brought and still has there."""
    if other.merged_into is None:
        raise Refused(f"{other.email} is not merged into anybody.", "Nothing needs undoing.")
    entry = db.session.scalars(
        select(PeopleLog)
        .where(PeopleLog.act == "merged", PeopleLog.other_id == other.id)
        .order_by(PeopleLog.id.desc())
    ).first()
    keys = entry.keys if entry else []
    back = (Identifier.person_id == other.merged_into) & Identifier.key.in_(keys)
    db.session.execute(update(Identifier).where(back).values(person_id=other.id))
    log("unmerged", now_us(), person_id=other.merged_into, other_id=other.id, keys=keys, by=by)
    other.merged_into = None
    db.session.flush()
    return other


def give_role(person: Person, role: str) -> None:
    """Give a role; having it already is no error."""
    if role not in ROLES:
        raise Refused(f'"{role}" is not a role.', f"Choose from {', '.join(ROLES)}.")
    if role not in roles_of(person.id):
        db.session.add(Role(person_id=person.id, role=role, granted_at=now_us()))
        db.session.flush()


def roles_of(person_id: int) -> frozenset[str]:
    """The roles somebody has now, those of records merged into hers included; always learner."""
    mine = Role.person_id.in_(_records(person_id)) & Role.revoked_at.is_(None)
    return frozenset(db.session.scalars(select(Role.role).where(mine))) | {"learner"}


def keys_of(person_id: int) -> frozenset[str]:
    """All identifiers of a person."""
    mine = select(Identifier.key).where(Identifier.person_id == person_id)
    return frozenset(db.session.scalars(mine))


def who(person: Person) -> Who:
    """A person with all that other layers need to know of her."""
    groups = db.session.execute(
        select(Community.slug, Community.name)
        .join(Membership, Membership.community_id == Community.id)
        .where(Membership.person_id.in_(_records(person.id)))
        .order_by(Community.name)
    )
    return Who(
        id=person.id,
        uid=person.uid,
        name=person.name,
        email=person.email,
        zone=person.zone,
        keys=keys_of(person.id),
        roles=roles_of(person.id),
        communities=tuple((slug, name) for slug, name in groups),
    )


def owners(keys: Iterable[str]) -> dict[str, int]:
    """Which person each identifier belongs to; those that nobody owns are left out."""
    found: dict[str, int] = {}
    wanted = list(set(keys))
    for start in range(0, len(wanted), 500):
        rows = db.session.execute(
            select(Identifier.key, Identifier.person_id).where(
                Identifier.key.in_(wanted[start : start + 500]), Identifier.person_id.is_not(None)
            )
        )
        found.update({key: owner for key, owner in rows if owner is not None})
    return found


def keys_with_role(role: str) -> frozenset[str]:
    """Every identifier of everybody who has this role now."""
    holders = select(Role.person_id).where(Role.role == role, Role.revoked_at.is_(None))
    people = {standing(_require(holder)).id for holder in db.session.scalars(holders)}
    keys = select(Identifier.key).where(Identifier.person_id.in_(people))
    return frozenset(db.session.scalars(keys))


def all_people() -> list[Person]:
    """Everybody, merged records left out."""
    query = select(Person).where(Person.merged_into.is_(None)).order_by(Person.id)
    return list(db.session.scalars(query))


def managers_of(person_id: int) -> list[Person]:
    """Who manages this person."""
    query = (
        select(Person)
        .join(ManagerOf, ManagerOf.manager_id == Person.id)
        .where(ManagerOf.person_id == person_id)
    )
    return list(db.session.scalars(query))


def say(person: Person, origin_id: int, word: str) -> None:
    """Write down what a person says about one origin: given, withdrawn or objected."""
    if word not in ("given", "withdrawn", "objected"):
        raise Refused(f'"{word}" is not an answer.', "Use given, withdrawn or objected.")
    db.session.add(Consent(person_id=person.id, origin_id=origin_id, word=word, at=now_us()))
    db.session.flush()


def words_of(person_id: int) -> dict[int, str]:
    """The last word of a person about each origin she said anything about."""
    query = select(Consent).where(Consent.person_id.in_(_records(person_id))).order_by(Consent.id)
    return {consent.origin_id: consent.word for consent in db.session.scalars(query)}


def words_about(origin_id: int) -> dict[int, str]:
    """The last word about one origin of everybody who said anything about it."""
    query = select(Consent).where(Consent.origin_id == origin_id).order_by(Consent.id)
    return {
        standing(_require(consent.person_id)).id: consent.word
        for consent in db.session.scalars(query)
    }


def allows(basis: str, word: str | None) -> bool:
    """Whether the legal basis holds: notice until objected to, consent only once given."""
    return word == "given" if basis == "consent" else word != "objected"


def read_key(text: str) -> str:
    """An identifier as somebody types it (mailto:, HOMEPAGE::NAME, openid, sha1), made canonical."""
    try:
        key = actors.key(actors.parse_key(text.strip()))
    except ValueError as error:
        raise Refused(f'"{text}" is not an identifier: {error}', "See `byway people link --help`.") from error
    if key is None:
        raise Refused(f'"{text}" is not an identifier.', "See `byway people link --help`.")
    return key


def _with_hash(key: str) -> list[str]:
    """A mailbox is also known by its sha1 (xAPI 1.0.3 Data 2.4.2.3)."""
    if not key.startswith("mailto:"):
        return [key]
    return [key, hashlib.sha1(key.encode(), usedforsecurity=False).hexdigest()]


def _identifier(key: str) -> Identifier | None:
    return db.session.scalar(select(Identifier).where(Identifier.key == key))


def _person(person_id: int | None) -> Person | None:
    return db.session.get(Person, person_id) if person_id is not None else None


def _require(person_id: int) -> Person:
    person = _person(person_id)
    if person is None:
        raise NotFound("No such person.", "Look the list of people up again.")
    return person


def _records(person_id: int) -> Sequence[int]:
    """A person's own record and those merged into it, however deep."""
    found, level = [person_id], [person_id]
    while level:
        query = select(Person.id).where(Person.merged_into.in_(level))
        level = [record for record in db.session.scalars(query) if record not in found]
        found.extend(level)
    return found
