"""Microsoft Teams: who came to meetings; from its attendance reports, and from Graph."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.api import (
    Activity,
    Bundle,
    Delivery,
    Failed,
    Fetch,
    Privacy,
    Skipped,
    Source,
    SourceSettings,
    Words,
    decode,
    fields,
    hookimpl,
    interface_address,
    is_zip,
    known_zone,
    order_of_dates,
)
from plugins.teams import rest
from plugins.teams.graph import is_json, read_graph
from plugins.teams.live import is_live, read_live
from plugins.teams.report import read_report

APP = "From an app registered in Microsoft Entra. Files need none."


class TeamsSettings(SourceSettings):
    """Which organisation, and the clock and date order of reports."""

    tenant = fields.String(
        load_default="",
        metadata={
            "identity": True,
            "label": "Organisation",
            "help": "The domain or tenant id, when you collect from more than one organisation. "
            "User names of people without an address belong to it.",
        },
    )
    timezone = fields.String(
        required=True,
        validate=known_zone,
        error_messages={
            "required": "Attendance reports name no time zone. Give the one of whoever downloads "
            "them, such as Europe/Madrid."
        },
        metadata={
            "label": "Time zone of the reports",
            "help": "Of whoever downloads them; an IANA name such as America/Toronto.",
        },
    )
    date_order = order_of_dates(
        "Used when a file holds no day above 12, so that 08/09 could be either."
    )
    client_id = fields.String(load_default="", metadata={"label": "Client ID", "help": APP})
    client_secret = fields.String(
        load_default="", metadata={"label": "Client secret", "help": APP, "secret": True}
    )
    organisers = Words(
        load_default=list,
        metadata={
            "label": "Whose meetings to collect",
            "help": "Object ids of organisers in Microsoft Entra, with commas between them.",
        },
    )
    graph = interface_address(
        "Address of Microsoft Graph",
        "Government clouds have another, such as https://graph.microsoft.us.",
        at="https://graph.microsoft.com",
    )
    sign_in = interface_address(
        "Address of the sign-in",
        "Government clouds have another, such as https://login.microsoftonline.us.",
        at="https://login.microsoftonline.com",
    )


class Teams(Source):
    """Attendance at meetings, webinars and town halls.

    Everybody in an organisation is a "presenter" by default, so that role says nothing and counts
    as attendance; who organised, hosted.
    """

    name = "teams"
    title = "Microsoft Teams attendance reports"
    api_version = 1
    mark = "Te"
    settings = TeamsSettings
    hosts = ("{graph}", "{sign_in}", "graph.microsoft.com", "login.microsoftonline.com")
    privacy = Privacy(
        reads=(
            "name", "email", "user name", "role", "join and leave times",
            "columns it does not use: reactions, raised hands, camera and microphone",
        ),
        keeps=("name", "email", "user name", "time and length of attendance", "who organised"),
        note="Guests without an address wait, unmatched, until somebody links them. What people "
        "did in the meeting (reactions, hands, camera) is not kept.",
    )  # fmt: skip

    def remarks(self, bundle: Bundle) -> Iterator[str]:
        """Say so where the encoding was only a guess."""
        texts = (one.body for one in bundle.deliveries if not is_zip(one.body))
        return filter(None, (decode(body).warning for body in texts if not is_json(body)))

    def activities(
        self, bundle: Bundle, settings: Mapping[str, Any]
    ) -> Iterator[Activity | Skipped | Failed]:
        """One activity for each person and meeting."""
        for delivery in bundle.deliveries:
            if is_json(delivery.body):
                yield from read_graph(delivery.body, settings.get("tenant") or "")
            elif is_live(delivery.body):
                yield from read_live(delivery.body, settings)
            else:
                yield from read_report(delivery, settings)

    def poll(
        self, cursor: str | None, fetch: Fetch, settings: Mapping[str, Any]
    ) -> Iterator[Delivery]:
        """Each report since the cursor; see `rest`."""
        return rest.poll(cursor, rest.credentials(settings, fetch))


@hookimpl
def register_sources() -> list[Source]:
    """Teams, with its file door and Graph."""
    return [Teams()]
