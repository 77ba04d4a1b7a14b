"""Zoom: attendance reports of webinars and participant lists of meetings, as CSV files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.api import (
    Activity,
    Actor,
    BadReport,
    Bundle,
    Failed,
    Privacy,
    Skipped,
    Source,
    SourceSettings,
    ValidationError,
    decode,
    fields,
    hookimpl,
    read_zone,
    validate,
)
from plugins.zoom.attendance import Guest, Session
from plugins.zoom.report import Report, read_report

VERBS = {"attendee": "attended", "panelist": "presented", "host": "hosted"}


def _known_zone(name: str) -> None:
    try:
        read_zone(name)
    except BadReport as unknown:
        raise ValidationError(f"{unknown.why} {unknown.mend}") from unknown


class ZoomSettings(SourceSettings):
    """Which account, and the clock and date order its reports are written in."""

    account = fields.String(
        load_default="",
        metadata={
            "identity": True,
            "label": "Account",
            "help": "Any name for the Zoom account, when you collect from more than one.",
        },
    )
    timezone = fields.String(
        required=True,
        validate=_known_zone,
        error_messages={
            "required": "Zoom's reports name no time zone. Give the one that the account shows "
            "its times in, such as America/Toronto."
        },
        metadata={
            "label": "Time zone of the reports",
            "help": "Zoom writes local times without a zone; an IANA name such as America/Toronto.",
        },
    )
    date_order = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.OneOf(
            ("", "mdy", "dmy", "ymd"),
            ("Let each file decide", "Month first", "Day first", "Year first"),
        ),
        metadata={
            "label": "Order of dates",
            "help": "Used when a file holds no day above 12, so that 08/09 could be either.",
        },
    )


class Zoom(Source):
    """Attendance at webinars and meetings, from the CSV files Zoom exports."""

    name = "zoom"
    title = "Zoom webinars and meetings"
    api_version = 1
    mark = "Zo"
    settings = ZoomSettings
    privacy = Privacy(
        reads=(
            "name", "email", "join and leave times", "whether a registrant came",
            "columns it does not use: phone, country, answers to registration questions",
        ),
        keeps=("name", "email", "time and length of attendance", "role (host, panelist, attendee)"),
        note="Telephone numbers shown as names lose their digits. Rows without an email wait, "
        "unmatched, until somebody links them.",
    )  # fmt: skip

    def remarks(self, bundle: Bundle) -> Iterator[str]:
        """Say so where the encoding was only a guess."""
        found = (decode(delivery.body).warning for delivery in bundle.deliveries)
        return (warning for warning in found if warning)

    def activities(
        self, bundle: Bundle, settings: Mapping[str, Any]
    ) -> Iterator[Activity | Skipped | Failed]:
        """One activity for each person and session; see `report` for its key."""
        reports = [read_report(delivery, settings) for delivery in bundle.deliveries]
        for report in reports:
            for attendance in report.sessions:
                yield from attendance.rest
                for guest in attendance.guests.values():
                    yield self.activity(report, attendance.session, guest)

    def activity(self, report: Report, session: Session, guest: Guest) -> Activity:
        """What one person did in one session."""
        return Activity(
            rows=tuple(stay.row for stay in guest.stays),
            keys=(f"session:{session.number}|{session.start}|{guest.handle}",),
            actor=Actor(name=guest.name or None, email=guest.email),
            verb=VERBS[guest.role],
            type=session.type,
            url=session.url,
            title=session.topic or None,
            at=guest.ended,
            duration=guest.duration,
            parent=session.series,
            reported_at=report.generated,
        )


@hookimpl
def register_sources() -> list[Source]:
    """Zoom, with its file door; nothing to poll yet."""
    return [Zoom()]
