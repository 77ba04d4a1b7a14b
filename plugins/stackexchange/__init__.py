"""Stack Exchange sites and Stack Overflow for Teams: data dumps, and the API 2.3."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.api import (
    Activity,
    Bundle,
    Delivery,
    Failed,
    Fetch,
    Gone,
    Privacy,
    Refused,
    Skipped,
    Source,
    SourceSettings,
    fields,
    hookimpl,
    interface_address,
    is_zip,
    secret_text,
)
from plugins.forums.addresses import base_address
from plugins.stackexchange.answers import read_answer
from plugins.stackexchange.asking import Asking
from plugins.stackexchange.dump import read_dump
from plugins.stackexchange.site import Site

API = "https://api.stackexchange.com/2.3"


class StackExchangeSettings(SourceSettings):
    """The site, and how its interface is asked."""

    url = base_address("Address of the site", "Such as https://writing.stackexchange.com.")
    site = fields.String(
        load_default="",
        metadata={
            "label": "Name of the site in the API",
            "help": "Such as “writing”, or the name of a team. Leave empty to upload dumps.",
        },
    )
    api = interface_address(
        "Address of the API",
        "For Stack Overflow for Teams: https://api.stackoverflowteams.com/2.3.",
        at=API,
    )
    key = secret_text("API key", "From stackapps.com: 10,000 requests a day in place of 300.")
    token = secret_text("Access token", "Only for a team, whose posts are not public.")


class StackExchange(Source):
    """A site of questions and answers; it vouches for peers, since only who asked can accept."""

    name = "stackexchange"
    title = "Stack Exchange or Stack Overflow for Teams"
    api_version = 1
    mark = "SE"
    hosts = ("{api}",)
    settings = StackExchangeSettings
    vouches = "peer"
    privacy = Privacy(
        reads=("display name", "account number", "questions", "answers", "comments"),
        keeps=("display name", "account number", "titles", "the first 200 characters of a post"),
        note="The site tells no email address and not who voted.",
    )

    def activities(
        self, bundle: Bundle, settings: Mapping[str, Any]
    ) -> Iterator[Activity | Gone | Skipped | Failed]:
        site = Site(settings["url"], settings.get("title") or None)
        for delivery in bundle.deliveries:
            body = delivery.body
            is_json = not is_zip(body) and body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[")
            yield from read_answer(site, body) if is_json else read_dump(site, body)

    def poll(
        self, cursor: str | None, fetch: Fetch, settings: Mapping[str, Any]
    ) -> Iterator[Delivery]:
        """Bring the questions that changed since the cursor, with their answers."""
        if not settings.get("site"):
            raise Refused("There is no site to ask for.", "Enter its name.", where="site")
        yield from Asking.of(settings, fetch).news(cursor)


@hookimpl
def register_sources() -> list[Source]:
    return [StackExchange()]
