"""Calendars (iCalendar): who means to come to a meeting, and who held one that is over.

To accept an invitation is to intend, not to attend: it is recorded as that, and as nothing more.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from engine.api import (
    Activity,
    Bundle,
    Delivery,
    Failed,
    Fetch,
    Fetched,
    Gone,
    Privacy,
    Refused,
    Skipped,
    Source,
    SourceSettings,
    accepted,
    fields,
    hookimpl,
    read_zone,
    secret_text,
    validate,
)
from plugins.calendar.events import KINDS, read_calendar
from plugins.forums.addresses import base_address


class CalendarSettings(SourceSettings):
    """Whose calendar it is, where it is asked for, and what its events are."""

    url = base_address(
        "Address of the calendar's site",
        "Such as https://calendar.example.org. Meetings are told apart from those of other sites.",
    )
    address = secret_text(
        "Address of the calendar",
        "Ends in .ics; whoever has it can often read the calendar. Leave empty to upload files.",
    )
    timezone = fields.String(
        load_default="",
        metadata={
            "label": "Time zone",
            "help": "Such as Europe/Paris; for times that name none.",
        },
    )
    kind = fields.String(
        load_default="meeting",
        validate=validate.OneOf(KINDS),
        metadata={
            "label": "What its events are",
            "help": "meeting, lunch-and-learn, committee, webinar, conference or event; a category"
            " of an event that says so goes before.",
        },
    )


class Calendar(Source):
    """A calendar; people are known by the email addresses they were invited under."""

    name = "calendar"
    title = "Calendar (iCalendar)"
    api_version = 1
    mark = "Ca"
    hosts = ("{url}", "{address}")
    settings = CalendarSettings
    privacy = Privacy(
        reads=("name", "email", "answers to invitations", "titles and times of events"),
        keeps=("name", "email", "titles and times of events"),
        note="Private and confidential events are left out; places and notes are not read. A"
        " refusal is not recorded; it takes back an acceptance.",
    )

    def activities(
        self, bundle: Bundle, settings: Mapping[str, Any]
    ) -> Iterator[Activity | Gone | Skipped | Failed]:
        if settings.get("timezone"):
            read_zone(settings["timezone"])
        for delivery in bundle.deliveries:
            yield from read_calendar(delivery, settings)

    def poll(
        self, cursor: str | None, fetch: Fetch, settings: Mapping[str, Any]
    ) -> Iterator[Delivery]:
        """Bring the calendar where it changed, and once a day: meetings pass without a change."""
        address = str(settings.get("address") or "").strip()
        if not address:
            raise Refused("There is no calendar to ask for.", "Set its address.", where="address")
        scheme, mark, rest = address.partition("://")
        if scheme.lower() in ("webcal", "webcals"):
            address = "https" + mark + rest
        known = _memory(cursor)
        page = accepted(fetch(address, headers=_conditions(known)), what="The calendar")
        day = page.headers.get("date", "")[:16]
        if page.status == 304 and day != known.get("day"):
            page = accepted(fetch(address, headers={}), what="The calendar")
        sha = hashlib.sha256(page.body).hexdigest()
        if page.status == 304 or (sha == known.get("sha") and day == known.get("day")):
            return
        yield _delivery(page, settings["url"], {"sha": sha, "day": day})


def _delivery(page: Fetched, name: str, memory: dict[str, str]) -> Delivery:
    """The calendar under the name of its site, since its address is a secret."""
    date = page.headers.get("date", "")
    memory |= {"etag": page.headers.get("etag", "")}
    memory |= {"modified": page.headers.get("last-modified", "")}
    return Delivery(
        body=page.body,
        name=name,
        media_type=page.headers.get("content-type", ""),
        headers={"date": date} if date else {},
        cursor=json.dumps(memory, sort_keys=True),
    )


def _conditions(known: Mapping[str, str]) -> dict[str, str]:
    names = {"If-None-Match": "etag", "If-Modified-Since": "modified"}
    return {header: known[name] for header, name in names.items() if known.get(name)}


def _memory(cursor: str | None) -> dict[str, str]:
    """What the cursor remembers; one that cannot be read means that everything is new."""
    try:
        memory = json.loads(cursor or "{}")
    except ValueError:
        return {}
    known = memory.items() if isinstance(memory, dict) else ()
    return {str(name): value for name, value in known if isinstance(value, str)}


@hookimpl
def register_sources() -> list[Source]:
    return [Calendar()]
