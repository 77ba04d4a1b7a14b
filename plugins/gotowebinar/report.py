"""An attendee report: a row about the session, a table of attendees and one of staff.

Known by their headings: layouts change with the year and the account, and columns come and go with
the questions asked at registration. Spreadsheets, text with tabs, and pages of HTML that are named
like a spreadsheet hold the same rows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from engine.api import (
    Activity,
    BadCell,
    BadReport,
    Dates,
    Delivery,
    Failed,
    Line,
    Row,
    Shape,
    Sheet,
    Skipped,
    Table,
    clean_name,
    find_sheets,
    is_blank,
    read_dates,
    read_email,
    read_id,
)
from plugins.gotowebinar.attendance import Guest, Session, gathered
from plugins.gotowebinar.pages import as_table

WHOLE = "Export the attendee report again, with the general information, and send it as it is."

_SESSION = {
    "title": ("webinar name", "webinar title", "webinar", "session name", "title"),
    "number": ("webinar id",),
    "start": (
        "actual start date/time", "actual start date & time", "actual start time", "start time",
        "start date/time", "actual start", "session start time", "start date",
    ),
    "length": ("duration", "actual duration", "duration (minutes)", "actual duration (minutes)"),
}  # fmt: skip
_PEOPLE = {
    "attended": ("attended",),
    "name": ("name", "attendee name", "full name"),
    "first": ("first name",),
    "last": ("last name",),
    "email": ("email address", "email", "attendee email"),
    "registered": (
        "registration date/time", "registration date", "registration time",
        "registration date & time",
    ),
    "join": ("join time", "join date/time", "joined", "join time (s)", "join time(s)"),
    "leave": ("leave time", "leave date/time", "left", "leave time (s)", "leave time(s)"),
    "time": ("time in session", "time in session (minutes)", "attendance duration", "duration"),
}  # fmt: skip
SHAPES = (
    Shape(name="people", columns=_PEOPLE, required=("email", "join")),
    Shape(name="people", columns=_PEOPLE, required=("email", "attended")),
    Shape(name="session", columns=_SESSION, required=("title", "number")),
    Shape(name="session", columns=_SESSION, required=("number", "start")),
)
_LENGTH = re.compile(
    r"(?:(\d{1,4})\s*(?:hours?|hrs?|h)\.?)?[\s,]*(?:(\d{1,5})\s*(?:minutes?|mins?|m)\.?)?[\s,]*"
    r"(?:(\d{1,6})\s*(?:seconds?|secs?|s)\.?)?",
    re.IGNORECASE,
)


def read_report(
    delivery: Delivery, settings: Mapping[str, Any]
) -> Iterator[Activity | Skipped | Failed]:
    """Read one file whole.

    :raises BadReport: no table of people, nothing that names the session, dates that nothing
        decides, or a damaged id.
    """
    sheet = find_sheets(as_table(delivery.body), SHAPES)
    dates = read_dates(
        _dates_in(sheet), zone=settings.get("timezone") or "", order=settings.get("date_order")
    )
    session, reported_at = _session(sheet, dates), _made(sheet, dates)
    guests: list[Guest] = []
    for table, line in _people(sheet):
        if why := _absent(line):
            yield Skipped(row=line.number, why=why)
            continue
        try:
            guests.append(_guest(table, line, dates))
        except BadCell as bad:
            yield Failed(row=line.number, why=bad.why, mend=bad.mend)
    for guest in gathered(iter(guests)):
        yield guest.part_in(session, reported_at)


def _people(sheet: Sheet) -> Iterator[tuple[Table, Line]]:
    tables = [table for table in sheet.tables if table.shape == "people"]
    if not tables:
        raise BadReport(
            "The file names a webinar, and no table of people was found in it: expected columns "
            "such as Attended, Email Address, Join Time and Leave Time.",
            WHOLE,
        )
    yield from ((table, line) for table in tables for line in table.lines)


def _dates_in(sheet: Sheet) -> Iterator[tuple[Row, str]]:
    for table in sheet.tables:
        for name in ("start", "registered", "join", "leave"):
            if name in table.columns:
                for line in table.lines:
                    yield from ((line.number, one) for one in _moments(line[name]))


def _moments(cell: str) -> list[str]:
    """The times in a cell; who joined again has several, each on its line."""
    return [one.strip() for one in re.split(r"[\n;]", cell) if not is_blank(one)]


def _session(sheet: Sheet, dates: Dates) -> Session:
    """What the report is about, from its row of general information."""
    told = [line for table in sheet.tables if table.shape == "session" for line in table.lines]
    found = [line for line in told if re.search(r"\d", line["number"])]
    if len({(line["number"], line["start"]) for line in found}) > 1:
        raise BadReport(
            "The report describes several sessions.", "Export each session's report on its own."
        )
    if not found or not found[0]["start"]:
        raise BadReport(
            "Nothing says which webinar the report is about, and when it began: expected a row "
            "with Webinar ID and Actual Start Date/Time.",
            WHOLE,
        )
    line = found[0]
    number = read_id(line["number"], row=line.number)
    start = " ".join(line["start"].split())
    try:
        began = dates.at(start)
    except BadCell as bad:
        raise BadReport(bad.why, bad.mend, where=f"row {line.number}") from bad
    title = " ".join(line["title"].split())
    return Session(number=number, start=start, title=title, began=began)


def _made(sheet: Sheet, dates: Dates) -> datetime | None:
    """When the report was made; None when it does not say so in a way that can be read."""
    found = sheet.value("report generated", "generated", "report generated time", "generated on")
    try:
        return dates.at(found[1]) if found else None
    except BadCell:
        return None


def _absent(line: Line) -> str:
    attended = line["attended"].casefold()
    if attended == "no" or not (attended or line["join"]):
        return "registered, did not come"
    return ""


def _guest(table: Table, line: Line, dates: Dates) -> Guest:
    email = read_email(line["email"])
    name = " ".join(f"{line['first']} {line['last']}".split()) or clean_name(line["name"])
    if not (email or name):
        raise BadCell("There is neither a name nor an address.", "Add the address of the person.")
    joins, leaves = _moments(line["join"]), _moments(line["leave"])
    if not joins:
        raise BadCell("The join time is missing.", "Add the join time, or set Attended to No.")
    stays = _stays(joins, leaves, _length(line["time"]), dates)
    return Guest(
        handles=(email or f"{name}|{joins[0]}",),
        name=name,
        email=email,
        staff="staff" in table.title.casefold() or "panelist" in table.title.casefold(),
        rows=(line.number,),
        stays=stays,
    )


def _stays(
    joins: list[str], leaves: list[str], length: timedelta | None, dates: Dates
) -> list[tuple[datetime, datetime | None]]:
    """Each join with its leave; with one join and no leave, the time in session says how long."""
    starts = [dates.at(one) for one in joins]
    ends: list[datetime | None] = [None] * len(starts)
    if len(leaves) == len(joins):
        ends = [dates.at(one) for one in leaves]
    elif len(starts) == 1 and length is not None:
        ends = [starts[0] + length]
    pairs = zip(starts, ends, strict=True)
    return [(start, end if end and end >= start else None) for start, end in pairs]


def _length(written: str) -> timedelta | None:
    """A length such as "0 hours 55 minutes", "01:02:30" or "55", which is minutes."""
    text = " ".join(written.split())
    if clock := re.fullmatch(r"(\d{1,3}):([0-5]\d)(?::([0-5]\d))?", text):
        hours, minutes, seconds = (int(part or 0) for part in clock.groups())
        return timedelta(hours=hours, minutes=minutes, seconds=seconds)
    if re.fullmatch(r"\d{1,4}(?:\.\d+)?", text):
        return timedelta(minutes=float(text))
    named = _LENGTH.fullmatch(text)
    if not text or not named:
        return None
    hours, minutes, seconds = (int(part or 0) for part in named.groups())
    return timedelta(hours=hours, minutes=minutes, seconds=seconds)
