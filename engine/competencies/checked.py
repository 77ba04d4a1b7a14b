"""The parts of a config, read as what they must be or refused by place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.errors import Refused


def section(
    config: Mapping[str, Any], name: str, default: Mapping[str, Any] | None = None
) -> Mapping[str, Any]:
    """A part of the config that must be a mapping; without a default it must be there."""
    found = config.get(name)
    if found is None and default is not None:
        return default
    if not isinstance(found, Mapping):
        raise Refused(
            f"a ruleset needs `{name}` as a mapping, this is {_shape(found)}.",
            f"Add `{name}:` with its keys below it.",
            where=name,
        )
    return found


def members(value: object) -> tuple[Any, ...]:
    """A list as it stands, one value as a list of one, nothing as none."""
    if value is None:
        return ()
    return tuple(value) if isinstance(value, list | tuple) else (value,)


def _shape(value: object) -> str:
    return "missing" if value is None else f"a {type(value).__name__}"


def listed(config: Mapping[str, Any], name: str) -> Sequence[Mapping[str, Any]]:
    found = config.get(name)
    if not isinstance(found, list) or not all(isinstance(one, Mapping) for one in found):
        raise Refused(
            f"a ruleset needs `{name}` as a list of mappings, this is {_shape(found)}.",
            f"Start each entry below `{name}:` with a dash.",
            where=name,
        )
    return found


def whole(values: Mapping[str, Any], key: str, where: str, default: int | None = None) -> int:
    found = values.get(key, default)
    if not isinstance(found, int) or isinstance(found, bool) or found < 0:
        raise Refused(
            f"`{key}` must be a whole number of at least 0, this is {found!r}.",
            f"Give `{key}` as a whole number.",
            where=where,
        )
    return found
