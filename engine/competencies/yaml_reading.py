"""YAML as people write rulesets: decimals stay decimals, dates stay text, no key stands twice."""

from __future__ import annotations

from collections.abc import Hashable
from decimal import Decimal, InvalidOperation
from typing import Any

import yaml

from engine.errors import Refused

LONGEST = 10_000_000
MOST_VALUES = 1_000_000
"""How many values a document may have once its aliases are followed."""

UNREADABLE = (yaml.YAMLError, ArithmeticError, RecursionError, TypeError, ValueError)


class _Loader(yaml.SafeLoader):
    """PyYAML's safe loader, without floats and without dates."""


def read_yaml(text: str) -> Any:
    """The value of one YAML document; `Refused` names the line it cannot be read at."""
    if len(text) > LONGEST:
        raise Refused(f"this is longer than {LONGEST} characters.", "Shorten it.")
    try:
        value = yaml.load(text, Loader=_Loader)
    except UNREADABLE as error:
        mark = getattr(error, "problem_mark", None)
        raise Refused(
            f"this is no YAML: {getattr(error, 'problem', None) or error}.",
            "Check the indentation and the quotes there.",
            where=f"line {mark.line + 1}" if mark else "",
        ) from error
    _refuse_endless(value)
    return value


def _refuse_endless(value: object) -> None:
    """An alias may stand for much, or for what it stands in; a config has no aliases."""
    waiting, seen = [value], 0
    while waiting:
        one = waiting.pop()
        inside = one.values() if isinstance(one, dict) else one if isinstance(one, list) else ()
        waiting.extend(inside)
        seen += 1
        if seen + len(waiting) > MOST_VALUES:
            raise Refused(
                f"this has more than {MOST_VALUES} values once its aliases are followed.",
                "Write an alias that stands for less.",
            )


def _decimal(loader: _Loader, node: yaml.ScalarNode) -> Decimal:
    text = str(loader.construct_scalar(node))
    try:
        found = Decimal(text.replace("_", ""))
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite():
        raise Refused(f"{text!r} is no number.", "Write a decimal.", where=_line(node))
    return found


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[Hashable, Any]:
    loader.flatten_mapping(node)
    found: dict[Hashable, Any] = {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        if key in found:
            raise Refused(
                f"the key {key!r} stands here twice.", "Keep one of them.", where=_line(key_node)
            )
        found[key] = loader.construct_object(value_node, deep=True)
    return found


def _text(loader: _Loader, node: yaml.ScalarNode) -> str:
    return str(loader.construct_scalar(node))


def _line(node: yaml.Node) -> str:
    return f"line {node.start_mark.line + 1}"


_Loader.add_constructor("tag:yaml.org,2002:float", _decimal)
_Loader.add_constructor("tag:yaml.org,2002:map", _mapping)
_Loader.add_constructor("tag:yaml.org,2002:timestamp", _text)
