"""GoToWebinar: who came to webinars; from attendee reports, the interface, and a webhook."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.api import (
    Activity,
    Answer,
    BadReport,
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
    ValidationError,
    decode,
    fields,
    hookimpl,
    is_zip,
    read_zone,
    validate,
)
from plugins.gotowebinar import rest, webhook
from plugins.gotowebinar.answers import is_json, read_answers
from plugins.gotowebinar.report import read_report

CLIENT = "From an OAuth client at developer.goto.com. Files need none."


def _known_zone(name: str) -> None:
    try:
        read_zone(name)
    except BadReport as unknown:
        raise ValidationError(f"{unknown.why} {unknown.mend}") from unknown


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
        validate=_known_zone,
        error_messages={
            "required": "Reports name no time zone, or only letters such as CST, which mean "
            "several. Give the organiser's, such as America/Toronto."
        },
        metadata={
            "label": "Time zone of the reports",
            "help": "The organiser's; an IANA name such as Europe/London.",
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
    client_id = fields.String(load_default="", metadata={"label": "Client ID", "help": CLIENT})
    client_secret = fields.String(
        load_default="", metadata={"label": "Client secret", "help": CLIENT, "secret": True}
    )
    refresh_token = fields.String(
        load_default="",
        metadata={
            "label": "Refresh token",
            "help": "From the organiser's sign-in; GoTo lets it run out when it is not used.",
            "secret": True,
        },
    )
    webhook_secret = fields.String(
        load_default="",
        metadata={
            "label": "Webhook secret key",
            "help": "The value that GoTo answered when the secret key was created.",
            "secret": True,
        },
    )
    api = fields.Url(
        load_default="https://api.getgo.com",
        schemes={"http", "https"},
        require_tld=False,
        metadata={"label": "Address of the interface", "help": "Leave it as it is."},
    )
    sign_in = fields.Url(
        load_default="https://authentication.logmeininc.com",
        schemes={"http", "https"},
        require_tld=False,
        metadata={"label": "Address of the sign-in", "help": "Leave it as it is."},
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
