"""Times as systems write them beside ISO 8601: with slashes, in words for UTC, as seconds."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo

_WRITTEN = re.compile(
    r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})[T ]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?"
    r"\s*(?P<zone>Z|UTC|GMT|[+-]\d{2}:?(?:\d{2})?)?",
    re.IGNORECASE,
)


def moment_of(written: str, *, zoneless: tzinfo | None = None) -> datetime | None:
    """The moment in UTC; None where it is none, or names no zone and `zoneless` gives none."""
    found = _WRITTEN.fullmatch(written.strip())
    zone = _zone(found["zone"]) or zoneless if found else None
    if not found or zone is None:
        return None
    second, part = int(found[6] or 0), int((found[7] or "0").ljust(6, "0")[:6])
    day = (int(found[1]), int(found[2]), int(found[3]))
    try:
        moment = datetime(*day, int(found[4]), int(found[5]), second, part, tzinfo=zone)
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _zone(name: str | None) -> tzinfo | None:
    if not name:
        return None
    if name[0] not in "+-":
        return UTC
    digits = name[1:].replace(":", "").ljust(4, "0")
    length = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    try:
        return timezone(-length if name[0] == "-" else length)
    except ValueError:
        return None


def epoch_of(written: str) -> datetime | None:
    """The moment of seconds since 1970, whole or with a decimal point; None when it is none."""
    found = re.fullmatch(r"(\d{1,11})(?:\.(\d{1,9}))?", written.strip())
    if not found:
        return None
    part = int((found[2] or "0").ljust(6, "0")[:6])
    try:
        return datetime.fromtimestamp(int(found[1]), UTC) + timedelta(microseconds=part)
    except (ValueError, OverflowError, OSError):
        return None
