"""Collaborate (Class, formerly Blackboard): the attendance report of an institution, as CSV."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.api import (
    Account,
    Activity,
    Actor,
    Bundle,
    Failed,
    Privacy,
    Skipped,
    Source,
    SourceSettings,
    Thing,
    decode,
    fields,
    hookimpl,
    is_zip,
    validate,
)
from plugins.collaborate.report import Attendee, Room, read_report

VERBS = {"participant": "attended", "presenter": "presented", "moderator": "hosted"}


class CollaborateSettings(SourceSettings):
    """Whose usernames the report holds, and the order of its dates."""

    url = fields.Url(
        load_default="https://www.bbcollab.com",
        schemes={"http", "https"},
        require_tld=False,
        metadata={
            "identity": True,
            "label": "Address of your learning system",
            "help": "Usernames in the report belong to it. With another address, the same name is "
            "another account.",
        },
    )
    date_order = fields.String(
        load_default="mdy",
        validate=validate.OneOf(("mdy", "dmy", "ymd"), ("Month first", "Day first", "Year first")),
        metadata={
            "label": "Order of dates",
            "help": "Used when a file holds no day above 12. Collaborate writes the month first.",
        },
    )


class Collaborate(Source):
    """Attendance at Collaborate sessions: one row for each person and session, all in UTC."""

    name = "collaborate"
    title = "Collaborate attendance reports"
    api_version = 1
    mark = "Co"
    settings = CollaborateSettings
    privacy = Privacy(
        reads=("name", "email", "username", "role", "join and leave times"),
        keeps=("name", "email", "username", "time and length of attendance", "role"),
        note="Guests who gave neither an address nor a username wait, unmatched, until somebody "
        "links them.",
    )

    def remarks(self, bundle: Bundle) -> Iterator[str]:
        """Say so where the encoding was only a guess."""
        texts = (one.body for one in bundle.deliveries if not is_zip(one.body))
        return filter(None, (decode(body).warning for body in texts))

    def activities(
        self, bundle: Bundle, settings: Mapping[str, Any]
    ) -> Iterator[Activity | Skipped | Failed]:
        """One activity for each person and session; see `report` for its key."""
        for delivery in bundle.deliveries:
            report = read_report(delivery.body, settings.get("date_order") or "mdy")
            yield from report.rest
            for room, attendee in report.attendees:
                yield self.visit(room, attendee, settings["url"].rstrip("/"))

    def visit(self, room: Room, attendee: Attendee, home_page: str) -> Activity:
        """What one person did in one session."""
        account = Account(home_page=home_page, name=attendee.username)
        return Activity(
            rows=attendee.rows,
            keys=tuple(f"{key}|{attendee.handle}" for key in room.keys),
            actor=Actor(
                name=attendee.name or None,
                email=attendee.email,
                account=account if attendee.username else None,
            ),
            verb=VERBS[attendee.role],
            type="webinar",
            url=f"{home_page}/session/{room.address}",
            title=room.title or None,
            at=attendee.ended,
            duration=attendee.duration,
            parent=Thing(
                url=f"{home_page}/session/{room.series}", title=room.title or None, type="series"
            )
            if room.series
            else None,
        )


@hookimpl
def register_sources() -> list[Source]:
    """Collaborate, with its file door: it has no interface that lists who attended."""
    return [Collaborate()]
