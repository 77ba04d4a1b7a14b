"""BigBlueButton: who was in which meeting; from webhooks, learning dashboard, recordings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.api import (
    Activity,
    Answer,
    Bundle,
    Delivery,
    Failed,
    HookRequest,
    Privacy,
    Skipped,
    Source,
    SourceSettings,
    fields,
    hookimpl,
    secret_text,
    validate,
)
from plugins.bigbluebutton import webhook
from plugins.bigbluebutton.attendance import Site
from plugins.bigbluebutton.reading import read_meetings


class BigBlueButtonSettings(SourceSettings):
    """Whose user ids the meetings hold, and how the server proves itself."""

    url = fields.Url(
        required=True,
        schemes={"http", "https"},
        require_tld=False,
        error_messages={"required": "Give the address of the system people join from."},
        metadata={
            "identity": True,
            "label": "Address of the system people join from",
            "help": "Greenlight, Moodle or another: BigBlueButton knows people by its user ids.",
        },
    )
    moderators = fields.String(
        load_default="hosted",
        validate=validate.OneOf(
            ("hosted", "attended"), ("They hosted the meeting", "They attended like others")
        ),
        metadata={
            "label": "Moderators",
            "help": "Where everybody joins as moderator, count them like the others.",
        },
    )
    secret = secret_text(
        "Shared secret of the server", "The one that `bbb-conf --secret` shows. Files need none."
    )
    callback = fields.Url(
        load_default="",
        schemes={"http", "https"},
        require_tld=False,
        validate=validate.Length(max=2000),
        metadata={
            "label": "Address the webhook was registered with",
            "help": "Exactly as given in callbackURL; the server signs its calls with it.",
        },
    )


class BigBlueButton(Source):
    """Attendance at meetings. BigBlueButton knows no addresses, only ids of whoever opens rooms."""

    name = "bigbluebutton"
    title = "BigBlueButton"
    api_version = 1
    mark = "BB"
    settings = BigBlueButtonSettings
    privacy = Privacy(
        reads=(
            "name", "user id", "role", "join and leave times",
            "what it does not use: chat, polls, raised hands, camera, talking time",
        ),
        keeps=("name", "user id", "time and length of attendance", "whether she moderated"),
        note="There are no addresses in BigBlueButton. People are known by the user id that "
        "Greenlight, Moodle or another system gives; guests without one wait, unmatched.",
    )  # fmt: skip

    def activities(
        self, bundle: Bundle, settings: Mapping[str, Any]
    ) -> Iterator[Activity | Skipped | Failed]:
        """One activity for each person and meeting."""
        site = Site(url=settings["url"].rstrip("/"), moderators=settings["moderators"])
        meetings, rest = read_meetings(bundle.deliveries)
        yield from rest
        for meeting in meetings:
            yield from (site.part(meeting, guest) for guest in meeting.guests())

    def receive(self, request: HookRequest, settings: Mapping[str, Any]) -> Delivery | Answer:
        """One call, after its proof; see `webhook`."""
        return webhook.receive(
            request, settings.get("secret") or "", callback=settings.get("callback") or ""
        )


@hookimpl
def register_sources() -> list[Source]:
    """BigBlueButton, with its file door and its webhook."""
    return [BigBlueButton()]
