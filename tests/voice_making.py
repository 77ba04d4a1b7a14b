"""What tests of voices and disputes make: people, who manages whom, and levels sent with a key."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any

from engine import voices
from engine.asked_levels import Stated
from engine.competencies import projector
from engine.db import db, transaction
from engine.people import service as people
from engine.people.models import ManagerOf
from engine.people.service import Who
from engine.profiles import today
from engine.voices import Subject, Voices
from xapi.vocabulary import COMPETENCY, VERBS, Extension

RATED = VERBS["rated"].iri
FRAMEWORK = "https://w3id.org/byway/frameworks/public-service-learning/"
DATA, POLICY = FRAMEWORK + "data-literacy", FRAMEWORK + "policy-and-public-value"
PATH = "/competencies/data-literacy"


def manages(manager: Who, learner: Who) -> None:
    """From now on she manages her."""
    with transaction() as session:
        session.add(ManagerOf(person_id=learner.id, manager_id=manager.id))


def manages_no_more(learner: Who) -> None:
    """Nobody manages her from now on."""
    with transaction() as session:
        session.delete(session.get_one(ManagerOf, learner.id))


def rating(
    speaker: str,
    learner: str,
    level: float = 2,
    *,
    competency: str = DATA,
    days: float = 1,
    words: str = "",
    named: bool = False,
    **members: Any,
) -> dict[str, Any]:
    """Somebody rates somebody, as another system would send it at 2.0."""
    at = datetime.now(UTC) - timedelta(days=days)
    agent = {"objectType": "Agent", "mbox": f"mailto:{learner}"}
    context: dict[str, Any] = {
        "contextAgents": [{"objectType": "contextAgent", "agent": agent}],
        "extensions": {Extension.NAMED: named},
    }
    return {
        "id": str(uuid.uuid4()),
        "actor": {"objectType": "Agent", "mbox": f"mailto:{speaker}", "name": "As she writes it"},
        "verb": {"id": RATED},
        "object": {"id": competency, "definition": {"type": COMPETENCY}},
        "result": {"score": {"raw": level}, **({"response": words} if words else {})},
        "context": context,
        "timestamp": at.isoformat(),
        **members,
    }


def own_rating(learner: str, level: int, instructor: str = "", **members: Any) -> dict[str, Any]:
    """The form that 1.0.3 has: the learner is the actor, who speaks is the instructor."""
    said = {"objectType": "Agent", "mbox": f"mailto:{instructor}"}
    context = {"instructor": said} if instructor else {}
    return {**rating(learner, "", level), "context": context, **members}


def ruleset() -> Any:
    """The ruleset in force."""
    return projector.ruleset_of(projector.serving().ruleset_id)


def heard(learner: Who, competency: str = DATA, until: date | None = None) -> Voices:
    """What people say of her by the end of a day; today's unless told otherwise."""
    db.session.rollback()
    keys = people.keys_of(learner.id)
    subject = Subject(keys=keys, person_id=learner.id, competency=competency, ruleset=ruleset())
    return voices.heard(subject, until or today())


def stated(level: int, words: str = "", *, named: bool = False) -> Stated:
    """A level in somebody's own words."""
    return Stated(level=level, words=words, named=named)
