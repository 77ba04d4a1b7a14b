"""From the scores of competencies to those of the nodes above them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.competencies.decay import MICRO
from engine.competencies.nodes import Node
from engine.competencies.scoring import Standing

Mark = tuple[int, int]
"""Score in milli-levels and confidence in millionths: what a child passes up."""

NOTHING: Mark = (0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeStanding:
    """Where somebody stands in a node; `via` or `units` or `points` says why."""

    id: str
    score_milli: int
    confidence_ppm: int
    source: str = "rollup"
    via: str | None = None
    units: Mapping[str, int] | None = None
    points: int | None = None

    @property
    def level(self) -> int:
        """The whole levels reached."""
        return self.score_milli // 1000

    @property
    def mark(self) -> Mark:
        """What it passes up."""
        return self.score_milli, self.confidence_ppm


def roll_up(
    standings: Mapping[str, Standing], nodes: Mapping[str, Node]
) -> dict[str, NodeStanding]:
    """Every node's standing; a child without evidence counts as nothing, it is not skipped."""
    direct = {id_: (one.score_milli, one.confidence_ppm) for id_, one in standings.items()}
    climb = _Climb(direct=direct, nodes=nodes)
    return {id_: climb.standing(id_) for id_ in sorted(nodes)}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Climb:
    """One walk over the nodes; each is worked out once."""

    direct: Mapping[str, Mark]
    nodes: Mapping[str, Node]
    done: dict[str, NodeStanding] = field(default_factory=dict)

    def standing(self, id_: str) -> NodeStanding:
        """A node's standing: the roll-up, or its own evidence where that says strictly more."""
        if id_ not in self.done:
            self.done[id_] = self._better(self._rolled(self.nodes[id_]))
        return self.done[id_]

    def mark(self, id_: str) -> Mark:
        return self.standing(id_).mark if id_ in self.nodes else self.direct.get(id_, NOTHING)

    def _better(self, rolled: NodeStanding) -> NodeStanding:
        score, confidence = self.direct.get(rolled.id, NOTHING)
        if score <= rolled.score_milli:
            return rolled
        return NodeStanding(
            id=rolled.id, score_milli=score, confidence_ppm=confidence, source="direct"
        )

    def _rolled(self, node: Node) -> NodeStanding:
        if node.rule == "weighted_mean":
            return self._mean(node)
        if node.rule == "points":
            return self._points(node)
        return self._ranked(node)

    def _ranked(self, node: Node) -> NodeStanding:
        """The first, the k-th or the last of the children, best first."""
        marks = {child.id: self.mark(child.id) for child in node.children}
        ranked = sorted(marks, key=lambda id_: (-marks[id_][0], -marks[id_][1], id_))
        place = {"any": 1, "at_least": min(node.count, len(ranked)), "all": len(ranked)}[node.rule]
        via = ranked[place - 1]
        score, confidence = marks[via]
        return NodeStanding(id=node.id, score_milli=score, confidence_ppm=confidence, via=via)

    def _points(self, node: Node) -> NodeStanding:
        """Points of the children at the target level, against a goal; all required are there."""
        marks = {child.id: self.mark(child.id) for child in node.children}
        reached = [
            child for child in node.children if marks[child.id][0] // 1000 >= node.target_level
        ]
        points = sum(child.points for child in reached)
        complete = all(child in reached for child in node.children if child.required)
        target = 1000 * node.target_level
        if complete and points >= node.required_points:
            score = target
        else:
            score = min(target - 1, target * points // node.required_points)
        confidence = min((marks[child.id][1] for child in reached), default=0)
        return NodeStanding(id=node.id, score_milli=score, confidence_ppm=confidence, points=points)

    def _mean(self, node: Node) -> NodeStanding:
        """The mean over distinct units, each once, at its heaviest path."""
        units: dict[str, int] = {}
        lifts: dict[str, Mark] = {}
        self._flatten(node, MICRO, NOTHING, units, lifts)
        marks = {id_: max(self.mark(id_), lifts[id_]) for id_ in units}
        whole = sum(units.values()) or 1
        return NodeStanding(
            id=node.id,
            score_milli=sum(units[id_] * marks[id_][0] for id_ in units) // whole,
            confidence_ppm=sum(units[id_] * marks[id_][1] for id_ in units) // whole,
            units=units,
        )

    def _flatten(
        self, node: Node, path: int, lift: Mark, units: dict[str, int], lifts: dict[str, Mark]
    ) -> None:
        """Go down through additive nodes; direct evidence for one lifts all units below it."""
        total = sum(child.weight for child in node.children)
        for child in node.children:
            weight, below = path * child.weight // total, self.nodes.get(child.id)
            if below is not None and below.rule == "weighted_mean":
                above = max(lift, self.direct.get(child.id, NOTHING))
                self._flatten(below, weight, above, units, lifts)
            else:
                units[child.id] = max(units.get(child.id, 0), weight)
                lifts[child.id] = max(lifts.get(child.id, NOTHING), lift)
