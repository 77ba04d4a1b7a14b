"""The days on which something recurs (RFC 5545, 3.3.10), for rules of whole days.

Days are looked at one after the other between two bounds, so that a rule that never comes true
ends as well: the usual libraries follow it to the year 9999.
"""

from __future__ import annotations

import re
from calendar import isleap, monthrange
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_WEEKDAY = re.compile(r"([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)")
_NUMBERS = ("BYMONTH", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYSETPOS")
_KNOWN = {"FREQ", "INTERVAL", "WKST", "BYDAY", "RSCALE", "SKIP", *_NUMBERS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule with what its first day adds to it.

    :param numbers: the lists of numbers by their names; none is missing, some are empty.
    :param weekdays: the place in month or year, 0 for each, and the weekday, 0 for Monday.
    """

    every: str
    interval: int
    first_weekday: int
    numbers: Mapping[str, frozenset[int]]
    weekdays: frozenset[tuple[int, int]]

    def period(self, day: date) -> int:
        """The number of the year, month, week or day; counted so that the next is one more."""
        if self.every == "YEARLY":
            return day.year
        if self.every == "MONTHLY":
            return day.year * 12 + day.month
        ordinal = day.toordinal() - 1 - self.first_weekday
        return ordinal // 7 if self.every == "WEEKLY" else day.toordinal()

    def fits(self, day: date) -> bool:
        """Whether a day fits, whatever its place among those of its period."""
        numbers = self.numbers
        length, whole = monthrange(day.year, day.month)[1], 366 if isleap(day.year) else 365
        of_year = day.timetuple().tm_yday
        return (
            _among(numbers["BYMONTH"], day.month)
            and _among(numbers["BYMONTHDAY"], day.day, day.day - length - 1)
            and _among(numbers["BYYEARDAY"], of_year, of_year - whole - 1)
            and (not numbers["BYWEEKNO"] or day.isocalendar().week in numbers["BYWEEKNO"])
            and self._is_weekday(day, of_year, length, whole)
        )

    def _is_weekday(self, day: date, of_year: int, length: int, whole: int) -> bool:
        if not self.weekdays:
            return True
        in_year = self.every == "YEARLY" and not self.numbers["BYMONTH"]
        place, most = (of_year, whole) if in_year else (day.day, length)
        places = (0, (place - 1) // 7 + 1, -((most - place) // 7 + 1))
        return any((one, day.weekday()) in self.weekdays for one in places)


def days(parts: Mapping[str, str], start: date, last: date) -> Iterator[date]:
    """The days of a rule from `start` to `last`.

    :raises ValueError: the rule has a part that is unknown or cannot be read.
    """
    rule = _rule(parts, start)
    begin = start - timedelta(days=start.timetuple().tm_yday - 1 + 7)
    # The last of a period is only known at its end.
    end = last + timedelta(days=366 if rule.numbers["BYSETPOS"] else 0)
    all_days = map(date.fromordinal, range(begin.toordinal(), end.toordinal() + 1))
    first = rule.period(start)
    for number, period in groupby(all_days, key=rule.period):
        if number >= first and (number - first) % rule.interval == 0:
            fitting = [day for day in period if rule.fits(day)]
            chosen = _placed(fitting, rule.numbers["BYSETPOS"])
            yield from (day for day in chosen if start <= day <= last)


def _placed(fitting: list[date], places: frozenset[int]) -> list[date]:
    """Those at the given places, counted from either end; all where none is given."""
    if not places:
        return fitting
    count = len(fitting)
    return [day for n, day in enumerate(fitting) if n + 1 in places or n - count in places]


def _rule(parts: Mapping[str, str], start: date) -> Rule:
    """The rule; what it leaves open follows from its first day."""
    if unknown := [name for name in parts if name not in _KNOWN and not name.startswith("X-")]:
        raise ValueError(f"unknown part {unknown[0]}")
    every, interval = parts.get("FREQ", ""), int(parts.get("INTERVAL", "1"))
    if every not in ("DAILY", "WEEKLY", "MONTHLY", "YEARLY") or interval < 1:
        raise ValueError("no frequency")
    numbers = {name: _numbers(parts.get(name, "")) for name in _NUMBERS}
    weekdays = _weekdays(parts.get("BYDAY", ""))
    by_day = weekdays or numbers["BYMONTHDAY"] or numbers["BYYEARDAY"]
    if not by_day and (every == "WEEKLY" or numbers["BYWEEKNO"]):
        weekdays = frozenset({(0, start.weekday())})
    elif not by_day and every in ("MONTHLY", "YEARLY"):
        numbers["BYMONTHDAY"] = frozenset({start.day})
        if every == "YEARLY" and not numbers["BYMONTH"]:
            numbers["BYMONTH"] = frozenset({start.month})
    return Rule(
        every=every,
        interval=interval,
        first_weekday=_DAYS.index(parts.get("WKST", "MO")),
        numbers=numbers,
        weekdays=weekdays,
    )


def _numbers(written: str) -> frozenset[int]:
    return frozenset(int(one) for one in written.split(",")) if written else frozenset()


def _weekdays(written: str) -> frozenset[tuple[int, int]]:
    found = [_WEEKDAY.fullmatch(one.strip()) for one in written.split(",")] if written else []
    if not all(found):
        raise ValueError("no weekday")
    return frozenset((int(one[1] or 0), _DAYS.index(one[2])) for one in found if one)


def _among(wanted: frozenset[int], *given: int) -> bool:
    return not wanted or any(one in wanted for one in given)
