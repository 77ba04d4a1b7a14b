"""Lists of mentions that webmention.io received and verified: JF2, and its older JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.api import Activity, BadReport, Failed, Skipped, Thing, read_json
from plugins.feed.plain import at, is_web_address, list_at, moment_of, text_at

from .mentions import VERBS, Mention

_OLDER = {"reply": "in-reply-to", "like": "like-of", "repost": "repost-of", "link": "mention-of"}


def records_in(body: bytes) -> list[Any]:
    """The mentions of a list in either form.

    :raises BadReport: it is other JSON.
    """
    whole = read_json(body, what="The list of mentions")
    for name in ("children", "links"):
        if isinstance(at(whole, name), list):
            return list_at(whole, name)
    found = ", ".join(sorted(whole)[:8]) if isinstance(whole, dict) else type(whole).__name__
    raise BadReport(
        f"Expected a list of mentions (children or links), found {found or '{}'}.",
        "Save https://webmention.io/api/mentions.jf2 of your domain, and give that file.",
    )


def read_list(body: bytes, site: Thing, *, url: str) -> Iterator[Activity | Skipped | Failed]:
    """Every mention of the site's pages in a list."""
    for place, record in enumerate(records_in(body)):
        yield _read(record, site, url, f"[{place}]")


def _read(record: Any, site: Thing, url: str, row: str) -> Activity | Skipped | Failed:
    source = text_at(record, "wm-source") or text_at(record, "source")
    target = text_at(record, "wm-target") or text_at(record, "target")
    if not (is_web_address(source) and is_web_address(target)):
        why, mend = "It does not say which page mentions which.", "Save the list again."
        return Failed(row=row, why=why, mend=mend)
    if not belongs(target, url):
        return Skipped(row=row, why=f"It mentions {target[:200]}, not a page of this site.")
    if at(record, "wm-private") is True or at(record, "private") is True:
        return Skipped(row=row, why="It is private.")
    kind = text_at(record, "wm-property") or _OLDER.get(text_at(record, "activity", "type"), "")
    kind = kind or "mention-of"
    if kind not in VERBS:
        return Skipped(row=row, why=f"It is of the kind {kind[:40]}, which is no activity.")
    received = text_at(record, "wm-received") or text_at(record, "verified_date")
    seen = moment_of(received) or moment_of(_said(record, "published"))
    if seen is None:
        why, mend = "It has no date that can be read.", "Save the list again."
        return Failed(row=row, why=why, mend=mend)
    return _mention(record, source, target, kind).activity(row, site, seen=seen)


def _mention(record: Any, source: str, target: str, kind: str) -> Mention:
    words = ("content", "text"), ("content", "html"), ("content",), ("summary",), ("name",)
    return Mention(
        source=source,
        target=target,
        kind=kind,
        author=_said(record, "author", "name")[:300],
        author_url=_said(record, "author", "url"),
        words=next(filter(None, (_said(record, *path) for path in words)), ""),
        published=moment_of(_said(record, "published")),
    )


def _said(record: Any, *path: str) -> str:
    return text_at(record, *path) or text_at(record, "data", *path)


def belongs(target: str, url: str) -> bool:
    """Whether a page is one of the site's; scheme, capitals and www of the host may differ."""
    site, page = _placed(url).rstrip("/"), _placed(target)
    return page == site or page.startswith((f"{site}/", f"{site}?", f"{site}#"))


def _placed(address: str) -> str:
    host, slash, path = address.partition("://")[2].partition("/")
    return host.lower().removeprefix("www.") + slash + path
