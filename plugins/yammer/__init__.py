"""Yammer, now Viva Engage: the export of a network and its REST interface."""

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
    hookimpl,
    is_zip,
    secret_text,
)
from plugins.forums.addresses import base_address
from plugins.yammer.answers import Answered
from plugins.yammer.asking import Asking
from plugins.yammer.export import Exported
from plugins.yammer.network import Network


class YammerSettings(SourceSettings):
    """Which network it is, and the token to ask it with."""

    url = base_address(
        "Address of the network",
        "As it stands in the browser, such as https://www.yammer.com/northmoor.example.",
    )
    token = secret_text(
        "Access token",
        "Of an app registered in Entra with the right to read messages. Leave empty to "
        "upload exports.",
    )


class Yammer(Source):
    """A network's public messages; private groups and messages are never read."""

    name = "yammer"
    title = "Yammer (Viva Engage)"
    api_version = 1
    mark = "Ya"
    hosts = ("{url}",)
    settings = YammerSettings
    privacy = Privacy(
        reads=("names", "email addresses", "messages", "likes"),
        keeps=("name", "email", "account", "the first 200 characters of a message"),
        note="Messages in private groups and private conversations are left out.",
    )

    def activities(
        self, bundle: Bundle, settings: Mapping[str, Any]
    ) -> Iterator[Activity | Gone | Skipped | Failed]:
        network = Network(settings["url"])
        for delivery in bundle.deliveries:
            body = delivery.body
            is_json = not is_zip(body) and body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[")
            yield from (Answered(network, body) if is_json else Exported(network, body)).read()

    def poll(
        self, cursor: str | None, fetch: Fetch, settings: Mapping[str, Any]
    ) -> Iterator[Delivery]:
        """Bring the messages since the cursor."""
        if not settings.get("token"):
            raise Refused("There is no token to ask with.", "Enter a token.", where="token")
        yield from Asking(settings["url"], fetch, settings["token"]).news(cursor)


@hookimpl
def register_sources() -> list[Source]:
    return [Yammer()]
