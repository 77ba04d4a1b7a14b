"""A ruleset's YAML as people write it, made from a config."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import yaml

from engine.competencies.config import canonical_json, compile_ruleset, well_shaped
from engine.competencies.decay import MICRO
from engine.competencies.yaml_reading import UNREADABLE
from engine.errors import Refused

Config = Mapping[str, Any]
Rule = dict[str, Any]

SOURCES = {
    "tags": "from_tags",
    "context": "from_context",
    "object": "from_object",
    "alignment": "from_alignments",
}
PARTS = ("match", "evidence", "competencies")
_WIDTH = 100


class Dumper(yaml.SafeDumper):
    """Decimals as they are written, and every value where it stands instead of an alias."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


Dumper.add_representer(
    Decimal, lambda dumper, value: dumper.represent_scalar("tag:yaml.org,2002:float", f"{value:f}")
)


def written(config: Config) -> str:
    """A config as YAML that compiles to it: in the comfortable form where that is possible."""
    for form in (_comfortable, dict):
        text = _dump(form(config))
        if means(text, config):
            return text
    return canonical_json(config)  # JSON is YAML


def rule_of(compiled: Mapping[str, Any]) -> Rule:
    """A rule of a config as it is written: id, match, evidence, competencies."""
    rest = {key: value for key, value in compiled.items() if key not in ("id", *PARTS)}
    if "weight" in rest:
        rest["weight"] = _decimal(rest["weight"])
    found = compiled.get("competencies", {})
    named = [name for name, key in SOURCES.items() if found.get(key) is True]
    left = {
        key: value
        for key, value in found.items()
        if key not in SOURCES.values() or value is not True
    }
    return {
        "id": compiled.get("id"),
        "match": dict(compiled.get("match", {})),
        "evidence": rest,
        "competencies": {**({"from": named} if named else {}), **left},
    }


def dumped(rule: Mapping[str, Any]) -> str:
    """A rule as YAML, without the dash."""
    return _dump(dict(rule))


def _comfortable(config: Config) -> dict[str, Any]:
    found = dict(config)
    writers: Mapping[str, Callable[[Any], Any]] = {
        "scale": _scale,
        "assurance": _assurance,
        "kinds": _kinds,
        "competencies": _competencies,
        "rules": lambda rules: [rule_of(rule) for rule in rules],
        "nodes": _nodes,
        "tags": _tags,
    }
    for name, write in writers.items():
        if name in found:
            found[name] = write(found[name])
    return found


def _scale(scale: Config) -> dict[str, Any]:
    found = {**scale, "tau": _decimal(scale["tau_ppm"])}
    del found["tau_ppm"]
    found["scepticism"] = [_decimal(one) for one in scale.get("scepticism", ())]
    if "confidence_n0" in found:
        found["confidence_n0"] = _decimal(found["confidence_n0"])
    return found


def _assurance(assurance: Config) -> dict[str, Any]:
    factors = {name: _decimal(one) for name, one in assurance.get("factor_ppm", {}).items()}
    left = {key: value for key, value in assurance.items() if key != "factor_ppm"}
    return {**left, "factor": factors}


def _kinds(kinds: Config) -> dict[str, Any]:
    return {
        name: {
            key: _decimal(value) if key in ("cap", "day_cap") else value
            for key, value in kind.items()
            if value is not None
        }
        for name, kind in kinds.items()
    }


def _competencies(found: Config) -> dict[str, Any]:
    return {
        id_: {
            **{key: value for key, value in one.items() if key != "half_life_days"},
            **({"half_life": _half_life(one["half_life_days"])} if "half_life_days" in one else {}),
        }
        for id_, one in found.items()
    }


def _half_life(days: int | None) -> str:
    return "never" if days is None else f"{days}d"


def _nodes(nodes: Config) -> dict[str, Any]:
    def child(one: Mapping[str, Any]) -> dict[str, Any]:
        weight = {"weight": _decimal(one["weight"])} if "weight" in one else {}
        return {**one, **weight}

    return {
        id_: {**node, "children": [child(one) for one in node.get("children", ())]}
        for id_, node in nodes.items()
    }


def _tags(tags: Config) -> dict[str, Any]:
    return {tag: found[0] if len(found) == 1 else found for tag, found in tags.items()}


def _decimal(micro: Any) -> Any:
    """Whole millionths as the decimal they are; anything else as it stands."""
    if not isinstance(micro, int) or isinstance(micro, bool):
        return micro
    exact = Decimal(micro) / MICRO
    whole = exact == exact.to_integral_value()
    return int(exact) if whole else exact.normalize()


def _dump(value: Any) -> str:
    text: str = yaml.dump(
        value,
        Dumper=Dumper,
        allow_unicode=True,
        sort_keys=False,
        default_flow_style=None,
        width=_WIDTH,
    )
    return text


def on_one_line(value: Any) -> str:
    """A value on one line."""
    text: str = yaml.dump(
        value,
        Dumper=Dumper,
        allow_unicode=True,
        sort_keys=False,
        default_flow_style=True,
        width=10**9,
    )
    return text.removesuffix("...\n").strip()


def compiled(text: str) -> dict[str, Any]:
    """The config of a text, refused where it is none."""
    with well_shaped("The ruleset"):
        return compile_ruleset(text)


def means(text: str, meant: Config) -> bool:
    """Whether a text comes to this config."""
    try:
        return canonical_json(compiled(text)) == canonical_json(meant)
    except (Refused, *UNREADABLE):
        return False
