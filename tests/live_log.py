"""Putting statements into a real log and asking what they come to, for tests of what follows it."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

from factories import HOME, a_statement
from sqlalchemy import select

from engine import profiles
from engine.competencies import projector
from engine.competencies.scoring import Standing
from engine.db import db, reading, transaction
from engine.lrs import keys
from engine.lrs.store import Authority
from engine.people import service as people
from engine.pipeline import entry_of, record
from xapi.vocabulary import Extension

FRAMEWORK = "https://w3id.org/byway/frameworks/public-service-learning/"
DATA = FRAMEWORK + "data-literacy"
REPLIED = "http://id.tincanapi.com/verb/replied"
ACCEPTED = "http://activitystrea.ms/accept"
REJECTED = "http://activitystrea.ms/reject"
VERIFIED = "https://w3id.org/xapi/tla/verbs/verified"
VOIDED = "http://adlnet.gov/expapi/verbs/voided"
DAY = date(2026, 9, 9)


def an_origin(name: str = "lms", kind: str = "key", **given: Any) -> Authority:
    """An origin with the trust of an ordinary key, unless told otherwise."""
    with transaction():
        return keys.authority_of(keys.create_origin(kind, name, home_page=HOME, **given))


def put(origin: Authority, *statements: dict[str, Any]) -> list[str]:
    """Store statements one by one; their ids."""
    db.session.rollback()
    for statement in statements:
        record([entry_of(statement, authority=origin)])
    return [statement["id"] for statement in statements]


def answered(email: str = "bo@example.org", thing: str = "1", **extensions: Any) -> dict[str, Any]:
    """An answer in a forum, tagged so that it speaks for data literacy."""
    tags = {Extension.TAGS: ["data"]}
    context = {"extensions": tags | extensions}
    return a_statement(email, REPLIED, f"https://forum.example.org/t/{thing}", context=context)


def on(target: str, verb: str = ACCEPTED, by: str = "ines@example.org", **members: Any) -> Any:
    """Somebody's word on a statement, or its voiding."""
    refers = {"object": {"objectType": "StatementRef", "id": target}}
    return a_statement(by, verb, **refers, **members)


def new_id() -> str:
    """An id for a statement that comes later."""
    return str(uuid.uuid4())


def where(email: str = "bo@example.org", as_of: date = DAY) -> Standing | None:
    """Where somebody stands in data literacy, once the log is projected."""
    profiles.catch_up()
    return here(email, as_of)


def here(email: str = "bo@example.org", as_of: date = DAY) -> Standing | None:
    """The same from what is projected by now."""
    db.session.rollback()
    person = people.get_person(email)
    return profiles.profile_of(person.id, as_of).standings.get(DATA)


def classes(standing: Standing | None) -> list[str]:
    """The assurance of each thing that contributed."""
    return [one.assurance for one in standing.explain] if standing else []


def projected() -> dict[str, list[tuple[Any, ...]]]:
    """Every row of the projection that pages read, but for its generation."""
    db.session.rollback()
    generation = projector.serving().generation
    with reading() as connection:
        return {
            table.name: sorted(
                tuple(map(str, row[1:]))
                for row in connection.execute(select(table).where(table.c.generation == generation))
            )
            for table in projector.ROWS
        }
