"""What BigBlueButton says: calls of its webhook, the data of its learning dashboard, recordings.

All three name a meeting by its internal id, and people by the id of the system they came from, so
what they say of one person in one meeting is one item.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from engine.api import BadReport, Delivery, Failed, Row, Skipped, read_json
from plugins.bigbluebutton.attendance import Meeting
from plugins.bigbluebutton.recordings import read_events
from plugins.bigbluebutton.values import is_moderator, members, moment, text_of
from plugins.bigbluebutton.webhook import is_call, read_call

EXPECTED = (
    "Expected learning_dashboard_data.json, the events.xml of a recording, or calls of the webhook"
)
USED = ("meeting-created", "meeting-ended", "user-joined", "user-left")
Rest = list[Skipped | Failed]
MOST_LOGGED = 100_000
_LOG = re.compile(rb'\{\s*"data"\s*:')
"""How a log of the webhook's events begins, as its module that writes to a file leaves it."""


def read_meetings(deliveries: Sequence[Delivery]) -> tuple[list[Meeting], Rest]:
    """The meetings that all deliveries of a bundle tell of together.

    :raises BadReport: one of them is nothing that BigBlueButton writes.
    """
    meetings: dict[str, Meeting] = {}
    rest: Rest = []
    for place, delivery in enumerate(deliveries, start=1):
        body = delivery.body.lstrip(b"\xef\xbb\xbf \t\r\n")
        if is_call(body):
            for at, told in enumerate(read_call(body), start=1):
                rest += _event(told, f"call {place}, event {at}", meetings)
        elif _LOG.match(body):
            for at, told in enumerate(_logged(body), start=1):
                rest += _event(told, f"event {place}.{at}", meetings)
        elif body[:1] == b"<":
            meeting = read_events(delivery.body)
            meetings[meeting.internal] = meeting
        else:
            rest += _document(read_json(delivery.body, what="The file"), meetings)
    return list(meetings.values()), rest


def _logged(body: bytes) -> list[Any]:
    """The events of a log: one after the other, each beginning on a line of its own."""
    parts = re.split(rb"\r?\n(?=\{)", body.rstrip(), maxsplit=MOST_LOGGED)
    if len(parts) > MOST_LOGGED:
        raise BadReport(f"The log has more than {MOST_LOGGED} events.", "Send it in parts.")
    return [read_json(part, what=f"Event {at}") for at, part in enumerate(parts, start=1)]


def _document(told: Any, meetings: dict[str, Meeting]) -> Rest:
    """The data of a learning dashboard."""
    if not isinstance(told, dict) or not isinstance(told.get("users"), dict):
        found = ", ".join(map(str, told))[:100] if isinstance(told, dict) else type(told).__name__
        raise BadReport(
            f"{EXPECTED}; found JSON with: {found or 'nothing'}.",
            "Look for learning_dashboard_data.json on the server, or ask whoever runs it.",
        )
    internal = text_of(told, "intId")
    if not internal:
        raise BadReport(
            "Nothing says which meeting this is: “intId” is missing.",
            "Take learning_dashboard_data.json as the server wrote it.",
        )
    meeting = meetings.setdefault(internal, Meeting(internal=internal))
    meeting.external, meeting.name = text_of(told, "extId"), text_of(told, "name")
    meeting.ended = moment(told.get("endedOn"))
    rest: Rest = []
    for key, user in told["users"].items():
        rest += _user(str(key)[:100], user, meeting)
    return rest


def _user(key: str, user: Any, meeting: Meeting) -> Rest:
    row = f"users.{key}"
    connections = list(_connections(user))
    if not any(stays for _, stays in connections):
        return [Skipped(row=row, why="never joined")]
    external = text_of(user, "extId")
    for internal, stays in connections:
        seen = meeting.connection(internal)
        seen.external = "" if external == internal else external
        seen.person, seen.name = f"person:{key}", text_of(user, "name")
        seen.moderator = bool(members(user).get("isModerator"))
        seen.rows = (f"{row}.{internal}"[:200],)
        for joined, left in stays:
            seen.joined.append(joined)
            seen.left += [left] if left else []
    return []


def _connections(user: Any) -> Iterator[tuple[str, list[tuple[datetime, datetime | None]]]]:
    """Each connection with its stays; servers before 2.6 have one for each, without a list."""
    for internal, told in members(members(user).get("intIds")).items():
        sessions = members(told).get("sessions")
        stays = sessions if isinstance(sessions, list) else [told]
        times = ((moment(members(one).get("registeredOn")), members(one)) for one in stays)
        yield (
            str(internal)[:100],
            [
                (joined, moment(one.get("leftOn"), not_before=joined))
                for joined, one in times
                if joined
            ],
        )


def _event(told: Any, row: Row, meetings: dict[str, Meeting]) -> Rest:
    """One event of the webhook."""
    event = members(members(told).get("data"))
    name, about = text_of(event, "id"), members(event.get("attributes"))
    if name not in USED:
        return [Skipped(row=row, why=f"an event that is not used: {name[:80] or 'without a name'}")]
    meeting, at = _meeting(about, meetings), moment(members(event.get("event")).get("ts"))
    if meeting is None or at is None:
        why = "The event names no meeting, or no time."
        return [Failed(row=row, why=why, mend="Send it again as BigBlueButton sends it.")]
    meeting.reported_at = max(filter(None, (meeting.reported_at, at)))
    if name.startswith("meeting-"):
        meeting.ended = at if name == "meeting-ended" else meeting.ended
        return [Skipped(row=row, why="about the meeting, not about a person")]
    return _move(name, members(about.get("user")), at, row, meeting)


def _meeting(about: Mapping[str, Any], meetings: dict[str, Meeting]) -> Meeting | None:
    told = members(about.get("meeting"))
    internal = text_of(told, "internal-meeting-id")
    if not internal:
        return None
    meeting = meetings.setdefault(internal, Meeting(internal=internal))
    meeting.external = meeting.external or text_of(told, "external-meeting-id")
    meeting.name = meeting.name or text_of(told, "name")
    return meeting


def _move(name: str, user: Mapping[str, Any], at: datetime, row: Row, meeting: Meeting) -> Rest:
    internal = text_of(user, "internal-user-id")
    if not internal:
        why = "The event names no user."
        return [Failed(row=row, why=why, mend="Send it again as BigBlueButton sends it.")]
    seen = meeting.connection(internal)
    external = text_of(user, "external-user-id")
    seen.external = seen.external or ("" if external == internal else external)
    seen.name = seen.name or text_of(user, "name")
    seen.moderator = seen.moderator or is_moderator(text_of(user, "role"))
    seen.rows += (row,)
    (seen.joined if name == "user-joined" else seen.left).append(at)
    return []
