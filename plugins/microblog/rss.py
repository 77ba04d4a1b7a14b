"""The feed of an account, at Mastodon `/@name.rss`: its public posts without replies and boosts."""

from __future__ import annotations

import re
from calendar import timegm
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from engine.api import BadReport, Failed, excerpt
from plugins.feed.document import read_document
from plugins.microblog.posts import MEND, Found, Network, Post, is_web_address


def read_rss(body: bytes, network: Network) -> Iterator[Found]:
    """Every post of a feed.

    :raises BadReport: it is no feed, it belongs to another server, or nothing says whose it is.
    """
    document = read_document(body, base=network.url)
    home = str(document.feed.get("link") or "")
    if is_web_address(home):
        network.must_be_ours(home)
    for number, entry in enumerate(document.entries, start=1):
        yield _entry(entry, f"post {number}", home, network)


def _entry(entry: Mapping[str, Any], row: str, home: str, network: Network) -> Post | Failed:
    link, number = str(entry.get("link") or ""), str(entry.get("id") or "")
    # A copy passes by feedparser, which would give one date for another.
    parsed = dict(entry).get("published_parsed")
    if not is_web_address(link) or not parsed:
        return Failed(row=row, why="The post has no address or no time.", mend=MEND)
    html = str(entry.get("summary") or "")
    tags = (str(tag.get("term") or "").lstrip("#")[:200] for tag in entry.get("tags") or [])
    try:
        at = datetime.fromtimestamp(timegm(parsed), UTC)
    except (ValueError, OverflowError, OSError):
        return Failed(row=row, why="The time of the post cannot be read.", mend=MEND)
    return Post(
        row=row,
        keys=tuple(dict.fromkeys((number or link, link))),
        username=network.username(_named(home) or _named(link)),
        verb="authored",
        at=at,
        url=link,
        title=excerpt(html, 100) or None,
        text=excerpt(html),
        tags=tuple(dict.fromkeys(filter(None, tags)))[:100],
    )


def _named(address: str) -> str:
    """The user name in an address such as https://social.example.org/@name/1."""
    try:
        found = re.match(r"/(?:@|users/)([\w.\-]{1,100})(?:/|$)", urlsplit(address).path)
    except ValueError:
        raise BadReport("The feed's address cannot be read.", MEND) from None
    return found[1] if found else ""
