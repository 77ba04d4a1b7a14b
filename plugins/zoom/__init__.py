"""Zoom: who came to webinars and meetings; from its reports, its interface and its webhook."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from engine.api import (
    Activity,
    Answer,
    Bundle,
    Delivery,
    Failed,
    Fetch,
    Gone,
    HookRequest,
    Privacy,
    Skipped,
    Source,
    SourceSettings,
    decode,
    fields,
    hookimpl,
    interface_address,
    is_zip,
    known_zone,
    order_of_dates,
    secret_text,
)
from plugins.zoom import rest, webhook
from plugins.zoom.happenings import is_json, read_happenings
from plugins.zoom.registration import Registrant
from plugins.zoom.report import Report, read_report

APP = "From a server-to-server OAuth app in Zoom. Files need none."


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
        validate=known_zone,
        error_messages={
            "required": "Zoom's reports name no time zone. Give the one that the account shows "
            "its times in, such as America/Toronto."
        },
        metadata={
            "label": "Time zone of the reports",
            "help": "Zoom writes local times without a zone; an IANA name such as America/Toronto.",
        },
    )
    date_order = order_of_dates(
        "Used when a file holds no day above 12, so that 08/09 could be either."
    )
    api = interface_address(
        "Address of Zoom's interface",
        "Zoom for Government has https://api.zoomgov.com.",
        at="https://api.zoom.us",
    )
    account_id = fields.String(load_default="", metadata={"label": "Account ID", "help": APP})
    client_id = fields.String(load_default="", metadata={"label": "Client ID", "help": APP})
    client_secret = fields.String(
        load_default="", metadata={"label": "Client secret", "help": APP, "secret": True}
    )
    webhook_secret = secret_text(
        "Webhook secret token", "Shown by the app under Feature, Event Subscriptions."
    )


class Zoom(Source):
    """Attendance at webinars and meetings, and registrations for them."""

    name = "zoom"
    title = "Zoom webinars and meetings"
    api_version = 1
    mark = "Zo"
    settings = ZoomSettings
    hosts = ("{api}", "zoom.us", "zoomgov.com")
    privacy = Privacy(
        reads=(
            "name", "email", "Zoom user id", "join and leave times", "whether a registrant came",
            "columns it does not use: phone, country, answers to registration questions",
        ),
        keeps=(
            "name", "email", "Zoom user id", "time and length of attendance",
            "role (host, panelist, attendee)", "registrations",
        ),
        note="Telephone numbers shown as names lose their digits. People without an email or a "
        "Zoom account wait, unmatched, until somebody links them.",
    )  # fmt: skip

    def remarks(self, bundle: Bundle) -> Iterator[str]:
        """Say so where the encoding was only a guess."""
        texts = (one.body for one in bundle.deliveries if not is_zip(one.body))
        return filter(None, (decode(body).warning for body in texts if not is_json(body)))

    def activities(
        self, bundle: Bundle, settings: Mapping[str, Any]
    ) -> Iterator[Activity | Gone | Skipped | Failed]:
        """One activity for each person and session; see `Session.keys` for its keys."""
        files = [one for one in bundle.deliveries if not is_json(one.body)]
        reports = [read_report(one, settings) for one in files]
        told = list(read_happenings([one for one in bundle.deliveries if is_json(one.body)]))
        for report in reports:
            yield from _of_report(report)
        for said in told:
            yield said.activity(said.at) if isinstance(said, Registrant) else said

    def poll(
        self, cursor: str | None, fetch: Fetch, settings: Mapping[str, Any]
    ) -> Iterator[Delivery]:
        """Each session that ended since the cursor; see `rest`."""
        return rest.poll(cursor, rest.credentials(settings, fetch))

    def receive(self, request: HookRequest, settings: Mapping[str, Any]) -> Delivery | Answer:
        """One event, or the handshake; see `webhook`."""
        return webhook.receive(request, settings)


def _of_report(report: Report) -> Iterator[Activity | Gone | Skipped | Failed]:
    """What a report in a file says."""
    for attendance in report.sessions:
        yield from attendance.rest
        for guest in attendance.guests.values():
            yield replace(guest.part_in(attendance.session), reported_at=report.generated)
    for said in report.registered:
        yield said.activity(report.generated) if isinstance(said, Registrant) else said


@hookimpl
def register_sources() -> list[Source]:
    """Zoom, with all its doors."""
    return [Zoom()]
