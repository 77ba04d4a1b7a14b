"""Dates as files write them: day and month in some order, on the clock of a zone not named."""

from __future__ import annotations

import difflib
import re
import unicodedata
import zoneinfo
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

from engine.errors import BadReport
from engine.reading.cells import BadCell, place

_MONTHS = {
    name: number
    for number, names in enumerate(
        ("jan ene gen", "feb fev", "mar mrt maa", "apr avr abr", "may mai mei mag maj",
         "jun juin giu", "jul juil lug", "aug aou ago", "sep set", "oct okt ott out", "nov",
         "dec dic dez"), start=1,
    )
    for name in names.split()
}  # fmt: skip
_YEAR_FIRST = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)")
_YEAR_LAST = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4}|\d{2})(?!\d)")
_MONTH_NAMED = re.compile(r"([^\W\d_]{3,})\.?[ -](\d{1,2})(?:st|nd|rd|th)?,?[ -](\d{4})(?!\d)")
_DAY_NAMED = re.compile(
    r"(\d{1,2})(?:st|nd|rd|th)?\.?(?:[ /-]| de )([^\W\d_]{3,})\.?,?(?:[ /-]| de )"
    r"(\d{4}(?!\d)|\d{2}(?![\d:.]))"
)
_TIME = re.compile(
    r"(\d{1,2})[:.h](\d{1,2})(?:[:.](\d{1,2})(?:[.,](\d{1,9}))?)? ?(?:([ap])\.? ?m\b\.?)?"
    r" ?(?:(?P<offset>[+-]\d{2}(?::?\d{2})?)|\(?(?P<name>[A-Za-z]{1,5})\)?)?",
    re.IGNORECASE,
)


def read_zone(name: str) -> zoneinfo.ZoneInfo:
    """The zone of an IANA name; abbreviations such as EST are refused: they hide summer time."""
    try:
        if "/" in name or name == "UTC":
            return zoneinfo.ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        pass
    near = difflib.get_close_matches(name, sorted(zoneinfo.available_timezones()), n=1)
    hint = f"Did you mean {near[0]}?" if near and "/" in near[0] else ""
    mend = f"{hint} Give an IANA name such as America/Toronto, Europe/Madrid or UTC.".strip()
    raise BadReport(f"“{name}” is not a time zone.", mend, where="timezone")


def _tidy(written: str) -> str:
    """One kind of space (U+202F stands before AM and PM in newer exports), no direction marks."""
    if not written.isascii():
        written = written.replace("\u200e", "").replace("\u200f", "")
    return " ".join(written.split())


@dataclass(frozen=True, slots=True, kw_only=True)
class Dates:
    """How one file writes its dates: the zone of its clock, and the order of day and month."""

    zone: zoneinfo.ZoneInfo
    order: str

    def at(self, written: str) -> datetime:
        """The moment, with its offset from UTC. An hour that comes twice is taken as the first.

        :raises BadCell: it is not a date with a time of day.
        """
        local = self._local(_tidy(written))
        return local.astimezone(timezone(local.utcoffset() or timedelta()))

    def skipped(self, written: str) -> bool:
        """Whether the zone's clocks jumped over this time, so that nobody can have read it."""
        local = self._local(_tidy(written))
        return local.astimezone(UTC).astimezone(local.tzinfo).replace(fold=0) != local

    def day(self, written: str) -> str:
        """The date's part of the text, as written."""
        written = _tidy(written)
        return written[: self._date(written)[1]]

    def _local(self, written: str) -> datetime:
        day, end = self._date(written)
        rest = written[end:].lstrip(" ,").removeprefix("T").removeprefix("t")
        if not rest:
            raise _bad(written, "has no time of day")
        clock = _TIME.fullmatch(rest)
        if not clock:
            raise _bad(rest, "is not a time of day")
        return self._zoned(day + _time_of_day(clock), clock)

    def _date(self, written: str) -> tuple[datetime, int]:
        """The date, and where its text ends."""
        for pattern, read in (
            (_YEAR_FIRST, lambda a, b, c: (int(a), int(b), int(c))),
            (_YEAR_LAST, self._year_last),
            (_MONTH_NAMED, lambda a, b, c: (int(c), _month(a), int(b))),
            (_DAY_NAMED, lambda a, b, c: (_year(c), _month(b), int(a))),
        ):
            if found := pattern.match(written):
                year, month, day = read(*found.groups())
                return _calendar_day(found[0], year, month, day), found.end()
        raise _bad(written, "is not a date")

    def _year_last(self, first: str, second: str, third: str) -> tuple[int, int, int]:
        if self.order == "ymd" and len(third) == 2:
            return 2000 + int(first), int(second), int(third)
        year = _year(third)
        day, month = (first, second) if self.order == "dmy" else (second, first)
        return year, int(month), int(day)

    def _zoned(self, naive: datetime, clock: re.Match[str]) -> datetime:
        name, offset = (clock["name"] or "").upper(), clock["offset"]
        if name in ("Z", "UTC", "GMT"):
            return naive.replace(tzinfo=UTC)
        if offset:
            away = timedelta(hours=int(offset[1:3]), minutes=int(offset[3:].lstrip(":") or 0))
            if away > timedelta(hours=18):
                raise _bad(offset, "is not an offset from UTC")
            return naive.replace(tzinfo=timezone(-away if offset[0] == "-" else away))
        return self._named(naive.replace(tzinfo=self.zone), name)

    def _named(self, local: datetime, name: str) -> datetime:
        """An abbreviation (EDT) may tell the first from the second 1:30, and must not disagree."""
        if not name or not str(local.tzname()).isalpha() or local.tzname() == name:
            return local
        if (second := local.replace(fold=1)).tzname() == name:
            return second
        raise BadCell(
            f"The time is given in {name}, but clocks in {self.zone.key} show {local.tzname()}.",
            "Set the time zone of this source to the one the report was made in.",
        )


def _year(written: str) -> int:
    return int(written) + (2000 if len(written) == 2 else 0)


def _month(name: str) -> int:
    plain = unicodedata.normalize("NFD", name.casefold())
    plain = "".join(letter for letter in plain if letter.isalpha())
    return _MONTHS.get(plain[:4]) or _MONTHS.get(plain[:3], 0)


def _calendar_day(written: str, year: int, month: int, day: int) -> datetime:
    try:
        found = datetime(year, month, day)  # noqa: DTZ001 - the zone comes with the time
    except ValueError as error:
        raise _bad(written, "is not a date") from error
    if not 1990 <= year <= 2100:
        raise _bad(written, "is not a date of our time")
    return found


def _time_of_day(clock: re.Match[str]) -> timedelta:
    hour, minute, second = (int(clock[part] or 0) for part in (1, 2, 3))
    micros = int((clock[4] or "0")[:6].ljust(6, "0"))
    if hour > 23 or minute > 59 or second > 59:
        raise _bad(clock[0].split(" ")[0], "is not a time of day")
    half = (clock[5] or "").casefold()
    if half and hour <= 12:
        hour = hour % 12 + (12 if half == "p" else 0)
    return timedelta(hours=hour, minutes=minute, seconds=second, microseconds=micros)


def _bad(written: str, why: str) -> BadCell:
    return BadCell(
        f"“{written[:60]}” {why}.",
        "Write it as the other rows do, such as 2026-09-22 14:05:00, and send the file again.",
    )


def read_dates(
    values: Iterable[tuple[int | str, str]], *, zone: str, order: str | None = None
) -> Dates:
    """Learn from all dates of a file, given with their rows, in which order it writes them.

    A number above 12 decides for the whole file; only where none does, the setting `order`.

    :raises BadReport: the zone is unknown, two dates contradict each other, or nothing decides.
    """
    seen: dict[str, tuple[int | str, str]] = {}
    known = read_zone(zone)
    for row, written in values:
        if says := _says(_tidy(written), order):
            seen.setdefault(says, (row, _tidy(written)))
    if "dmy" in seen and "mdy" in seen:
        raise _contradiction(seen["dmy"], seen["mdy"])
    decided = next((says for says in ("dmy", "mdy") if says in seen), order or "")
    if "either" in seen and decided not in ("dmy", "mdy"):
        raise _ambiguous(*seen["either"])
    return Dates(zone=known, order=decided)


def _says(written: str, order: str | None) -> str | None:
    """Which order a date shows: dmy, mdy, either; None when it could not matter."""
    found = _YEAR_LAST.match(written)
    if not found or (order == "ymd" and len(found[3]) == 2):
        return None
    first, second = int(found[1]), int(found[2])
    if first == second or min(first, second) > 12 or max(first, second) > 31:
        return None
    return "dmy" if first > 12 else "mdy" if second > 12 else "either"


def _contradiction(dmy: tuple[int | str, str], mdy: tuple[int | str, str]) -> BadReport:
    return BadReport(
        f"The dates contradict each other: {place(dmy[0])} has “{dmy[1]}” (day first), "
        f"{place(mdy[0])} has “{mdy[1]}” (month first).",
        "Export the report again and send it without opening it in a spreadsheet.",
        where=place(mdy[0]),
    )


def _ambiguous(row: int | str, written: str) -> BadReport:
    return BadReport(
        f"Ambiguous date order: “{written}” can be read day first or month first, "
        "and no other date in the file decides.",
        "Set date_order of this source to mdy (month first) or dmy (day first).",
        where=place(row),
    )


def union(stays: Iterable[tuple[datetime, datetime | None]]) -> timedelta | None:
    """How long somebody was there in all; time covered twice counts once.

    A stay without an end, or one that ends before it begins, is unknown and left out; when
    nothing else is left the answer is None, which is not zero.
    """
    known = sorted((join, leave) for join, leave in stays if leave is not None and leave >= join)
    if not known:
        return None
    total, until = timedelta(), known[0][0]
    for join, leave in known:
        total += max(leave - max(join, until), timedelta())
        until = max(until, leave)
    return total
