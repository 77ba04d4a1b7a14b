"""Levels that people state in Byway: a learner for herself, others when she asked them to.

Asking somebody is the grant: to say one level of one competency of hers, and to see nothing. So
peers and managers take the same way, and who is not asked says nothing.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from engine.competencies import projector
from engine.competencies.evidence import OWN_PROFILE, Ruleset
from engine.db import db
from engine.errors import NotFound, Refused
from engine.lrs.keys import authority_of, own_origin
from engine.lrs.store import Authority, Entry
from engine.moments import from_us, now_us
from engine.people import service as people
from engine.people.merged import records_of
from engine.people.models import Person
from engine.people.service import Who
from engine.pipeline import entry_of, record
from engine.voices import LONGEST, RATED, Said, Subject, activity_of, all_said, standing
from xapi import statements
from xapi.vocabulary import Extension

MOST_ASKED = 20
"""How many requests of one learner may be open."""
MOST_SHOWN = 50


class LevelRequest(db.Model):  # type: ignore[name-defined,misc]
    """A learner asks somebody for a level in one competency, until she withdraws it.

    Asking again is the same row.
    """

    __tablename__ = "level_request"
    __table_args__ = (UniqueConstraint("person_id", "asked_id", "competency"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    asked_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    competency: Mapped[str] = mapped_column(String(500))
    asked_at: Mapped[int] = mapped_column(BigInteger)
    withdrawn_at: Mapped[int | None] = mapped_column(BigInteger)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request, as either side sees it; `said` is what the one who was asked says by now."""

    id: int
    learner: str
    asked: str
    competency: str
    asked_at: int
    is_open: bool
    said: Said | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """A level in somebody's own words; `named`: the learner is told who said it."""

    level: int
    words: str = ""
    named: bool = False


# ---- Asking --------------------------------------------------------------------------------


def ask(who: Who, email: str, competency: str) -> Refused | None:
    """Ask somebody known here for a level; asking again changes nothing. Why not, if not."""
    try:
        _ask(who, people.get_person(email), competency)
    except Refused as refusal:
        return refusal
    return None


def _ask(who: Who, asked: Person, competency: str) -> None:
    if asked.id == who.id:
        raise Refused("That is yourself.", "State your own level above.")
    open_ = [(one.asked_id, one.competency) for one in open_requests(who.id)]
    if (asked.id, competency) in open_:
        return
    if len(open_) >= MOST_ASKED:
        raise Refused(
            f"{MOST_ASKED} requests of yours are open.", "Withdraw one that is no longer needed."
        )
    given = {"person_id": who.id, "asked_id": asked.id, "competency": competency}
    row = db.session.scalar(select(LevelRequest).filter_by(**given)) or LevelRequest(**given)
    row.asked_at, row.withdrawn_at = now_us(), None
    db.session.add(row)
    db.session.flush()


def open_requests(person_id: int) -> list[LevelRequest]:
    """What a learner asks for now."""
    query = select(LevelRequest).where(
        LevelRequest.person_id.in_(records_of(person_id)), LevelRequest.withdrawn_at.is_(None)
    )
    return list(db.session.scalars(query.order_by(LevelRequest.id)))


def asked_for(person_id: int, competency: str) -> list[Request]:
    """Whom a learner asks for a level in one competency now."""
    found = open_requests(person_id)
    return [_request(one) for one in found if one.competency == competency]


def withdraw(who: Who, request_id: int) -> str:
    """Take a request back; what was said stays until its speaker takes it back. Its competency."""
    row = db.session.get(LevelRequest, request_id)
    if row is None or people.get_by_id(row.person_id).id != who.id:
        raise NotFound("There is no such request of yours.", "Load the page again.")
    row.withdrawn_at = row.withdrawn_at or now_us()
    return row.competency


def asked_of(who: Who) -> list[Request]:
    """What somebody is asked for, open ones first; a withdrawn one as long as her word stands."""
    mine = LevelRequest.asked_id.in_(records_of(who.id))
    query = select(LevelRequest).where(mine)
    order = (LevelRequest.withdrawn_at.is_not(None), LevelRequest.asked_at.desc())
    rows = db.session.scalars(query.order_by(*order).limit(MOST_SHOWN))
    ruleset = projector.ruleset_of(projector.serving().ruleset_id)
    told = [_request(row, _word(who, row, ruleset)) for row in rows]
    return [one for one in told if one.is_open or one.said]


def _word(who: Who, row: LevelRequest, ruleset: Ruleset) -> Said | None:
    learner = people.get_by_id(row.person_id)
    return standing(subject_of(learner, row.competency, ruleset)).get(who.id)


def _request(row: LevelRequest, said: Said | None = None) -> Request:
    return Request(
        id=row.id,
        learner=people.get_by_id(row.person_id).name,
        asked=people.get_by_id(row.asked_id).name,
        competency=row.competency,
        asked_at=row.asked_at,
        is_open=row.withdrawn_at is None,
        said=said,
    )


def asked_one(who: Who, request_id: int) -> LevelRequest:
    """A request to this person.

    :raises NotFound: there is none, or it is somebody else's.
    """
    row = db.session.get(LevelRequest, request_id)
    if row is None or people.get_by_id(row.asked_id).id != who.id:
        raise NotFound("You were not asked for this.", "Go back to what you were asked for.")
    return row


# ---- Stating -------------------------------------------------------------------------------


def subject_of(learner: Person, competency: str, ruleset: Ruleset) -> Subject:
    """One competency of somebody known here."""
    return Subject(
        keys=people.keys_of(learner.id),
        person_id=learner.id,
        competency=competency,
        ruleset=ruleset,
    )


def state_own(who: Who, competency: str, ruleset: Ruleset, stated: Stated) -> None:
    """A learner says which level she gives herself."""
    _state(who, subject_of(people.get_by_id(who.id), competency, ruleset), stated)


def answer(who: Who, request_id: int, ruleset: Ruleset, stated: Stated) -> None:
    """Somebody who was asked says which level she gives the learner.

    :raises Refused: the request was withdrawn.
    """
    row = asked_one(who, request_id)
    if row.withdrawn_at is not None:
        raise Refused("This request was withdrawn.", "You need not do anything.")
    learner = people.get_by_id(row.person_id)
    if learner.id == who.id:
        raise Refused("This is about yourself.", "State your own level on your own page.")
    _state(who, subject_of(learner, row.competency, ruleset), stated)


def take_back_own(who: Who, competency: str, ruleset: Ruleset) -> None:
    """A learner takes her own word on a level back."""
    _take_back(who, subject_of(people.get_by_id(who.id), competency, ruleset))


def take_back(who: Who, request_id: int, ruleset: Ruleset) -> None:
    """Somebody takes back what she said when asked, also once the request is withdrawn."""
    row = asked_one(who, request_id)
    _take_back(who, subject_of(people.get_by_id(row.person_id), row.competency, ruleset))


def _state(who: Who, subject: Subject, stated: Stated) -> None:
    """Store her word in place of those before; saying the same again stores nothing."""
    if not 1 <= stated.level <= subject.top or len(stated.words) > LONGEST:
        raise Refused(
            f"A level is a whole number from 1 to {subject.top}.",
            f"Choose one, and say why in {LONGEST:,} letters or fewer.",
        )
    before = [one for one in all_said(subject) if one.who == who.id and one.own]
    if [Stated(level=one.level, words=one.words, named=one.named) for one in before] == [stated]:
        return
    authority = _own()
    statement = _statement(who, subject, stated)
    _store([*_voids(before, authority), entry_of(statement, authority=authority)])


def _take_back(who: Who, subject: Subject) -> None:
    before = [one for one in all_said(subject) if one.who == who.id and one.own]
    _store(list(_voids(before, _own())))


def _store(entries: list[Entry]) -> None:
    db.session.rollback()  # what was read is released before the store takes its lock
    if entries:
        record(entries)


def _voids(said: list[Said], authority: Authority) -> Iterator[Entry]:
    for one in said:
        statement = statements.voiding(
            sid=uuid.uuid4(), target=one.sid, actor=authority.agent, at=from_us(now_us())
        )
        yield entry_of(statement, authority=authority)


def _own() -> Authority:
    return authority_of(own_origin())


def _statement(who: Who, subject: Subject, stated: Stated) -> dict[str, Any]:
    """Her word as a statement; what is of our own profile is never evidence."""
    context: dict[str, Any] = {"contextActivities": {"category": [{"id": OWN_PROFILE}]}}
    if subject.person_id != who.id:
        context["contextAgents"] = [{"objectType": "contextAgent", "agent": _learner(subject)}]
        context["extensions"] = {Extension.NAMED: stated.named}
    return statements.build(
        sid=uuid.uuid4(),
        actor={"objectType": "Agent", "name": who.name, "mbox": f"mailto:{who.email}"},
        verb=RATED,
        obj=activity_of(subject.competency),
        at=from_us(now_us()),
        result={
            "score": {"raw": stated.level, "min": 0, "max": subject.top},
            **({"response": stated.words} if stated.words else {}),
        },
        context=context,
    )


def _learner(subject: Subject) -> dict[str, Any]:
    """The learner as an agent, by the address of her own record."""
    learner = people.get_by_id(subject.person_id or 0)
    return {"objectType": "Agent", "mbox": f"mailto:{learner.email}"}
