"""What two versions of a ruleset differ in, by the places of their configs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from engine.competencies.config import canonical_json


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A value that two configs have not in common; None where one has no such place."""

    where: str
    before: Any
    after: Any


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """Where two configs differ, in the order of the first; rules are told by their ids."""
    return list(_between(_by_id(before), _by_id(after), ""))


def _by_id(config: Mapping[str, Any]) -> dict[str, Any]:
    """A config with its rules as a mapping, so that a rule in another place is no difference."""
    rules = {str(rule["id"]): rule for rule in config.get("rules", ())}
    return {**config, "rules": rules}


def _between(before: Any, after: Any, where: str) -> Iterator[Difference]:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in dict.fromkeys([*before, *after]):
            place = f"{where}.{name}" if where else str(name)
            yield from _between(before.get(name), after.get(name), place)
    elif canonical_json(before) != canonical_json(after):
        yield Difference(where=where, before=before, after=after)
