"""Nodes: competencies whose score is made up from others', and the circles they may not form."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from engine.competencies.checked import listed, whole
from engine.competencies.decay import MICRO
from engine.errors import Refused

NODE_RULES = ("all", "any", "at_least", "points", "weighted_mean")


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """A competency or node below a node."""

    id: str
    weight: int
    points: int
    required: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """How the children of a competency make up its score."""

    id: str
    rule: str
    children: tuple[Child, ...]
    count: int
    target_level: int
    required_points: int


def read_node(id_: str, found: Mapping[str, Any]) -> Node:
    where = f"nodes.{id_}"
    rule = found.get("rule") if isinstance(found, Mapping) else None
    if rule not in NODE_RULES:
        raise Refused(
            f"the roll-up rule {rule!r} is not known.",
            f"Use one of {', '.join(NODE_RULES)}.",
            where=where,
        )
    children = tuple(_child(child, where) for child in listed(found, "children"))
    node = Node(
        id=id_,
        rule=str(rule),
        children=children,
        count=whole(found, "count", where, 1),
        target_level=whole(found, "target_level", where, 1),
        required_points=whole(found, "required_points", where, 0),
    )
    _refuse_impossible(node, where)
    return node


def _child(found: Mapping[str, Any], where: str) -> Child:
    return Child(
        id=str(found.get("id")),
        weight=whole(found, "weight", where, MICRO),
        points=whole(found, "points", where, 0),
        required=found.get("required") in (True, 1),
    )


def _refuse_impossible(node: Node, where: str) -> None:
    """Refuse a node that no evidence could ever give a score."""
    if not node.children:
        raise Refused("a node needs children.", "List them, or drop the node.", where=where)
    if node.rule == "at_least" and not 1 <= node.count <= len(node.children):
        raise Refused(
            f"{node.count} of {len(node.children)} children can never be asked for.",
            "Give `count` between 1 and the number of children.",
            where=where,
        )
    if node.rule == "points" and (node.required_points == 0 or node.target_level == 0):
        raise Refused(
            "points need a goal.", "Give `required_points` and `target_level`.", where=where
        )
    if node.rule == "weighted_mean" and not any(child.weight for child in node.children):
        raise Refused("every weight is 0.", "Give one child some weight.", where=where)


def refuse_cycles(nodes: Mapping[str, Node]) -> None:
    below = {id_: [child.id for child in node.children] for id_, node in nodes.items()}
    circle = cycle(below)
    if circle:
        raise Refused(
            f"the nodes go round in a circle: {' > '.join(circle)}.",
            "Take one of them out of the other's children.",
            where=f"nodes.{circle[0]}",
        )


def cycle(below: Mapping[str, Iterable[str]]) -> list[str]:
    """One way round a circle of nodes, its start repeated at the end; empty when there is none."""
    done: set[str] = set()
    for start in below:
        found = _circle(start, below, [], done)
        if found:
            return found
    return []


def _circle(
    id_: str, below: Mapping[str, Iterable[str]], path: list[str], done: set[str]
) -> list[str]:
    if id_ in path:
        return [*path[path.index(id_) :], id_]
    if id_ in done:
        return []
    path.append(id_)
    for child in below.get(id_, ()):
        found = _circle(child, below, path, done)
        if found:
            return found
    done.add(path.pop())
    return []
