"""Statements for the tests of the standard, and the means to change one value in them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

SID = "8f87ccde-bb56-4c2e-ab83-44982ef22df0"
REGISTRATION = "ec531277-b57b-4c15-8d91-d292c5b2b8f7"
SHA2 = "495395e777cd98da653df9615d09c0fd6bb2f8d4788394cd53c56a3bfdcd848a"
VOIDED = "http://adlnet.gov/expapi/verbs/voided"
GONE = object()

ANNA = {"mbox": "mailto:anna@example.org"}
BEN = {"account": {"homePage": "https://lms.example.org", "name": "ben"}}
CARA = {"openid": "https://id.example.org/cara"}
DORA = {"mbox_sha1sum": "ebd31e95054c018b10727ccffd2ef2ec3a016ee9"}
TEAM = {"objectType": "Group", "member": [ANNA, BEN]}
WEBINAR = {"id": "http://example.org/webinars/12"}
REFERENCE = {"objectType": "StatementRef", "id": SID}
ATTACHMENT = {
    "usageType": "http://example.org/attachments/certificate",
    "display": {"en": "Certificate"},
    "contentType": "application/pdf",
    "length": 27,
    "sha2": SHA2,
}

_SHORT: dict[str, Any] = {
    "actor": ANNA,
    "verb": {"id": "http://adlnet.gov/expapi/verbs/attended"},
    "object": WEBINAR,
}
_QUIZ: dict[str, Any] = {
    "objectType": "Activity",
    "id": "http://example.org/quiz/1",
    "definition": {
        "name": {"en": "Quiz", "es-MX": "Prueba"},
        "description": {"en": "About budgets"},
        "type": "http://adlnet.gov/expapi/activities/cmi.interaction",
        "moreInfo": "https://example.org/quiz",
        "interactionType": "choice",
        "correctResponsesPattern": ["a[,]b"],
        "choices": [{"id": "a", "description": {"en": "First"}}, {"id": "b"}],
        "extensions": {"http://example.org/ext/anything": None},
    },
}
_FULL: dict[str, Any] = {
    "id": SID,
    "actor": {"objectType": "Agent", "name": "Anna", **ANNA},
    "verb": {"id": "http://adlnet.gov/expapi/verbs/attended", "display": {"en": "attended"}},
    "object": _QUIZ,
    "result": {
        "score": {"scaled": 0.8, "raw": 80, "min": 0, "max": 100},
        "success": True,
        "completion": False,
        "response": "a[,]b",
        "duration": "PT57M",
        "extensions": {"http://example.org/ext/deep": {"null": None, "": [{}]}},
    },
    "context": {
        "registration": REGISTRATION,
        "instructor": CARA,
        "team": TEAM,
        "contextActivities": {
            "parent": [WEBINAR],
            "grouping": [],
            "category": [{"id": "urn:example:category"}],
            "other": [{"id": "tag:example.org,2026:other", "objectType": "Activity"}],
        },
        "revision": "2",
        "platform": "GovLoop",
        "language": "en-US",
        "statement": REFERENCE,
        "extensions": {},
    },
    "timestamp": "2026-03-19T14:05:00.123Z",
    "stored": "2026-03-19T14:05:01.000Z",
    "authority": BEN,
    "version": "1.0.3",
    "attachments": [{**ATTACHMENT, "fileUrl": "https://example.org/c.pdf"}],
}
_SUB: dict[str, Any] = {
    "objectType": "SubStatement",
    "actor": BEN,
    "verb": {"id": "http://adlnet.gov/expapi/verbs/completed"},
    "object": {"id": "http://example.org/course/1"},
    "context": {"contextActivities": {"parent": [{"id": "http://example.org/programme"}]}},
    "timestamp": "2030-01-01T00:00:00Z",
}


def _copy(value: Any) -> Any:
    """A copy in which no two places share an object (as deepcopy would)."""
    return json.loads(json.dumps(value))


def short() -> dict[str, Any]:
    """The least a statement can be."""
    return _copy(_SHORT)


def full() -> dict[str, Any]:
    """A statement that uses every property of 1.0.3 it can."""
    return _copy(_FULL)


def planned() -> dict[str, Any]:
    """A statement about a SubStatement."""
    return put(short(), "object", _SUB)


def modern() -> dict[str, Any]:
    """A statement with what 2.0 added."""
    mentor = {
        "objectType": "contextAgent",
        "agent": DORA,
        "relevantTypes": ["http://example.org/r"],
    }
    crew = {"objectType": "contextGroup", "group": TEAM}
    return put(short(), "context", {"contextAgents": [mentor], "contextGroups": [crew]})


def at(statement: Any, path: str) -> Any:
    """What lies at a path such as actor.member[0]; the statement itself at an empty one."""
    return _follow(statement, _steps(path))


def _steps(path: str) -> list[str | int]:
    return [
        int(number) if number else name or quoted
        for name, number, quoted in re.findall(r'([A-Za-z_]\w*)|\[(\d+)\]|\["(.*?)"\]', path)
    ]


def _follow(value: Any, steps: Iterable[str | int]) -> Any:
    for step in steps:
        value = value[step]
    return value


def put(statement: Any, path: str, value: Any) -> Any:
    """The statement with one value set (or taken out: GONE) at a path such as actor.member[0]."""
    *way, last = _steps(path)
    holder = _follow(statement, way)
    if value is GONE:
        del holder[last]
    else:
        holder[last] = _copy(value)
    return statement
