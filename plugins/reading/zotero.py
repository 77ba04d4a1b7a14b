"""Zotero's interface: what changed in a library since a version, and what was deleted there.

A library has one version, which every change raises. Pages of what changed are asked for one after
the other; if the library changes meanwhile, they are asked for anew the next time.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from engine.api import (
    Account,
    Actor,
    BadReport,
    Delivery,
    Fetch,
    Fetched,
    Gone,
    Refused,
    Unanswered,
    accepted,
    read_json,
)
from plugins.reading.entries import VERBS, ZOTERO, Entry, Fault, page_of

SIZE, PAGES = 100, 1000
ASIDE = ("attachment", "note", "annotation")

# --- reading


def read_answer(body: bytes, settings: Mapping[str, Any]) -> tuple[list[Gone], list[Entry | Fault]]:
    """What is gone, and the entries; of a page of items, or of the list of deletions.

    :raises BadReport: it is neither.
    """
    found = read_json(body, what="The list")
    listed = found.get("items") if isinstance(found, dict) else None
    if isinstance(listed, list) and listed and isinstance(listed[0], dict):
        found = listed  # other programs' exports have their items there
    elif isinstance(listed, list):
        keys = [one for one in listed if _is_key(one)]
        return [gone for n, key in enumerate(keys) for gone in _gone(key, f"items[{n}]")], []
    found = [found] if isinstance(found, dict) and "data" in found else found
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise BadReport(
            "This is JSON, and no answer of Zotero: expected a list of items.",
            "Export the library as CSV, or let Byway ask Zotero itself.",
        )
    gone: list[Gone] = []
    entries: list[Entry | Fault] = []
    for number, item in enumerate(found):
        said = _item(item, f"[{number}]", str(settings.get("library") or ""))
        gone += said if isinstance(said, list) else []
        entries += [said] if isinstance(said, Entry | Fault) else []
    if entries and not gone and all(one.get("data") is None for one in found):
        names = ", ".join(str(name)[:20] for name in list(found[0])[:6])
        raise BadReport(
            f"This is JSON, and no answer of Zotero: its items have {ascii(names)[1:-1]}, and no"
            " “data”.",
            "Export the list as CSV, RIS, BibTeX, Zotero RDF, or as bookmarks (HTML).",
        )
    return gone, entries


def _item(item: Mapping[str, Any], row: str, library: str) -> Entry | Fault | list[Gone] | None:
    """An entry, why it is none, or that it lies in the bin; attachments and notes are nothing."""
    data = item.get("data")
    key = data.get("key") if isinstance(data, dict) else None
    if not isinstance(data, dict) or not _is_key(key):
        why = "It is no item of Zotero: expected “data” with a “key” of eight letters and digits."
        return Fault(row=row, why=why, mend="Export the library as CSV instead.")
    if data.get("itemType") in ASIDE:
        return None
    if data.get("deleted") in (1, True):
        return _gone(str(key), row)
    own = f"{ZOTERO}/{library}/items/{key}" if library else ""
    return Entry(
        row=row,
        key=f"zotero:{key}",
        title=_text(data, "title") or _text(data, "nameOfAct") or _text(data, "caseName"),
        url=page_of(_text(data, "url"), _text(data, "DOI"), _text(data, "ISBN")) or own or None,
        added=_text(data, "dateAdded"),
        kind=_text(data, "itemType"),
        tags=_tags(data.get("tags")),
        language=_text(data, "language"),
        actor=_adder(item),
        utc=True,
    )


def _is_key(key: object) -> bool:
    return isinstance(key, str) and bool(re.fullmatch(r"[A-Z0-9]{8}", key))


def _gone(key: str, row: str) -> list[Gone]:
    """Everything that may have been said of an item."""
    return [
        Gone(key=f"{deed}:zotero:{key}", rows=(row if deed == "kept" else f"{row}, {deed}",))
        for deed in VERBS
        if deed != "rated"
    ]


def _text(data: Mapping[str, Any], name: str) -> str:
    value = data.get(name)
    return " ".join(value.split())[:2000] if isinstance(value, str) else ""


def _tags(found: object) -> tuple[str, ...]:
    """The tags that people gave; those of type 1 came with the page."""
    tags = [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
    chosen = (_text(one, "tag") for one in tags if one.get("type") in (None, 0))
    return tuple(one[:100] for one in chosen if one)[:50]


def _adder(item: Mapping[str, Any]) -> Actor | None:
    """Who added an item to a group's library; in a personal one nobody is named."""
    meta = item.get("meta")
    user = meta.get("createdByUser") if isinstance(meta, dict) else None
    number = user.get("id") if isinstance(user, dict) else None
    if not isinstance(user, dict) or not isinstance(number, int) or isinstance(number, bool):
        return None
    name = _text(user, "name") or _text(user, "username")
    return Actor(name=name or None, account=Account(home_page=ZOTERO, name=str(number)))


# --- asking


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """How far asking has got: since which version, and where in the pages of `version`."""

    since: int = 0
    start: int = 0
    version: int = 0

    @classmethod
    def of(cls, cursor: str | None) -> _Place:
        try:
            told = json.loads(cursor or "{}")
            return cls(**{name: int(told.get(name, 0)) for name in ("since", "start", "version")})
        except (ValueError, TypeError, AttributeError):
            return cls()

    @property
    def cursor(self) -> str:
        return json.dumps({"since": self.since, "start": self.start, "version": self.version})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Library:
    base: str
    key: str
    fetch: Fetch

    def ask(self, path: str, *, since: int = 0) -> Fetched:
        headers = {"Zotero-API-Version": "3"} | ({"Zotero-API-Key": self.key} if self.key else {})
        if since:
            headers["If-Modified-Since-Version"] = str(since)
        return accepted(self.fetch(f"{self.base}/{path}", headers), what="Zotero")


def poll(cursor: str | None, fetch: Fetch, settings: Mapping[str, Any]) -> Iterator[Delivery]:
    """Bring every page of what changed, then what was deleted.

    Each delivery's cursor goes on at the next page; only the last moves on to the new version.
    """
    library = _library(settings, fetch)
    begun = _Place.of(cursor)
    reached, held = begun, None
    for page, reached in _pages(library, begun):
        if held:
            yield held
        held = _delivery(page, reached.cursor)
    if not reached.version:
        return
    deleted = library.ask(f"deleted?since={reached.since}") if reached.since else None
    if deleted and _names_any(deleted):
        if held:
            yield held
        held = _delivery(deleted, "")
    if held:
        yield replace(held, cursor=_Place(since=reached.version).cursor)


def _delivery(page: Fetched, cursor: str) -> Delivery:
    return Delivery(body=page.body, name=page.url, media_type="application/json", cursor=cursor)


def _library(settings: Mapping[str, Any], fetch: Fetch) -> _Library:
    if not settings.get("library"):
        raise Refused(
            "To collect from Zotero by itself, Byway needs to know the library.",
            "Enter it, as in groups/1234567, or upload an export instead.",
            where="library",
        )
    base = f"{str(settings['api']).rstrip('/')}/{settings['library']}"
    return _Library(base=base, key=str(settings.get("api_key") or ""), fetch=fetch)


def _pages(library: _Library, place: _Place) -> Iterator[tuple[Fetched, _Place]]:
    """Each page with the place behind it; anew from the first where the library has changed."""
    for _ in range(PAGES):
        page = library.ask(
            f"items/top?format=json&include=data&includeTrashed=1&sort=dateAdded&direction=asc"
            f"&since={place.since}&limit={SIZE}&start={place.start}",
            since=place.since if not place.start else 0,
        )
        if page.status == 304:
            return
        version = _count(page, "last-modified-version")
        if place.start and version != place.version:
            place = _Place(since=place.since)
            continue
        items = read_json(page.body, what="Zotero's answer")
        if not version or not isinstance(items, list):
            raise Unanswered(
                "schema", "Zotero's answer is no list of items with a version.",
                "Look up the library and the address of the interface.",
            )  # fmt: skip
        place = replace(place, version=version, start=place.start + len(items))
        yield page, place
        if not items or place.start >= _count(page, "total-results"):
            return


def _count(page: Fetched, header: str) -> int:
    written = page.headers.get(header, "")
    return int(written) if written.isdigit() and len(written) < 16 else 0


def _names_any(page: Fetched) -> bool:
    found = read_json(page.body, what="Zotero's answer")
    return isinstance(found, dict) and bool(found.get("items"))
