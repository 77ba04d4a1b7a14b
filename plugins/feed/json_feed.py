"""JSON Feed 1.0 and 1.1, brought into the form in which feedparser gives Atom and RSS."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.api import BadReport, read_json

from .dates import moment_in_words
from .plain import list_at, moment_of, text_at

_VERSION = "jsonfeed.org/version/1"
_MEND = "Give the address of the feed itself, which often ends in /feed.json, or an RSS feed."


def read_json_feed(body: bytes) -> tuple[dict[str, Any], tuple[dict[str, Any], ...]]:
    """The feed and its entries, as feedparser would name their members.

    :raises BadReport: it is other JSON, or breaks off.
    """
    whole = read_json(body, what="The feed")
    items = whole.get("items") if isinstance(whole, dict) else None
    named = _VERSION in text_at(whole, "version") if isinstance(whole, dict) else False
    if not isinstance(items, list) or not (named or text_at(whole, "title")):
        found = ", ".join(sorted(whole)[:8]) if isinstance(whole, dict) else "a list"
        raise BadReport(
            f"This is JSON, and no JSON Feed: expected version and items, found {found or '{}'}.",
            _MEND,
            where="version" if isinstance(items, list) else "items",
        )
    return _feed(whole), tuple(_entry(one if isinstance(one, dict) else {}) for one in items)


def _feed(whole: Mapping[str, Any]) -> dict[str, Any]:
    older = {"rel": "next", "href": text_at(whole, "next_url")}
    return {
        "title": text_at(whole, "title"),
        "title_detail": {"type": "text/plain"},
        "language": text_at(whole, "language") or None,
        "links": [*_links(text_at(whole, "home_page_url")), *([older] if older["href"] else [])],
        **_people(whole),
    }


def _entry(item: Mapping[str, Any]) -> dict[str, Any]:
    published, modified = text_at(item, "date_published"), text_at(item, "date_modified")
    link = text_at(item, "url") or text_at(item, "external_url")
    return {
        "id": text_at(item, "id"),
        "link": link,
        "links": _links(link),
        "title": text_at(item, "title"),
        "title_detail": {"type": "text/plain", "language": text_at(item, "language") or None},
        "summary_detail": {"type": "text/plain", "value": text_at(item, "summary")},
        "content": list(_contents(item)),
        "published": published,
        "published_parsed": _moment(published),
        "updated": modified,
        "updated_parsed": _moment(modified),
        "tags": [{"term": tag} for tag in list_at(item, "tags") if isinstance(tag, str)],
        **_people(item),
    }


def _people(context: Mapping[str, Any]) -> dict[str, Any]:
    """Version 1.0 has one author, 1.1 a list; some write both."""
    stated = list_at(context, "authors") or [context.get("author")]
    people = [
        {"name": text_at(one, "name"), "href": text_at(one, "url")}
        for one in stated
        if isinstance(one, dict)
    ]
    return {"authors": people, "author": people[0]["name"] if people else ""}


def _contents(item: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for name, kind in (("content_html", "text/html"), ("content_text", "text/plain")):
        if text := text_at(item, name):
            yield {"type": kind, "value": text}


def _links(address: str) -> list[dict[str, str]]:
    return [{"rel": "alternate", "type": "text/html", "href": address}] if address else []


def _moment(written: str) -> Any:
    """As feedparser gives moments; some write dates as RSS has them."""
    moment = moment_of(written) or moment_in_words(written)
    return moment.utctimetuple() if moment else None
