"""Asking for feeds: what is new since the cursor, the older pages of a blog, and lists of feeds."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from urllib.parse import urljoin, urlsplit

from engine.api import BadReport, Delivery, Fetch, Fetched, Refused, accepted, xml_text

from .document import read_document
from .opml import MOST, Listed, feeds_in, is_opml
from .plain import is_web_address

PAGES = 40
"""How many pages of an older blog the first poll reads at most."""

LISTED, TROUBLE, MEND = "x-feed-listed", "x-feed-trouble", "x-feed-mend"
"""Headers of deliveries: of a feed in a list, of one that could not be fetched, what mends that."""

Seen = dict[str, dict[str, str]]
"""What the cursor remembers of each address: etag, modified, sha; list; trouble."""


def news(
    own: Sequence[str], listed: Sequence[Listed], cursor: str | None, fetch: Fetch
) -> Iterator[Delivery]:
    """What changed since the cursor: at the addresses, then in the feeds of lists.

    An address that turns out to be a list (OPML) is read as one, each time anew. One feed of a
    list that cannot be fetched does not hold up the others: it is told once, as a delivery.
    """
    seen, found = _seen(cursor), {one.address: one for one in listed}
    for address in own:
        page = _changed(address, seen, fetch)
        if page is None:
            continue
        if is_opml(_start(page)):
            seen[address] = {"list": "yes"}
            found.update({one.address: one for one in feeds_in(page.body)})
        else:
            yield from _pages(address, page, seen, fetch)
    for feed in list(found.values())[:MOST]:
        yield from _of_list(feed.address, seen, fetch)


def _seen(cursor: str | None) -> Seen:
    """The cursor's memory; one that cannot be read means that everything is new."""
    try:
        seen = json.loads(cursor or "{}")
    except ValueError:
        return {}
    known = seen.items() if isinstance(seen, dict) else ()
    return {address: memory for address, memory in known if isinstance(memory, dict)}


def _start(page: Fetched) -> str:
    try:
        return xml_text(page.body[:20_000])
    except BadReport:
        return ""


# --- a list ------------------------------------------------------------------------------------


def _of_list(address: str, seen: Seen, fetch: Fetch) -> Iterator[Delivery]:
    known = seen.get(address, {})
    try:
        page = _changed(address, seen, fetch)
        brought = list(_pages(address, page, seen, fetch)) if page else []
    except Refused as refusal:
        if known.get("trouble") != refusal.why:
            seen[address] = {**known, "trouble": refusal.why}
            yield _trouble(address, refusal, seen)
        return
    for delivery in brought:
        yield _marked(delivery, {LISTED: address})


def _trouble(address: str, refusal: Refused, seen: Seen) -> Delivery:
    words = {LISTED: address, TROUBLE: refusal.why, MEND: refusal.mend}
    return Delivery(body=b"", name=address, headers=words, cursor=_cursor(seen))


def _marked(delivery: Delivery, headers: Mapping[str, str]) -> Delivery:
    return Delivery(
        body=delivery.body,
        name=delivery.name,
        media_type=delivery.media_type,
        headers={**delivery.headers, **headers},
        cursor=delivery.cursor,
    )


# --- one feed ----------------------------------------------------------------------------------


def _changed(address: str, seen: Seen, fetch: Fetch) -> Fetched | None:
    """The address's page; None when it is what it was."""
    known = seen.get(address, {})
    page = accepted(fetch(address, headers=_conditions(known)), what="The feed")
    known.pop("trouble", None)
    same = page.status == 304 or _sha(page) == known.get("sha")
    return None if same else page


def _pages(address: str, page: Fetched, seen: Seen, fetch: Fetch) -> Iterator[Delivery]:
    """The feed that changed, and the older pages of one never read; updates `seen`.

    Only the last delivery moves the cursor, so a poll that breaks off begins again.
    """
    is_new, before = not seen.get(address), _cursor(seen) if seen else None
    visited = {address, page.url}
    seen[address] = _memory(page)
    for _ in range(PAGES - 1):
        older = _next_page(page, address) if is_new else ""
        if not older or older in visited:
            break
        visited.add(older)
        yield _delivery(page, address, cursor=before)
        address, page = older, accepted(fetch(older, headers={}), what="An older page of the feed")
    yield _delivery(page, address, cursor=_cursor(seen))


def _cursor(seen: Seen) -> str:
    return json.dumps(seen, sort_keys=True)


def _conditions(known: Mapping[str, str]) -> dict[str, str]:
    names = {"If-None-Match": "etag", "If-Modified-Since": "modified"}
    return {header: known[name] for header, name in names.items() if known.get(name)}


def _memory(page: Fetched) -> dict[str, str]:
    return {
        "etag": page.headers.get("etag", ""),
        "modified": page.headers.get("last-modified", ""),
        "sha": _sha(page),
    }


def _sha(page: Fetched) -> str:
    return hashlib.sha256(page.body).hexdigest()


def _delivery(page: Fetched, address: str, *, cursor: str | None) -> Delivery:
    """The page under the address that was asked for; where it moved to stands in the headers."""
    moved = {"content-location": page.url} if page.url != address else {}
    media_type = page.headers.get("content-type", "")
    return Delivery(
        body=page.body, name=address, media_type=media_type, headers=moved, cursor=cursor
    )


def _next_page(page: Fetched, address: str) -> str:
    """The next older page as Atom and JSON Feed link it, at the same host."""
    # Blogger serves the older pages of every blog, whatever its address, from its own host.
    hosts = {urlsplit(address).hostname, urlsplit(page.url).hostname, "www.blogger.com"}
    with suppress(BadReport, ValueError):
        feed = read_document(page.body, base=page.url).feed
        links = (link for link in feed.get("links") or [] if link.get("rel") == "next")
        older = next((urljoin(page.url, link.get("href") or "") for link in links), "")
        return older if is_web_address(older) and urlsplit(older).hostname in hosts else ""
    return ""
