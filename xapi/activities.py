"""Activities, their definitions and interactions, and the activities of a context."""

from __future__ import annotations

from typing import Any

from xapi.notes import RELATED, Kinds, Notes
from xapi.rules import Offence, missing, must, step, unknown_key
from xapi.shapes import (
    is_iri,
    need_extensions,
    need_iri,
    need_language_map,
    need_object,
)

_ACTIVITY = frozenset({"objectType", "id", "definition"})
_COMPONENT_LISTS = ("choices", "scale", "source", "target", "steps")
_INTERACTION = frozenset({"interactionType", "correctResponsesPattern", *_COMPONENT_LISTS})
_DEFINITION = _INTERACTION | {"name", "description", "type", "moreInfo", "extensions"}
_COMPONENT = frozenset({"id", "description"})
_CONTEXT_ACTIVITIES = frozenset({"parent", "grouping", "category", "other"})

INTERACTIONS: dict[str, tuple[str, ...]] = {
    "true-false": (),
    "choice": ("choices",),
    "fill-in": (),
    "long-fill-in": (),
    "matching": ("source", "target"),
    "performance": ("steps",),
    "sequencing": ("choices",),
    "likert": ("scale",),
    "numeric": (),
    "other": (),
}
"""Interaction type -> the lists of components it may have."""

_EXAMPLE = '{"id": "http://example.org/webinars/12"}'
_ELSEWHERE = {"mbox", "mbox_sha1sum", "openid", "account", "member"}


def check_activity(value: Any, path: str, kinds: Kinds, notes: Notes) -> None:
    """Refuse what is not an activity; note it."""
    need_object(value, path, "an activity", "activity", _EXAMPLE)
    if not _ACTIVITY.issuperset(value):
        raise _unknown_activity_key(value, path)
    if value.get("objectType", "Activity") != "Activity":
        fix = 'Write "objectType": "Activity", or leave it out.'
        raise must(step(path, "objectType"), '"Activity"', value["objectType"], "activity", fix)
    if "id" not in value:
        raise missing(path, "id", "An activity", "activity", f"For example {_EXAMPLE}.")
    if not is_iri(value["id"]):
        need_iri(value["id"], f"{path}.id", "activity")
    if "definition" in value:
        _check_definition(value["definition"], f"{path}.definition")
    notes.activity(kinds, value["id"])


def _unknown_activity_key(value: dict[str, Any], path: str) -> Offence:
    offence = unknown_key(value, _ACTIVITY, path, "An activity", "activity")
    if "objectType" not in value and not _ELSEWHERE.isdisjoint(value):
        offence.fix = 'An agent or group as object says so: add "objectType": "Agent" or "Group".'
    return offence


def _check_definition(value: Any, path: str) -> None:
    example = '{"name": {"en": "Budget webinar"}}'
    need_object(value, path, "an activity definition", "activity", example)
    if not _DEFINITION.issuperset(value):
        raise unknown_key(value, _DEFINITION, path, "An activity definition", "activity")
    if "name" in value:
        need_language_map(value, "name", path)
    if "description" in value:
        need_language_map(value, "description", path)
    if "type" in value:
        need_iri(value["type"], f"{path}.type", "activity")
    if "moreInfo" in value:
        need_iri(value["moreInfo"], f"{path}.moreInfo", "activity")
    if "extensions" in value:
        need_extensions(value, path)
    if not _INTERACTION.isdisjoint(value):
        _check_interaction(value, path)


def _check_interaction(value: dict[str, Any], path: str) -> None:
    kind = value.get("interactionType")
    if kind.__class__ is not str or kind not in INTERACTIONS:
        known = ", ".join(INTERACTIONS)
        raise must(
            f"{path}.interactionType", f"one of {known}", kind, "activity",
            'For example "interactionType": "choice"; without one, leave out the other '
            "properties of an interaction.",
        )  # fmt: skip
    if "correctResponsesPattern" in value:
        _check_patterns(value["correctResponsesPattern"], f"{path}.correctResponsesPattern")
    for name in _COMPONENT_LISTS:
        if name in value:
            _check_components(value[name], f"{path}.{name}", name, kind)


def _check_patterns(patterns: Any, path: str) -> None:
    example = 'For example ["true"] or ["choice-1[,]choice-2"].'
    if patterns.__class__ is not list:
        raise must(path, "an array of strings", patterns, "activity", example)
    for number, pattern in enumerate(patterns):
        if pattern.__class__ is not str:
            raise must(f"{path}[{number}]", "a string", pattern, "activity", example)


def _check_components(components: Any, path: str, name: str, kind: str) -> None:
    if name not in INTERACTIONS[kind]:
        lists = " and ".join(INTERACTIONS[kind]) or "no list of components"
        rule = f'An interaction of type "{kind}" has no "{name}"; it has {lists}.'
        raise Offence(path, rule, "activity", f'Remove "{name}" or correct the interactionType.')
    if components.__class__ is not list:
        fix = f'For example "{name}": [{{"id": "a", "description": {{"en": "First"}}}}].'
        raise must(path, "an array of components", components, "activity", fix)
    ids: set[str] = set()
    for number, component in enumerate(components):
        _check_component(component, f"{path}[{number}]", ids)


def _check_component(component: Any, path: str, ids: set[str]) -> None:
    example = '{"id": "a", "description": {"en": "First"}}'
    need_object(component, path, "an interaction component", "activity", example)
    if not _COMPONENT.issuperset(component):
        raise unknown_key(component, _COMPONENT, path, "An interaction component", "activity")
    name = component.get("id")
    if name.__class__ is not str:
        raise must(f"{path}.id", "a string", name, "activity", f"For example {example}.")
    if name in ids:
        rule = f"The ids of a list of components are all different; {name[:60]!r} came before."
        raise Offence(f"{path}.id", rule, "activity", "Give each component an id of its own.")
    ids.add(name)
    if "description" in component:
        need_language_map(component, "description", path)


# xAPI 1.0.3 Data 2.4.6.2: a single activity is accepted and given back as an array of one
def check_context_activities(value: Any, path: str, notes: Notes) -> None:
    """Refuse what is no map of context activities; put single ones into arrays; note them."""
    example = f'{{"parent": [{_EXAMPLE}]}}'
    need_object(value, path, "context activities", "context-activities", example)
    if not _CONTEXT_ACTIVITIES.issuperset(value):
        raise unknown_key(
            value, _CONTEXT_ACTIVITIES, path, "contextActivities", "context-activities"
        )
    for name, activities in value.items():
        if activities.__class__ is dict:
            check_activity(activities, step(path, name), RELATED, notes)
            value[name] = [activities]
            notes.changed = True
            continue
        if activities.__class__ is not list:
            fix = f'For example "{name}": [{_EXAMPLE}].'
            raise must(
                step(path, name), "an array of activities", activities, "context-activities", fix
            )
        for number, activity in enumerate(activities):
            check_activity(activity, f"{path}.{name}[{number}]", RELATED, notes)
