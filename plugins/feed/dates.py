"""When an entry was published: dates as feeds write them, beyond what feedparser reads."""

from __future__ import annotations

import re
from calendar import timegm
from datetime import UTC, datetime
from typing import Any

from engine.api import BadCell, BadReport, read_dates

_DATES = ("published", "updated", "created")
_SECONDS = re.compile(r"(\d{10})(?:\d{3})?")  # or milliseconds, since 1970
_WEEKDAY = re.compile(r"^[^\W\d_]{2,20}\.?,? +(?=\d)")


def moment_of_entry(entry: dict[str, Any]) -> datetime | None:
    """When it was published, else changed."""
    return next(filter(None, (_date(entry, name) for name in _DATES)), None)


def _date(entry: dict[str, Any], name: str) -> datetime | None:
    """One of its dates; feedparser has turned zones into UTC, but knows English months alone.

    The first moment of 1970 is what programs write when they have none.
    """
    written, parsed = str(dict.get(entry, name) or ""), dict.get(entry, f"{name}_parsed")
    if seconds := _SECONDS.fullmatch(written.strip()):
        return datetime.fromtimestamp(int(seconds[1]), UTC)
    if parsed is None:
        return moment_in_words(written)
    try:
        return datetime.fromtimestamp(timegm(parsed), UTC) if timegm(parsed) else None
    except (ValueError, OverflowError, OSError):
        return None


def written_date(entry: dict[str, Any]) -> str:
    """The date as the feed writes it; "" when it states none."""
    return next((str(found) for name in _DATES if (found := dict.get(entry, name))), "")


def moment_in_words(written: str) -> datetime | None:
    """The moment in a date with its month in words, as in "mer, 16 nov 2022 00:38:15 +0100".

    UTC where it names no zone, a day alone from its beginning; None for what is no moment.
    """
    text = _WEEKDAY.sub("", " ".join(written[:100].split()), count=1)
    text = text if ":" in text else f"{text} 00:00:00"
    try:
        return read_dates([(1, text)], zone="UTC").at(text).astimezone(UTC)
    except (BadCell, BadReport):
        return None
