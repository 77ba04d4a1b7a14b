"""Attendance reports as Microsoft Graph gives them: JSON, with times in UTC.

Either a report with its `attendanceRecords`, as Graph answers it, or `{"meeting": {...}, "report":
{...}}` with the meeting's subject beside it. Graph counts rejoins as intervals of one record.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from engine.api import (
    Activity,
    BadCell,
    BadReport,
    Failed,
    Skipped,
    clean_name,
    read_email,
    read_json,
    union,
)
from plugins.teams.attendance import ORGANISER, Guest, Meeting

TIME = "Graph writes times such as 2026-09-22T15:00:00Z; fetch it again."


def is_json(body: bytes) -> bool:
    """Whether a delivery is JSON rather than a table."""
    return body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[")


def read_graph(body: bytes, tenant: str) -> Iterator[Activity | Skipped | Failed]:
    """The people of one report.

    :raises BadReport: it is no report with its records, or says no start.
    """
    told = read_json(body, what="Graph's answer")
    whole = told if isinstance(told, dict) else {}
    report = whole["report"] if isinstance(whole.get("report"), dict) else whole
    records = report.get("attendanceRecords")
    if not isinstance(records, list):
        found = ", ".join(map(str, whole))[:100] or type(told).__name__
        raise BadReport(
            "This JSON is no attendance report. Expected an object with “attendanceRecords”, "
            f"fetched with $expand=attendanceRecords; found: {found}.",
            "Fetch one report with its records, or send the attendance report from Teams.",
        )
    meeting = _meeting(report, whole.get("meeting"))
    for place, record in enumerate(records):
        row = f"attendanceRecords[{place}]"
        try:
            if guest := _guest(row, place, record):
                yield guest.part_in(meeting, tenant)
            else:
                yield Skipped(row=row, why="registered, did not come")
        except BadCell as bad:
            yield Failed(row=row, why=bad.why, mend=bad.mend)


def _meeting(report: Mapping[str, Any], meeting: Any) -> Meeting:
    name = text_of(report, "id")
    try:
        began = moment(text_of(report, "meetingStartDateTime"))
    except BadCell as bad:
        raise BadReport(bad.why, bad.mend, where="meetingStartDateTime") from bad
    if not name and began is None:
        raise BadReport(
            "Nothing says which meeting this is: “id” and “meetingStartDateTime” are missing.",
            "Fetch the report again, whole.",
        )
    return Meeting(report=name, title=text_of(meeting, "subject"), began=began)


def _guest(row: str, place: int, record: Any) -> Guest | None:
    """One record; None for somebody who registered and never joined."""
    who = record.get("identity") if isinstance(record, dict) else None
    who = who if isinstance(who, dict) else {}
    email = read_email(text_of(record, "emailAddress"))
    # A guest's id is made for one meeting; only those of a tenant last.
    account = text_of(who, "id") if text_of(who, "tenantId") and not email else ""
    stays = list(_stays(record))
    if not stays:
        return None
    name = clean_name(text_of(who, "displayName"))
    if not (email or account or name):
        raise BadCell("There is neither a name nor an address.", "Nothing can be done here.")
    own = text_of(record, "id") or text_of(who, "id") or f"{name}#{place + 1}"
    return Guest(
        name=name,
        email=email,
        account=account,
        nameless=f"record:{own}",
        organiser=bool(ORGANISER.search(text_of(record, "role"))),
        rows=(row,),
        stays=stays,
        told=union(stays) or _seconds(record),
    )


def _stays(record: Any) -> Iterator[tuple[datetime, datetime | None]]:
    told = record.get("attendanceIntervals") if isinstance(record, dict) else None
    for stay in told if isinstance(told, list) else ():
        joined = moment(text_of(stay, "joinDateTime"))
        left = moment(text_of(stay, "leaveDateTime"))
        if joined:
            yield joined, left if left and left >= joined else None


def _seconds(record: Mapping[str, Any]) -> timedelta | None:
    told = record.get("totalAttendanceInSeconds")
    if isinstance(told, int) and not isinstance(told, bool) and 0 < told < 10_000_000:
        return timedelta(seconds=told)
    return None


def text_of(told: Any, name: str) -> str:
    """A member as text; "" where it is none."""
    value = told.get(name) if isinstance(told, Mapping) else None
    if isinstance(value, str | int) and not isinstance(value, bool):
        return " ".join(str(value).split())
    return ""


def moment(written: str) -> datetime | None:
    """A time of Graph's, to the second, as the reports tell it; Graph has seven digits more.

    :raises BadCell: there is something else.
    """
    if not written:
        return None
    try:
        found = datetime.fromisoformat(written)
    except ValueError as error:
        raise BadCell(f"“{written[:60]}” is not a time.", TIME) from error
    found = found.replace(microsecond=0)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
