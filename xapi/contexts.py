"""The context of a statement, and references to statements."""

from __future__ import annotations

from typing import Any

from xapi.activities import check_context_activities
from xapi.actors import check_actor, check_agent, check_group
from xapi.notes import RELATED, Notes
from xapi.rules import Offence, missing, must, step, unknown_key
from xapi.shapes import (
    need_extensions,
    need_iri,
    need_language,
    need_object,
    need_text,
    need_uuid,
)

_CONTEXT = frozenset(
    {
        "registration",
        "instructor",
        "team",
        "contextActivities",
        "revision",
        "platform",
        "language",
        "statement",
        "extensions",
    }
)
_NEWER_CONTEXT = _CONTEXT | {"contextAgents", "contextGroups"}
_REFERENCE = frozenset({"objectType", "id"})

_REFERENCE_EXAMPLE = '{"objectType": "StatementRef", "id": "8f87ccde-bb56-4c2e-ab83-44982ef22df0"}'


def check_context(value: Any, path: str, notes: Notes, *, about_activity: bool) -> None:
    """Refuse what is not a context; note the agents and activities it names."""
    need_object(value, path, "a context", "context", '{"platform": "GovLoop"}')
    allowed = _NEWER_CONTEXT if notes.newer else _CONTEXT
    if not allowed.issuperset(value):
        raise _unknown_context_key(value, allowed, path)
    if "registration" in value:
        need_uuid(value["registration"], f"{path}.registration", "context")
    if "contextActivities" in value:
        check_context_activities(value["contextActivities"], f"{path}.contextActivities", notes)
    if "instructor" in value:
        check_actor(value["instructor"], f"{path}.instructor", RELATED, notes)
    if "team" in value:
        check_group(value["team"], f"{path}.team", RELATED, notes)
    if "language" in value:
        need_language(value["language"], f"{path}.language")
    if "statement" in value:
        check_reference(value["statement"], f"{path}.statement")
    if "extensions" in value:
        need_extensions(value, path)
    _check_revision_and_platform(value, path, about_activity)
    if notes.newer:
        _check_related(value, path, notes)


def _unknown_context_key(value: dict[str, Any], allowed: frozenset[str], path: str) -> Offence:
    offence = unknown_key(value, allowed, path, "A context", "context")
    if offence.path.endswith((".contextAgents", ".contextGroups")):
        offence.fix = "Send it as xAPI 2.0 (X-Experience-API-Version: 2.0.0), or use instructor."
    return offence


# xAPI 1.0.3 Data 2.4.6: both are used only if the statement's object is an activity
def _check_revision_and_platform(value: dict[str, Any], path: str, about_activity: bool) -> None:
    for name in ("revision", "platform"):
        if name not in value:
            continue
        need_text(value, name, path, "context")
        if not about_activity:
            rule = f'"{name}" is used only when the object is an activity.'
            fix = f'Remove "{name}", or put it into the extensions of the context.'
            raise Offence(f"{path}.{name}", rule, "context", fix)


# IEEE 9274.1.1 4.2.2.5: people in the context, each with the roles that matter
def _check_related(value: dict[str, Any], path: str, notes: Notes) -> None:
    for plural, single in (("contextAgents", "agent"), ("contextGroups", "group")):
        if plural not in value:
            continue
        entries = value[plural]
        if entries.__class__ is not list:
            fix = f'For example "{plural}": [{_related_example(single)}].'
            raise must(step(path, plural), "an array", entries, "context", fix)
        for number, entry in enumerate(entries):
            _check_related_entry(entry, f"{path}.{plural}[{number}]", single, notes)


def _check_related_entry(entry: Any, path: str, single: str, notes: Notes) -> None:
    kind, example = f"context{single.capitalize()}", _related_example(single)
    need_object(entry, path, f"a {kind}", "context", example)
    allowed = ("objectType", single, "relevantTypes")
    if any(key not in allowed for key in entry):
        raise unknown_key(entry, allowed, path, f"A {kind}", "context")
    if entry.get("objectType") != kind:
        expected, got = f'"{kind}"', entry.get("objectType")
        raise must(f"{path}.objectType", expected, got, "context", f"For example {example}.")
    if single not in entry:
        raise missing(path, single, f"A {kind}", "context", f"For example {example}.")
    check = check_agent if single == "agent" else check_group
    check(entry[single], f"{path}.{single}", RELATED, notes)
    if "relevantTypes" in entry:
        _check_types(entry["relevantTypes"], f"{path}.relevantTypes")


def _related_example(single: str) -> str:
    who = '"mbox": "mailto:anna@example.org"'
    if single == "group":
        who = f'"objectType": "Group", {who}'
    return f'{{"objectType": "context{single.capitalize()}", "{single}": {{{who}}}}}'


def _check_types(types: Any, path: str) -> None:
    if types.__class__ is not list or not types:
        fix = 'For example ["http://example.org/roles/mentor"], or leave relevantTypes out.'
        raise must(path, "an array with at least one IRI", types, "context", fix)
    for number, kind in enumerate(types):
        need_iri(kind, f"{path}[{number}]", "context")


def check_reference(value: Any, path: str) -> None:
    """Refuse what is not a reference to a statement: exactly objectType and id."""
    need_object(value, path, "a statement reference", "statement-in-object", _REFERENCE_EXAMPLE)
    kind = value.get("objectType")
    if kind != "StatementRef":
        fix = f"For example {_REFERENCE_EXAMPLE}."
        raise must(f"{path}.objectType", '"StatementRef"', kind, "statement-in-object", fix)
    if not _REFERENCE.issuperset(value):
        topic = "statement-in-object"
        raise unknown_key(value, _REFERENCE, path, "A statement reference", topic)
    if "id" not in value:
        fix = f"For example {_REFERENCE_EXAMPLE}."
        raise missing(path, "id", "A statement reference", "statement-in-object", fix)
    need_uuid(value["id"], f"{path}.id", "statement-in-object")
