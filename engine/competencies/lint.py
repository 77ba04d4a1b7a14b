"""What is wrong with a compiled config, said before anybody's levels depend on it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from engine.competencies.checked import members
from engine.competencies.decay import MICRO
from engine.competencies.evidence import Ruleset
from engine.competencies.findings import Finding, error, warning
from engine.competencies.matching import COMPARISONS, MATCH_KEYS
from engine.competencies.nodes import NODE_RULES, cycle
from engine.competencies.policy import QUALITIES
from engine.competencies.reachability import in_vain
from engine.competencies.reading import fold_tag, mapping
from engine.errors import Refused

__all__ = ["Finding", "lint"]

Config = Mapping[str, Any]

MOST = 10**12
"""A number beyond this is a slip, and would not fit into the tables of evidence."""

_SECTIONS = frozenset(
    {
        "version", "framework", "scale", "assurance", "kinds", "competencies", "rules", "nodes",
        "tags", "aliases", "alignments", "validation", "validators", "exclude_category", "trust",
    }
)  # fmt: skip
_KEYS: Mapping[str, frozenset[str]] = {
    name: frozenset(keys)
    for name, keys in {
        "scale": ("levels", "scepticism", "tau_ppm", "confidence_n0"),
        "assurance": ("order", "factor_ppm", "peer_quorum"),
        "kind": ("cap", "day_cap", "polarity"),
        "competency": ("half_life_days",),
        "rule": (
            "id", "match", "kind", "weight", "ceiling", "floor", "assurance", "quality",
            "level_from", "distinct_by", "competencies",
        ),
        "sources": (
            "from_tags", "from_context", "from_object", "from_alignments", "fixed", "split",
        ),
        "quality": ("from", "full"),
        "node": ("rule", "children", "count", "target_level", "required_points"),
        "child": ("id", "weight", "points", "required"),
        "alignment": ("object_id", "title", "competencies"),
        "validation": ("approve_verbs", "reject_verbs"),
    }.items()
}  # fmt: skip


_NUMBERED = ("scale", "assurance", "kinds", "competencies", "rules", "nodes")
_WHOLES = frozenset(
    {
        "tau_ppm", "confidence_n0", "peer_quorum", "cap", "day_cap", "half_life_days", "weight",
        "floor", "count", "target_level", "required_points", "points",
    }
)  # fmt: skip
_OF_WHOLES = ("scale.scepticism", "assurance.factor_ppm", ".ceiling")


def lint(config: Config) -> list[Finding]:
    """All findings of a compiled config, in the order of its sections; empty when it is sound."""
    misshapen = [finding for name in _NUMBERED for finding in _numbers(config.get(name), name)]
    if misshapen:
        return misshapen
    found = [finding for check in _CHECKS for finding in check(config)]
    if not any(one.level == "ERROR" for one in found):
        found += _unbuilt(config)
    return found if any(one.level == "ERROR" for one in found) else [*found, *in_vain(config)]


def _unbuilt(config: Config) -> Iterator[Finding]:
    """Whatever the checks did not think of and the engine refuses all the same."""
    try:
        Ruleset(config)
    except Refused as refused:
        yield error(refused.where, refused.why, refused.mend)


def _numbers(found: object, where: str) -> Iterator[Finding]:
    """Every place that holds a number holds a whole one of at least 0; the checks rely on it."""
    for key, value in _entries(found):
        place = f"{where}.{key}"
        if isinstance(value, Mapping | list) and key not in ("match", "quality"):
            yield from _numbers(value, place)
        elif (key in _WHOLES or where.endswith(_OF_WHOLES)) and not _is_whole(value):
            mend = f"Give one from 0 to {MOST}."
            yield error(place, f"{value!r:.60} is no whole number, or too large.", mend)


def _entries(found: object) -> Iterable[tuple[str, object]]:
    if isinstance(found, Mapping):
        return [(str(key), value) for key, value in found.items()]
    return [(str(at), value) for at, value in enumerate(members(found))]


def _is_whole(value: object) -> bool:
    if value is None:
        return True
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST


def _unknown(found: object, known: Iterable[str], where: str) -> Iterator[Finding]:
    for key in sorted(set(mapping(found)) - set(known)):
        yield error(
            f"{where}.{key}" if where else key,
            f"the key {key!r} is not known.",
            f"Use {', '.join(sorted(known))}.",
        )


def _sections(config: Config) -> Iterator[Finding]:
    yield from _unknown(config, _SECTIONS, "")
    yield from _unknown(config.get("validation"), _KEYS["validation"], "validation")
    for name in ("scale", "assurance", "kinds", "competencies", "rules"):
        if not config.get(name):
            yield error(name, f"`{name}` is missing.", f"Add `{name}:`.")


def _scale(config: Config) -> Iterator[Finding]:
    scale = mapping(config.get("scale"))
    yield from _unknown(scale, _KEYS["scale"], "scale")
    levels, scepticism = members(scale.get("levels")), members(scale.get("scepticism"))
    if len(levels) != len(scepticism):
        yield error(
            "scale.scepticism",
            f"there are {len(levels)} levels and {len(scepticism)} values of scepticism.",
            "Give one value for each level.",
        )
    if list(scepticism) != sorted(scepticism):
        yield error(
            "scale.scepticism",
            "scepticism falls: a higher level would ask for less evidence.",
            "Let it rise from level to level.",
        )
    tau = scale.get("tau_ppm")
    if not isinstance(tau, int) or not 0 < tau < MICRO:
        yield error("scale.tau", "the threshold is not between 0 and 1.", "Try 0.6.")


def _assurance(config: Config) -> Iterator[Finding]:
    assurance = mapping(config.get("assurance"))
    yield from _unknown(assurance, _KEYS["assurance"], "assurance")
    order, factors = members(assurance.get("order")), mapping(assurance.get("factor_ppm"))
    yield from _unknown(factors, order, "assurance.factor")
    for name in order:
        if name not in factors:
            yield error(f"assurance.factor.{name}", "it has no factor.", "Give it one.")
    listed = [factors[name] for name in order if name in factors]
    if listed != sorted(listed):
        yield error(
            "assurance.factor",
            "a stronger class counts for less than a weaker one.",
            "Let the factors rise in the order of assurance.",
        )
    if assurance.get("peer_quorum", 1) == 0:
        yield error("assurance.peer_quorum", "nobody would have to agree.", "Make it 1 or more.")


def _kinds(config: Config) -> Iterator[Finding]:
    for name, kind in mapping(config.get("kinds")).items():
        yield from _unknown(kind, _KEYS["kind"], f"kinds.{name}")
        if mapping(kind).get("polarity", 1) not in (1, -1):
            yield error(f"kinds.{name}.polarity", "it is neither 1 nor -1.", "Choose one.")
        for cap in ("cap", "day_cap"):
            if mapping(kind).get(cap) == 0:
                yield warning(f"kinds.{name}.{cap}", "it counts for nothing.", "Leave it out.")


def _competencies(config: Config) -> Iterator[Finding]:
    for id_, found in mapping(config.get("competencies")).items():
        yield from _unknown(found, _KEYS["competency"], f"competencies.{id_}")


def _names(config: Config) -> Iterator[Finding]:
    """Every place that names a competency names one there is."""
    aliases, known = mapping(config.get("aliases")), set(mapping(config.get("competencies")))
    yield from _unnamed(aliases.values(), known | set(aliases), "aliases")
    circle = cycle({alias: [str(target)] for alias, target in aliases.items()})
    if circle:
        yield error(
            "aliases",
            f"they go round in a circle: {' > '.join(circle)}.",
            "Break it at one of them.",
        )
    for alias in sorted(set(aliases) & known):
        yield warning(f"aliases.{alias}", "it hides a competency.", "Drop one of them.")
    reachable = known | set(aliases)
    for tag, found in mapping(config.get("tags")).items():
        yield from _unnamed(members(found), reachable, f"tags.{tag}")
    for at, one in enumerate(members(config.get("alignments"))):
        where = f"alignments[{at}]"
        yield from _unknown(one, _KEYS["alignment"], where)
        yield from _unnamed(members(mapping(one).get("competencies")), reachable, where)
        yield from _wildcards(mapping(one).get("object_id"), f"{where}.object_id")


def _unnamed(named: Iterable[object], known: Collection[object], where: str) -> Iterator[Finding]:
    for id_ in named:
        if id_ not in known:
            yield error(
                where,
                f"there is no competency {id_!r}.",
                "Add it to `competencies`, or name another.",
            )


def _tags(config: Config) -> Iterator[Finding]:
    folded = Counter(fold_tag(str(tag)) for tag in mapping(config.get("tags")))
    for tag in sorted(one for one, times in folded.items() if times > 1):
        yield error(f"tags.{tag}", "several tags read alike.", "Make them one.")


def _rules(config: Config) -> Iterator[Finding]:
    rules = [mapping(one) for one in members(config.get("rules"))]
    ids = [rule.get("id") for rule in rules]
    for at, rule in enumerate(rules):
        where = f"rules.{rule.get('id', at)}"
        if ids.count(rule.get("id")) > 1:
            yield error(where, "several rules have this id.", "Give each one its own.")
        for check in (_rule_keys, _rule_kind, _rule_reach, _rule_sources, _rule_match):
            yield from check(rule, config, where)


def _rule_keys(rule: Config, _config: Config, where: str) -> Iterator[Finding]:
    yield from _unknown(rule, _KEYS["rule"], where)
    yield from _unknown(rule.get("match"), MATCH_KEYS, f"{where}.match")
    yield from _unknown(rule.get("quality"), _KEYS["quality"], f"{where}.quality")
    yield from _unknown(rule.get("competencies"), _KEYS["sources"], f"{where}.competencies")
    for key, value in (("level_from", "score.raw"), ("distinct_by", "instructor")):
        if rule.get(key, value) != value:
            yield error(f"{where}.{key}", f"{rule[key]!r} is not known.", f"Use {value}.")


def _rule_kind(rule: Config, config: Config, where: str) -> Iterator[Finding]:
    kinds, order = (
        mapping(config.get("kinds")),
        members(mapping(config.get("assurance")).get("order")),
    )
    if rule.get("kind") not in kinds:
        yield error(
            where, f"the kind {rule.get('kind')!r} is not known.", f"Use {', '.join(kinds)}."
        )
    if rule.get("assurance", "system") not in order:
        yield error(
            where, f"the assurance {rule['assurance']!r} is not known.", f"Use {', '.join(order)}."
        )
    if not rule.get("weight"):
        yield error(where, "it has no weight.", "Give a weight above 0, or drop the rule.")
    source = mapping(rule.get("quality")).get("from")
    if source is not None and source not in QUALITIES:
        yield error(
            f"{where}.quality", f"{source!r} is no quality.", f"Use {' or '.join(QUALITIES)}."
        )


def _rule_reach(rule: Config, config: Config, where: str) -> Iterator[Finding]:
    """How high positive evidence reaches, how low negative evidence starts."""
    top = len(members(mapping(config.get("scale")).get("levels")))
    if mapping(mapping(config.get("kinds")).get(str(rule.get("kind")))).get("polarity") == -1:
        if not isinstance(rule.get("floor"), int) or not 1 <= rule["floor"] <= top:
            yield error(
                f"{where}.floor", "it is no level of the scale.", "Say from which level it counts."
            )
        return
    order = members(mapping(config.get("assurance")).get("order"))
    ceiling = rule.get("ceiling")
    if isinstance(ceiling, Mapping):
        yield from _unknown(ceiling, order, f"{where}.ceiling")
    listed = _reached(ceiling, order)
    if not listed or any(not isinstance(one, int) or one < 0 for one in listed):
        yield error(f"{where}.ceiling", "it names no level.", "Give the highest level it proves.")
    elif max(listed) > top:
        yield error(
            f"{where}.ceiling", f"level {max(listed)} is above the scale.", f"Use at most {top}."
        )
    elif listed != sorted(listed):
        yield error(
            f"{where}.ceiling",
            "it falls with a stronger class of assurance.",
            "Let it rise, or stay.",
        )


def _reached(ceiling: object, order: Sequence[str]) -> list[Any]:
    if isinstance(ceiling, Mapping):
        return [ceiling[name] for name in order if name in ceiling]
    return [] if ceiling is None else [ceiling]


def _rule_sources(rule: Config, config: Config, where: str) -> Iterator[Finding]:
    found = mapping(rule.get("competencies"))
    fixed = members(found.get("fixed"))
    known = set(mapping(config.get("competencies"))) | set(mapping(config.get("aliases")))
    yield from _unnamed(fixed, known, f"{where}.competencies.fixed")
    if not fixed and not any(found.get(name) is True for name in found if name != "split"):
        yield error(
            f"{where}.competencies", "it reaches no competency.", "Say `from:` or `fixed:`."
        )


def _rule_match(rule: Config, _config: Config, where: str) -> Iterator[Finding]:
    match = mapping(rule.get("match"))
    if "verb" not in match:
        yield warning(
            f"{where}.match", "it looks at every statement.", "Name the verbs it is about."
        )
    for key in MATCH_KEYS:
        if key != "tags_any":
            yield from _wildcards(match.get(key), f"{where}.match.{key}")
    for key in ("duration", "score_scaled"):
        yield from _unknown(match.get(key), COMPARISONS, f"{where}.match.{key}")


def _wildcards(patterns: object, where: str) -> Iterator[Finding]:
    for pattern in members(patterns):
        if isinstance(pattern, str) and pattern.startswith("*"):
            yield warning(
                where,
                f"the pattern {pattern!r} starts with a wildcard: it is slow and fits a lot.",
                "Start with the part that is fixed.",
            )


def _nodes(config: Config) -> Iterator[Finding]:
    nodes = mapping(config.get("nodes"))
    known = set(nodes) | set(mapping(config.get("competencies")))
    for id_, node in nodes.items():
        where, found = f"nodes.{id_}", mapping(node)
        children = [mapping(child) for child in members(found.get("children"))]
        yield from _unknown(found, _KEYS["node"], where)
        for child in children:
            yield from _unknown(child, _KEYS["child"], f"{where}.children")
        yield from _unnamed((child.get("id") for child in children), known, where)
        yield from _node(found, children, config, where)
    circle = cycle(_below(nodes))
    if circle:
        yield error(
            f"nodes.{circle[0]}",
            f"the nodes go round in a circle: {' > '.join(circle)}.",
            "Take one of them out of the other's children.",
        )


def _below(nodes: Mapping[str, Any]) -> dict[str, list[str]]:
    return {
        id_: [str(mapping(child).get("id")) for child in members(mapping(node).get("children"))]
        for id_, node in nodes.items()
    }


def _node(
    node: Config, children: Sequence[Config], config: Config, where: str
) -> Iterator[Finding]:
    if node.get("rule") not in NODE_RULES:
        yield error(
            where, f"the rule {node.get('rule')!r} is not known.", f"Use {', '.join(NODE_RULES)}."
        )
    ids = [child.get("id") for child in children]
    if len(set(ids)) != len(ids):
        yield error(where, "a child is listed twice.", "Keep one of them.")
    if node.get("rule") == "at_least" and not 1 <= node.get("count", 1) <= len(ids):
        yield error(where, "the count can never be met.", "Ask for at most all children.")
    if node.get("rule") == "points":
        yield from _points(node, children, config, where)


def _points(
    node: Config, children: Sequence[Config], config: Config, where: str
) -> Iterator[Finding]:
    goal, reachable = node.get("required_points", 0), sum(one.get("points", 0) for one in children)
    if goal > reachable:
        yield error(
            where,
            f"{goal} points are asked for and {reachable} can be had.",
            "Ask for less, or give the children more.",
        )
    if node.get("target_level", 1) > len(members(mapping(config.get("scale")).get("levels"))):
        yield error(where, "the target level is above the scale.", "Choose one of the scale.")


_CHECKS: Sequence[Callable[[Config], Iterator[Finding]]] = (
    _sections,
    _scale,
    _assurance,
    _kinds,
    _competencies,
    _rules,
    _nodes,
    _tags,
    _names,
)
