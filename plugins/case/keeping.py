"""What of the associations is kept as it was told, so that an export gives it back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from plugins.case.lookups import Reading
from plugins.case.relations import (
    CHILD,
    EXACT,
    TRANSLATION,
    Relation,
    is_made,
    link,
    made,
    outer,
    places,
    rank,
)
from plugins.case.texts import label_of
from plugins.case.ways import children

Told = Mapping[str, Any]
WHOLE = ""
"""Whose associations those are that belong to no competency."""


def matches(reading: Reading) -> dict[str, list[str]]:
    """The addresses of the same competency elsewhere, by competency."""
    found: dict[str, dict[str, None]] = {}
    for one in reading.found:
        here = _owner(reading, one)
        if one.matches and here != WHOLE:
            found.setdefault(here, {})[one.matches] = None
    return {uri: list(ones) for uri, ones in found.items()}


def kept(reading: Reading, ordered: Sequence[str]) -> dict[str, list[Told]]:
    """The associations that say more than an export makes by itself, by whose they are."""
    exact, owned = matches(reading), dict[str, list[Relation]]()
    siblings = sibling_places(ordered, reading.parents)
    for one in reading.found:
        owned.setdefault(_owner(reading, one), []).append(one)
    return {
        uri: [
            one.told
            for one in ranked(ones, reading.parents.get(uri, ()), exact.get(uri, ()))
            if not is_made(one, _like(reading, one, siblings))
        ]
        for uri, ones in owned.items()
    }


def ranked(
    found: Iterable[Relation], parents: Iterable[str], exact: Iterable[str]
) -> list[Relation]:
    """The associations of one competency in the order in which they are told."""
    above, alike = places(parents), places(exact)
    return sorted(found, key=lambda one: rank(one, above, alike))


def sibling_places(
    ordered: Sequence[str], parents: Mapping[str, Sequence[str]]
) -> dict[tuple[str, str], int]:
    """The place of each competency among the children of each of its parents, from 1."""
    below = children({uri: parents.get(uri) or (WHOLE,) for uri in ordered})
    return {
        (uri, parent): place
        for parent, ones in below.items()
        for place, uri in enumerate(ones, start=1)
    }


def _owner(reading: Reading, one: Relation) -> str:
    """Whose association it is: that of what it leads from, if that is here."""
    found = reading.tongues.joined(one.origin)
    if found is None and one.matches:
        found = reading.tongues.joined(one.destination)
    return found if found is not None and found in reading.items else WHOLE


def _like(reading: Reading, one: Relation, siblings: Mapping[tuple[str, str], int]) -> Told:
    """What an export would make in its place; nothing where it would make nothing."""
    origin, destination = one.origin or "", one.destination or ""
    if one.kind == TRANSLATION and reading.tongues.original.get(origin) == destination:
        item = next(i for i in reading.tongues.others[destination].values() if i.uri == origin)
        own = link(item.uri, item.identifier, label_of(item.told))
        return made(own, TRANSLATION, reading.links[destination])
    if origin not in reading.links:
        return {}
    if one.kind == EXACT and one.matches:
        return made(reading.links[origin], EXACT, outer(one.matches))
    if one.kind == CHILD and destination in reading.links:
        number = siblings.get((origin, destination))
        return made(reading.links[origin], CHILD, reading.links[destination], number)
    if one.is_top and not reading.parents[origin]:
        return made(reading.links[origin], CHILD, reading.top, siblings.get((origin, WHOLE)))
    return {}
