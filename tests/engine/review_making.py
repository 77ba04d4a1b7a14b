"""Two people and an item that one asks the other to look at, for tests of reviews."""

from __future__ import annotations

import uuid
from datetime import date, timedelta

from factories import a_person
from live_log import an_origin, answered, classes, put, where

from engine import profiles
from engine.competencies.counting import count_rows
from engine.db import db, transaction
from engine.lrs.reader import Stored
from engine.people import service as people
from engine.people.service import Who
from engine.pipeline import reader
from engine.reviews import dialogue, requests
from engine.reviews.requests import Request
from engine.sources import decisions

BO, INES, EVE = "bo@example.org", "ines@example.org", "eve@example.org"
SOON = profiles.today() + timedelta(days=2)
"""A day on which all that is said now counts."""


def the_cast() -> None:
    """Bo, who learns; Ines, a peer; Eve, an expert."""
    a_person("Bo Lund", BO)
    a_person("Ines Roy", INES)
    a_person("Eve Ode", EVE, "expert")


def who(email: str) -> Who:
    """Somebody as she is now."""
    db.session.rollback()
    return people.who(people.get_person(email))


def an_item(email: str = BO, thing: str = "1") -> uuid.UUID:
    """Somebody's answer in a forum, through a key of its own; its statement."""
    statement = answered(email, thing)
    put(an_origin(f"forum of {thing} {email}"), statement)
    profiles.catch_up()
    return uuid.UUID(statement["id"])


def asked(item: uuid.UUID, reviewer: str = INES, learner: str = BO, question: str = "") -> Request:
    """The learner asks somebody to look at an item."""
    hers = who(learner)
    root = decisions.root_of(hers, item)
    with transaction():
        return requests.ask(hers, reviewer, root, question)


def accepted(item: uuid.UUID, reviewer: str = INES, learner: str = BO) -> Request:
    """Somebody accepts the item she was asked to look at."""
    request = asked(item, reviewer, learner)
    dialogue.judge(who(reviewer), request.id, dialogue.ACCEPTED)
    return request


def again(request: Request) -> Request:
    """A request as it is by now."""
    (found,) = [one for one in requests.all_asked_by(who(BO)) if one.id == request.id]
    return found


def standing_classes(as_of: date = SOON) -> list[str]:
    """The assurance of each thing that speaks for Bo."""
    return classes(where(BO, as_of))


def reach() -> set[int]:
    """The levels up to which what Bo has done can speak."""
    profiles.catch_up()
    record = profiles.profile_of(who(BO).id, SOON).record
    return {one.reach for one in count_rows(record, SOON)}


def log() -> list[Stored]:
    """All that is stored, oldest first."""
    return reader().log(0, 1_000)
