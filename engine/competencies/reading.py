"""What the rules may ask of a statement, read once from its JSON, and liberally."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from fractions import Fraction
from typing import Any

from engine.competencies.decay import MICRO
from xapi import actors, times
from xapi.shapes import is_uuid
from xapi.vocabulary import Extension

Statement = Mapping[str, Any]

_MILLIONTH = Decimal("0.000001")
_PLACES = ("category", "grouping", "parent", "other")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """An activity in the statement's context."""

    id: str
    type: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """A statement as the rules see it: who, what, when, how well, and in which company.

    `whole` is all of it, for statement templates, which may ask about any part.
    """

    statement: str
    actor: str
    instructor: str | None
    authority: Hashable | None
    thing: str
    object_id: str | None
    object_type: str | None
    titles: tuple[str, ...]
    day: int
    at: str
    tags: frozenset[str]
    places: Mapping[str, tuple[Place, ...]]
    extensions: Mapping[str, Any]
    duration: Fraction | None
    scaled: Decimal | None
    raw: int | None
    success: bool | None
    completion: bool | None
    replaces: str | None
    whole: Statement


def identifier_key(agent: object) -> str | None:
    """The key of an agent or identified group, also of one nobody has validated; None for none."""
    try:
        return actors.key(dict(mapping(agent)))
    except (AttributeError, KeyError, TypeError):
        return None


def fold_key(key: str) -> str:
    """An identifier key as somebody typed it, as `identifier_key` would give it."""
    try:
        return actors.key(actors.parse_key(key)) or key
    except ValueError:
        return key


def fold_tag(tag: str) -> str:
    """A tag as it is compared: case-folded, runs of spaces as one hyphen."""
    return "-".join(tag.casefold().split())


def authority_key(statement: Statement) -> str | None:
    """Who vouches for the statement; of an OAuth pair, the application."""
    authority = mapping(statement.get("authority"))
    pair = authority.get("member")
    first = pair[0] if isinstance(pair, list) and pair else None
    return identifier_key(authority) or identifier_key(first)


def moment(text: object) -> tuple[int, str] | None:
    """The UTC day as an ordinal and the instant as a text that sorts; None if it is no time."""
    try:
        utc = times.read_timestamp(text) if isinstance(text, str) else None
    except ValueError:
        utc = None
    return (utc.toordinal(), utc.isoformat(timespec="microseconds")) if utc else None


def when(statement: Statement) -> tuple[int, str] | None:
    """When it happened; of a statement without its own time, when it was stored."""
    return moment(statement.get("timestamp")) or moment(statement.get("stored"))


def duration_seconds(text: object) -> Fraction | None:
    """An ISO 8601 duration in seconds, exactly; None when it is missing or no duration."""
    try:
        return Fraction(times.duration_seconds(text)) if isinstance(text, str) else None
    except ValueError:
        return None


def decimal(value: object) -> Decimal | None:
    """A JSON number as the decimal it was written as; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    exact = Decimal(str(value))
    return exact if exact.is_finite() else None


def share(scaled: Decimal | None) -> int:
    """A score between 0 and 1 in millionths, floored; beyond either end it is that end."""
    if scaled is None or scaled <= 0:
        return 0
    if scaled >= 1:
        return MICRO
    return int(scaled.quantize(_MILLIONTH, rounding=ROUND_FLOOR) * MICRO)


def stated_level(statement: Statement) -> int | None:
    """The level that somebody gave as the raw score, floored; None when there is none."""
    raw = decimal(_score(statement).get("raw"))
    return None if raw is None else int(max(Decimal(0), min(raw, Decimal(1000))))


def referred(statement: Statement) -> str | None:
    """The id of the statement that this one is about."""
    target = mapping(statement.get("object"))
    id_ = target.get("id")
    refers = target.get("objectType") == "StatementRef"
    return id_.lower() if refers and isinstance(id_, str) else None


def verb_of(statement: Statement) -> str:
    """The IRI of the verb."""
    return str(mapping(statement.get("verb")).get("id", ""))


def refs_of(statement: Statement) -> str | None:
    """The id of the former revision that this statement replaces; anything else is none."""
    former = _extensions(statement).get(Extension.REPLACES)
    return former.lower() if isinstance(former, str) and is_uuid(former) else None


def agent_key(statement: Statement) -> str | None:
    """Whose act it was; a Group is nobody in particular."""
    actor = mapping(statement.get("actor"))
    return None if actor.get("objectType") == "Group" else identifier_key(actor)


def places_of(statement: Statement) -> dict[str, tuple[Place, ...]]:
    """The activities in the context, by their relation to the statement."""
    activities = mapping(mapping(statement.get("context")).get("contextActivities"))
    return {place: _activities(activities.get(place)) for place in _PLACES if place in activities}


def object_id(statement: Statement) -> str | None:
    """The id of the activity it is about; None where its object is something else."""
    target = mapping(statement.get("object"))
    return _thing(target) if _is_activity(target) else None


def tags_of(statement: Statement) -> frozenset[str]:
    """Its tags, folded."""
    return _tags(_extensions(statement).get(Extension.TAGS))


def read_facts(statement: Statement, authority: Hashable | None = None) -> Facts | None:
    """Read a statement; None when it names no learner, no thing or no time: never evidence."""
    actor, happened, target = agent_key(statement), when(statement), statement.get("object")
    thing = _thing(mapping(target))
    if actor is None or happened is None or thing is None:
        return None
    context, result = mapping(statement.get("context")), mapping(statement.get("result"))
    definition = mapping(mapping(target).get("definition"))
    extensions = _extensions(statement)
    kind = definition.get("type")
    return Facts(
        statement=str(statement.get("id", "")),
        actor=actor,
        instructor=identifier_key(context.get("instructor")),
        authority=authority_key(statement) if authority is None else authority,
        thing=thing,
        object_id=object_id(statement),
        object_type=kind if isinstance(kind, str) else None,
        titles=tuple(
            name for name in mapping(definition.get("name")).values() if isinstance(name, str)
        ),
        day=happened[0],
        at=happened[1],
        tags=tags_of(statement),
        places=places_of(statement),
        extensions=extensions,
        duration=duration_seconds(result.get("duration")),
        scaled=decimal(_score(statement).get("scaled")),
        raw=stated_level(statement),
        success=_truth(result.get("success")),
        completion=_truth(result.get("completion")),
        replaces=refs_of(statement),
        whole=statement,
    )


def mapping(value: object) -> Mapping[str, Any]:
    """A mapping as it stands; anything else as an empty one."""
    return value if isinstance(value, dict) else {}  # JSON gives no other kind, and it is hot


def _score(statement: Statement) -> Mapping[str, Any]:
    return mapping(mapping(statement.get("result")).get("score"))


def _extensions(statement: Statement) -> Mapping[str, Any]:
    return mapping(mapping(statement.get("context")).get("extensions"))


def _is_activity(target: Mapping[str, Any]) -> bool:
    return bool(target.get("objectType", "Activity") == "Activity")


def _thing(target: Mapping[str, Any]) -> str | None:
    """What counts as one thing: the activity, the statement referred to, or the person."""
    if target.get("objectType") in ("Agent", "Group"):
        return identifier_key(target)
    id_ = target.get("id")
    return id_ if isinstance(id_, str) and id_ else None


def _tags(found: object) -> frozenset[str]:
    tags = found if isinstance(found, list | tuple) else [found]
    return frozenset(fold_tag(tag) for tag in tags if isinstance(tag, str))


def _truth(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _activities(found: object) -> tuple[Place, ...]:
    listed = found if isinstance(found, list | tuple) else [found]
    return tuple(
        Place(id=one["id"], type=mapping(one.get("definition")).get("type"))
        for one in listed
        if isinstance(one, dict) and isinstance(one.get("id"), str)
    )
