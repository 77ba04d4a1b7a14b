"""A ruleset for a framework: the shipped rules, with the framework's competencies in their place.

It is a text to edit, lint, simulate and publish. What it has in common with the ruleset in force
keeps its evidence, because evidence goes by the uris of competencies.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from engine.competencies.checked import members
from engine.competencies.config import compile_ruleset, well_shaped
from engine.competencies.framework_documents import Competency, Framework, read, said
from engine.competencies.lint import lint
from engine.competencies.reading import fold_tag, mapping
from engine.errors import Refused

SHIPPED = Path(__file__).parent / "shipped" / "ruleset.yaml"
SCALE = 4
"""How many levels the shipped rules speak of."""

_NODE = ("rule", "children", "count", "target_level", "required_points")
_CHILD = ("id", "points", "required")

_TOP = re.compile(r"^(?=[a-z_]+:)", re.MULTILINE)
_HEAD = """\
# Rules for {title}.
# They are those that Byway ships; what the parts of a competency come to is their mean, so that
# nobody has a level by one part alone and nobody lacks one for a single gap. Change what you like:
# `byway rulesets lint`, then `simulate`, then `publish`.
"""


def ruleset_for(document: Mapping[str, Any], *, half_life: str = "365d") -> str:
    """The YAML of a ruleset that counts for what a framework has now.

    Competencies with parts become nodes; the others count, for as long as `half_life` says unless
    they say it themselves. Their names, in every language, are tags.

    :raises Refused: there is nothing to count for, or `half_life` is none.
    """
    framework = read(document)
    current = {id_: one for id_, one in framework.competencies.items() if not one.is_retired}
    below = _below(framework, current)
    leaves = {id_: one for id_, one in current.items() if id_ not in below}
    if not leaves:
        raise Refused("This framework has no competency that is current.", "Import another.")
    told = {one.get("uri"): one for one in document["competencies"]}
    sections = {
        "framework": framework.uri,
        "competencies": {
            id_: {"half_life": told[id_].get("half_life", half_life)} for id_ in leaves
        },
        "tags": _tags(leaves),
        "aliases": _aliases(leaves.values(), framework),
        "nodes": {id_: _node(told[id_].get("rule"), below[id_]) for id_ in below},
    }
    return _checked(_written(sections, framework))


def _below(framework: Framework, current: Mapping[str, Competency]) -> dict[str, list[str]]:
    """The parts that a competency has now, for each that has any."""
    found = {
        parent: [id_ for id_ in children if id_ in current]
        for parent, children in framework.children.items()
        if parent in current
    }
    return {parent: children for parent, children in found.items() if children}


def _tags(leaves: Mapping[str, Competency]) -> dict[str, Any]:
    """The shipped tags that mean one of these, and each name that only one of them has."""
    found: dict[str, set[str]] = {}
    for one in leaves.values():
        for name in one.label.values():
            found.setdefault(fold_tag(name), set()).add(one.id)
    names = {name: next(iter(ids)) for name, ids in found.items() if len(ids) == 1}
    return {
        tag: ids[0] for tag, ids in _shipped_tags().items() if leaves.keys() >= set(ids)
    } | names


@lru_cache(maxsize=1)
def _shipped_tags() -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = compile_ruleset(SHIPPED.read_text(encoding="utf-8"))["tags"]
    return found


def _aliases(competencies: Iterable[Competency], framework: Framework) -> dict[str, str]:
    """The addresses other frameworks have for a competency; of two that claim one, the first."""
    found: dict[str, str] = {}
    for one in competencies:
        for other in one.exact:
            if other not in framework.competencies:
                found.setdefault(other, one.id)
    return found


def _node(rule: Any, children: list[str]) -> dict[str, Any]:
    """The competency's own rule as long as it can be met, else the mean of its parts."""
    own = {name: value for name, value in mapping(rule).items() if name in _NODE}
    listed = [{"id": one} if isinstance(one, str) else one for one in members(own.get("children"))]
    own["children"] = [
        {name: value for name, value in mapping(one).items() if name in _CHILD}
        for one in listed or [{"id": id_} for id_ in children]
    ]
    if own.get("rule") == "points" and _is_whole(own.get("target_level")):
        own["target_level"] = min(own["target_level"], SCALE)
    mean = {"rule": "weighted_mean", "children": [{"id": id_} for id_ in children]}
    return own if _can_be_met(own, children) else mean


def _can_be_met(node: Mapping[str, Any], children: list[str]) -> bool:
    """Whether a rule speaks of parts that are there, and asks for no more than they can give."""
    listed = node["children"]
    ids = [one.get("id") for one in listed]
    if len(set(map(str, ids))) != len(ids) or not set(map(str, ids)) <= set(children):
        return False
    if node.get("rule") == "points":
        goal, points = node.get("required_points", 0), [one.get("points", 0) for one in listed]
        are_numbers = all(map(_is_whole, (goal, node.get("target_level", 1), *points)))
        return are_numbers and 0 < goal <= sum(points) and node.get("target_level", 1) > 0
    if node.get("rule") == "at_least":
        return _is_whole(node.get("count")) and 1 <= node["count"] <= len(ids)
    return node.get("rule") in ("all", "any")


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _written(sections: Mapping[str, Any], framework: Framework) -> str:
    """The shipped text, its comments included, with these sections instead of its own."""
    _, *parts = _TOP.split(SHIPPED.read_text(encoding="utf-8"))
    shipped = {part.partition(":")[0]: part for part in parts}
    title = " ".join(filter(str.isprintable, said(framework.title, "en").split()))
    texts = {
        **shipped,
        "scale": _scale(shipped["scale"], framework),
        **{name: _yaml({name: value}) + "\n" for name, value in sections.items()},
    }
    return _HEAD.format(title=title) + "".join(texts.values())


def _scale(shipped: str, framework: Framework) -> str:
    """The shipped scale under the framework's own names of the levels, where it has as many."""
    if len(framework.levels) != SCALE:
        return shipped
    names = [said(level.label, "en") for level in framework.levels]
    named = _yaml({"levels": names}).replace("\n", "\n  ").rstrip()
    return re.sub(r"levels: \[.*\]", lambda _: named, shipped)


def _yaml(value: Mapping[str, Any]) -> str:
    return yaml.safe_dump(value, allow_unicode=True, sort_keys=False, width=10_000)


def _checked(text: str) -> str:
    """The text, which compiles and has no fault.

    :raises Refused: the half-life, or something that the framework says, is none.
    """
    with well_shaped("The ruleset"):
        found = lint(compile_ruleset(text))
    for finding in found:
        if finding.level == "ERROR":
            raise Refused(finding.why, finding.mend, where=finding.where)
    return text
