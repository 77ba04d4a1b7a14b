"""A Zoom file: which tables are in it, which session they are about, who was there.

A webinar report holds a row about the session and a table each for hosts, panelists and
attendees; a participant list is one table, with or without two rows about the meeting above it.
What names the occurrence is the id and the start, both as the file writes them:

- the row about the session gives both;
- some lists repeat both in every row, with the host's columns before those of the person;
- a list without that row takes the id from its file name ("participants_81234567890.csv") and,
  for the start, the day of the earliest join as written;
- without a file name either, only the earliest join, to the second, is left to name it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from engine.api import (
    BadCell,
    BadReport,
    Dates,
    Delivery,
    Failed,
    Gone,
    Line,
    Row,
    Shape,
    Sheet,
    Skipped,
    Table,
    find_sheets,
    is_blank,
    read_dates,
    read_id,
)
from plugins.zoom import words
from plugins.zoom.attendance import Attendance, Session
from plugins.zoom.registration import Registrant, read_registrant

WITH_INFORMATION = (
    "Export the list again with “Export with meeting data” ticked, and “Show unique users” not."
)

_SESSION = words.beside({
    "topic": ("topic", "webinar topic", "meeting topic"),
    "webinar": ("webinar id",),
    "meeting": ("meeting id", "id"),
    "start": ("actual start time", "start time", "meeting start time"),
    "end": ("end time", "actual end time"),
    "host": ("host email", "user email", "host", *words.PEOPLE["email"]),
}, words.SESSION)  # fmt: skip
_PEOPLE = words.beside({
    "attended": ("attended",),
    "name": (
        "user name (original name)", "name (original name)", "user name", "name", "participant",
    ),
    "first": ("first name",),
    "last": ("last name",),
    "email": ("email", "user email", "email address"),
    "registered": ("registration time",),
    "join": ("join time",),
    "leave": ("leave time",),
    "minutes": (
        "time in session (minutes)", "total duration (minutes)", "duration (minutes)", "duration",
    ),
    "waiting": ("in waiting room",),
}, words.PEOPLE)  # fmt: skip
_LISTED = {
    **_PEOPLE,
    **{name: _SESSION[name] for name in ("topic", "webinar", "meeting", "start")},
    "host": ("host email", *words.SESSION["host"]),
    "kind": ("type", *words.KIND),
}
_TOTALS = {
    **_LISTED,
    "minutes": ("total duration (minutes)", "total duration", *words.TOTAL),
}
_ASKED = {
    "name": ("name", "user_name"),
    "email": ("user_email", "email"),
    "join": ("join_time",),
    "leave": ("leave_time",),
}
"""The interface's own names, as programs save its answers; its durations are seconds."""
USER_EMAIL = ("user email", *words.PEOPLE["email"])
_REGISTERED = {**_PEOPLE, "status": ("approval status", "status")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeated(Shape):
    """A list whose rows begin with their session: of two equal headings the last is the person's.

    The first "User Email", in any language, is then the host's.
    """

    def match(self, headings: Sequence[str]) -> dict[str, int] | None:
        """Where each column stands; None also for headings that do not repeat."""
        last = {heading: place for place, heading in enumerate(headings)}
        twice = next((one for one in USER_EMAIL if headings.count(one) > 1), "")
        if not twice or last.keys().isdisjoint(self.columns["join"]):
            return None
        mine = [one if last[one] == place else "" for place, one in enumerate(headings)]
        # `super()` without arguments does not work in a dataclass that is made anew with slots.
        found = Shape.match(self, mine)
        return found and {**found, "host": headings.index(twice)}


SHAPES = (
    Repeated(name="people", columns=_LISTED, required=("name", "join", "meeting")),
    Shape(name="people", columns=_LISTED, required=("name", "join")),
    Shape(name="people", columns=_LISTED, required=("email", "join")),
    Shape(name="people", columns=_ASKED, required=("name", "join")),
    Shape(name="registrants", columns=_REGISTERED, required=("email", "registered", "status")),
    Shape(name="totals", columns=_TOTALS, required=("name", "minutes")),
    Shape(name="session", columns=_SESSION, required=("topic", "webinar")),
    Shape(name="session", columns=_SESSION, required=("topic", "meeting")),
    Shape(name="totals", columns=_LISTED, required=("name", "minutes")),
)
_DATED = ("start", "end", "registered", "join", "leave")


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One file: its sessions with their people (nearly always one), who registered, and when the
    report was made."""

    sessions: list[Attendance]
    generated: datetime | None
    registered: list[Registrant | Gone | Skipped | Failed] = field(default_factory=list)


def read_report(delivery: Delivery, settings: Mapping[str, Any]) -> Report:
    """Read one file whole.

    :raises BadReport: no table of people, dates that nothing decides, a damaged id, no start.
    """
    sheet = find_sheets(delivery.body, SHAPES)
    _require_people(sheet.tables)
    dates = read_dates(
        _dates_in(sheet), zone=settings.get("timezone") or "", order=settings.get("date_order")
    )
    found: dict[Session, list[tuple[str, Line]]] = {}
    registered: list[Registrant | Gone | Skipped | Failed] = []
    for about, table in _with_session(sheet.tables, delivery.name):
        for line in table.lines:
            if table.shape == "registrants":
                registered.append(read_registrant(about, line, dates))
            else:
                found.setdefault(_session_of(line, about), []).append(
                    (words.role_of(table.title), line)
                )
    sessions = [
        _attendance(_started(about, rows, dates), rows, dates) for about, rows in found.items()
    ]
    return Report(sessions=sessions, generated=_made(sheet, dates), registered=registered)


def _attendance(session: Session, rows: Sequence[tuple[str, Line]], dates: Dates) -> Attendance:
    attendance = Attendance(session, dates)
    for role, line in rows:
        attendance.take(role, line)
    return attendance


def _dates_in(sheet: Sheet) -> Iterator[tuple[Row, str]]:
    """Every date of the file: they decide together in which order days and months stand."""
    if generated := _generated(sheet):
        yield generated
    for table in sheet.tables:
        columns = [name for name in _DATED if name in table.columns]
        yield from ((line.number, line[name]) for line in table.lines for name in columns)


def _generated(sheet: Sheet) -> tuple[Row, str] | None:
    return sheet.value("report generated time", "report generated", "generated time")


def _made(sheet: Sheet, dates: Dates) -> datetime | None:
    """When the report was made; None when it does not say so in a way that can be read."""
    generated = _generated(sheet)
    return dates.at(generated[1]) if generated and _is_moment(generated[1], dates) else None


def _require_people(tables: Sequence[Table]) -> None:
    if all(table.shape == "session" for table in tables):
        raise BadReport(
            "The file names a session, and no table of people was found in it.",
            "Export the attendee report or the list of participants, not the list of sessions.",
            where=_place(tables[0].number),
        )


def _place(row: Row) -> str:
    return f"row {row}" if isinstance(row, int) else row


def _with_session(tables: Sequence[Table], file_name: str) -> Iterator[tuple[Session, Table]]:
    """Each table of people with the row about the session that stands above it, if any."""
    named = re.search(r"(?:participant|attendee)\D*(\d{9,11})(?!\d)", file_name.lower())
    webinar = any("attended" in table.columns for table in tables)
    about = unknown = Session(
        number=named[1] if named else "", type="webinar" if webinar else "meeting"
    )
    for table in tables:
        if table.shape == "session":
            about = _session_in(table, unknown)
        else:
            yield about, table


def _session_in(table: Table, unknown: Session) -> Session:
    told = (line for line in table.lines if re.search(r"\d", _id_cell(line) + line["start"]))
    sessions = [_described(line, unknown) for line in told]
    if len({(session.number, session.start) for session in sessions}) > 1:
        raise BadReport(
            "The table describes several sessions.",
            "Export each session's report on its own.",
            where=_place(sessions[1].row),
        )
    return sessions[0] if sessions else unknown


def _id_cell(line: Line) -> str:
    return line["webinar"] or line["meeting"]


def _described(line: Line, unknown: Session) -> Session:
    address = re.search(r"[^\s()<>,;]+@[^\s()<>,;]+", line["host"])
    return Session(
        number=read_id(_id_cell(line), row=line.number) or unknown.number,
        start=" ".join(line["start"].split()),
        topic=" ".join(line["topic"].split()),
        type="webinar" if line["webinar"] or _is_webinar(line["kind"]) else unknown.type,
        host=address[0].lower() if address else "",
        row=line.number,
    )


def _is_webinar(kind: str) -> bool:
    """Of a list that has one column of ids for both, whether a session is a webinar."""
    return kind.casefold() == "webinar"


def _session_of(line: Line, about: Session) -> Session:
    """The session of a row: some exports repeat it in every row in place of a row above."""
    if about.row or not (_id_cell(line) and line["topic"]):
        return about
    return _described(line, about)


def _started(session: Session, rows: Sequence[tuple[str, Line]], dates: Dates) -> Session:
    """The session with a start to name it by; see the module's docstring."""
    timed = [line for _, line in rows if "join" in line.columns]
    if len(timed) < len(rows):
        _require_start(session, rows[0][1], dates)
    if session.start:
        return replace(session, began=_moment(session.start, dates))
    joins = [line["join"] for line in timed if _is_moment(line["join"], dates)]
    first = min(joins, key=dates.at, default="")
    return replace(session, start=dates.day(first) if first and session.number else first)


def _is_moment(written: str, dates: Dates) -> bool:
    try:
        return not is_blank(written) and dates.at(written) is not None
    except BadCell:
        return False


def _moment(start: str, dates: Dates) -> datetime | None:
    """The start as a moment, if the file tells it to the second."""
    told = re.search(r"\d[:.]\d\d[:.]\d\d", start) and _is_moment(start, dates)
    return dates.at(start) if told else None


def _require_start(session: Session, line: Line, dates: Dates) -> None:
    """A list of unique users holds no times; without the meeting's own start it says no when."""
    if not session.start:
        raise BadReport(
            "The list has no join times and nothing says when the meeting began.",
            WITH_INFORMATION,
            where=_place(line.number),
        )
    try:
        dates.at(session.start)
    except BadCell as bad:
        raise BadReport(bad.why, WITH_INFORMATION, where=_place(session.row)) from bad
