"""Moodle's scales: values with commas between them, and JSON that says which are proficient."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from plugins.moodle_competencies.rows import Row

MADE_UP = ("Not yet competent", "Competent")
"""For what has no levels: Moodle has no framework without a scale."""


def values_of(row: Row) -> list[str]:
    """The values of a row's scale, from the lowest; none where Byway made the scale up.

    :raises BadReport: one of them is empty.
    """
    is_made_up = row["scale_configuration"] == made_up()["scale_configuration"]
    written = "" if is_made_up else row["scale_values"].rstrip(", ")
    values = [" ".join(value.split()) for value in written.split(",")] if written else []
    if not all(values):
        raise row.bad("A value of its scale is empty.", "Write the values with commas between.")
    return values


def proficient_from(row: Row) -> int:
    """The number of the lowest value that counts as proficient, the second if the row says none.

    :raises BadReport: the configuration is broken or speaks of a value that is not on the scale.
    """
    values, written = values_of(row), row["scale_configuration"]
    if not values or written in ("", "null"):
        return min(2, max(len(values), 1))
    entries = configured(written, len(values))
    if entries is None:
        raise row.bad(
            f"Its scale configuration does not fit its scale: {written[:80]}",
            f"Expected is a list that numbers {len(values)} values from 1, as Moodle exports it.",
        )
    proficient = [one["id"] for one in entries if _is_set(one.get("proficient"))]
    return min(proficient, default=min(2, len(values)))


def own_configuration(row: Row) -> str:
    """A row's scale configuration where it differs from the one Byway would write."""
    values, written = values_of(row), row["scale_configuration"]
    is_usual = written in ("", "null", configuration(len(values)))
    return "" if is_usual or not values else written


def configured(written: str, size: int) -> list[dict[str, Any]] | None:
    """The entries of a configuration for a scale of `size` values; None when it does not fit."""
    try:
        found = json.loads(written)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        return None
    entries = [{**one, "id": _number(one.get("id"))} for one in found if "scaleid" not in one]
    return entries if all(1 <= one["id"] <= size for one in entries) else None


@lru_cache(maxsize=1)
def made_up() -> Mapping[str, str]:
    """The scale of a framework without levels, told from a real one by the id it lacks."""
    return {
        "scale_values": compact(MADE_UP),
        "scale_configuration": configuration(len(MADE_UP), scale=""),
    }


def scale(labels: Sequence[str], former: str) -> dict[str, str]:
    """The cells of a scale: its values, and the former configuration as long as that fits."""
    fits = configured(former, len(labels)) is not None
    return {
        "scale_values": compact(labels),
        "scale_configuration": former if fits else configuration(len(labels)),
    }


@lru_cache(maxsize=64)
def configuration(size: int, scale: str = "0") -> str:
    """A configuration in which the second value is the default and proficient, and all above.

    Moodle puts the id of its own scale in place of `scale`.
    """
    first = min(2, size)
    entries: list[dict[str, Any]] = [{"scaleid": scale}]
    for number in range(first, size + 1):
        entries.append({"id": number, "scaledefault": int(number == first), "proficient": 1})
    return json.dumps(entries, separators=(",", ":"))


def compact(labels: Sequence[str]) -> str:
    """A scale's values as Moodle writes them; a comma in a value would make it two."""
    shown = [" ".join(label.replace("\0", "").replace(",", ";").split()) for label in labels]
    return ",".join(label or str(number) for number, label in enumerate(shown, start=1))


def _number(value: object) -> int:
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0


def _is_set(value: object) -> bool:
    return value in (1, True, "1", "true")
