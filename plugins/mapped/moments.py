"""Times and lengths as rows write them: with or without zones, as days, as seconds since 1970."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from engine.api import BadCell, Dates, read_dates, read_number

NOON = " 12:00"
"""A day without a time stands at noon, so that it is that day on most clocks."""

LONGEST = 80
"""Characters of a moment or a length."""

_UNIX = re.compile(r"[1-9]\d{8,9}(?:\.\d+)?|[1-9]\d{11,12}|[1-9]\d{14,15}")
_MAIL = re.compile(
    r"(?:[A-Za-z]{3},\s*)?\d{1,2} [A-Za-z]{3} \d{4} \d{1,2}:\d{2}(?::\d{2})?"
    r" (?:[+-]\d{4}|[A-Z]{1,4})"
)
_WEEKDAY = re.compile(r"[^\W\d_]{2,12}\.?,?\s+(?=\S)")
_ISO = re.compile(
    r"P(?:(\d{1,4})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,7})M)?(?:(\d{1,9})(?:[.,]\d{1,9})?S)?)?"
)
_CLOCK = re.compile(r"(\d{1,4}):(\d{2})(?::(\d{2})(?:[.,]\d{1,9})?)?")
_WORDS = re.compile(
    r"(?:(\d{1,4})\s*(?:h|hr|hrs|hours?|heures?|horas?)\.?,?\s*)?"
    r"(?:(\d{1,6})\s*(?:m|mn|min|mins|minutes?|minutos?)\.?,?\s*)?"
    r"(?:(\d{1,8})\s*(?:s|sec|secs|seconds?|secondes?|segundos?)\.?)?",
    re.IGNORECASE,
)
_SECONDS = {"": 60, "minutes": 60, "hours": 3600, "seconds": 1}


@dataclass(frozen=True, slots=True)
class Moments:
    """How one delivery writes its moments; `elsewhere` reads them in another zone, to see whether
    they depend on one, where the mapping names none."""

    dates: Dates
    elsewhere: Dates | None

    def at(self, written: str) -> datetime:
        """The moment.

        :raises BadCell: it is none, or names no zone and the mapping does not either.
        """
        if moment := _absolute(written):
            return moment
        plain = _with_time(_tidy(written), self.dates)
        moment = self.dates.at(plain)
        if self.elsewhere and self.elsewhere.at(plain) != moment:
            raise BadCell(
                f"“{written[:60]}” names no time zone, and the mapping names none.",
                "Say in the mapping's “zone” on which clock it was read, such as Europe/Madrid.",
            )
        return moment


def learn(written: Iterable[tuple[int | str, str]], *, zone: str, order: str) -> Moments:
    """Learn from all moments of a delivery in which order it writes day and month.

    :raises BadReport: they contradict each other, or nothing decides; with the row.
    """
    seen = [(place, _tidy(text)) for place, text in written if not _absolute(text)]
    dates = read_dates(seen, zone=zone or "UTC", order=order or None)
    elsewhere = None if zone else read_dates(seen, zone="Asia/Tokyo", order=order or None)
    return Moments(dates, elsewhere)


def _absolute(written: str) -> datetime | None:
    """A moment that needs no zone: seconds since 1970 (or thousandths), or as mail and RSS have."""
    text = written.strip()[:LONGEST]
    try:
        if _UNIX.fullmatch(text):
            whole = text.partition(".")[0]
            scale = 10 ** max(len(whole) - 10, 0)
            return datetime.fromtimestamp(int(whole) / scale, UTC).replace(microsecond=0)
        return parsedate_to_datetime(text) if _MAIL.fullmatch(text) else None
    except (ValueError, TypeError, OverflowError, OSError):
        return None


def _tidy(written: str) -> str:
    """Without the day of the week."""
    text = " ".join(written[:LONGEST].split())
    found = _WEEKDAY.match(text)
    if found and re.match(r"\d", text[found.end() :]) and not _is_month(found[0], text):
        return text[found.end() :]
    return re.sub(r"^[^\W\d_]{2,12}\.?,\s+(?=[^\W\d_])", "", text)


def _is_month(word: str, text: str) -> bool:
    """Whether a word at the start is a month, as in "September 17, 2026"."""
    return "," not in word and re.match(r"\D+\d{1,2}(?:st|nd|rd|th)?,? \d{4}", text) is not None


def _with_time(text: str, dates: Dates) -> str:
    return text + NOON if dates.day(text) == text else text


def read_length(written: str, unit: str) -> timedelta:
    """How long something took: `50`, `1:30`, `1:02:03`, `1 h 30 min` or `PT1H`.

    :raises BadCell: it is no length of time.
    """
    text = written.strip()
    if len(text) > LONGEST:
        raise _no_length(text)
    if found := _ISO.fullmatch(text):
        days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
        return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    if found := _CLOCK.fullmatch(text):
        hours, minutes, seconds = (int(part or 0) for part in found.groups())
        return timedelta(hours=hours, minutes=minutes, seconds=seconds)
    if re.search(r"\d\s*[hms]", text, re.I) and (found := _WORDS.fullmatch(text)):
        hours, minutes, seconds = (int(part or 0) for part in found.groups())
        return timedelta(hours=hours, minutes=minutes, seconds=seconds)
    return _counted(text, unit)


def _counted(text: str, unit: str) -> timedelta:
    try:
        number = read_number(text) or 0.0
    except BadCell as bad:
        raise _no_length(text) from bad
    if not 0 <= number * _SECONDS[unit] <= 366 * 86_400:
        raise _no_length(text)
    return timedelta(seconds=round(number * _SECONDS[unit]))


def _no_length(text: str) -> BadCell:
    return BadCell(
        f"“{text[:60]}” is no length of time.",
        "Write minutes such as 50, hours and minutes such as 1:30, or empty the cell.",
    )
