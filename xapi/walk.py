"""The one walk over a statement: every rule of its form, its index terms, the wrapped values."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from xapi.activities import check_activity
from xapi.actors import check_actor, check_authority
from xapi.attachments import check_attachments
from xapi.contexts import check_context, check_reference
from xapi.notes import DIRECT, RELATED, Kinds, Notes
from xapi.results import check_result
from xapi.rules import Offence, missing, must, step, unknown_key
from xapi.shapes import (
    is_iri,
    is_statement_version,
    need_iri,
    need_language_map,
    need_object,
    need_timestamp,
    need_uuid,
)
from xapi.times import is_utc, to_utc
from xapi.vocabulary import VOIDED

_EVENT = frozenset(
    {"actor", "verb", "object", "result", "context", "timestamp", "attachments"}
)  # what a statement and a SubStatement share
_SERVER = frozenset({"id", "stored", "version", "authority"})
_STATEMENT = _EVENT | _SERVER
_SUBSTATEMENT = _EVENT | {"objectType"}
_VERB = frozenset({"id", "display"})
_OBJECT_TYPES = '"Activity", "Agent", "Group", "StatementRef" or "SubStatement"'

_EXAMPLES = {
    "actor": '"actor": {"mbox": "mailto:anna@example.org"}',
    "verb": '"verb": {"id": "http://adlnet.gov/expapi/verbs/attended"}',
    "object": '"object": {"id": "http://example.org/webinars/12"}',
}
_EXAMPLE = "{" + ", ".join(_EXAMPLES.values()) + "}"


@dataclass(frozen=True, slots=True)
class Walked:
    """What one walk found in a statement that keeps every rule."""

    terms: frozenset[tuple[str, str]]
    """Index terms: v verb, r registration, a and o what the plain agent and activity filters
    match, A and O what only related_agents and related_activities match."""
    target: uuid.UUID | None
    """The statement that the object refers to."""
    voids: bool
    """Whether the statement voids its target."""
    changed: bool
    """Whether the walk rewrote a value, as the standard asks."""


def walk(statement: Any, *, version: str, path: str = "$") -> Walked:
    """Check a parsed statement against every rule of statement form.

    Rewrites in place what the standard changes: single context activities become arrays, and at
    2.0 timestamps become UTC. `id`, `stored`, `authority` and `version` may be absent. The first
    offence is raised as StatementRefused, with its place below `path`.
    """
    notes = Notes(newer=version.startswith("2"))
    try:
        _check_statement(statement, path, notes)
    except Offence as offence:
        raise offence.refusal(version) from None
    return Walked(frozenset(notes.terms), notes.target, notes.voids, notes.changed)


def _check_statement(statement: Any, path: str, notes: Notes) -> None:
    need_object(statement, path, "a statement", "format", _EXAMPLE)
    if not _STATEMENT.issuperset(statement):
        raise unknown_key(statement, _STATEMENT, path, "A statement", "format")
    if "id" in statement:
        need_uuid(statement["id"], f"{path}.id", "id")
    _check_event(statement, path, DIRECT, notes)
    notes.terms.add(("v", statement["verb"]["id"]))
    if "context" in statement and "registration" in statement["context"]:
        notes.terms.add(("r", statement["context"]["registration"].lower()))
    if "stored" in statement:
        need_timestamp(statement["stored"], f"{path}.stored")
    if "authority" in statement:
        check_authority(statement["authority"], f"{path}.authority", RELATED, notes)
    if "version" in statement:
        _check_version(statement["version"], f"{path}.version", notes)


def _check_version(value: Any, path: str, notes: Notes) -> None:
    if not is_statement_version(value, newer=notes.newer):
        expected = '"1.0", "1.0.x" or "2.0.x"' if notes.newer else '"1.0" or "1.0.x"'
        fix = 'Leave "version" out: the record store fills it in. '
        fix += "2.0.x needs the request header X-Experience-API-Version: 2.0.0."
        raise must(path, expected, value, "version", fix)


def _check_event(event: dict[str, Any], path: str, kinds: Kinds, notes: Notes) -> None:
    """Check what a statement and a SubStatement have in common."""
    for name, example in _EXAMPLES.items():
        if name not in event:
            owner = "A SubStatement" if kinds is RELATED else "A statement"
            raise missing(path, name, owner, "format", f"For example {example}.")
    _check_verb(event["verb"], f"{path}.verb")
    check_actor(event["actor"], f"{path}.actor", kinds, notes)
    kind = _check_object(event["object"], f"{path}.object", kinds, notes)
    if event["verb"]["id"] == VOIDED:
        _check_voiding(kind, path, kinds, notes)
    if "result" in event:
        check_result(event["result"], f"{path}.result")
    if "context" in event:
        about_activity = kind == "Activity"
        check_context(event["context"], f"{path}.context", notes, about_activity=about_activity)
    if "timestamp" in event:
        _check_timestamp(event, f"{path}.timestamp", notes)
    if "attachments" in event:
        check_attachments(event["attachments"], f"{path}.attachments")


def _check_verb(verb: Any, path: str) -> None:
    example = '{"id": "http://adlnet.gov/expapi/verbs/attended", "display": {"en": "attended"}}'
    need_object(verb, path, "a verb", "verb", example)
    if not _VERB.issuperset(verb):
        raise unknown_key(verb, _VERB, path, "A verb", "verb")
    if "id" not in verb:
        raise missing(path, "id", "A verb", "verb", f"For example {example}.")
    if not is_iri(verb["id"]):
        need_iri(verb["id"], f"{path}.id", "verb")
    if "display" in verb:
        need_language_map(verb, "display", path)


def _check_object(value: Any, path: str, kinds: Kinds, notes: Notes) -> str:
    """Check the object by its type, which is an activity's unless it says otherwise."""
    need_object(value, path, "an object", "object", '{"id": "http://example.org/webinars/12"}')
    kind = value.get("objectType", "Activity")
    if kind == "Activity":
        check_activity(value, path, kinds, notes)
    elif kind in ("Agent", "Group"):
        check_actor(value, path, kinds, notes)
    elif kind == "StatementRef":
        check_reference(value, path)
        if kinds is DIRECT:
            notes.target = uuid.UUID(value["id"])
    elif kind == "SubStatement":
        _check_substatement(value, path, kinds, notes)
    else:
        fix = 'Leave objectType out for an activity, or write it as in "objectType": "Agent".'
        raise must(step(path, "objectType"), f"one of {_OBJECT_TYPES}", kind, "object", fix)
    return str(kind)


# xAPI 1.0.3 Data 2.4.4.3: a statement that has not happened, without what a record store fills in
def _check_substatement(value: dict[str, Any], path: str, kinds: Kinds, notes: Notes) -> None:
    topic = "statement-in-object"
    if kinds is RELATED:
        fix = "Refer to a stored statement instead: objectType StatementRef and its id."
        rule = "A SubStatement cannot contain another SubStatement."
        raise Offence(f"{path}.objectType", rule, topic, fix)
    if not _SUBSTATEMENT.issuperset(value):
        raise unknown_key(value, _SUBSTATEMENT, path, "A SubStatement", topic)
    _check_event(value, path, RELATED, notes)


# xAPI 1.0.3 Data 2.3.2: the object of a voiding statement is a reference
def _check_voiding(kind: str, path: str, kinds: Kinds, notes: Notes) -> None:
    if kind != "StatementRef":
        rule = f"A voiding statement has a StatementRef as object; this one has a {kind}."
        fix = 'For example "object": {"objectType": "StatementRef", "id": "8f87ccde-bb56-…"}.'
        raise Offence(f"{path}.object", rule, "voiding", fix)
    notes.voids = kinds is DIRECT


# IEEE 9274.1.1 4.2.7: timestamps are given back in UTC
def _check_timestamp(event: dict[str, Any], path: str, notes: Notes) -> None:
    value = event["timestamp"]
    need_timestamp(value, path)
    if notes.newer and not is_utc(value):
        event["timestamp"] = to_utc(value)
        notes.changed = True
