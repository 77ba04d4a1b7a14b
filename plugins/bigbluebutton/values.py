"""Values as BigBlueButton writes them: milliseconds since 1970, roles, members that may be null."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

LAST = 1 << 42
"""Milliseconds: the year 2109."""


def members(told: Any) -> Mapping[str, Any]:
    """An object's members; none where it is something else."""
    return told if isinstance(told, dict) else {}


def text_of(told: Any, name: str) -> str:
    """A member as text; "" where it is none."""
    value = members(told).get(name)
    if isinstance(value, str | int) and not isinstance(value, bool):
        return " ".join(str(value).split())
    return ""


def moment(told: Any, *, not_before: datetime | None = None) -> datetime | None:
    """A time in milliseconds, as number or text; None for 0, which means not yet."""
    if isinstance(told, str) and told.isascii() and told.isdecimal():
        told = int(told[:15])
    if isinstance(told, bool) or not isinstance(told, int) or not 0 < told < LAST:
        return None
    found = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=told)
    return None if not_before and found < not_before else found


def is_moderator(role: str) -> bool:
    """Whether a role leads a meeting."""
    return role.upper() == "MODERATOR"
