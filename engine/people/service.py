"""What can be done with people: create, link, merge, unmerge, give roles, ask who somebody is."""

from __future__ import annotations

import hashlib
import unicodedata
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select, update

from engine.db import db, portions
from engine.errors import Conflict, NotFound, Refused
from engine.moments import now_us
from engine.people.merged import records_of
from engine.people.models import (
    Community,
    Consent,
    Identifier,
    ManagerOf,
    Membership,
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
    email = unicodedata.normalize("NFKC", text).strip().strip("<>").strip().lower()
    email = email.removeprefix("mailto:")
    _, _, domain = email.rpartition("@")
    whole = ("." in domain.strip(".") or domain == "localhost") and email.isprintable()
    try:
        actors.parse_key(f"mailto:{email}")
    except ValueError:
        whole = False
    if not whole or ":" in email:
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


def find_by_uid(uid: str) -> Person | None:
    """The person of this id, as she stands now; None when there is none."""
    person = db.session.scalar(select(Person).where(Person.uid == uid))
    return standing(person) if person else None


def get_by_id(person_id: int) -> Person:
    """The person of this number, as she stands now."""
    return standing(_require(person_id))


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
    known = {one.key: one for one in _identifiers(keys)}
    _refuse_others(person, known.values())
    fresh = [key for key in keys if key not in known or known[key].person_id is None]
    for key in fresh:
        if key in known:
            known[key].person_id = person.id
        else:
            db.session.add(Identifier(key=key, person_id=person.id))
    db.session.flush()
    if fresh:
        log("linked", now_us(), person_id=person.id, keys=fresh, by=by)
    return keys


def _refuse_others(person: Person, identifiers: Iterable[Identifier]) -> None:
    mine = set(db.session.scalars(records_of(standing(person).id)))
    for one in identifiers:
        if one.person_id is not None and one.person_id not in mine:
            owner = standing(_require(one.person_id))
            raise Conflict(
                f"{one.key} already belongs to {owner.email}.",
                "If they are one person, merge them; else unlink it there first.",
            )


def unlink(person: Person, text: str, *, by: str = "") -> list[str]:
    """Take an identifier away from a person; what is recorded under it stays recorded."""
    keys = _with_hash(read_key(text))
    records = records_of(standing(person).id)
    mine = Identifier.person_id.in_(records) & Identifier.key.in_(keys)
    if not db.session.scalars(select(Identifier).where(mine)).all():
        raise NotFound(f"{keys[0]} is not linked to {person.email}.", "Check the spelling.")
    db.session.execute(update(Identifier).where(mine).values(person_id=None))
    log("unlinked", now_us(), person_id=person.id, keys=keys, by=by)
    return keys


def merge(into: Person, other: Person, *, by: str = "") -> None:
    """Take two records for one person, until unmerged.

    Each record keeps what it brought; `other` only stands for `into` from now on. So unmerging
    gives back exactly what there was, whatever was merged in between.
    """
    into, other = standing(into), standing(other)
    if into.id == other.id:
        raise Refused("These are the same person already.", "Name two different people.")
    keys = sorted(keys_of(other.id))
    other.merged_into = into.id
    db.session.flush()
    log("merged", now_us(), person_id=into.id, other_id=other.id, keys=keys, by=by)


def unmerge(other: Person, *, by: str = "") -> Person:
    """Give a merged record its own life back; what was linked since stays where it was linked."""
    if other.merged_into is None:
        raise Refused(f"{other.email} is not merged into anybody.", "Nothing needs undoing.")
    keys = sorted(keys_of(other.id))
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


def take_role(person: Person, role: str) -> None:
    """Take a role away; not having it is no error. That she had it, and when, stays written."""
    if role not in ROLES[1:]:
        raise Refused(f'"{role}" cannot be taken away.', f"Choose from {', '.join(ROLES[1:])}.")
    held = Role.person_id.in_(records_of(standing(person).id)) & (Role.role == role)
    now = update(Role).where(held, Role.revoked_at.is_(None)).values(revoked_at=now_us())
    db.session.execute(now)


def roles_of(person_id: int) -> frozenset[str]:
    """The roles somebody has now, those of records merged into hers included; always learner."""
    mine = Role.person_id.in_(records_of(person_id)) & Role.revoked_at.is_(None)
    return frozenset(db.session.scalars(select(Role.role).where(mine))) | {"learner"}


def keys_of(person_id: int) -> frozenset[str]:
    """All identifiers of a person, those of records merged into hers included."""
    mine = select(Identifier.key).where(Identifier.person_id.in_(records_of(person_id)))
    return frozenset(db.session.scalars(mine))


def who(person: Person) -> Who:
    """A person with all that other layers need to know of her."""
    groups = db.session.execute(
        select(Community.slug, Community.name)
        .join(Membership, Membership.community_id == Community.id)
        .where(Membership.person_id.in_(records_of(person.id)))
        .distinct()
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
    """Which person each identifier stands for now; those that nobody owns are left out."""
    found: dict[str, int] = {}
    merges = _merges()
    for part in portions(sorted(set(keys))):
        query = select(Identifier.key, Identifier.person_id).where(
            Identifier.key.in_(part), Identifier.person_id.is_not(None)
        )
        rows = db.session.execute(query)
        found.update({key: _top(owner, merges) for key, owner in rows if owner is not None})
    return found


def keys_with_role(role: str) -> frozenset[str]:
    """Every identifier of everybody who has this role now."""
    merges = _merges()
    has = select(Role.person_id).where(Role.role == role, Role.revoked_at.is_(None)).distinct()
    holders = {_top(holder, merges) for holder in db.session.scalars(has)}
    records = holders | {record for record in merges if _top(record, merges) in holders}
    found: list[str] = []
    for part in portions(sorted(records)):
        found += db.session.scalars(select(Identifier.key).where(Identifier.person_id.in_(part)))
    return frozenset(found)


def all_people() -> list[Person]:
    """Everybody, merged records left out."""
    query = select(Person).where(Person.merged_into.is_(None)).order_by(Person.id)
    return list(db.session.scalars(query))


def managers_of(person_id: int) -> list[Person]:
    """Who manages this person."""
    query = (
        select(Person)
        .join(ManagerOf, ManagerOf.manager_id == Person.id)
        .where(ManagerOf.person_id.in_(records_of(person_id)))
        .order_by(Person.id)
    )
    found = {standing(manager).id: standing(manager) for manager in db.session.scalars(query)}
    return [manager for manager in found.values() if manager.id != person_id]


def say(person: Person, origin_id: int, word: str) -> None:
    """Write down what a person says about one origin: given, withdrawn or objected."""
    if word not in ("given", "withdrawn", "objected"):
        raise Refused(f'"{word}" is not an answer.', "Use given, withdrawn or objected.")
    db.session.add(Consent(person_id=person.id, origin_id=origin_id, word=word, at=now_us()))
    db.session.flush()


def words_of(person_id: int) -> dict[int, str]:
    """The last word of a person about each origin she said anything about."""
    query = select(Consent).where(Consent.person_id.in_(records_of(person_id))).order_by(Consent.id)
    return {consent.origin_id: consent.word for consent in db.session.scalars(query)}


def words_about(origin_id: int) -> dict[int, str]:
    """The last word about one origin of everybody who said anything about it."""
    query = select(Consent.person_id, Consent.word).where(Consent.origin_id == origin_id)
    merges = _merges()
    said = db.session.execute(query.order_by(Consent.id))
    return {_top(person_id, merges): word for person_id, word in said}


def allows(basis: str, word: str | None) -> bool:
    """Whether the legal basis holds: notice until objected to, consent only once given."""
    return word == "given" if basis == "consent" else word != "objected"


def read_key(text: str) -> str:
    """An identifier as somebody types it, made canonical.

    That is mailto:ADDRESS or a bare address, HOMEPAGE::NAME, an openid, or a sha1.
    """
    written = text.strip()
    if "@" in written and "://" not in written and "::" not in written:
        return f"mailto:{clean_email(written)}"
    try:
        key = actors.key(actors.parse_key(written))
    except ValueError as error:
        mend = "See `byway people link --help`."
        raise Refused(f'"{text}" is not an identifier: {error}.', mend) from error
    if key is None:
        raise Refused(f'"{text}" is not an identifier.', "See `byway people link --help`.")
    return key


def _with_hash(key: str) -> list[str]:
    """A mailbox is also known by its sha1 (xAPI 1.0.3 Data 2.4.2.3)."""
    if not key.startswith("mailto:"):
        return [key]
    return [key, hashlib.sha1(key.encode(), usedforsecurity=False).hexdigest()]


def _identifiers(keys: Sequence[str]) -> Sequence[Identifier]:
    return db.session.scalars(select(Identifier).where(Identifier.key.in_(keys))).all()


def _identifier(key: str) -> Identifier | None:
    return next(iter(_identifiers([key])), None)


def _person(person_id: int | None) -> Person | None:
    return db.session.get(Person, person_id) if person_id is not None else None


def _require(person_id: int) -> Person:
    person = _person(person_id)
    if person is None:
        raise NotFound("No such person.", "Look the list of people up again.")
    return person


def _merges() -> dict[int, int]:
    """Every merged record, and the one it was merged into."""
    query = select(Person.id, Person.merged_into).where(Person.merged_into.is_not(None))
    return {record: into for record, into in db.session.execute(query) if into is not None}


def _top(record: int, merges: Mapping[int, int]) -> int:
    """The person that a record stands for now."""
    while record in merges:
        record = merges[record]
    return record
