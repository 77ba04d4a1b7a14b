"""The IRIs of results: those of the public profiles, and our own for what they have no word for.

Sources: the Total Learning Architecture's profile (adlnet/MasterObjectModel) and ADL's Learner
Competency profile (adlnet/xapi-authored-profiles).
"""

from __future__ import annotations

from typing import Any

from engine.competencies.evidence import OWN_PROFILE
from engine.people.models import Person
from xapi.vocabulary import COMPETENCY, Extension

LEARNER_COMPETENCY = "https://w3id.org/xapi/learnercompetency"
CONFIDENCE = "https://w3id.org/xapi/tla/extensions/confidence"
EVIDENCE = "https://w3id.org/xapi/tla/extensions/evidence"
EXPIRES = "https://w3id.org/xapi/comp/contextextensions/expires"
LEVEL, RULESET, AS_OF = Extension.LEVEL, Extension.RULESET, Extension.AS_OF

OURS = {"objectType": "Activity", "id": OWN_PROFILE}
"""The category of what Byway says itself; what carries it is no evidence."""


def learner_of(person: Person) -> dict[str, Any]:
    """Somebody as Byway's own statements name her."""
    return {"objectType": "Agent", "name": person.name, "mbox": f"mailto:{person.email}"}


def competency_of(competency: str, name: str) -> dict[str, Any]:
    """A competency as an activity."""
    definition = {"type": COMPETENCY, "name": {"en": name}}
    return {"objectType": "Activity", "id": competency, "definition": definition}
