"""The compiled ruleset as typed values: scale, assurance, kinds, rules and nodes, checked once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from engine.competencies.checked import listed, members, section, whole
from engine.competencies.decay import MICRO
from engine.competencies.nodes import Node, read_node, refuse_cycles
from engine.competencies.reading import duration_seconds
from engine.errors import Refused

QUALITIES = ("duration", "score.scaled")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """The levels and how much evidence each asks for, in millionths."""

    levels: tuple[str, ...]
    scepticism: tuple[int, ...]
    tau: int
    confidence_n0: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Assurance:
    """The classes of assurance, weakest first, and what each makes of a weight."""

    order: tuple[str, ...]
    factors: Mapping[str, int]
    quorum: int
    ranks: Mapping[str, int]

    def stronger(self, one: str, other: str | None) -> str:
        """The stronger of two classes; None stands for no class at all."""
        return one if other is None or self.ranks[one] >= self.ranks[other] else other

    def cut(self, one: str, ceiling: str) -> str:
        """A class, but no stronger than the ceiling."""
        return one if self.ranks[one] <= self.ranks[ceiling] else ceiling


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of evidence: how much one day and all days together can be worth."""

    cap: int | None
    day_cap: int | None
    polarity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What a matching statement is worth, and which competencies it speaks for."""

    id: str
    kind: str
    polarity: int
    weight: int
    assurance: str
    ceilings: Mapping[str, int]
    floor: int
    quality: str | None
    full: Fraction | None
    level_stated: bool
    by_instructor: bool
    instructor_role: str | None
    split: bool
    sources: frozenset[str]
    fixed: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Everything of a ruleset that decides on levels."""

    scale: Scale
    assurance: Assurance
    kinds: Mapping[str, Kind]
    half_lives: Mapping[str, int | None]
    rules: Mapping[str, Rule]
    nodes: Mapping[str, Node]


def read_policy(config: Mapping[str, Any]) -> Policy:
    """A compiled config as typed values; `Refused` names what no score can be worked out from."""
    scale = _scale(section(config, "scale"))
    assurance = _assurance(section(config, "assurance"))
    kinds = {name: _kind(name, section(config, "kinds")) for name in section(config, "kinds")}
    rules = [_rule(rule, kinds, assurance) for rule in listed(config, "rules")]
    nodes = {id_: read_node(id_, node) for id_, node in section(config, "nodes", {}).items()}
    _refuse_repeats([rule.id for rule in rules])
    refuse_cycles(nodes)
    return Policy(
        scale=scale,
        assurance=assurance,
        kinds=kinds,
        half_lives=_half_lives(section(config, "competencies", {})),
        rules={rule.id: rule for rule in rules},
        nodes=nodes,
    )


def _scale(found: Mapping[str, Any]) -> Scale:
    levels = tuple(str(level) for level in members(found.get("levels")))
    scepticism = members(found.get("scepticism"))
    if not levels or len(levels) != len(scepticism):
        raise Refused(
            f"the scale has {len(levels)} levels and {len(scepticism)} values of scepticism.",
            "Give one value of scepticism for each level.",
            where="scale.scepticism",
        )
    numbered = {str(at): value for at, value in enumerate(scepticism)}
    tau = whole(found, "tau_ppm", "scale")
    if not 0 < tau <= MICRO:
        raise Refused("the threshold is not between 0 and 1.", "Try 0.6.", where="scale.tau")
    return Scale(
        levels=levels,
        scepticism=tuple(whole(numbered, at, "scale.scepticism") for at in numbered),
        tau=tau,
        confidence_n0=whole(found, "confidence_n0", "scale", 1_500_000),
    )


def _assurance(found: Mapping[str, Any]) -> Assurance:
    order = tuple(str(name) for name in members(found.get("order")))
    missing = [name for name in ("self", "system", "peer", "expert") if name not in order]
    if missing:
        raise Refused(
            f"the order of assurance lacks {', '.join(missing)}.",
            "List self, system, peer and expert, weakest first.",
            where="assurance.order",
        )
    factors = section(found, "factor_ppm")
    return Assurance(
        order=order,
        factors={name: whole(factors, name, "assurance.factor_ppm") for name in order},
        quorum=max(1, whole(found, "peer_quorum", "assurance", 1)),
        ranks={name: rank for rank, name in enumerate(order)},
    )


def _kind(name: str, kinds: Mapping[str, Any]) -> Kind:
    found, where = section(kinds, name, {}), f"kinds.{name}"
    cap, day_cap = (
        None if found.get(key) is None else whole(found, key, where) for key in ("cap", "day_cap")
    )
    return Kind(cap=cap, day_cap=day_cap, polarity=-1 if found.get("polarity") == -1 else 1)


def _half_lives(found: Mapping[str, Any]) -> dict[str, int | None]:
    return {id_: _half_life(id_, section(found, id_, {})) for id_ in found}


def _half_life(id_: str, found: Mapping[str, Any]) -> int | None:
    days = found.get("half_life_days")
    if days is not None and whole(found, "half_life_days", f"competencies.{id_}") == 0:
        raise Refused(
            "a half-life of no days would fade at once.",
            "Give days, such as 365, or null for never.",
            where=f"competencies.{id_}",
        )
    return days


def _rule(found: Mapping[str, Any], kinds: Mapping[str, Kind], assurance: Assurance) -> Rule:
    where = f"rules.{found.get('id')}"
    if not isinstance(found.get("id"), str):
        raise Refused("a rule needs an id.", "Give it a short name of its own.", where="rules")
    kind = kinds.get(str(found.get("kind")))
    if kind is None:
        raise Refused(
            f"the kind {found.get('kind')!r} is not among `kinds`.",
            f"Use one of {', '.join(kinds)}, or add it there.",
            where=where,
        )
    quality = section(found, "quality", {})
    competencies = section(found, "competencies", {})
    return Rule(
        id=found["id"],
        kind=found["kind"],
        polarity=kind.polarity,
        weight=whole(found, "weight", where),
        assurance=_class(found.get("assurance", "system"), assurance, where),
        ceilings=_ceilings(found, kind, assurance, where),
        floor=whole(found, "floor", where, 1) or 1,
        quality=_quality(quality, where),
        full=_full(quality, where),
        level_stated=found.get("level_from") == "score.raw",
        by_instructor=found.get("distinct_by") == "instructor",
        instructor_role=section(found, "match", {}).get("instructor_role"),
        split=competencies.get("split", True) is not False,
        sources=frozenset(name for name, on in competencies.items() if on is True),
        fixed=members(competencies.get("fixed")),
    )


def _class(name: object, assurance: Assurance, where: str) -> str:
    if name not in assurance.order:
        raise Refused(
            f"the assurance {name!r} is not in the order.",
            f"Use one of {', '.join(assurance.order)}.",
            where=where,
        )
    return str(name)


def _ceilings(
    found: Mapping[str, Any], kind: Kind, assurance: Assurance, where: str
) -> dict[str, int]:
    """The highest level each class may speak for; a class that is not named has its lower one's."""
    ceiling = found.get("ceiling")
    if kind.polarity < 0 or isinstance(ceiling, int):
        reach = 0 if kind.polarity < 0 else whole(found, "ceiling", where)
        return dict.fromkeys(assurance.order, reach)
    if not isinstance(ceiling, Mapping):
        raise Refused(
            "positive evidence needs a ceiling.",
            "Give one level, or a level for each class of assurance.",
            where=where,
        )
    reached, ceilings = 0, {}
    for name in assurance.order:
        reached = whole(ceiling, name, f"{where}.ceiling", reached)
        ceilings[name] = reached
    return ceilings


def _quality(found: Mapping[str, Any], where: str) -> str | None:
    source = found.get("from")
    if source is not None and source not in QUALITIES:
        raise Refused(
            f"a quality comes from {' or '.join(QUALITIES)}, this says {source!r}.",
            "Leave it out when every statement counts alike.",
            where=f"{where}.quality",
        )
    return source


def _full(found: Mapping[str, Any], where: str) -> Fraction | None:
    if found.get("from") != "duration":
        return None
    full = duration_seconds(found.get("full"))
    if not full:
        raise Refused(
            f"quality from duration needs `full` as a duration, this is {found.get('full')!r}.",
            "Write the time that counts in full, such as PT45M.",
            where=f"{where}.quality.full",
        )
    return full


def _refuse_repeats(ids: Sequence[str]) -> None:
    repeated = sorted({id_ for id_ in ids if ids.count(id_) > 1})
    if repeated:
        raise Refused(
            f"several rules are called {repeated[0]!r}.",
            "Give each rule an id of its own.",
            where="rules",
        )
