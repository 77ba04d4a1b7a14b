"""What Ghost gives out: pages of its Content API, calls of its webhooks, and its export."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from engine.api import BadReport, Failed, Gone, Skipped, read_json
from plugins.feed.plain import at, list_at, text_at

from .posts import PUBLISHED, Outcome, Site, moment, read_post, shares

EVENTS = ("post", "page")


def read_document(body: bytes, site: Site) -> Iterator[Outcome]:
    """Everything in a document, told apart by its members.

    :raises BadReport: it is none of the three.
    """
    whole = read_json(body, what="The file")
    if isinstance(at(whole, "post"), dict) or isinstance(at(whole, "page"), dict):
        yield from _event(whole, site)
    elif isinstance(at(whole, "posts"), list):
        yield from _records(whole["posts"], site, "posts")
    elif (tables := _tables(whole)) is not None:
        made = moment(text_at(_export(whole), "meta", "exported_on"))
        yield from _records(list(_joined(tables)), replace(site, made=made), "data.posts")
    else:
        raise _stranger(whole)


def _stranger(whole: Any) -> BadReport:
    told = text_at(whole, "errors", 0, "message") or text_at(whole, "errors", 0, "context")
    if told:
        return BadReport(f"Ghost answered with an error: {told[:200]}", "Look at the key and url.")
    found = ", ".join(sorted(whole)[:8]) if isinstance(whole, dict) else type(whole).__name__
    return BadReport(
        "Expected posts of Ghost's Content API (posts), a call of its webhook (post) or its export"
        f" (db), found {found or '{}'}.",
        "Export the blog in Ghost under Settings, Advanced, Import/Export.",
    )


def _records(records: list[Any], site: Site, where: str) -> Iterator[Outcome]:
    for place, record in enumerate(records):
        row = f"{where}[{place}]"
        if isinstance(record, dict):
            yield from read_post(record, site, row)
        else:
            yield Failed(row=row, why="It is no post.", mend="Give the file as Ghost made it.")


# --- a webhook ---------------------------------------------------------------------------------


def _event(whole: Mapping[str, Any], site: Site) -> Iterator[Outcome]:
    """A post as it is now; one that was deleted or taken back from the public is gone."""
    if not isinstance(whole.get("post"), dict):
        yield Skipped(row="page", why="It is a page, not a post.")
        return
    current, previous = at(whole, "post", "current"), at(whole, "post", "previous")
    if isinstance(current, dict) and text_at(current, "id"):
        taken_back = text_at(previous, "status") in ("published", "sent")
        if taken_back and text_at(current, "status") not in PUBLISHED:
            yield from _gone(current, "post.current")
        else:
            yield from read_post(current, site, "post.current")
    elif isinstance(previous, dict) and text_at(previous, "id"):
        yield from _gone(previous, "post.previous")
    else:
        why, mend = "It names no post.", "Give the call as Ghost made it."
        yield Failed(row="post", why=why, mend=mend)


def _gone(record: dict[str, Any], row: str) -> Iterator[Gone]:
    for where, key, _ in shares(record, row):
        yield Gone(key=key, rows=(where,))


# --- the export --------------------------------------------------------------------------------


def _export(whole: Any) -> Any:
    """Newer exports stand in a list of their own, older ones are bare."""
    inner = at(whole, "db", 0)
    return inner if isinstance(inner, dict) else whole


def _tables(whole: Any) -> dict[str, Any] | None:
    tables = at(_export(whole), "data")
    return tables if isinstance(tables, dict) and isinstance(tables.get("posts"), list) else None


def _joined(tables: Mapping[str, Any]) -> Iterator[Any]:
    """The posts, each with its authors and tags, in their order."""
    users, tags = _by_id(tables, "users"), _by_id(tables, "tags")
    authors = _linked(tables, "posts_authors", "author_id")
    tagged = _linked(tables, "posts_tags", "tag_id")
    for post in list_at(tables, "posts"):
        if not isinstance(post, dict):
            yield post
            continue
        number = text_at(post, "id")
        # Before Ghost 1.22 a post had one author.
        writers = authors[number] or [text_at(post, "author_id")]
        yield {
            **post,
            # Some programs that write exports list no users: then her id is all there is.
            "authors": [users.get(one, {"id": one}) for one in writers if one],
            "tags": [tags[one] for one in tagged[number] if one in tags],
        }


def _by_id(tables: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {text_at(one, "id"): one for one in list_at(tables, name) if text_at(one, "id")}


def _linked(tables: Mapping[str, Any], name: str, other: str) -> defaultdict[str, list[str]]:
    """What belongs to each post, in the order in which it is shown there."""
    links: defaultdict[str, list[str]] = defaultdict(list)
    for link in sorted(list_at(tables, name), key=lambda one: _order(text_at(one, "sort_order"))):
        links[text_at(link, "post_id")].append(text_at(link, other))
    return links


def _order(written: str) -> int:
    return int(written[:9]) if written.isdecimal() and written.isascii() else 0
