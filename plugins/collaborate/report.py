"""A Collaborate report: rows become stays, and the stays of one person in one room one visit.

What names an occurrence is its own identifier where the report has that column; else the
session's identifier and when its room opened, both as written. A report without identifiers is
refused: a title is no name for a session.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import quote

from engine.api import (
    BadCell,
    Dates,
    Failed,
    Line,
    Row,
    Shape,
    Sheet,
    Skipped,
    clean_name,
    find_sheets,
    is_blank,
    read_dates,
    read_email,
    union,
)

_COLUMNS = {
    "session": ("sessionidentifier", "session identifier", "session id"),
    # The vendor's own heading lacks a letter.
    "occurrence": (
        "sessioninstanceidentifer", "sessioninstanceidentifier", "session instance identifier",
    ),
    "title": ("sessionname", "session name"),
    "opened": ("roomopened", "room opened"),
    "name": ("nameofattendee", "name of attendee", "attendee name"),
    "first": ("firstnameofattendee", "first name of attendee"),
    "last": ("lastnameofattendee", "last name of attendee"),
    "email": ("emailofattendee", "email of attendee", "attendee email"),
    "username": ("username", "attendeeusername"),
    "role": ("attendeerole", "attendee role"),
    "type": ("attendeetype", "attendee type"),
    "join": ("attendeefirstjointime", "attendee first join time"),
    "leave": ("attendeelastleavetime", "attendee last leave time"),
    "total": ("attendeetotaltimeinsession", "attendee total time in session"),
}  # fmt: skip
SHAPES = (
    Shape(name="attendance", columns=_COLUMNS, required=("session", "name", "join")),
    Shape(name="attendance", columns=_COLUMNS, required=("occurrence", "name", "join")),
)
ROLES = ("participant", "presenter", "moderator")
_DATED = ("opened", "join", "leave")


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """One occurrence of a session: identifiers and opening as written."""

    occurrence: str
    series: str
    opened: str
    title: str = field(compare=False)

    @property
    def keys(self) -> tuple[str, ...]:
        """Its names, the best first."""
        own = (f"occurrence:{self.occurrence}",) if self.occurrence else ()
        timed = (f"session:{self.series}|{self.opened}",) if self.series else ()
        return own + timed

    @property
    def address(self) -> str:
        """The part of an address that tells it from its other occurrences."""
        opened = f"{self.series}#{self.opened}"
        return quote(self.occurrence or opened, safe="#/:")


@dataclass(slots=True, kw_only=True)
class Attendee:
    """One person in one room, gathered from all her rows."""

    handle: str
    name: str
    email: str | None
    username: str
    role: str
    rows: tuple[Row, ...] = ()
    stays: list[tuple[datetime, datetime | None]] = field(default_factory=list)
    total: timedelta | None = None

    def add(self, other: Attendee) -> None:
        """Take another row of the same person; the stronger role stands."""
        self.role = max(self.role, other.role, key=ROLES.index)
        self.rows += other.rows
        self.stays += other.stays
        self.total = None

    @property
    def ended(self) -> datetime:
        """When she was last seen."""
        return max(left or joined for joined, left in self.stays)

    @property
    def duration(self) -> timedelta | None:
        """The time counted by the report, which leaves out absences; else the union of stays."""
        return self.total if self.total is not None else union(self.stays)


@dataclass(slots=True, kw_only=True)
class Report:
    """One file: who was in which room, and the rows that are nobody."""

    attendees: list[tuple[Room, Attendee]]
    rest: list[Skipped | Failed]


def read_report(body: bytes, order: str) -> Report:
    """Read one file whole.

    :raises BadReport: no such table, or dates that contradict each other.
    """
    sheet = find_sheets(body, SHAPES)
    dates = read_dates(_dates_in(sheet), zone="UTC", order=order)
    found: dict[tuple[Room, str], Attendee] = {}
    nameless: Counter[tuple[Room, str]] = Counter()
    rest: list[Skipped | Failed] = []
    for line in (line for table in sheet.tables for line in table.lines):
        try:
            if not (line["name"] or line["join"]):
                rest.append(Skipped(row=line.number, why="a session that nobody joined"))
                continue
            room, attendee = _room(line), _attendee(line, dates)
        except BadCell as bad:
            rest.append(Failed(row=line.number, why=bad.why, mend=bad.mend))
            continue
        if not (attendee.email or attendee.username):
            nameless[room, attendee.handle] += 1
            attendee.handle += f"#{nameless[room, attendee.handle]}"
        if (known := found.setdefault((room, attendee.handle), attendee)) is not attendee:
            known.add(attendee)
    return Report(attendees=[(room, who) for (room, _), who in found.items()], rest=rest)


def _dates_in(sheet: Sheet) -> Iterator[tuple[Row, str]]:
    for table in sheet.tables:
        columns = [name for name in _DATED if name in table.columns]
        yield from ((line.number, line[name]) for line in table.lines for name in columns)


def _room(line: Line) -> Room:
    room = Room(
        occurrence=line["occurrence"],
        series=line["session"],
        opened=" ".join(line["opened"].split()),
        title=" ".join(line["title"].split()),
    )
    if not room.occurrence and not (room.series and room.opened):
        raise BadCell(
            "The row does not say which session it is about.",
            "Download the report again, with SessionIdentifier and RoomOpened among its columns.",
        )
    return room


def _attendee(line: Line, dates: Dates) -> Attendee:
    if not line["join"]:
        raise BadCell("The first join time is missing.", "Add the time, or remove the row.")
    joined = dates.at(line["join"])
    left = dates.at(line["leave"]) if line["leave"] else None
    name = clean_name(line["name"] or f"{line['first']} {line['last']}")
    email, username = _identity(line, name)
    known = left is not None and left >= joined
    return Attendee(
        handle=email or username.casefold() or f"{name}|{' '.join(line['join'].split())}",
        name=name,
        email=email,
        username=username,
        role=_role(line["role"]),
        rows=(line.number,),
        stays=[(joined, left if known else None)],
        total=_total(line["total"]),
    )


def _identity(line: Line, name: str) -> tuple[str | None, str]:
    """The address and the username; a username that is an address counts as one.

    Guests have none: older reports write under which name they showed themselves in its place.
    """
    username = "" if is_blank(line["username"]) else line["username"]
    if line["type"].casefold() == "guest" or clean_name(username).casefold() == name.casefold():
        username = ""
    if line["email"]:
        return read_email(line["email"]), username
    try:
        return (read_email(username), "") if "@" in username else (None, username)
    except BadCell:
        return None, username


def _role(written: str) -> str:
    role = written.casefold()
    return role if role in ROLES else "participant"


def _total(written: str) -> timedelta | None:
    """A time such as 01:02:30; None for anything else, since the stays say it too."""
    found = re.fullmatch(r"(\d{1,3}):([0-5]?\d):([0-5]?\d)(?:\.\d+)?", written)
    if not found:
        return None
    hours, minutes, seconds = map(int, found.groups())
    return timedelta(hours=hours, minutes=minutes, seconds=seconds)
