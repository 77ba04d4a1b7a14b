"""GoToWebinar: who came to webinars; from attendee reports, the interface, and a webhook."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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
    validate,
)
from plugins.gotowebinar import rest, webhook
from plugins.gotowebinar.answers import is_json, read_answers
from plugins.gotowebinar.report import read_report

CLIENT = "From an OAuth client at developer.goto.com. Files need none."


class GoToWebinarSettings(SourceSettings):
    """Which organiser, the clock and date order of reports, and how to ask the interface."""

    organizer_key = fields.String(
        load_default="",
        validate=validate.Regexp(r"\d*", error="Digits only, as the token answer shows it."),
        metadata={
            "identity": True,
            "label": "Organizer key",
            "help": "The answer that gives the first token holds it. Files need none.",
        },
    )
    timezone = fields.String(
        required=True,
        validate=known_zone,
        error_messages={
            "required": "Reports name no time zone, or only letters such as CST, which mean "
            "several. Give the organiser's, such as America/Toronto."
        },
        metadata={
            "label": "Time zone of the reports",
            "help": "The organiser's; an IANA name such as Europe/London.",
        },
    )
    date_order = order_of_dates(
        "Used when a file holds no day above 12, so that 08/09 could be either."
    )
    client_id = fields.String(load_default="", metadata={"label": "Client ID", "help": CLIENT})
    client_secret = fields.String(
        load_default="", metadata={"label": "Client secret", "help": CLIENT, "secret": True}
    )
    refresh_token = secret_text(
        "Refresh token", "From the organiser's sign-in; GoTo lets it run out when it is not used."
    )
    webhook_secret = secret_text(
        "Webhook secret key", "The value that GoTo answered when the secret key was created."
    )
    api = interface_address(
        "Address of the interface", "Leave it as it is.", at="https://api.getgo.com"
    )
    sign_in = interface_address(
        "Address of the sign-in", "Leave it as it is.", at="https://authentication.logmeininc.com"
    )


class GoToWebinar(Source):
    """Attendance at webinars; whoever registered gave an address, so everybody has one."""

    name = "gotowebinar"
    title = "GoToWebinar"
    api_version = 1
    mark = "GW"
    settings = GoToWebinarSettings
    hosts = ("{api}", "{sign_in}", "api.getgo.com", "authentication.logmeininc.com")
    privacy = Privacy(
        reads=(
            "name", "email", "join and leave times", "whether a registrant came",
            "columns it does not use: interest rating, answers to registration questions",
        ),
        keeps=("name", "email", "time and length of attendance", "whether she was staff"),
        note="The interest rating is GoTo's own guess at a person's attention: it is not kept.",
    )  # fmt: skip

    def remarks(self, bundle: Bundle) -> Iterator[str]:
        """Say so where the encoding was only a guess."""
        texts = (one.body for one in bundle.deliveries if not is_zip(one.body))
        return filter(None, (decode(body).warning for body in texts if not is_json(body)))

    def activities(
        self, bundle: Bundle, settings: Mapping[str, Any]
    ) -> Iterator[Activity | Gone | Skipped | Failed]:
        """One activity for each person and session."""
        for delivery in bundle.deliveries:
            if is_json(delivery.body):
                yield from read_answers(delivery.body)
            else:
                yield from read_report(delivery, settings)

    def poll(
        self, cursor: str | None, fetch: Fetch, settings: Mapping[str, Any]
    ) -> Iterator[Delivery]:
        """Each session that ended since the cursor; see `rest`."""
        return rest.poll(cursor, rest.credentials(settings, fetch))

    def receive(self, request: HookRequest, settings: Mapping[str, Any]) -> Delivery | Answer:
        """A hint that somebody joined; see `webhook`."""
        return webhook.receive(request, settings.get("webhook_secret") or "")


@hookimpl
def register_sources() -> list[Source]:
    """GoToWebinar, with all its doors."""
    return [GoToWebinar()]
