"""YAML as people write rulesets: decimals stay decimals, dates stay text, no key stands twice."""

from __future__ import annotations

from collections.abc import Hashable
from decimal import Decimal, InvalidOperation
from typing import Any

import yaml

from engine.errors import Refused


class _Loader(yaml.SafeLoader):
    """PyYAML's safe loader, without floats and without dates."""


def read_yaml(text: str) -> Any:
    """The value of one YAML document; `Refused` names the line it cannot be read at."""
    try:
        return yaml.load(text, Loader=_Loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise Refused(
            f"this is no YAML: {getattr(error, 'problem', None) or error}.",
            "Check the indentation and the quotes there.",
            where=f"line {mark.line + 1}" if mark else "",
        ) from error


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
