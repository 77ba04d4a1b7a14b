"""What GoTo says as JSON: the attendees of a session, and the hints of its webhook.

A document of attendees is `{"session": {...}, "attendees": [...]}`: the entry of GoTo's list of
sessions, and all its attendees. Keys have up to 19 digits and come as numbers or texts.
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
    Row,
    Skipped,
    clean_name,
    read_email,
    read_json,
)
from plugins.gotowebinar.attendance import Guest, Session, gathered

HINT = "GoTo's calls only announce; the next poll of the interface brings who came, and how long"
TIME = "GoTo writes times such as 2026-09-08T15:01:00Z; fetch it again."


def is_json(body: bytes) -> bool:
    """Whether a delivery is JSON rather than a table."""
    return body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[")


def read_answers(body: bytes) -> Iterator[Activity | Skipped | Failed]:
    """The people of one session, or nothing yet.

    :raises BadReport: it is neither a document of attendees nor a call of the webhook.
    """
    told = read_json(body, what="GoTo's answer")
    if text_of(told, "eventName"):
        yield Skipped(row="event", why=HINT)
        return
    people = told.get("attendees") if isinstance(told, dict) else None
    if not isinstance(people, list) or not isinstance(told.get("session"), dict):
        found = ", ".join(map(str, told))[:100] if isinstance(told, dict) else type(told).__name__
        raise BadReport(
            "This JSON is no list of attendees. Expected an object with “session” and "
            f"“attendees”; found: {found or 'nothing'}.",
            "Let Byway collect it, or send the attendee report.",
        )
    session = _session(told["session"])
    guests: list[Guest] = []
    for place, person in enumerate(people):
        row = f"attendees[{place}]"
        try:
            if guest := _guest(row, person):
                guests.append(guest)
            else:
                yield Skipped(row=row, why="registered, did not come")
        except BadCell as bad:
            yield Failed(row=row, why=bad.why, mend=bad.mend)
    yield from (guest.part_in(session) for guest in gathered(iter(guests)))


def _session(told: Mapping[str, Any]) -> Session:
    key = text_of(told, "sessionKey")
    try:
        began = moment(text_of(told, "startTime"))
    except BadCell as bad:
        raise BadReport(bad.why, bad.mend, where="session.startTime") from bad
    if not key:
        raise BadReport(
            "Nothing says which session this is about: “sessionKey” is missing.",
            "Let Byway collect it, or send the attendee report.",
            where="session",
        )
    return Session(
        key=key,
        webinar=text_of(told, "webinarKey"),
        number="".join(filter(str.isdigit, text_of(told, "webinarID", "webinarId"))),
        title=text_of(told, "webinarName", "subject"),
        began=began,
    )


def _guest(row: Row, person: Any) -> Guest | None:
    """One attendee; None for one who never joined."""
    email = read_email(text_of(person, "email"))
    name = clean_name(f"{text_of(person, 'firstName')} {text_of(person, 'lastName')}".strip())
    key = text_of(person, "registrantKey")
    handles = tuple(filter(None, (email or "", f"registrant:{key}" if key else "")))
    if not handles:
        raise BadCell("There is neither an address nor a registrant key.", "Fetch it again.")
    stays = list(_stays(person))
    return (
        Guest(handles=handles, name=name, email=email, rows=(row,), stays=stays) if stays else None
    )


def _stays(person: Any) -> Iterator[tuple[datetime, datetime | None]]:
    times = person.get("attendance") if isinstance(person, dict) else None
    for stay in times if isinstance(times, list) else ():
        joined, left = moment(text_of(stay, "joinTime")), moment(text_of(stay, "leaveTime"))
        if joined:
            yield joined, left if left and left >= joined else None


def text_of(told: Any, *names: str) -> str:
    """The first of these members that says something, as text; numbers count as text."""
    if isinstance(told, Mapping):
        for name in names:
            value = told.get(name)
            if isinstance(value, str | int) and not isinstance(value, bool) and str(value).strip():
                return " ".join(str(value).split())
    return ""


def moment(written: str) -> datetime | None:
    """A time of GoTo's: ISO, or milliseconds since 1970; in UTC where it names no zone.

    :raises BadCell: it is something else.
    """
    if not written:
        return None
    try:
        if written.isdecimal():
            return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(written[:15]))
        found = datetime.fromisoformat(written)
    except (ValueError, OverflowError) as error:
        raise BadCell(f"“{written[:60]}” is not a time.", TIME) from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)
