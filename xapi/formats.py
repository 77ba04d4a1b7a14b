"""The formats ids and canonical of GET statements, and the definitions of activities behind them.

Every function takes statements that passed the walk and leaves them as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from xapi.activities import INTERACTIONS
from xapi.actors import IDENTIFIERS
from xapi.languages import Range, choose

_Part = dict[str, Any]

_COMPONENT_LISTS = tuple(sorted({name for lists in INTERACTIONS.values() for name in lists}))
_INTERACTION = frozenset({"interactionType", "correctResponsesPattern", *_COMPONENT_LISTS})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    """What becomes of each agent or group, each verb and each activity of a statement."""

    agent: Callable[[_Part], _Part]
    verb: Callable[[_Part], _Part]
    activity: Callable[[_Part], _Part]


# xAPI 1.0.3 Communication 2.1.3 (format): the least that identifies agents, verbs and activities
def ids(statement: _Part) -> _Part:
    """The statement with identifiers only; of groups without one, its members' identifiers."""
    return _event(statement, _BARE)


# xAPI 1.0.3 Communication 2.1.3 (language filtering); agents and attachments stay as sent
def canonical(statement: _Part, wanted: Sequence[Range], definitions: Mapping[str, _Part]) -> _Part:
    """The statement with known definitions in place of its own, in one language each.

    :param definitions: by the activity's id; one that is not in it keeps what the statement says.
    """

    def described(activity: _Part) -> _Part:
        definition = definitions.get(activity["id"], activity.get("definition"))
        if definition is None:
            return activity
        return {**activity, "definition": _in_one_language(definition, wanted)}

    def displayed(verb: _Part) -> _Part:
        return _with_chosen(verb, ("display",), wanted)

    return _event(statement, _Change(agent=_same, verb=displayed, activity=described))


def activities(statement: _Part) -> Iterator[_Part]:
    """Every activity of a statement: its object, those of its context and of a SubStatement."""
    thing = statement["object"]
    kind = thing.get("objectType", "Activity")
    if kind == "Activity":
        yield thing
    elif kind == "SubStatement":
        yield from activities(thing)
    for named in statement.get("context", {}).get("contextActivities", {}).values():
        yield from named


def activity_ids(statement: _Part) -> list[str]:
    """The id of every activity of a statement, as often as it occurs."""
    return [activity["id"] for activity in activities(statement)]


def definitions(statement: _Part) -> Iterator[tuple[str, _Part]]:
    """(id, definition) of every activity of which the statement says more than its id."""
    for activity in activities(statement):
        if activity.get("definition"):
            yield activity["id"], activity["definition"]


# xAPI 1.0.3 Data 2.4.4.1: a record store keeps one definition of an activity, all languages in it
def merge(before: _Part | None, after: _Part) -> _Part:
    """A definition and what was said later: languages and extensions add up, else the later wins.

    What belongs to an interaction of another type is dropped, so the result keeps the rules.
    """
    if before is None:
        return after
    if after.get("interactionType", before.get("interactionType")) != before.get("interactionType"):
        before = {name: part for name, part in before.items() if name not in _INTERACTION}
    merged = {**before, **after}
    for name in ("name", "description", "extensions"):
        if name in before and name in after:
            merged[name] = {**before[name], **after[name]}
    for name in _COMPONENT_LISTS:
        if name in before and name in after:
            merged[name] = _merged_components(before[name], after[name])
    return merged


def _merged_components(before: list[_Part], after: list[_Part]) -> list[_Part]:
    """The later list, with the languages in which the earlier one described the same components."""
    known = {component["id"]: component.get("description", {}) for component in before}
    merged = []
    for component in after:
        described = {**known.get(component["id"], {}), **component.get("description", {})}
        merged.append({**component, "description": described} if described else component)
    return merged


def _event(event: _Part, change: _Change) -> _Part:
    """A statement or SubStatement with every part of it changed."""
    changed = {
        **event,
        "actor": change.agent(event["actor"]),
        "verb": change.verb(event["verb"]),
        "object": _object(event["object"], change),
    }
    if "authority" in event:
        changed["authority"] = change.agent(event["authority"])
    if "context" in event:
        changed["context"] = _context(event["context"], change)
    return changed


def _object(thing: _Part, change: _Change) -> _Part:
    match thing.get("objectType", "Activity"):
        case "Activity":
            return change.activity(thing)
        case "Agent" | "Group":
            return change.agent(thing)
        case "SubStatement":
            return _event(thing, change)
        case _:
            return thing


def _context(context: _Part, change: _Change) -> _Part:
    changed = dict(context)
    for name in ("instructor", "team"):
        if name in context:
            changed[name] = change.agent(context[name])
    for plural, single in (("contextAgents", "agent"), ("contextGroups", "group")):
        if plural in context:
            changed[plural] = [
                {**entry, single: change.agent(entry[single])} for entry in context[plural]
            ]
    if "contextActivities" in context:
        changed["contextActivities"] = {
            name: [change.activity(activity) for activity in named]
            for name, named in context["contextActivities"].items()
        }
    return changed


def _bare_agent(agent: _Part) -> _Part:
    """Type and identifier; of a group without one, type and bare members."""
    kept = ("objectType", *IDENTIFIERS)
    bare = {name: part for name, part in agent.items() if name in kept}
    if bare.keys().isdisjoint(IDENTIFIERS):
        bare["member"] = [_bare_agent(member) for member in agent["member"]]
    return bare


def _bare(part: _Part) -> _Part:
    return {"id": part["id"]}


_BARE = _Change(agent=_bare_agent, verb=_bare, activity=_bare)


def _same(part: _Part) -> _Part:
    return part


def _in_one_language(definition: _Part, wanted: Sequence[Range]) -> _Part:
    chosen = _with_chosen(definition, ("name", "description"), wanted)
    for name in _COMPONENT_LISTS:
        if name in chosen:
            chosen[name] = [_with_chosen(one, ("description",), wanted) for one in chosen[name]]
    return chosen


def _with_chosen(part: _Part, names: Sequence[str], wanted: Sequence[Range]) -> _Part:
    """A copy of a part with one language in each of these maps."""
    chosen = {name: choose(part[name], wanted) for name in names if name in part}
    return {**part, **chosen}
