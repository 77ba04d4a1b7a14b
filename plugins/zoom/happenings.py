"""What Zoom says as JSON: the participants of a session, and the events its webhook sends.

A document of participants is `{"session": {...}, "participants": [...], "panelists": [...]}`: the
entry of Zoom's list of sessions, and all pages of that session's participants in one list. An
event comes alone; the events of one session are a bundle, and are read together each time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from engine.api import (
    Activity,
    BadCell,
    BadReport,
    Delivery,
    Failed,
    Gone,
    Row,
    Skipped,
    clean_name,
    read_email,
    read_json,
)
from plugins.zoom.attendance import Guest, Session, Stay
from plugins.zoom.registration import Registrant, registration_key

Said = Activity | Registrant | Gone | Skipped | Failed
WEBINARS = ("5", "6", "9")
"""The types of Zoom's sessions that are webinars; the others are meetings."""
MOMENT = "Zoom writes times such as 2026-09-08T15:01:00Z; fetch or send it again."

JOINED = ("meeting.participant_joined", "webinar.participant_joined")
LEFT = ("meeting.participant_left", "webinar.participant_left")
REGISTERED = ("meeting.registration_created", "webinar.registration_created")
UNREGISTERED = (
    "meeting.registration_cancelled", "webinar.registration_cancelled",
    "meeting.registration_denied", "webinar.registration_denied",
)  # fmt: skip
EVENTS = (*JOINED, *LEFT, *REGISTERED, *UNREGISTERED)


def is_json(body: bytes) -> bool:
    """Whether a delivery is JSON rather than a table."""
    return body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[")


def read_happenings(deliveries: Sequence[Delivery]) -> Iterator[Said]:
    """What documents and events of one bundle say together.

    :raises BadReport: one of them is neither.
    """
    events: list[Event] = []
    for place, delivery in enumerate(deliveries, start=1):
        told = read_json(delivery.body, what="Zoom's answer")
        if _texts(told, "event"):
            events.append(Event.of(told, row=f"event {place}"))
        else:
            yield from _participants(told)
    yield from _of_events(events)


# --- documents ---------------------------------------------------------------------------------


def _participants(told: Any) -> Iterator[Said]:
    people = told.get("participants") if isinstance(told, dict) else None
    if not isinstance(people, list) or not isinstance(told.get("session"), dict):
        found = ", ".join(map(str, told))[:100] if isinstance(told, dict) else type(told).__name__
        raise BadReport(
            "This JSON is no list of participants. Expected an object with “session” and "
            f"“participants”, or one event of the webhook; found: {found or 'nothing'}.",
            "Let Byway collect it, or send the CSV report.",
        )
    room = _Room(_session(told["session"]), told.get("panelists"))
    for place, person in enumerate(people):
        yield from room.take(f"participants[{place}]", person)
    yield from (guest.part_in(room.session) for guest in room.guests.values())


class _Room:
    """The people of one session, segment by segment."""

    def __init__(self, session: Session, panelists: Any = None) -> None:
        self.session = session
        self.panelists = frozenset(
            str(one).lower() for one in (panelists if isinstance(panelists, list) else ())
        )
        self.guests: dict[str, Guest] = {}

    def take(self, row: Row, person: Any) -> Iterator[Skipped | Failed]:
        """Take one segment of a stay, or say why not."""
        if _texts(person, "status") == "in_waiting_room":
            yield Skipped(row=row, why="stayed in the waiting room")
            return
        try:
            joined = _moment(_texts(person, "join_time"))
            left = _moment(_texts(person, "leave_time"), joined)
            if joined is None:
                raise BadCell("The join time is missing.", MOMENT)
            self.add(_who(person, joined), Stay(rows=(row,), joined=joined, left=left))
        except BadCell as bad:
            yield Failed(row=row, why=bad.why, mend=bad.mend)

    def add(self, guest: Guest, stay: Stay) -> None:
        """Join a stay to those of the same person."""
        role = "panelist" if guest.email in self.panelists else "attendee"
        role = "host" if guest.email and guest.email == self.session.host else role
        self.guests.setdefault(guest.handle, guest).add(stay, guest.name, role)


def _who(person: Any, joined: datetime | None) -> Guest:
    """A person as Zoom knows her; `user_id` names no more than one connection to one session."""
    name = clean_name(_texts(person, "name", "user_name"))
    email = read_email(_texts(person, "user_email", "email"))
    account = _texts(person, "id", "participant_user_id")
    seen = f"{joined.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if joined else ""
    connection = f"{_texts(person, 'user_id') or name}|{seen}"
    if not (email or account or name):
        raise BadCell("There is neither a name nor an address.", "Nothing can be done here.")
    handle = email or (f"user:{account}" if account else f"connection:{connection}")
    return Guest(handle=handle, name=name, email=email, role="attendee", account=account)


def _session(told: Any) -> Session:
    number = _texts(told, "id", "meeting_id", "webinar_id").replace(" ", "").replace("-", "")
    uuid, start = _texts(told, "uuid"), _texts(told, "start_time")
    if not (uuid or (number and start)):
        raise BadReport(
            "Nothing says which session this is about: there is neither “uuid” nor “id” with "
            "“start_time”.",
            "Let Byway collect it, or send the CSV report.",
            where="session",
        )
    try:
        began = _moment(start)
    except BadCell as bad:
        raise BadReport(bad.why, bad.mend, where="session.start_time") from bad
    host = _texts(told, "user_email", "host_email")
    return Session(
        number=number,
        uuid=uuid,
        topic=_texts(told, "topic"),
        type="webinar" if _texts(told, "type") in WEBINARS else "meeting",
        host=host.lower(),
        began=began,
    )


# --- events ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One call of the webhook."""

    row: str
    name: str
    at: datetime
    thing: Mapping[str, Any]

    @classmethod
    def of(cls, told: Any, *, row: str) -> Event:
        """Read one call.

        :raises BadReport: it holds no object, or says no time.
        """
        name, payload = _texts(told, "event"), told.get("payload")
        thing = payload.get("object") if isinstance(payload, dict) else None
        stamp = told.get("event_ts")
        if not isinstance(thing, dict) or not isinstance(stamp, int) or not 0 < stamp < 1 << 43:
            raise BadReport(
                f"The event {name[:80]} is not whole: expected “payload.object” and “event_ts” in "
                "milliseconds.",
                "Send it again as Zoom sends it.",
                where=row,
            )
        at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=stamp)
        return cls(row=row, name=name, at=at, thing=thing)

    @property
    def part(self) -> Mapping[str, Any]:
        """Who it is about."""
        name = "participant" if self.name in (*JOINED, *LEFT) else "registrant"
        found = self.thing.get(name)
        return found if isinstance(found, dict) else {}

    @property
    def session(self) -> Session:
        """The session it is about."""
        kind = "5" if self.name.startswith("webinar") else "2"
        return _session({**self.thing, "type": kind})


def _of_events(events: Sequence[Event]) -> Iterator[Said]:
    rooms: dict[Session, list[Event]] = {}
    for event in events:
        if event.name in (*JOINED, *LEFT):
            rooms.setdefault(event.session, []).append(event)
        elif event.name in (*REGISTERED, *UNREGISTERED):
            yield _registration(event)
        else:
            yield Skipped(row=event.row, why=f"an event that is not used: {event.name[:80]}")
    for session, moves in rooms.items():
        yield from _moves(session, moves)


def _moves(session: Session, events: Sequence[Event]) -> Iterator[Said]:
    """The people of one session from who joined and who left, in whatever order it came."""
    room, connections = _Room(session), dict[str, list[Move]]()
    for event in events:
        try:
            move = Move.of(event)
        except BadCell as bad:
            yield Failed(row=event.row, why=bad.why, mend=bad.mend)
            continue
        connections.setdefault(move.connection, []).append(move)
    for moves in connections.values():
        for person, stay in _paired(sorted(moves, key=lambda move: (move.at, not move.joins))):
            room.add(person, stay)
    reported_at = max(event.at for event in events)
    for guest in room.guests.values():
        yield replace(guest.part_in(session), reported_at=reported_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """Somebody's joining or leaving, over one connection."""

    row: str
    joins: bool
    at: datetime
    connection: str
    who: Mapping[str, Any] = field(compare=False)

    @classmethod
    def of(cls, event: Event) -> Move:
        """Read one event.

        :raises BadCell: its time or its person cannot be read.
        """
        joins = event.name in JOINED
        at = _moment(_texts(event.part, "join_time" if joins else "leave_time")) or event.at
        _who(event.part, at)
        connection = _texts(event.part, "user_id", "participant_uuid", "email", "user_name")
        return cls(row=event.row, joins=joins, at=at, connection=connection, who=event.part)


def _paired(moves: Sequence[Move]) -> Iterator[tuple[Guest, Stay]]:
    """Each joining with the leaving that follows it; one without the other has no length."""
    joined: Move | None = None
    for move in moves:
        if joined and not move.joins:
            rows = (joined.row, move.row)
            yield _who(joined.who, joined.at), Stay(rows=rows, joined=joined.at, left=move.at)
            joined = None
            continue
        if joined:
            yield _who(joined.who, joined.at), Stay(rows=(joined.row,), joined=joined.at, left=None)
        joined = move if move.joins else None
        if not move.joins:
            yield _who(move.who, move.at), Stay(rows=(move.row,), joined=move.at, left=None)
    if joined:
        yield _who(joined.who, joined.at), Stay(rows=(joined.row,), joined=joined.at, left=None)


def _registration(event: Event) -> Registrant | Gone | Skipped | Failed:
    try:
        email = read_email(_texts(event.part, "email"))
    except BadCell as bad:
        return Failed(row=event.row, why=bad.why, mend=bad.mend)
    session = event.session
    if email is None or not session.number:
        return Skipped(row=event.row, why="registered without an address or webinar id")
    if event.name in UNREGISTERED:
        key = registration_key(session, email)
        return Gone(key=key, rows=(event.row,), reported_at=event.at)
    name = f"{_texts(event.part, 'first_name')} {_texts(event.part, 'last_name')}".strip()
    return Registrant(
        row=event.row, session=session, email=email, name=clean_name(name), at=event.at,
        native=_texts(event.part, "id", "registrant_id"),
    )  # fmt: skip


# --- values ------------------------------------------------------------------------------------


def _texts(told: Any, *names: str) -> str:
    """The first of these members that says something, as text; numbers count as text."""
    if isinstance(told, Mapping):
        for name in names:
            value = told.get(name)
            if isinstance(value, str | int) and not isinstance(value, bool) and str(value).strip():
                return " ".join(str(value).split())
    return ""


def _moment(written: str, not_before: datetime | None = None) -> datetime | None:
    """A time of Zoom's, in UTC where it names no zone; None when there is none, or too early a
    one.

    :raises BadCell: there is something else.
    """
    if not written:
        return None
    try:
        found = datetime.fromisoformat(written)
    except ValueError as error:
        raise BadCell(f"“{written[:60]}” is not a time.", MOMENT) from error
    found = found if found.tzinfo else found.replace(tzinfo=UTC)
    return None if not_before and found < not_before else found
