"""A ruleset's YAML, compiled to the config that is hashed, stored and scored with.

The JSON config is the contract; the YAML is its comfortable form. Decimals are read as decimals
and become whole millionths, `365d` becomes days, `from: [tags]` becomes `from_tags: true`. A
config that is compiled already comes out as it went in.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from engine.competencies import templates
from engine.competencies.decay import MICRO
from engine.competencies.lint import Finding, lint
from engine.competencies.reading import decimal, duration_seconds
from engine.competencies.yaml_reading import read_yaml
from engine.errors import Refused

__all__ = [
    "Finding",
    "canonical_json",
    "compile_ruleset",
    "config_hash",
    "is_compiled",
    "lint",
    "well_shaped",
]

Config = dict[str, Any]

_DAYS = re.compile(r"(\d+)\s*(d|w|y)", re.ASCII)
_UNIT_DAYS = {"d": 1, "w": 7, "y": 365}
_SOURCES = {
    "tags": "from_tags",
    "context": "from_context",
    "object": "from_object",
    "alignment": "from_alignments",
    "alignments": "from_alignments",
}


def compile_ruleset(source: str | Mapping[str, Any]) -> Config:
    """The config of a ruleset given as YAML text, as its mapping, or as a config already.

    Raises `Refused`, naming the key and the mend, when a value cannot be what it says.
    """
    document = read_yaml(source) if isinstance(source, str) else source
    if not isinstance(document, Mapping):
        raise Refused(
            f"a ruleset is a mapping, this is a {type(document).__name__}.",
            "Start with `version: 1`.",
        )
    if is_compiled(document):
        config = {str(key): _plain(value, str(key)) for key, value in document.items()}
    else:
        config = {str(key): _section(str(key), value) for key, value in document.items()}
    return _with_templates(config)


def _with_templates(config: Config) -> Config:
    """The config with every statement template written out in its rule; profiles drop out.

    So the hash covers what a template asks, and not what a profile says besides.
    """
    profiles = templates.collect(config.pop("profiles", None))
    rules = config.get("rules")
    if not isinstance(rules, list):
        return config
    return {**config, "rules": [_with_template(rule, profiles) for rule in rules]}


def _with_template(rule: Any, profiles: templates.Known) -> Any:
    match = rule.get("match") if isinstance(rule, Mapping) else None
    if not isinstance(match, Mapping) or "template" not in match:
        return rule
    where = f"rules.{rule.get('id')}.match"
    return {**rule, "match": templates.resolve(match, profiles, where)}


@contextmanager
def well_shaped(what: str) -> Iterator[None]:
    """A list where a text belongs, and the like, is a refusal although nobody foresaw it.

    :param what: what is being read, as the sentence begins: "The ruleset".
    """
    try:
        yield
    except (AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
        why = f"{what} has a value of the wrong shape: {error}."
        raise Refused(why, "Compare it with engine/competencies/shipped/ruleset.yaml.") from error


def is_compiled(document: Mapping[str, Any]) -> bool:
    """Whether the mapping is a config, with whole millionths, rather than the YAML form."""
    scale, assurance = document.get("scale"), document.get("assurance")
    marks = [
        isinstance(scale, Mapping) and "tau_ppm" in scale,
        isinstance(assurance, Mapping) and "factor_ppm" in assurance,
    ]
    easy = isinstance(scale, Mapping) and "tau" in scale
    easy = easy or (isinstance(assurance, Mapping) and "factor" in assurance)
    if any(marks) and easy:
        raise Refused(
            "the ruleset mixes decimals and millionths.",
            "Write `tau` and `factor`, or `tau_ppm` and `factor_ppm`, but not one of each.",
            where="scale",
        )
    return any(marks)


def canonical_json(value: object) -> str:
    """The one text of a JSON value: keys sorted, no spaces, decimals as they were written."""
    return json.dumps(
        value,
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
        default=_as_number,
    )


def config_hash(config: Mapping[str, Any]) -> str:
    """The sha256 of a compiled config, in hex: the name of this version of the ruleset."""
    return hashlib.sha256(canonical_json(config).encode()).hexdigest()


def _as_number(value: object) -> float | int:
    exact = decimal(value)
    if exact is None:
        raise TypeError(f"{value!r} has no place in JSON")
    return _number(exact, "")


def _section(name: str, value: Any) -> Any:
    compiler = _SECTIONS.get(name)
    return _plain(value, name) if compiler is None else compiler(value, name)


def _plain(value: Any, where: str) -> Any:
    """A value as JSON can hold it; a decimal stays the number it was written as."""
    if isinstance(value, Mapping):
        return {str(key): _plain(one, f"{where}.{key}") for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one, f"{where}[{at}]") for at, one in enumerate(value)]
    if isinstance(value, Decimal | float):
        return _number(Decimal(str(value)), where)
    if value is None or isinstance(value, str | int):
        return value
    raise Refused(
        f"{value!r} is a {type(value).__name__}.", "Put it in quotes to have a text.", where=where
    )


def _number(exact: Decimal, where: str) -> float | int:
    """A decimal as a JSON number that reads back as the same decimal."""
    if not exact.is_finite():
        raise Refused(f"{exact} is no number.", "Write a decimal.", where=where)
    if exact == exact.to_integral_value() and abs(exact) < 10**15:
        return int(exact)
    if Decimal(str(float(exact))) != exact:
        raise Refused(f"{exact} has too many digits.", "Use at most 15.", where=where)
    return float(exact)


def _micro(value: Any, where: str) -> int:
    """A decimal in whole millionths, exactly."""
    exact = decimal(value)
    if exact is None or exact < 0:
        raise Refused(f"{value!r} is no decimal of at least 0.", "Write it like 0.3.", where=where)
    scaled = exact * MICRO
    if scaled != scaled.to_integral_value():
        raise Refused(f"{value} has more than six decimals.", "Round it.", where=where)
    return int(scaled)


def _maybe_micro(value: Any, where: str) -> int | None:
    return None if value is None else _micro(value, where)


def _mapped(value: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise Refused(
            f"this is a {type(value).__name__}.", "Write a mapping: `key: value`.", where=where
        )
    return value


def _listed(value: Any, where: str) -> list[Any]:
    if isinstance(value, Mapping):
        raise Refused("this is a mapping.", "Write a list, each entry with a dash.", where=where)
    if isinstance(value, list | tuple):
        return list(value)
    return [] if value is None else [value]


def _scale(value: Any, where: str) -> Config:
    renamed = {
        "scepticism": ("scepticism", lambda one, at: [_micro(x, at) for x in _listed(one, at)]),
        "tau": ("tau_ppm", _micro),
        "confidence_n0": ("confidence_n0", _micro),
    }
    return _renamed(value, where, renamed)


def _assurance(value: Any, where: str) -> Config:
    def factors(found: Any, at: str) -> Config:
        return {name: _micro(one, f"{at}.{name}") for name, one in _mapped(found, at).items()}

    return _renamed(value, where, {"factor": ("factor_ppm", factors)})


def _kinds(value: Any, where: str) -> Config:
    return {
        str(name): {
            "cap": None,
            "day_cap": None,
            **_renamed(
                {} if kind is None else kind,
                f"{where}.{name}",
                {"cap": ("cap", _maybe_micro), "day_cap": ("day_cap", _maybe_micro)},
            ),
        }
        for name, kind in _mapped(value, where).items()
    }


def _competencies(value: Any, where: str) -> Config:
    compiled = {}
    for id_, found in _mapped(value, where).items():
        at = f"{where}.{id_}"
        found = found if isinstance(found, Mapping) else {"half_life": found}
        compiled[str(id_)] = _renamed(found, at, {"half_life": ("half_life_days", _half_life)})
    return compiled


def _half_life(value: Any, where: str) -> int | None:
    """`never` is no half-life at all; `365d`, `52w`, `1y` and a bare number are days."""
    if value is None or value == "never":
        return None
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    found = _DAYS.fullmatch(str(value).strip())
    if found is None:
        raise Refused(f"{value!r} is no half-life.", "Write 365d, or never.", where=where)
    return int(found.group(1)) * _UNIT_DAYS[found.group(2)]


def _rules(value: Any, where: str) -> list[Config]:
    return [_rule(one, f"{where}[{at}]") for at, one in enumerate(_listed(value, where))]


def _rule(value: Any, where: str) -> Config:
    found = dict(_mapped(value, where))
    where = f"rules.{found['id']}" if "id" in found else where
    evidence = _mapped(found.pop("evidence", {}), f"{where}.evidence")
    twice = sorted(set(found) & set(evidence))
    if twice:
        raise Refused(
            f"{twice[0]!r} is given twice.", "Keep the one under `evidence`.", where=where
        )
    renamed = {
        "weight": ("weight", _micro),
        "match": ("match", _match),
        "quality": ("quality", _quality),
        "competencies": ("competencies", _rule_competencies),
    }
    return _renamed({**found, **evidence}, where, renamed)


def _match(value: Any, where: str) -> Config:
    """Questions with several answers are lists; what a range compares with must be readable."""
    found = _plain(_mapped(value, where), where)
    for key, limit in _mapped(found.get("duration", {}), f"{where}.duration").items():
        if duration_seconds(limit) is None:
            raise Refused(
                f"{limit!r} is no duration.",
                "Write it like PT10M.",
                where=f"{where}.duration.{key}",
            )
    return {
        key: [one] if key in _LISTS and isinstance(one, str) else one for key, one in found.items()
    }


_LISTS = (
    "verb", "object_type", "object_id",
    "tags_any", "category_any", "grouping_any", "parent_any", "other_any",
)  # fmt: skip


def _quality(value: Any, where: str) -> Config:
    found: Config = _plain(_mapped(value, where), where)
    if found.get("from") == "duration" and not duration_seconds(found.get("full")):
        raise Refused(
            f"a quality from duration needs its full time, this is {found.get('full')!r}.",
            "Write {from: duration, full: PT45M}.",
            where=f"{where}.full",
        )
    return found


def _rule_competencies(value: Any, where: str) -> Config:
    found = dict(_mapped(value, where))
    sources = [str(one) for one in _listed(found.pop("from", None), f"{where}.from")]
    unknown = [one for one in sources if one not in _SOURCES]
    if unknown:
        raise Refused(
            f"competencies cannot come from {unknown[0]!r}.",
            "Use tags, context, object or alignment.",
            where=f"{where}.from",
        )
    return {**_plain(found, where), **{_SOURCES[one]: True for one in sources}}


def _nodes(value: Any, where: str) -> Config:
    def children(found: Any, at: str) -> list[Config]:
        return [_child(one, f"{at}[{place}]") for place, one in enumerate(_listed(found, at))]

    return {
        str(id_): _renamed(node, f"{where}.{id_}", {"children": ("children", children)})
        for id_, node in _mapped(value, where).items()
    }


def _child(value: Any, where: str) -> Config:
    found = {"id": value} if isinstance(value, str) else value
    return _renamed(found, where, {"weight": ("weight", _micro)})


def _tags(value: Any, where: str) -> Config:
    return {
        str(tag): [str(one) for one in _listed(found, f"{where}.{tag}")]
        for tag, found in _mapped(value, where).items()
    }


def _ids(value: Any, where: str) -> list[Any]:
    return [_plain(one, where) for one in _listed(value, where)]


def _profiles(value: Any, where: str) -> list[Any]:
    found = [value] if isinstance(value, Mapping) else _listed(value, where)
    return [_plain(one, where) for one in found]


def _validation(value: Any, where: str) -> Config:
    renamed = {name: (name, _ids) for name in ("approve_verbs", "reject_verbs")}
    return _renamed(value, where, renamed)


def _alignments(value: Any, where: str) -> list[Config]:
    renamed = {"competencies": ("competencies", _ids)}
    return [
        _renamed(one, f"{where}[{at}]", renamed) for at, one in enumerate(_listed(value, where))
    ]


_Renamed = Mapping[str, tuple[str, Callable[[Any, str], Any]]]


def _renamed(value: Any, where: str, renamed: _Renamed) -> Config:
    """A mapping with some keys compiled, under their names in the config, the rest as they are."""
    compiled = {}
    for key, one in _mapped(value, where).items():
        name, compiler = renamed.get(str(key), (str(key), _plain))
        compiled[name] = compiler(one, f"{where}.{key}")
    return compiled


_SECTIONS: Mapping[str, Callable[[Any, str], Any]] = {
    "scale": _scale,
    "assurance": _assurance,
    "kinds": _kinds,
    "competencies": _competencies,
    "rules": _rules,
    "nodes": _nodes,
    "tags": _tags,
    "validation": _validation,
    "alignments": _alignments,
    "exclude_category": _ids,
    "profiles": _profiles,
}
