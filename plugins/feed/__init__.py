"""Blogs and news feeds: Atom, RSS and Blogger, their posts and their comments."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urljoin, urlsplit

from engine.api import (
    Activity,
    BadReport,
    Bundle,
    Delivery,
    Failed,
    Fetch,
    Fetched,
    Gone,
    Privacy,
    Refused,
    Skipped,
    Source,
    SourceSettings,
    ValidationError,
    fields,
    hookimpl,
)

from .document import read_document
from .entries import read_entries
from .plain import is_web_address

PAGES = 40
"""How many pages of an older blog the first poll reads at most."""

Seen = dict[str, dict[str, str]]
"""What the cursor remembers of each address: etag, modified, sha."""

_STATUS = {
    401: ("asks for a password", "Give the address of a feed that is public."),
    403: ("refuses access", "Give the address of a feed that is public."),
    404: ("was not found", "Look up the feed's new address on the blog and change the setting."),
    410: ("was taken down", "Look up the feed's new address on the blog and change the setting."),
    429: ("was asked for too often", "Poll less often."),
}


def _empty_or_web_address(text: str) -> None:
    if text.strip() and not is_web_address(text.strip()):
        raise ValidationError("Expected an address that begins with http:// or https://.")


def _address(label: str, help_text: str, *, identity: bool) -> fields.String:
    return fields.String(
        load_default="",
        validate=_empty_or_web_address,
        metadata={"label": label, "help": help_text, "identity": identity},
    )


class FeedSettings(SourceSettings):
    """Where the feed is; all may stay empty when only files are uploaded."""

    url = _address(
        "Address of the feed", "Polled regularly. Leave empty to upload files.", identity=True
    )
    site = _address(
        "Address of the blog",
        "Stands before the names of its authors; normally the feed says it.",
        identity=True,
    )
    comments_url = _address(
        "Address of the comment feed", "Polled together with the feed.", identity=False
    )


class Feed(Source):
    """A blog's posts and the comments on them."""

    name = "feed"
    title = "Blog or news feed"
    api_version = 1
    hosts = ("{url}", "{comments_url}")
    mark = "Bl"
    settings = FeedSettings
    privacy = Privacy(
        reads=("names", "profile addresses", "email addresses in the feed", "posts", "comments"),
        keeps=("names", "profile addresses", "titles", "links", "the first 200 characters"),
        note=(
            "A feed is public, but whoever comments has not been asked: comments under a typed"
            " name are not matched to anybody. An email address stays only as the name of an"
            " author who gives no other, and is never used as a mailbox."
        ),
    )

    def activities(
        self, bundle: Bundle, settings: Mapping[str, Any]
    ) -> Iterator[Activity | Gone | Skipped | Failed]:
        """Read each document of the bundle; a broken one is refused whole."""
        for delivery in bundle.deliveries:
            address = _base(delivery, settings)
            document = read_document(delivery.body, media_type=delivery.media_type, base=address)
            yield from read_entries(document, address=address, site=settings.get("site") or "")

    def poll(
        self, cursor: str | None, fetch: Fetch, settings: Mapping[str, Any]
    ) -> Iterator[Delivery]:
        """Bring the feed and the comment feed where they changed since the cursor."""
        addresses = [(settings.get(name) or "").strip() for name in ("url", "comments_url")]
        if not any(addresses):
            raise Refused(
                "There is no address to poll.", "Set the address of the feed.", where="url"
            )
        seen = _seen(cursor)
        for address in filter(None, addresses):
            yield from _news(address, seen, fetch)


def _base(delivery: Delivery, settings: Mapping[str, Any]) -> str:
    """The address that relative links stand on; empty for a file of a feed without address."""
    stated = (delivery.headers.get("content-location"), delivery.name, settings.get("url"))
    return next((text for text in stated if text and is_web_address(text)), "")


def _seen(cursor: str | None) -> Seen:
    """The cursor's memory; one that cannot be read means that everything is new."""
    try:
        seen = json.loads(cursor or "{}")
    except ValueError:
        return {}
    return seen if isinstance(seen, dict) else {}


def _news(address: str, seen: Seen, fetch: Fetch) -> Iterator[Delivery]:
    """The feed if it changed, and the older pages of one never read; updates `seen`.

    Only the last delivery moves the cursor, so a poll that breaks off begins again.
    """
    known = seen.get(address, {})
    page = fetch(address, headers=_conditions(known))
    if page.status == 304:
        return
    now = _memory(_accepted(page, address))
    if now["sha"] == known.get("sha"):
        return
    visited, before = {address, page.url}, json.dumps(seen) if seen else None
    seen[address] = now
    for _ in range(PAGES - 1):
        older = "" if known else _next_page(page, address)
        if not older or older in visited:
            break
        visited.add(older)
        yield _delivery(page, address, cursor=before)
        address, page = older, _accepted(fetch(older, headers={}), older)
    yield _delivery(page, address, cursor=json.dumps(seen, sort_keys=True))


def _conditions(known: Mapping[str, str]) -> dict[str, str]:
    names = {"If-None-Match": "etag", "If-Modified-Since": "modified"}
    return {header: known[name] for header, name in names.items() if known.get(name)}


def _memory(page: Fetched) -> dict[str, str]:
    return {
        "etag": page.headers.get("etag", ""),
        "modified": page.headers.get("last-modified", ""),
        "sha": hashlib.sha256(page.body).hexdigest(),
    }


def _accepted(page: Fetched, address: str) -> Fetched:
    """The page, unless the server had none: a feed that is gone tells nothing of its posts."""
    if page.status == 200:
        return page
    what, mend = _STATUS.get(
        page.status,
        ("could not be read", "The next poll tries again; if it stays, ask the publisher."),
    )
    wait = page.headers.get("retry-after", "")
    later = f" It may be tried again after {wait} seconds." if wait.isdecimal() else ""
    raise Refused(f"The feed {what} (status {page.status}).{later}", mend, where=address)


def _delivery(page: Fetched, address: str, *, cursor: str | None) -> Delivery:
    """The page under the address that was asked for; where it moved to stands in the headers."""
    moved = {"content-location": page.url} if page.url != address else {}
    media_type = page.headers.get("content-type", "")
    return Delivery(
        body=page.body, name=address, media_type=media_type, headers=moved, cursor=cursor
    )


def _next_page(page: Fetched, address: str) -> str:
    """The next older page as Atom links it, at the same host; nothing from a broken page."""
    try:
        feed = read_document(page.body, base=page.url).feed
        links = (link for link in feed.get("links") or [] if link.get("rel") == "next")
        older = next((urljoin(page.url, link.get("href") or "") for link in links), "")
        # Blogger serves the older pages of every blog, whatever its address, from its own host.
        hosts = {urlsplit(address).hostname, urlsplit(page.url).hostname, "www.blogger.com"}
        return older if is_web_address(older) and urlsplit(older).hostname in hosts else ""
    except (BadReport, ValueError):
        return ""


@hookimpl
def register_sources() -> list[Source]:
    """The feed source."""
    return [Feed()]
