"""The times of a calendar: with and without zones, zones of all kinds, and what recurs.

Nothing here looks at a clock: how far a series is followed is told by the file.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from itertools import islice

from icalendar import Timezone, vDuration

from engine.api import BadCell, BadReport
from plugins.calendar.lines import Component, Property
from plugins.calendar.recurring import days
from plugins.calendar.zones import public, shown

MOST = 400
"""How many occurrences of a series are told: the last ones, more than a year of working days."""
DAYS = 700_000
"""Days of all series of a file together: some four hundred series of five years."""
_EARLIEST, _LATEST = 1990, 2100
EARLIEST, LATEST = datetime(_EARLIEST, 1, 1, tzinfo=UTC), datetime(_LATEST, 1, 1, tzinfo=UTC)
"""Between these a file was made; at the first of them where it does not say when."""
_WRITTEN = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)?(Z)?|Z)?", re.IGNORECASE)
_FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
_FINER = ("HOURLY", "MINUTELY", "SECONDLY")
_MEND = "Correct the event in the calendar, and export it again."


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """A moment of a calendar.

    :param local: what the clock of its zone shows; midnight for a whole day.
    :param zone: None for a clock without a zone, and for a whole day.
    :param assumed: the zone that is taken where none is named.
    """

    local: datetime
    zone: tzinfo | None
    assumed: tzinfo
    is_day: bool = False

    @property
    def moment(self) -> datetime:
        return self.local.replace(tzinfo=self.zone or self.assumed).astimezone(UTC)

    @property
    def key(self) -> str:
        """The same however the moment is written; only what has a zone is converted.

        Other programs write one occurrence once in its zone and once in UTC.
        """
        if self.is_day:
            return f"{self.local:%Y%m%d}"
        return f"{self.moment:%Y%m%dT%H%M%SZ}" if self.zone else f"{self.local:%Y%m%dT%H%M%S}"

    def moved(self, local: datetime) -> When:
        return When(local=local, zone=self.zone, assumed=self.assumed, is_day=self.is_day)


class Clock:
    """Reads the times of one file.

    :param zones: the zones that the file defines.
    :param assumed: the name of the zone for times without one; "" where nobody said it.
    """

    def __init__(self, zones: Mapping[str, Component], assumed: str) -> None:
        self._zones = zones
        self._known: dict[str, tzinfo | None] = {}
        self._assumed = self._zone(assumed) if assumed else None
        self._days = 0

    def spend(self, more: int) -> None:
        """Count the days that series are followed; all of a file's have a bound together.

        :raises BadReport: it is passed.
        """
        self._days += more
        if self._days > DAYS:
            raise BadReport(
                "Its series run over too many years to be followed.",
                "Export a shorter time, or give the calendar in parts.",
            )

    def when(self, written: Property) -> When:
        """A moment of one value.

        :raises BadCell: it is none, or its zone is unknown.
        """
        found = _WRITTEN.fullmatch(written.value.strip())
        if not found or not _EARLIEST <= int(found[1]) <= _LATEST:
            raise BadCell(f"“{written.value[:40]}” is not a date of our time.", _MEND)
        year, month, day, hour, minute, second = (int(one or 0) for one in found.groups()[:6])
        is_day = found[4] is None
        try:
            local = datetime(year, month, day, hour, minute, min(second, 59))  # noqa: DTZ001
        except ValueError as error:
            raise BadCell(f"“{written.value[:40]}” is not a date.", _MEND) from error
        zone = None if is_day else UTC if found[7] else self._named(written)
        if zone is None and self._assumed is None and not is_day:
            raise BadCell(
                f"The time “{written.value[:40]}” names no time zone.",
                "Set the time zone of this source.",
            )
        return When(local=local, zone=zone, assumed=self._assumed or UTC, is_day=is_day)

    def whens(self, written: Property) -> Iterator[When]:
        """Every moment of a list; of a period its beginning."""
        for part in written.value.split(",")[:5000]:
            if part.strip():
                yield self.when(Property(written.params, part.partition("/")[0]))

    def _named(self, written: Property) -> tzinfo | None:
        name = written.params.get("TZID", "").strip().strip('"')
        if not name:
            return None
        zone = self._zone(name)
        if zone is None:
            raise BadCell(
                f"The time zone “{name[:60]}” is not known, and the file does not define it.",
                "Export the calendar with its time zones, or choose one by its town.",
            )
        return zone

    def _zone(self, name: str) -> tzinfo | None:
        if name not in self._known:
            self._known[name] = public(name) or self._defined(name) or shown(name)
        return self._known[name]

    def _defined(self, name: str) -> tzinfo | None:
        """The zone as the file defines it, where that is of an ordinary kind."""
        component = self._zones.get(name)
        if component is None:
            return None
        if town := public(component.text("X-LIC-LOCATION")):
            return town
        text = "\r\n".join([*component.lines, ""])
        rules = re.findall(r"FREQ=(\w+)", text.upper())
        if set(rules) - {"YEARLY"} or len(rules) > 100:
            return None
        try:
            told = Timezone.from_ical(text)
            zone = told.to_tz(lookup_tzid=False) if isinstance(told, Timezone) else None
            datetime(2026, 1, 1, tzinfo=zone).utcoffset()
        except (ValueError, KeyError, TypeError, IndexError, AttributeError, OverflowError):
            return None
        return zone


def ends_at(event: Component, start: When, clock: Clock) -> datetime:
    """When an event ends: as it says, else a whole day or the moment itself."""
    if end := event.one("DTEND"):
        return max(clock.when(end).moment, start.moment)
    if length := event.one("DURATION"):
        try:
            told = vDuration.from_ical(length.value.strip())  # type: ignore[no-untyped-call]
        except (ValueError, OverflowError):
            told = timedelta()
        if isinstance(told, timedelta) and timedelta() <= told < timedelta(days=400):
            return start.moment + told
    return start.moment + (timedelta(days=1) if start.is_day else timedelta())


def occurrences(event: Component, start: When, clock: Clock, until: datetime) -> list[When]:
    """When a series took place: by rule and dates, without its exceptions, up to a moment.

    :raises BadCell: its rule cannot be read, or says more often than daily.
    """
    dates = {start.key: start}
    for rule in event.all("RRULE")[:3]:
        for local in deque(_recurring(rule.value, start, clock, until), MOST):
            one = start.moved(local)
            dates[one.key] = one
    for added in event.all("RDATE"):
        dates |= {one.key: one for one in clock.whens(added)}
    gone = {one.key for one in exceptions(event, clock)}
    past = [one for key, one in dates.items() if key not in gone and one.moment <= until]
    return sorted(past, key=lambda one: one.moment)[-MOST:]


def exceptions(event: Component, clock: Clock) -> list[When]:
    """The occurrences that were taken out of a series."""
    return [one for written in event.all("EXDATE") for one in clock.whens(written)][:5000]


def _recurring(rule: str, start: When, clock: Clock, until: datetime) -> Iterator[datetime]:
    """The local times of a rule up to a moment; COUNT is counted here, which bounds the search."""
    parts = dict(
        part.strip().upper().partition("=")[::2] for part in rule.split(";") if "=" in part
    )
    at = _time(rule, parts, start)
    if len(rule) > 500:
        raise BadCell("The rule of the series is too long.", _MEND)
    count, written = parts.pop("COUNT", ""), parts.pop("UNTIL", "")
    last = _local(until, start)
    if (found := _WRITTEN.fullmatch(written)) is not None:
        last = min(last, _last(found, start))
    if last < start.local:
        return
    clock.spend((last - start.local).days)
    try:
        found_days = days(parts, start.local.date(), last.date())
        most = int(count) if count.isdecimal() and len(count) < 9 else None
        for day in islice(found_days, most):
            local = datetime.combine(day, at)
            if local <= last:
                yield local
    except (ValueError, OverflowError) as error:
        raise BadCell(f"The rule “{rule[:80]}” cannot be read.", _MEND) from error


def _time(rule: str, parts: dict[str, str], start: When) -> time:
    """The time of day at which something recurs; what says it is taken out of the rule.

    :raises BadCell: it recurs at several times of a day, or does not say how often.
    """
    often = parts.get("FREQ", "")
    if often not in (*_FREQUENCIES, *_FINER):
        raise BadCell(
            f"The rule “{rule[:80]}” does not say how often, as in FREQ=WEEKLY.",
            "Export the calendar as iCalendar 2.0 (.ics).",
        )
    own = start.local.time()
    usual = {"BYHOUR": own.hour, "BYMINUTE": own.minute, "BYSECOND": own.second}
    told = [parts.pop(name, "") or str(value) for name, value in usual.items()]
    if often in _FINER or not all(re.fullmatch("[0-5]?[0-9]", one) for one in told):
        raise BadCell(f"The rule “{rule[:80]}” says more often than daily.", _MEND)
    hour, minute, second = map(int, told)
    return own if start.is_day else time(min(hour, 23), minute, second)


def _local(moment: datetime, start: When) -> datetime:
    return moment.astimezone(start.zone or start.assumed).replace(tzinfo=None)


def _last(found: re.Match[str], start: When) -> datetime:
    """The end that a rule names; a day alone counts whole."""
    day = (int(found[1]), int(found[2]), int(found[3]))
    try:
        if found[4] is None:
            return datetime(*day, 23, 59, 59)  # noqa: DTZ001
        moment = datetime(*day, int(found[4]), int(found[5]), int(found[6] or 0), tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise BadCell(f"“{found[0]}” is not a date.", _MEND) from error
    return _local(moment, start) if found[7] else moment.replace(tzinfo=None)
