"""What stands in a ruleset in vain: rules, kinds, competencies and levels nothing ever comes to.

The config is sound when this is asked: every kind, class and competency that is named is there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from engine.competencies.checked import members
from engine.competencies.decay import MICRO
from engine.competencies.findings import Finding, warning
from engine.competencies.policy import Policy, Rule, read_policy
from engine.competencies.reading import decimal, duration_seconds, mapping

MOST_TOLD = 20
"""How many competencies are told of one by one."""

_LISTS = (
    "verb", "object_type", "object_id",
    "tags_any", "category_any", "grouping_any", "parent_any", "other_any",
)  # fmt: skip
_RANGES = {"duration": duration_seconds, "score_scaled": decimal}

Config = Mapping[str, Any]


def in_vain(config: Config) -> Iterator[Finding]:
    """Everything that could be left out without anybody's level being another."""
    policy = read_policy(config)
    yield from _rules_that_never_match(config)
    yield from _rules_in_the_shadow(config, policy)
    yield from _unused_kinds(policy)
    yield from _competencies_out_of_reach(config, policy)
    yield from _levels_out_of_reach(policy)


def _rules_that_never_match(config: Config) -> Iterator[Finding]:
    for rule in config["rules"]:
        where = f"rules.{rule['id']}"
        for why in (*_contradictions(mapping(rule.get("match"))), *_sourceless(rule, config)):
            yield warning(where, f"it never gives evidence: {why}.", "Mend it, or drop the rule.")


def _contradictions(match: Config) -> Iterator[str]:
    """What no statement can fulfil."""
    for key in _LISTS:
        if key in match and not members(match[key]):
            yield f"`{key}` lists nothing"
    for key, read in _RANGES.items():
        if key in match and _is_empty({name: read(at) for name, at in match[key].items()}):
            yield f"nothing is within the limits of `{key}`"
    template = mapping(match.get("template"))
    for key, name in (("verb", "verb"), ("object_type", "objectActivityType")):
        if name in template and key in match and template[name] not in members(match[key]):
            yield f"its template has another {key}"


def _is_empty(limits: Mapping[str, Any]) -> bool:
    lows = [(limits[name], name == "gt") for name in ("gte", "gt") if name in limits]
    highs = [(limits[name], name == "lt") for name in ("lte", "lt") if name in limits]
    return any(
        low > high or (low == high and (above or below))
        for low, above in lows
        for high, below in highs
    )


def _sourceless(rule: Config, config: Config) -> Iterator[str]:
    """Why a rule comes to no competency, if it comes to none."""
    sources = mapping(rule.get("competencies"))
    ways = {
        "from_tags": bool(config.get("tags")),
        "from_alignments": bool(config.get("alignments")),
        "from_context": True,
        "from_object": True,
    }
    named = [name for name in ways if sources.get(name) is True]
    if not members(sources.get("fixed")) and not any(ways[name] for name in named):
        yield "it takes competencies from tags or alignments, and there are none"


def _rules_in_the_shadow(config: Config, policy: Policy) -> Iterator[Finding]:
    """Of what fits two rules of a kind the heavier counts: the other may never do so."""
    rules: Sequence[Config] = config["rules"]
    for at, rule in enumerate(rules):
        for before, other in enumerate(rules):
            if before == at or not _covers(other, rule, policy):
                continue
            if before > at and _covers(rule, other, policy):  # of two alike the later goes
                continue
            yield warning(
                f"rules.{rule['id']}",
                f"whatever fits it fits {other['id']} too, which counts for as much or more.",
                "Drop it, or make it different.",
            )
            break


def _covers(wide: Config, narrow: Config, policy: Policy) -> bool:
    """Whether the wide rule gives as much as the narrow one, wherever the narrow one gives."""
    one, other = policy.rules[wide["id"]], policy.rules[narrow["id"]]
    return (
        _is_like(one, other)
        and one.weight >= other.weight
        and all(one.ceilings[name] >= other.ceilings[name] for name in one.ceilings)
        and one.floor <= other.floor
        and policy.assurance.ranks[one.assurance] >= policy.assurance.ranks[other.assurance]
        and _fits_wherever(mapping(wide.get("match")), mapping(narrow.get("match")))
    )


def _is_like(one: Rule, other: Rule) -> bool:
    """Whether two rules differ in nothing but what they fit, their weight and their reach."""
    return all(
        getattr(one, name) == getattr(other, name)
        for name in (
            *("kind", "quality", "full", "level_stated", "by_instructor", "instructor_role"),
            *("split", "sources", "fixed"),
        )
    )


def _fits_wherever(wide: Config, narrow: Config) -> bool:
    """Whether the wide match asks for nothing that the narrow one does not ask for as well."""
    return all(
        key in narrow
        and (
            set(map(str, members(narrow[key]))) <= set(map(str, members(asked)))
            if key in _LISTS
            else narrow[key] == asked
        )
        for key, asked in wide.items()
    )


def _unused_kinds(policy: Policy) -> Iterator[Finding]:
    used = {rule.kind for rule in policy.rules.values()}
    for name in policy.kinds:
        if name not in used:
            yield warning(f"kinds.{name}", "no rule gives this kind.", "Drop it, or use it.")


def _competencies_out_of_reach(config: Config, policy: Policy) -> Iterator[Finding]:
    sources = {name for rule in policy.rules.values() for name in rule.sources}
    if sources & {"from_context", "from_object"}:  # these name whichever they like
        return
    named = {id_ for rule in policy.rules.values() for id_ in rule.fixed}
    if "from_tags" in sources:
        named |= _all_of(mapping(config.get("tags")).values())
    if "from_alignments" in sources:
        named |= _all_of(one.get("competencies") for one in config.get("alignments", ()))
    aliases = mapping(config.get("aliases"))
    named |= {aliases[id_] for id_ in named if id_ in aliases}
    lost = [id_ for id_ in policy.half_lives if id_ not in named]
    mend = "Name it in a tag, in an alignment or in a rule, or drop it."
    for id_ in lost[:MOST_TOLD]:
        yield warning(f"competencies.{id_}", "no rule ever comes to it.", mend)
    if len(lost) > MOST_TOLD:
        more = len(lost) - MOST_TOLD
        yield warning("competencies", f"no rule ever comes to {more} others.", mend)


def _all_of(lists: Iterable[object]) -> set[Any]:
    return {id_ for found in lists for id_ in members(found)}


def _levels_out_of_reach(policy: Policy) -> Iterator[Finding]:
    """The lowest level that all evidence in the world would not reach."""
    for number, doubt in enumerate(policy.scale.scepticism, start=1):
        kinds = {
            rule.kind
            for rule in policy.rules.values()
            if rule.polarity > 0 and max(rule.ceilings.values()) >= number
        }
        if not kinds or _most(policy, kinds) <= _needed(policy, doubt):
            why = "the caps of its kinds are too low" if kinds else "all ceilings are below it"
            yield warning(
                f"scale.levels[{number - 1}]",
                f"nobody can ever reach level {number}: {why}.",
                "Raise a ceiling or a cap, or shorten the scale.",
            )
            return


def _most(policy: Policy, kinds: Iterable[str]) -> float:
    """What these kinds stay below, however much evidence there is."""
    caps = [policy.kinds[kind].cap for kind in kinds]
    return sum(float("inf") if cap is None else cap for cap in caps)


def _needed(policy: Policy, doubt: int) -> int:
    """The evidence at which support comes to the threshold, nothing standing against it."""
    tau = policy.scale.tau
    return tau * doubt // max(1, MICRO - tau)
