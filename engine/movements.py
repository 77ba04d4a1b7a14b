"""What is different between two profiles of one person on one day, and what made the difference."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from engine.competencies.counting import Counted, count_rows
from engine.competencies.policy import Policy
from engine.competencies.rollup import NodeStanding
from engine.competencies.scoring import Standing
from engine.profiles import Profile

ASPECTS = ("kind", "weight", "reach", "assurance")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where somebody stands: scores in milli-levels, confidence in parts per million."""

    level: int
    score_milli: int
    confidence_ppm: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One difference that bears on a move.

    `what`: "gained" or "lost" rows of evidence; rows that count with another "kind", "weight",
    "reach" (ceiling, floor or stated level) or "assurance"; "rules" of the scale, the classes, a
    kind, a half-life or a node that are others; a "child" that moved. `where` is the place in the
    config, or the child. `before` and `after` are given where all rows agree on them.
    """

    what: str
    where: str
    before: Any = None
    after: Any = None
    rows: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """Where somebody stood in a competency or node, where she would stand, and why."""

    competency: str
    is_node: bool
    before: Place | None
    after: Place | None
    reasons: tuple[Reason, ...] = ()

    @property
    def direction(self) -> str:
        """up, down, new, lost, within (the level stays, the score does not), or same."""
        if self.before == self.after:
            return "same"
        if self.before is None:
            return "new"
        if self.after is None:
            return "lost"
        return {1: "up", -1: "down"}.get(_sign(self.levels), "within")

    @property
    def levels(self) -> int:
        """By how many levels."""
        levels = [place.level if place else 0 for place in (self.before, self.after)]
        return levels[1] - levels[0]

    @property
    def score_milli(self) -> int:
        """By how much of a level, in thousandths."""
        scores = [place.score_milli if place else 0 for place in (self.before, self.after)]
        return scores[1] - scores[0]


def _sign(number: int) -> int:
    return (number > 0) - (number < 0)


def between(before: Profile, after: Profile) -> list[Move]:
    """A move for everything that either profile has, also where nobody moves; nodes come last.

    Reasons are given for what changes its level, is new, or is lost.
    """
    evidence = _Evidence.of(before, after)
    moves = [
        _reasoned(one, evidence.reasons(one.competency))
        for one in _pairs(before.standings, after.standings, is_node=False)
    ]
    moved = {one.competency: one for one in moves if one.direction != "same"}
    nodes = list(_pairs(before.nodes, after.nodes, is_node=True))
    moved |= {one.competency: one for one in nodes if one.direction != "same"}
    policies = before.record.policy, after.record.policy
    return [*moves, *(_reasoned(one, _node_reasons(one, policies, moved)) for one in nodes)]


def _reasoned(move: Move, reasons: Iterable[Reason]) -> Move:
    """The move with its reasons, which are only worked out where they are told."""
    if move.direction in ("within", "same"):
        return move
    return Move(
        competency=move.competency,
        is_node=move.is_node,
        before=move.before,
        after=move.after,
        reasons=tuple(reasons),
    )


def _pairs(
    before: Mapping[str, Standing | NodeStanding],
    after: Mapping[str, Standing | NodeStanding],
    *,
    is_node: bool,
) -> Iterator[Move]:
    for id_ in sorted({*before, *after}):
        yield Move(
            competency=id_,
            is_node=is_node,
            before=_place(before.get(id_)),
            after=_place(after.get(id_)),
        )


def _place(found: Standing | NodeStanding | None) -> Place | None:
    if found is None:
        return None
    return Place(
        level=found.level, score_milli=found.score_milli, confidence_ppm=found.confidence_ppm
    )


_Rows = Mapping[tuple[str, str], Counted]
"""By statement and rule."""


@dataclass(slots=True)
class _Evidence:
    """Both profiles' rows as they count; sorted by competency when first asked for."""

    profiles: tuple[Profile, Profile]
    sorted_rows: tuple[dict[str, dict[tuple[str, str], Counted]], ...] = ()

    @classmethod
    def of(cls, before: Profile, after: Profile) -> _Evidence:
        return cls((before, after))

    def reasons(self, competency: str) -> Iterator[Reason]:
        """Everything that bears on one competency; nothing is worked out until it is asked for."""
        if not self.sorted_rows:
            self.sorted_rows = tuple(map(_by_competency, self.profiles))
        before, after = (rows.get(competency, {}) for rows in self.sorted_rows)
        policies = tuple(profile.record.policy for profile in self.profiles)
        yield from _rows_apart(before, after)
        yield from _rows_changed(before, after)
        kinds = {one.row.kind for one in (*before.values(), *after.values())}
        yield from _rules_changed(policies[0], policies[1], competency, kinds)


def _by_competency(profile: Profile) -> dict[str, dict[tuple[str, str], Counted]]:
    found: dict[str, dict[tuple[str, str], Counted]] = defaultdict(dict)
    for one in count_rows(profile.record, profile.as_of):
        found[one.row.competency][one.row.statement_id, one.row.rule] = one
    return found


def _rows_apart(before: _Rows, after: _Rows) -> Iterator[Reason]:
    """Evidence that only one of both has, counted by its rule."""
    for what, mine, others in (("gained", after, before), ("lost", before, after)):
        rules = [rule for key, one in mine.items() if key not in others for rule in [one.row.rule]]
        for rule in sorted(set(rules)):
            yield Reason(what=what, where=f"rules.{rule}", rows=rules.count(rule))


def _rows_changed(before: _Rows, after: _Rows) -> Iterator[Reason]:
    """Evidence that both have and that counts otherwise, by rule and by what is different."""
    changed: dict[tuple[str, str], list[tuple[Any, Any]]] = defaultdict(list)
    for key in before.keys() & after.keys():
        for aspect in ASPECTS:
            values = _aspect(before[key], aspect), _aspect(after[key], aspect)
            if values[0] != values[1]:
                changed[key[1], aspect].append(values)
    for (rule, aspect), pairs in sorted(changed.items()):
        was, becomes = pairs[0] if len(set(pairs)) == 1 else (None, None)
        yield Reason(what=aspect, where=f"rules.{rule}", before=was, after=becomes, rows=len(pairs))


def _aspect(one: Counted, aspect: str) -> Any:
    return one.row.kind if aspect == "kind" else getattr(one, aspect)


def _rules_changed(
    before: Policy, after: Policy, competency: str, kinds: Iterable[str]
) -> Iterator[Reason]:
    """What the rules say otherwise about all her evidence for a competency, or none of it."""
    half_lives = before.half_lives.get(competency), after.half_lives.get(competency)
    known = competency in before.half_lives, competency in after.half_lives
    where = f"competencies.{competency}"
    if known[0] != known[1]:
        yield Reason(what="rules", where=where, before=known[0], after=known[1])
    else:
        yield from _said("half_life", where, *half_lives)
    for kind in sorted(kinds):
        was, becomes = before.kinds.get(kind), after.kinds.get(kind)
        for cap in ("cap", "day_cap"):
            values = getattr(was, cap, None), getattr(becomes, cap, None)
            yield from _said(cap, f"kinds.{kind}", *values)
    for name in ("tau", "scepticism", "confidence_n0"):
        yield from _said(name, "scale", getattr(before.scale, name), getattr(after.scale, name))
    for name in ("factors", "quorum"):
        values = getattr(before.assurance, name), getattr(after.assurance, name)
        yield from _said(name, "assurance", *values)


def _said(name: str, where: str, before: Any, after: Any) -> Iterator[Reason]:
    if before != after:
        yield Reason(what="rules", where=f"{where}.{name}", before=before, after=after)


def _node_reasons(
    move: Move, policies: tuple[Policy, Policy], moved: Mapping[str, Move]
) -> Iterator[Reason]:
    """The node itself, and the children of either version that moved."""
    was, becomes = (policy.nodes.get(move.competency) for policy in policies)
    if was != becomes:
        yield Reason(what="rules", where=f"nodes.{move.competency}")
    children = {child.id for node in (was, becomes) if node for child in node.children}
    for id_ in sorted(children & moved.keys()):
        before, after = moved[id_].before, moved[id_].after
        yield Reason(
            what="child",
            where=id_,
            before=before.score_milli if before else None,
            after=after.score_milli if after else None,
        )
