"""Decisions about handles that nobody owns: linked, created, put aside; and taking them back.

A handle is an identifier as `xapi.actors.key` writes it. A name that came without an address has
one of its own under a home page that no system has; it is never looked for by anything but a hand.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import String, cast, delete, select

from engine.db import db, portions
from engine.errors import Conflict, Forbidden, NotFound, Refused
from engine.moments import now_us
from engine.people import service
from engine.people.inbox_models import IgnoredHandle
from engine.people.models import Identifier, PeopleLog, Person, log

NAME_AT = "urn:byway:name-at:"
"""Before the name of a source: the home page of names that came without an address there."""
LONGEST_NAME = 200
_LONGEST = 1000
HISTORY = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Decider:
    """Who decides: a signed-in person with her roles, or the command line, which has no person."""

    name: str
    person_id: int | None = None
    roles: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One entry of the log of people, and what would take it back ("" when nothing would)."""

    id: int
    at: int
    act: str
    email: str
    other: str
    keys: tuple[str, ...]
    by: str
    back: str


def name_handle(source: str, name: str, number: int = 1) -> str:
    """The handle of a name at a source; its second person by that name has number 2."""
    return f"{NAME_AT}{source}::{name}" + (f" ({number})" if number > 1 else "")


def name_in(handle: str) -> tuple[str, str] | None:
    """The source and the name of such a handle; None for any other."""
    if not handle.startswith(NAME_AT):
        return None
    source, _, name = handle.removeprefix(NAME_AT).partition("::")
    return source, name


def handle_of(text: str) -> str:
    """A handle as a form or a file names it, made canonical; refused when it can be none."""
    if "\0" in text or len(text) > _LONGEST:
        raise Refused("This is no handle.", "Look at the open handles again.", where="handle")
    return service.read_key(text)


def person_for(email: str, *, name: str = "", create: bool = False, by: str) -> tuple[Person, bool]:
    """The person of an address, or a new one if that is wanted; and whether she is new.

    :raises NotFound: nobody has it, and nobody is to be created.
    """
    person = service.find_person(email)
    if person is not None:
        return person, False
    address = service.clean_email(email)
    if not create:
        raise NotFound(
            f"Nobody here has the address {address}.",
            "Check the spelling, or say that a person is to be created.",
            where="email",
        )
    called = " ".join(name.split())
    if len(called) > LONGEST_NAME or not called.isprintable():
        raise Refused("This name is too long.", f"Give up to {LONGEST_NAME} letters.", where="name")
    return service.create_person(name=called, email=address, by=by), True


def require_may(decider: Decider, *people: Person) -> None:
    """Refuse a decision about oneself, or one by which more than a learner's rights would move.

    What is recorded under a handle becomes readable to whom it is linked, so nobody links to
    herself; the command line may do all of it.
    """
    if decider.person_id is None:
        return
    standing = {service.standing(person).id for person in people}
    if decider.person_id in standing:
        raise Forbidden(
            "This would be about yourself, and what is private would become yours to read.",
            "Ask somebody else of your team, or an operator.",
            where="email",
        )


def require_may_merge(decider: Decider, *people: Person) -> None:
    """The same for merges, which move roles too: only an operator merges who has any."""
    require_may(decider, *people)
    if decider.person_id is None or "operator" in decider.roles:
        return
    for person in people:
        if service.roles_of(service.standing(person).id) - {"learner"}:
            raise Forbidden(
                f"{person.email} has a role beside that of a learner, and it would move.",
                "Ask an operator.",
                where="email",
            )


def link(handle: str, person: Person, decider: Decider) -> bool:
    """Say whose a handle is; whether that was new. A handle put aside is taken up again."""
    require_may(decider, person)
    key = handle_of(handle)
    fresh = key not in service.keys_of(service.standing(person).id)
    service.link(person, key, by=decider.name)
    db.session.execute(delete(IgnoredHandle).where(IgnoredHandle.key == key))
    return fresh


def ignore(handles: Iterable[str], decider: Decider) -> int:
    """Put handles aside: they stay nobody's and are not asked about; how many were not before."""
    wanted = {handle_of(handle) for handle in handles}
    fresh = sorted(wanted - ignored(wanted))
    for handle in fresh:
        db.session.add(IgnoredHandle(key=handle, at=now_us(), by=decider.name))
    if fresh:
        log("ignored", now_us(), keys=fresh, by=decider.name)
    db.session.flush()
    return len(fresh)


def heed(handles: Iterable[str], decider: Decider) -> int:
    """Take handles up again that were put aside; how many."""
    found = sorted(ignored({handle_of(handle) for handle in handles}))
    for part in portions(found):
        db.session.execute(delete(IgnoredHandle).where(IgnoredHandle.key.in_(part)))
    if found:
        log("heeded", now_us(), keys=found, by=decider.name)
    db.session.flush()
    return len(found)


def ignored(handles: Collection[str]) -> set[str]:
    """Those of these handles that are put aside."""
    found: set[str] = set()
    for part in portions(handles):
        query = select(IgnoredHandle.key).where(IgnoredHandle.key.in_(part))
        found.update(db.session.scalars(query))
    return found


def history(*, before: int | None = None, limit: int = HISTORY) -> list[Decision]:
    """The newest decisions about people, before an entry if one is named."""
    query = select(PeopleLog).order_by(PeopleLog.id.desc()).limit(limit)
    if before is not None:
        query = query.where(PeopleLog.id < before)
    entries = db.session.scalars(query).all()
    emails = _emails({id_ for one in entries for id_ in (one.person_id, one.other_id) if id_})
    return [_decision(entry, emails) for entry in entries]


def _emails(person_ids: Collection[int]) -> dict[int, str]:
    found: dict[int, str] = {}
    for part in portions(person_ids):
        query = select(Person.id, Person.email).where(Person.id.in_(part))
        found.update(dict(db.session.execute(query).all()))
    return found


def _decision(entry: PeopleLog, emails: Mapping[int, str]) -> Decision:
    return Decision(
        id=entry.id,
        at=entry.at,
        act=entry.act,
        email=emails.get(entry.person_id or 0, ""),
        other=emails.get(entry.other_id or 0, ""),
        keys=tuple(entry.keys),
        by=entry.by,
        back=_back(entry),
    )


def _back(entry: PeopleLog) -> str:
    """What takes an entry back, as long as it still holds."""
    match entry.act:
        case "linked":
            return "unlink" if _is_linked(entry) else ""
        case "unlinked":
            return "link" if not service.owners(entry.keys) else ""
        case "merged":
            return "unmerge" if _is_merged(entry) else ""
        case "unmerged":
            other = db.session.get(Person, entry.other_id)
            return "merge" if other is not None and other.merged_into is None else ""
        case "ignored":
            return "heed" if ignored(entry.keys) else ""
        case "heeded":
            return "ignore" if not service.owners(entry.keys) and not ignored(entry.keys) else ""
        case _:
            return ""


def _is_linked(entry: PeopleLog) -> bool:
    found = db.session.scalars(select(Identifier).where(Identifier.key.in_(entry.keys))).all()
    return bool(found) and all(one.person_id == entry.person_id for one in found)


def _is_merged(entry: PeopleLog) -> bool:
    other = db.session.get(Person, entry.other_id)
    return other is not None and other.merged_into is not None


def take_back(entry_id: int, decider: Decider) -> str:
    """Undo one entry of the log, by an entry of its own; what was done.

    :raises Conflict: something else was decided since.
    """
    entry = db.session.get(PeopleLog, entry_id)
    if entry is None:
        raise NotFound("There is no such decision.", "Look at the history again.")
    back = _back(entry)
    if not back:
        raise Conflict(
            "This does not hold any more: something else was decided since.",
            "Look at the newest entries of the history.",
        )
    _BACK[back](entry, decider)
    return back


def _unlink(entry: PeopleLog, decider: Decider) -> None:
    person = _person(entry.person_id)
    require_may(decider, person)
    service.unlink(person, entry.keys[0], by=decider.name)


def _relink(entry: PeopleLog, decider: Decider) -> None:
    link(entry.keys[0], _person(entry.person_id), decider)


def _unmerge(entry: PeopleLog, decider: Decider) -> None:
    into, other = _person(entry.person_id), _person(entry.other_id)
    require_may_merge(decider, into, other)
    service.unmerge(other, by=decider.name)


def _merge(entry: PeopleLog, decider: Decider) -> None:
    merge(_person(entry.person_id), _person(entry.other_id), decider)


_BACK: Mapping[str, Callable[[PeopleLog, Decider], object]] = {
    "unlink": _unlink,
    "link": _relink,
    "unmerge": _unmerge,
    "merge": _merge,
    "heed": lambda entry, decider: heed(entry.keys, decider),
    "ignore": lambda entry, decider: ignore(entry.keys, decider),
}


def merge(into: Person, other: Person, decider: Decider) -> None:
    """Take two records for one person, if this decider may."""
    require_may_merge(decider, into, other)
    service.merge(into, other, by=decider.name)


def _person(person_id: int | None) -> Person:
    person = db.session.get(Person, person_id) if person_id is not None else None
    if person is None:
        raise NotFound("No such person.", "Look the list of people up again.")
    return person


def linked_by(person_id: int) -> dict[str, tuple[int, str]]:
    """When and by whom each identifier of a person was linked, as far as the log says."""
    keys = service.keys_of(person_id)
    records = select(Identifier.person_id).where(Identifier.key.in_(keys))
    query = select(PeopleLog).where(PeopleLog.act == "linked", PeopleLog.person_id.in_(records))
    found: dict[str, tuple[int, str]] = {}
    for entry in db.session.scalars(query.order_by(PeopleLog.id)):
        found.update({key: (entry.at, entry.by) for key in entry.keys if key in keys})
    return found


def last_linked(handles: Sequence[str]) -> dict[str, tuple[int, str]]:
    """Whose these handles were, and who had said so: (person's record, by)."""
    found: dict[str, tuple[int, str]] = {}
    for handle in handles:
        written = cast(PeopleLog.keys, String).contains(json.dumps(handle), autoescape=True)
        query = select(PeopleLog).where(PeopleLog.act == "linked", written)
        entry = db.session.scalars(query.order_by(PeopleLog.id.desc()).limit(1)).first()
        if entry is not None and entry.person_id is not None:
            found[handle] = (entry.person_id, entry.by)
    return found
