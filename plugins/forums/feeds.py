"""Forums that tell of themselves by feeds alone: what their plugins share."""

from __future__ import annotations

from abc import abstractmethod
from calendar import timegm
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from html import unescape
from typing import Any
from urllib.parse import urljoin, urlsplit

from engine.api import (
    Activity,
    Bundle,
    Delivery,
    Failed,
    Fetch,
    Gone,
    Refused,
    Skipped,
    Source,
    SourceSettings,
    Thing,
    interface_address,
    plain,
)
from plugins.feed.document import read_document
from plugins.feed.polling import news
from plugins.forums.addresses import base_address

MESSAGE = "message"
"""The type of a short message that begins no discussion."""


class FeedSettings(SourceSettings):
    """The site, and the address of its feed when it is to be asked."""

    url = base_address("Address of the site", "Its accounts and links are made of it.")
    feed = interface_address(
        "Address of the feed", "Asked regularly. Leave empty to upload saved feeds.", at=""
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An entry of a feed; `link` is absolute, `author` and `title` are plain texts."""

    row: str
    id: str
    link: str
    title: str
    author: str
    at: datetime
    html: str
    tags: tuple[str, ...]

    @property
    def path(self) -> str:
        return urlsplit(self.link).path


class ForumFeed(Source):
    """A source whose feed lists what was written; a kind of forum says what an entry means."""

    hosts = ("{url}", "{feed}")
    settings = FeedSettings

    @abstractmethod
    def told(self, item: Item, site: Site) -> Activity | Skipped:
        """What an entry is."""

    def activities(
        self, bundle: Bundle, settings: Mapping[str, Any]
    ) -> Iterator[Activity | Gone | Skipped | Failed]:
        for delivery in bundle.deliveries:
            document = read_document(
                delivery.body, media_type=delivery.media_type, base=settings["url"]
            )
            title = unescape(plain(str(document.feed.get("title") or "")))[:300]
            site = Site(url=settings["url"], title=settings.get("title") or title or None)
            for place, entry in enumerate(document.entries):
                item = _item(entry, f"entry {place + 1}", settings["url"])
                yield item if isinstance(item, Failed) else self.told(item, site)

    def poll(
        self, cursor: str | None, fetch: Fetch, settings: Mapping[str, Any]
    ) -> Iterator[Delivery]:
        """Bring the feed where it changed since the cursor."""
        if not settings.get("feed"):
            raise Refused("There is no feed to ask for.", "Set its address.", where="feed")
        yield from news([settings["feed"]], [], cursor, fetch)


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The site by its address, and its name."""

    url: str
    title: str | None

    @property
    def community(self) -> Thing:
        return Thing(url=self.url, title=self.title, type="community")


def _item(entry: Mapping[str, Any], row: str, base: str) -> Item | Failed:
    at, link = _moment(entry), urljoin(f"{base}/", str(entry.get("link") or ""))
    if at is None:
        return Failed(
            row=row,
            why="The entry has no date that can be read.",
            mend="Save the feed again as the site gives it.",
        )
    contents = [one.get("value") for one in entry.get("content") or []]
    tags = (str(tag.get("term") or "") for tag in entry.get("tags") or [])
    return Item(
        row=row,
        id=str(entry.get("id") or link)[:900],
        link=link[:2000],
        title=" ".join(unescape(plain(str(entry.get("title") or ""))).split())[:500],
        author=" ".join(str(entry.get("author") or "").split())[:300],
        at=at,
        html=str(next(filter(None, [*contents, entry.get("summary")]), "")),
        tags=tuple(dict.fromkeys(unescape(tag)[:200] for tag in tags if tag))[:100],
    )


def _moment(entry: Mapping[str, Any]) -> datetime | None:
    # A copy passes by feedparser, which would give one date for another.
    plainly = dict(entry)
    named = ("published_parsed", "updated_parsed", "created_parsed")
    parsed = next(filter(None, (plainly.get(name) for name in named)), None)
    try:
        return datetime.fromtimestamp(timegm(parsed), UTC) if parsed else None
    except (ValueError, OverflowError, OSError):
        return None
