"""The events.xml of a recording: who joined and left, among all that happened.

`timestamp` counts from when the server was started. Newer files say the moment too, as
milliseconds or as a date; in older ones it follows from the meeting's id, which ends in the moment
it was created, and from the first event, which is that creation.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from xml.etree.ElementTree import Element

from engine.api import BadReport, read_xml
from plugins.bigbluebutton.attendance import Meeting
from plugins.bigbluebutton.values import is_moderator, moment

JOINED, LEFT = "ParticipantJoinEvent", "ParticipantLeftEvent"
ENDED = ("EndAndKickAllEvent",)
AGAIN = "Take events.xml of the recording as the server wrote it."


def read_events(body: bytes) -> Meeting:
    """The meeting of one recording.

    :raises BadReport: it is no events.xml, or names no meeting.
    """
    root = read_xml(body, what="The recording")
    if root.tag != "recording":
        raise BadReport(
            f"Expected the events.xml of a recording, which begins with <recording>; found "
            f"<{root.tag[:60]}>.",
            AGAIN,
        )
    meeting = _meeting(root)
    events = root.findall("event")
    origin = _origin(meeting, events)
    for place, event in enumerate(events, start=1):
        _take(event, f"event {place}", meeting, origin)
    # Older servers write no end: whoever never left was there when the last thing happened.
    if events and meeting.ended is None:
        meeting.ended = _moment(events[-1], origin)
    if not meeting.seen:
        raise BadReport("Nobody joined in this recording.", AGAIN)
    return meeting


def _meeting(root: Element) -> Meeting:
    about, metadata = root.find("meeting"), root.find("metadata")
    told = dict(about.attrib) if about is not None else {}
    extra = dict(metadata.attrib) if metadata is not None else {}
    internal = told.get("id") or root.get("meeting_id") or ""
    if not internal:
        raise BadReport("Nothing says which meeting this is: <meeting id> is missing.", AGAIN)
    return Meeting(
        internal=internal[:200],
        external=(told.get("externalId") or extra.get("meetingId") or "")[:200],
        name=" ".join((told.get("name") or extra.get("meetingName") or "").split()),
    )


def _origin(meeting: Meeting, events: list[Element]) -> datetime | None:
    """The moment that the events' own clock counts from."""
    created = moment(meeting.internal.rpartition("-")[2])
    stamps = [int(stamp) for event in events if (stamp := event.get("timestamp", "")).isdecimal()]
    return created - timedelta(milliseconds=min(stamps)) if created and stamps else None


def _take(event: Element, row: str, meeting: Meeting, origin: datetime | None) -> None:
    name = event.get("eventname", "")
    if name not in (JOINED, LEFT, *ENDED):
        return
    at = _moment(event, origin)
    if at is None:
        return
    if name in ENDED:
        meeting.ended = at
        return
    internal = _text(event, "userId")
    if not internal:
        return
    seen = meeting.connection(internal[:100])
    external = _text(event, "externalUserId")[:200]
    seen.external = seen.external or ("" if external == internal else external)
    seen.name = seen.name or _text(event, "name")
    seen.moderator = seen.moderator or is_moderator(_text(event, "role"))
    seen.rows += (row,)
    (seen.joined if name == JOINED else seen.left).append(at)


def _text(event: Element, name: str) -> str:
    return " ".join((event.findtext(name) or "").split())


def _moment(event: Element, origin: datetime | None) -> datetime | None:
    """The best of three ways in which an event says when it was."""
    if found := moment(_text(event, "timestampUTC")):
        return found
    written = re.sub(r"([+-]\d{2})$", r"\1:00", _text(event, "date"))
    try:
        found = datetime.fromisoformat(written)
        return found if found.tzinfo else found.replace(tzinfo=UTC)
    except ValueError:
        pass
    stamp = event.get("timestamp", "")
    if origin is None or not stamp.isdecimal() or len(stamp) > 14:
        return None
    return origin + timedelta(milliseconds=int(stamp))
