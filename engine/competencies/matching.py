"""The `match` of a rule as questions to a statement, prepared once."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from engine.competencies import templates
from engine.competencies.checked import members
from engine.competencies.reading import Facts, decimal, duration_seconds, fold_tag
from engine.errors import Refused

Question = Callable[[Facts], bool]

_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "gte": operator.ge,
    "gt": operator.gt,
    "lte": operator.le,
    "lt": operator.lt,
}
COMPARISONS = tuple(_COMPARE)


def glob(patterns: Iterable[str]) -> Callable[[str], bool]:
    """A question to an id: does one of the patterns fit? Only `*` is special, IRIs hold `?`."""
    exact, prefixes, inner = set(), [], []
    for pattern in patterns:
        head, star, tail = pattern.partition("*")
        if not star:
            exact.add(pattern)
        elif not tail:
            prefixes.append(head)
        else:
            inner.append(".*".join(re.escape(part) for part in pattern.split("*")))
    starts, fits = tuple(prefixes), re.compile("|".join(inner) or "(?!)", re.DOTALL).fullmatch
    return lambda id_: id_ in exact or id_.startswith(starts) or fits(id_) is not None


def keyword(word: str) -> Callable[[str], bool]:
    """A question to a title: does it hold the word or phrase, whole and in any case?"""
    phrase = r"\s+".join(re.escape(part) for part in word.casefold().split())
    found = re.compile(rf"(?<!\w){phrase}(?!\w)" if phrase else "(?!)")
    return lambda title: found.search(title.casefold()) is not None


def questions(match: Mapping[str, Any], where: str) -> tuple[Question, ...]:
    """All that a statement with a fitting verb must answer yes to, cheapest first."""
    unknown = set(match) - set(_ASK) - {"verb"}
    if unknown:
        raise Refused(
            f"`match` does not know {', '.join(sorted(unknown))}.",
            f"Use verb, {', '.join(_ASK)}.",
            where=f"{where}.match",
        )
    return tuple(
        ask(match[key], f"{where}.match.{key}") for key, ask in _ASK.items() if key in match
    )


def _object_type(found: object, _where: str) -> Question:
    types = frozenset(members(found))
    return lambda facts: facts.object_type in types


def _object_id(found: object, _where: str) -> Question:
    fits = glob(str(pattern) for pattern in members(found))
    return lambda facts: facts.object_id is not None and fits(facts.object_id)


def _tags_any(found: object, _where: str) -> Question:
    tags = frozenset(fold_tag(str(tag)) for tag in members(found))
    return lambda facts: not tags.isdisjoint(facts.tags)


def _place_any(place: str) -> Callable[[object, str], Question]:
    def ask(found: object, _where: str) -> Question:
        fits = glob(str(pattern) for pattern in members(found))
        return lambda facts: any(fits(one.id) for one in facts.places.get(place, ()))

    return ask


def _instructor(_found: object, _where: str) -> Question:
    """Somebody else must stand as instructor; which role she has is decided on read."""
    return lambda facts: facts.instructor is not None and facts.instructor != facts.actor


def _extension(found: object, _where: str) -> Question:
    """Extensions that must be there, or that must hold one of the given values."""
    if not isinstance(found, Mapping):
        names = members(found)
        return lambda facts: any(name in facts.extensions for name in names)
    wanted = {name: members(values) for name, values in found.items()}
    return lambda facts: all(
        name in facts.extensions and facts.extensions[name] in values
        for name, values in wanted.items()
    )


def _flag(name: str) -> Callable[[object, str], Question]:
    def ask(found: object, where: str) -> Question:
        if not isinstance(found, bool):
            raise Refused(f"{found!r} is neither true nor false.", "Write one.", where=where)
        return lambda facts: getattr(facts, name) is found

    return ask


def _range(
    name: str, read: Callable[[object], Any], example: str
) -> Callable[[Any, str], Question]:
    def ask(found: Any, where: str) -> Question:
        if not isinstance(found, Mapping) or not found or set(found) - set(_COMPARE):
            raise Refused(
                f"a range asks with {', '.join(_COMPARE)}, this is {found!r}.",
                f"Write {{gte: {example}}}.",
                where=where,
            )
        limits = [(_COMPARE[key], read(value)) for key, value in found.items()]
        if any(limit is None for _, limit in limits):
            raise Refused(f"a limit in {found!r} cannot be read.", f"Try {example}.", where=where)
        return lambda facts: _within(getattr(facts, name), limits)

    return ask


def _within(value: Any, limits: list[tuple[Callable[[Any, Any], bool], Any]]) -> bool:
    """What is missing is in no range."""
    return value is not None and all(holds(value, limit) for holds, limit in limits)


_ASK: Mapping[str, Callable[[Any, str], Question]] = {
    "object_type": _object_type,
    "tags_any": _tags_any,
    "object_id": _object_id,
    "category_any": _place_any("category"),
    "grouping_any": _place_any("grouping"),
    "parent_any": _place_any("parent"),
    "other_any": _place_any("other"),
    "instructor_role": _instructor,
    "extension": _extension,
    "success": _flag("success"),
    "completion": _flag("completion"),
    "duration": _range("duration", duration_seconds, "PT10M"),
    "score_scaled": _range("scaled", decimal, "0.7"),
    "template": templates.ask,
}
MATCH_KEYS = ("verb", *_ASK)
