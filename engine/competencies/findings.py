"""What a check of a ruleset finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing to mend: an ERROR keeps the ruleset from being published, a WARN does not."""

    level: Literal["ERROR", "WARN"]
    where: str
    why: str
    mend: str


def error(where: str, why: str, mend: str) -> Finding:
    """A finding that has to be mended."""
    return Finding(level="ERROR", where=where, why=why, mend=mend)


def warning(where: str, why: str, mend: str) -> Finding:
    """A finding to think about."""
    return Finding(level="WARN", where=where, why=why, mend=mend)
