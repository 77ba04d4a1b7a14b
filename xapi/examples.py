"""A whole small statement for every rule, in which the rule is kept: what to send instead."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from typing import Any

from xapi.errors import StatementRefused
from xapi.rules import CLAUSES
from xapi.vocabulary import VOIDED

_SID = "8f87ccde-bb56-4c2e-ab83-44982ef22df0"
_ANNA = {"mbox": "mailto:anna@example.org"}
_ACCOUNT = {"account": {"homePage": "https://lms.example.org", "name": "anna"}}
_REFERENCE = {"objectType": "StatementRef", "id": _SID}
_PLAIN: dict[str, Any] = {
    "actor": _ANNA,
    "verb": {"id": "http://adlnet.gov/expapi/verbs/attended"},
    "object": {"id": "http://example.org/webinars/12"},
}


def _with(**members: Any) -> dict[str, Any]:
    return {**_PLAIN, **members}


_ACTIVITY = {
    "objectType": "Activity",
    "id": "http://example.org/webinars/12",
    "definition": {
        "name": {"en": "Budgets in plain words"},
        "description": {"en": "How a budget is read"},
        "type": "http://id.tincanapi.com/activitytype/webinar",
        "moreInfo": "http://example.org/webinars/12/about",
        "extensions": {"http://example.org/ext/room": "12"},
    },
}
_QUESTION = {
    "id": "http://example.org/quiz/1",
    "definition": {
        "interactionType": "choice",
        "correctResponsesPattern": ["first[,]second"],
        "choices": [
            {"id": "first", "description": {"en": "The first"}},
            {"id": "second", "description": {"en": "The second"}},
            {"id": "third", "description": {"en": "The third"}},
        ],
    },
}
_PLAN = {
    "objectType": "SubStatement",
    "actor": _ANNA,
    "verb": {"id": "http://adlnet.gov/expapi/verbs/completed"},
    "object": {"objectType": "Activity", "id": "http://example.org/course/1"},
}
_GROUP = {"objectType": "Group", "name": "Budget circle", "member": [_ANNA, _ACCOUNT]}
_ATTACHMENT = {
    "usageType": "http://example.org/attachments/certificate",
    "display": {"en": "Certificate"},
    "description": {"en": "Certificate of attendance"},
    "contentType": "application/pdf",
    "length": 27,
    "sha2": "495395e777cd98da653df9615d09c0fd6bb2f8d4788394cd53c56a3bfdcd848a",
    "fileUrl": "https://example.org/certificates/12.pdf",
}
_PLACES = {
    name: [{"objectType": "Activity", "id": f"http://example.org/{name}"}]
    for name in ("parent", "grouping", "category", "other")
}
_MENTOR = ["http://example.org/roles/mentor"]
_AGENT_THERE = {"objectType": "contextAgent", "agent": _ANNA, "relevantTypes": _MENTOR}
_GROUP_THERE = {"objectType": "contextGroup", "group": _GROUP, "relevantTypes": _MENTOR}

EXAMPLES: Mapping[str, tuple[dict[str, Any], ...]] = {
    "format": (_PLAIN,),
    "id": (_with(id=_SID),),
    "agent": (_with(actor={"objectType": "Agent", "name": "Anna", **_ANNA}),),
    "group": (_with(actor=_GROUP), _with(context={"team": _GROUP})),
    "identifier": (
        _PLAIN,
        _with(actor={"mbox_sha1sum": "ebd31e95054c018b10727ccffd2ef2ec3a016ee9"}),
        _with(actor={"openid": "https://id.example.org/anna"}),
    ),
    "account": (_with(actor=_ACCOUNT),),
    "verb": (_with(verb={**_PLAIN["verb"], "display": {"en": "attended"}}),),
    "voiding": (_with(verb={"id": VOIDED}, object=_REFERENCE),),
    "object": (_with(object={"objectType": "Activity", **_PLAIN["object"]}),),
    "activity": (
        _with(object=_ACTIVITY),
        _with(object=_QUESTION),
        _with(context={"contextActivities": _PLACES}),
    ),
    "statement-in-object": (
        _with(object=_PLAN),
        _with(object=_REFERENCE),
        _with(context={"statement": _REFERENCE}),
    ),
    "result": (
        _with(
            result={
                "success": True,
                "completion": True,
                "response": "first[,]second",
                "duration": "PT57M",
            }
        ),
    ),
    "score": (_with(result={"score": {"scaled": 0.8, "raw": 80, "min": 0, "max": 100}}),),
    "context": (
        _with(
            context={
                "registration": "ec531277-b57b-4c15-8d91-d292c5b2b8f7",
                "instructor": {"mbox": "mailto:cara@example.org"},
                "team": _GROUP,
                "revision": "2",
                "platform": "GovLoop",
            }
        ),
    ),
    "context-activities": (_with(context={"contextActivities": _PLACES}),),
    "timestamp": (_with(timestamp="2026-03-19T14:05:00Z"),),
    "authority": (_with(authority=_ACCOUNT),),
    "version": (_with(version="1.0.3"),),
    "attachment": (_with(attachments=[_ATTACHMENT]),),
    "extensions": (
        _with(context={"extensions": {"http://example.org/ext/room": "12"}}),
        _with(object=_ACTIVITY),
        _with(result={"extensions": {"http://example.org/ext/room": "12"}}),
    ),
    "language": (
        _with(verb={**_PLAIN["verb"], "display": {"en": "attended", "es-MX": "asistió a"}}),
        _with(object=_ACTIVITY),
        _with(context={"language": "en-US"}),
        _with(attachments=[_ATTACHMENT]),
        _with(object=_QUESTION),
    ),
    "iri": (_with(object=_ACTIVITY),),
    "uuid": (
        _with(id=_SID),
        _with(context={"registration": "ec531277-b57b-4c15-8d91-d292c5b2b8f7"}),
    ),
    "duration": (_with(result={"duration": "PT1H30M"}),),
    "query": (_with(id=_SID),),
}
"""Topic of a rule -> statements that keep it, in 1.0.3 as in 2.0."""

NEWER: Mapping[str, tuple[dict[str, Any], ...]] = {
    "version": (_with(version="2.0.0"),),
    "context": (
        _with(context={"contextAgents": [_AGENT_THERE]}),
        _with(context={"contextGroups": [_GROUP_THERE]}),
    ),
}
"""What only 2.0 knows."""

_ELSEWHERE = {"Communication 1.5.2": "attachment", "Communication 2.1.1": "id"}
"""Other clauses under which statements are refused -> the topic whose examples keep them."""

_STEP = re.compile(r'\.([A-Za-z_]\w*)|\[(\d+)\]|\["([^"]*)"\]')


def example_of(refusal: StatementRefused) -> dict[str, Any] | None:
    """A statement that keeps the rule that was broken, about the place where it was broken.

    It passes in the version that the refusal speaks of. None where the refusal cites no clause
    about a statement's form, such as that of a signature.
    """
    found = [example for topic in _topics(refusal.clause) for example in topic]
    if not found:
        return None
    return copy.deepcopy(max(found, key=lambda example: _reach(example, refusal.path)))


def _topics(cited: str) -> Iterator[tuple[dict[str, Any], ...]]:
    """The examples of each topic whose clause is cited."""
    older = "xAPI 1.0.3" in cited
    for topic, examples in EXAMPLES.items():
        clause, newer = CLAUSES[topic]
        if _names(cited, clause if older else newer):
            yield examples if older else examples + NEWER.get(topic, ())
    yield from (EXAMPLES[topic] for clause, topic in _ELSEWHERE.items() if _names(cited, clause))


def _names(cited: str, clause: str) -> bool:
    return re.search(rf"(?<![\w.]){re.escape(clause)}(?![\w.])", cited) is not None


def _reach(example: Any, path: str) -> int:
    """How many steps of a path can be taken inside an example; one element stands for all."""
    taken, holder = 0, example
    for name, number, quoted in _STEP.findall(re.sub(r"^\$(\[\d+\])?", "", path)):
        if number:
            holder = holder[0] if isinstance(holder, list) else None
        else:
            holder = holder.get(name or quoted) if isinstance(holder, dict) else None
        if holder is None:
            break
        taken += 1
    return taken
