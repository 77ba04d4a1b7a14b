"""MediaWiki: pages begun and edited, and talk about them, from the API and from XML exports."""

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
    secret_text,
)
from plugins.forums.addresses import base_address
from plugins.mediawiki.answers import read_answer
from plugins.mediawiki.asking import Asking
from plugins.mediawiki.dump import read_dump
from plugins.mediawiki.wiki import Wiki


class WikiSettings(SourceSettings):
    """The wiki, where its pages stand, and how its interface is asked."""

    url = base_address(
        "Address of the wiki", "Such as https://wiki.example.org; accounts are made of it."
    )
    pages = interface_address(
        "Address of its pages",
        "What stands before a page's title. Empty: the wiki's address and /wiki/.",
        at="",
    )
    api = interface_address(
        "Address of the API",
        "Ends in api.php; it stands on the wiki's page Special:Version. Leave empty to"
        " upload files.",
        at="",
    )
    history = fields.Boolean(
        load_default=False,
        metadata={
            "label": "Begin with the whole history",
            "help": "Else it begins with the recent changes, which a wiki keeps for 30 to 90 days.",
        },
    )
    token = secret_text(
        "Access token", "Only for a wiki one must sign in to: an owner-only OAuth 2 token."
    )


class MediaWiki(Source):
    """A wiki whose people are known by their user names."""

    name = "mediawiki"
    title = "MediaWiki"
    api_version = 1
    mark = "Wi"
    hosts = ("{url}", "{api}")
    settings = WikiSettings
    privacy = Privacy(
        reads=("username", "titles of pages", "times of edits"),
        keeps=("username", "titles of pages"),
        note="Texts and summaries of edits are not read. Left out: bots, people who did not sign"
        " in, minor edits, users' own pages and messages to them.",
    )

    def activities(
        self, bundle: Bundle, settings: Mapping[str, Any]
    ) -> Iterator[Activity | Gone | Skipped | Failed]:
        wiki = Wiki(
            url=settings["url"],
            pages=(settings.get("pages") or f"{settings['url']}/wiki/"),
            title=settings.get("title") or None,
        )
        for delivery in bundle.deliveries:
            start = delivery.body.lstrip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n")[:1]
            read = read_answer if start in (b"{", b"[") else read_dump
            yield from wiki.tell(read(delivery.body))

    def poll(
        self, cursor: str | None, fetch: Fetch, settings: Mapping[str, Any]
    ) -> Iterator[Delivery]:
        """Bring the changes since the cursor, and which pages were deleted."""
        if not settings.get("api"):
            raise Refused(
                "There is no address to ask at.", "Enter the address of the API.", where="api"
            )
        yield from Asking.of(settings, fetch, cursor).news()


@hookimpl
def register_sources() -> list[Source]:
    return [MediaWiki()]
