"""Moodle's rules by which a competency follows from those below it, as roll-up nodes say it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from plugins.moodle_competencies.rows import Row

ALL, POINTS = "competency_rule_all", "competency_rule_points"
OUTCOMES = ("0", "1", "2", "3")
"""None, evidence, complete, recommend."""
MOST_POINTS = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """What a rule can speak of: the rows below its own, rows by exported id, everybody's uri.

    `target` is the lowest level that counts as proficient.
    """

    children: Mapping[str, Row]
    exported: Mapping[str, Row]
    uris: Mapping[str, str]
    target: int


def kind_of(row: Row) -> str:
    """`all`, `points`, or "" for a row without a rule.

    :raises BadReport: the rule or its outcome is none of Moodle's.
    """
    if not row["rule_type"]:
        return ""
    # "core_competency\\competency_rule_all" today, "tool_lp\\..." in 2015
    name = row["rule_type"].rpartition("\\")[2]
    if name not in (ALL, POINTS):
        raise row.bad(
            f"The rule type “{row['rule_type'][:80]}” is not known.",
            f"Moodle has core_competency\\{ALL} and core_competency\\{POINTS}.",
        )
    if (row["rule_outcome"] or "0") not in OUTCOMES:
        raise row.bad(
            f"The rule outcome “{row['rule_outcome'][:40]}” is not known.",
            "Give 0 (none), 1 (evidence), 2 (complete) or 3 (recommend).",
        )
    return "all" if name == ALL else "points"


def node(row: Row, family: Family) -> dict[str, Any] | None:
    """The rule as a ruleset's `nodes` take it; None where it does nothing or has nothing below.

    :raises BadReport: its config is broken, or speaks of what is not below this competency.
    """
    kind = kind_of(row)
    if not kind or row["rule_outcome"] in ("", "0") or not family.children:
        return None
    if kind == "all":
        children = [{"id": family.uris[child.id_number]} for child in family.children.values()]
        return {"rule": "all", "children": children}
    return _points(row, family) if family.exported else None


def _points(row: Row, family: Family) -> dict[str, Any]:
    config = _config(row)
    goal = _whole(config["base"].get("points"), row)
    children = [_child(one, row, family) for one in config["competencies"]]
    if not 0 < goal <= sum(child["points"] for child in children):
        raise row.bad(f"Its rule asks for {goal} points, which cannot be.", "Correct the points.")
    if len({child["id"] for child in children}) < len(children):
        raise row.bad("Its rule names a competency twice.", "Name each once.")
    return {
        "rule": "points",
        "required_points": goal,
        "target_level": family.target,
        "children": children,
    }


def _config(row: Row) -> Mapping[str, Any]:
    """The points rule's own JSON, in the shape that Moodle gives it."""
    try:
        found = json.loads(row["rule_config"])
    except (ValueError, RecursionError):
        found = None
    told: dict[str, Any] = found if isinstance(found, dict) else {}
    listed = told.get("competencies")
    is_listed = isinstance(listed, list) and all(isinstance(one, dict) for one in listed)
    if not is_listed or not isinstance(told.get("base"), dict):
        raise row.bad(
            f"Its rule config is none of a points rule: {row['rule_config'][:80] or 'none'}.",
            'Expected is {"base": {"points": N}, "competencies": [{"id", "points", "required"}]}.',
        )
    return told


def _child(one: Mapping[str, Any], row: Row, family: Family) -> dict[str, Any]:
    found = family.exported.get(str(one.get("id")))
    if found is None or found.id_number not in family.children:
        raise row.bad(
            f"Its rule config refers to the exported id {str(one.get('id'))[:40]}, "
            f"which {'is not in the file' if found is None else 'is not below it'}.",
            "Export the framework from Moodle again, or take the rule out.",
        )
    return {
        "id": family.uris[found.id_number],
        "points": _whole(one.get("points"), row),
        "required": one.get("required") in (1, True, "1", "true"),
    }


def _whole(value: object, row: Row) -> int:
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    if not text.isascii() or not text.isdigit() or len(text) > 7 or int(text) > MOST_POINTS:
        raise row.bad(
            f"{str(value)[:40]!r} in its rule config is no number of points.",
            "Give whole numbers.",
        )
    return int(text)
