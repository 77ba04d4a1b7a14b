"""From the events of a calendar to activities: intentions of those who accepted, and meetings held.

A file is made at some moment, told by its newest stamp or by who served it. What ended before that
is over; series are followed up to that moment and no further.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote, urlsplit

from engine.api import Activity, BadCell, BadReport, Delivery, Failed, Gone, Skipped, Thing
from plugins.calendar.lines import Component, Property, read_file
from plugins.calendar.people import Guest, guest_of, organiser_of
from plugins.calendar.times import EARLIEST, LATEST, Clock, When, ends_at, exceptions, occurrences

KINDS = ("meeting", "lunch-and-learn", "committee", "webinar", "conference", "event")
INTENDS = "planned-to-attend"
MOST = 100_000
"""How many outcomes one file may come to: occurrences times guests."""
_KIND_OF = (
    ("lunch-and-learn", ("lunch", "brown bag", "brownbag", "déjeuner", "almuerzo")),
    ("committee", ("committee", "comité", "comite", "board", "working group", "commission")),
    ("webinar", ("webinar", "webinaire", "seminario web")),
    ("conference", ("conference", "conférence", "conferencia", "congreso", "congrès")),
)
"""Words in a category -> what an event is."""
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*")

Outcome = Activity | Gone | Skipped | Failed


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """One occurrence of an event.

    :param key: its id, and where it recurs the moment it was meant for.
    :param series: the address of the series, for an occurrence of one.
    """

    event: Component
    key: str
    start: When
    ends: datetime
    url: str
    series: str | None
    is_off: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One file: its clock, when it was made, what its events are, and where they belong."""

    clock: Clock
    made: datetime
    kind: str
    site: str
    title: str | None

    def meeting(self, meeting: Meeting) -> Iterator[Outcome]:
        """What each guest means to do, then what the organiser did."""
        event, row = meeting.event, _row(meeting)
        organiser = organiser_of(event)
        guests = [guest_of(one) for one in event.all("ATTENDEE")]
        for number, guest in enumerate(_latest(guests), start=1):
            own = organiser is not None and guest.handle == organiser.handle
            yield self._intention(meeting, guest, f"{row}, guest {number}", is_organiser=own)
        others = [
            one
            for one in guests
            if one.answer == "ACCEPTED"
            and not one.why_not
            and (organiser is None or one.handle != organiser.handle)
        ]
        if organiser is None:
            if not guests:
                yield Skipped(row=row, why="It names nobody.")
            return
        yield self._held(meeting, organiser, f"{row}, organiser", anyone=bool(others))

    def _intention(
        self, meeting: Meeting, guest: Guest, row: str, *, is_organiser: bool
    ) -> Outcome:
        key = f"{meeting.key}|{guest.handle}|planned"
        if guest.why_not:
            return Skipped(row=row, why=guest.why_not)
        if guest.bad:
            return Failed(row=row, why=guest.bad, mend="Correct the address in the calendar.")
        if is_organiser:
            return Skipped(row=row, why="The organiser.")
        if meeting.is_off or guest.answer in ("DECLINED", "TENTATIVE"):
            return Gone(key=key, rows=(row,), reported_at=_stamp(meeting.event, self.clock))
        if guest.answer != "ACCEPTED":
            return Skipped(row=row, why="Has not answered.")
        return self._activity(meeting, guest, row, key=key, verb=INTENDS)

    def _held(self, meeting: Meeting, organiser: Guest, row: str, *, anyone: bool) -> Outcome:
        """A meeting was held when it is over, was not called off, and somebody meant to come."""
        key = f"{meeting.key}|{organiser.handle}|hosted"
        if organiser.why_not or organiser.bad:
            return Skipped(row=row, why=organiser.why_not or organiser.bad)
        if meeting.is_off:
            return Gone(key=key, rows=(row,), reported_at=_stamp(meeting.event, self.clock))
        if meeting.ends > self.made:
            return Skipped(row=row, why="Not over when the file was made.")
        if not anyone:
            return Skipped(row=row, why="Nobody else accepted; it may not have taken place.")
        return self._activity(meeting, organiser, row, key=key, verb="hosted")

    def _activity(
        self, meeting: Meeting, guest: Guest, row: str, *, key: str, verb: str
    ) -> Activity:
        event = meeting.event
        stamp = _stamp(event, self.clock)
        is_held = verb == "hosted"
        planned = min(stamp or meeting.start.moment, meeting.start.moment)
        tags = _categories(event)
        title = event.text("SUMMARY")[:300] or None
        return Activity(
            rows=(row,),
            keys=(key,),
            actor=guest.actor,
            verb=verb,
            type=_kind(tags, self.kind),
            url=meeting.url,
            title=title,
            language=_language(event),
            at=meeting.ends if is_held else planned,
            parent=Thing(url=meeting.series, title=title, type="series")
            if meeting.series
            else None,
            community=Thing(url=self.site, title=self.title, type="community"),
            tags=tags,
            reported_at=stamp,
        )


def read_calendar(delivery: Delivery, settings: Mapping[str, Any]) -> Iterator[Outcome]:
    """Everything in a file.

    :raises BadReport: it is no iCalendar, breaks off, or comes to too much.
    """
    file = read_file(delivery.body)
    calendar = next((one.calendar for one in file.events if one.calendar), None)
    zone = calendar.text("X-WR-TIMEZONE") if calendar else ""
    clock = Clock(file.zones, settings.get("timezone") or zone)
    name = calendar.text("X-WR-CALNAME")[:200] if calendar else ""
    reading = Reading(
        clock=clock,
        made=_made(file.events, clock, delivery.headers),
        kind=settings.get("kind") or KINDS[0],
        site=settings["url"],
        title=settings.get("title") or name or None,
    )
    for told, outcome in enumerate(_events(file.events, reading)):
        if told >= MOST:
            raise BadReport(f"The file comes to more than {MOST}.", "Give the calendar in parts.")
        yield outcome


def _events(events: list[Component], reading: Reading) -> Iterator[Outcome]:
    """Each event in its latest version; those that changed one occurrence stand in its place."""
    latest: dict[tuple[str, str], Component] = {}
    for event in events:
        try:
            place = _place(event, reading.clock)
        except BadCell as bad:
            yield Failed(row=event.row, why=bad.why, mend=bad.mend)
            continue
        older = latest.get(place)
        if older is not None and _version(older, reading.clock) > _version(event, reading.clock):
            older, event = event, older
        if older is not None:
            yield Skipped(row=older.row, why="An older version of another event in the file.")
        latest[place] = event
    for (uid, _), event in latest.items():
        changed = {when for other, when in latest if other == uid and when}
        try:
            yield from _event(event, uid, changed, reading)
        except BadCell as bad:
            yield Failed(row=event.row, why=bad.why, mend=bad.mend)


def _place(event: Component, clock: Clock) -> tuple[str, str]:
    uid, recurrence = event.text("UID")[:500], event.one("RECURRENCE-ID")
    if not uid:
        raise BadCell(
            "The event has no UID.", "Export the calendar from the program it is kept in."
        )
    return uid, clock.when(recurrence).key if recurrence else ""


def _event(event: Component, uid: str, changed: set[str], reading: Reading) -> Iterator[Outcome]:
    if event.text("CLASS").upper() in ("PRIVATE", "CONFIDENTIAL"):
        yield Skipped(row=event.row, why="A private event.")
        return
    written = event.one("DTSTART")
    if written is None:
        raise BadCell("The event has no beginning.", "Give it one in the calendar.")
    start = reading.clock.when(written)
    length = ends_at(event, start, reading.clock) - start.moment
    recurs = bool(event.all("RRULE") or event.all("RDATE"))
    recurrence = event.one("RECURRENCE-ID")
    if not recurs or recurrence:
        place = reading.clock.when(recurrence).key if recurrence else ""
        meeting = _meeting(event, uid, place, start, start.moment + length, reading)
        yield from reading.meeting(meeting)
        return
    for one in occurrences(event, start, reading.clock, reading.made):
        if one.key not in changed:
            meeting = _meeting(event, uid, one.key, one, one.moment + length, reading)
            yield from reading.meeting(meeting)
    for one in exceptions(event, reading.clock):
        if one.key not in changed and one.moment <= reading.made:
            meeting = _meeting(event, uid, one.key, one, one.moment, reading, is_off=True)
            yield from reading.meeting(meeting)
    if start.moment > reading.made:
        yield Skipped(row=event.row, why="A series that has not begun.")


def _meeting(
    event: Component,
    uid: str,
    place: str,
    start: When,
    ends: datetime,
    reading: Reading,
    *,
    is_off: bool = False,
) -> Meeting:
    base = _web_address(event.text("URL")) or f"{reading.site}/#event={quote(uid, safe='@.-_')}"
    method = event.calendar.text("METHOD").upper() if event.calendar else ""
    cancelled = event.text("STATUS").upper() == "CANCELLED" or method == "CANCEL"
    return Meeting(
        event=event,
        key=f"{uid}|{place}",
        start=start,
        ends=ends,
        url=f"{base}{'&' if '#' in base else '#'}at={place}" if place else base,
        series=base if place else None,
        is_off=is_off or cancelled,
    )


def _row(meeting: Meeting) -> str:
    place = meeting.key.rpartition("|")[2]
    return f"{meeting.event.row}, {place}" if place else meeting.event.row


def _latest(guests: list[Guest]) -> list[Guest]:
    """Each guest once: whoever is named twice gave the later answer."""
    return list({guest.handle: guest for guest in guests}.values())


def _version(event: Component, clock: Clock) -> tuple[int, datetime]:
    sequence = event.text("SEQUENCE")
    number = int(sequence) if sequence.isdecimal() and len(sequence) < 10 else 0
    return number, _stamp(event, clock) or datetime.min.replace(tzinfo=UTC)


def _stamp(event: Component, clock: Clock) -> datetime | None:
    """When the event was last changed, as far as it says so."""
    for name in ("LAST-MODIFIED", "DTSTAMP", "CREATED"):
        if written := event.one(name):
            with suppress(BadCell):
                return clock.when(_in_utc(written)).moment
    return None


def _in_utc(written: Property) -> Property:
    """Stamps are in UTC, also where a program forgot to say so."""
    value = written.value.strip()
    has_zone = value.upper().endswith("Z") or "TZID" in written.params
    return written if has_zone or "T" not in value.upper() else Property({}, value + "Z")


def _made(events: list[Component], clock: Clock, headers: Mapping[str, str]) -> datetime:
    """When the file was made: the time it was served at, else its newest stamp."""
    with suppress(ValueError, TypeError, IndexError, OverflowError):
        served = parsedate_to_datetime(headers.get("date", ""))
        return min(served if served.tzinfo else served.replace(tzinfo=UTC), LATEST)
    stamps = [
        clock.when(_in_utc(written)).moment
        for event in events
        for name in ("DTSTAMP", "LAST-MODIFIED", "CREATED")
        for written in event.all(name)[:1]
        if _is_stamp(written, clock)
    ]
    return max(stamps, default=EARLIEST)


def _is_stamp(written: Property, clock: Clock) -> bool:
    try:
        clock.when(_in_utc(written))
    except BadCell:
        return False
    return True


def _categories(event: Component) -> tuple[str, ...]:
    parts = (part for one in event.all("CATEGORIES") for part in one.value.split(","))
    names = (Property({}, part).text.strip("\\ ")[:100] for part in parts)
    return tuple(dict.fromkeys(filter(None, names)))[:50]


def _language(event: Component) -> str | None:
    summary = event.one("SUMMARY")
    named = summary.params.get("LANGUAGE", "") if summary else ""
    return named if _LANGUAGE.fullmatch(named) else None


def _kind(tags: tuple[str, ...], usual: str) -> str:
    said = " ".join(tags).casefold().replace("-", " ")
    return next((kind for kind, words in _KIND_OF if any(one in said for one in words)), usual)


def _web_address(written: str) -> str:
    try:
        parts = urlsplit(written)
        return written[:1500] if parts.scheme in ("http", "https") and parts.hostname else ""
    except ValueError:
        return ""
