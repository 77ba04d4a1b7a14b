"""Asking Blogger's feeds, which hold every post and comment and can be asked by date of change."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from urllib.parse import urlencode

from engine.api import Delivery, Fetch, Fetched, Unanswered, accepted
from plugins.feed.document import Document, read_document
from plugins.feed.sweeps import Sweep, read_cursor

PER_PAGE = 150
"""Blogger gives no more at once, and fewer where they are long; so entries are counted."""
PAGES = 60


def news(url: str, kinds: tuple[str, ...], cursor: str | None, fetch: Fetch) -> Iterator[Delivery]:
    """Pages with something new; being asked to wait ends the poll, and what came stays."""
    memory = read_cursor(cursor)
    sweeps = {kind: Sweep.of(memory.get(kind)) for kind in ("posts", "comments")}
    brought = False
    try:
        for kind in kinds:
            for delivery in _sweep(url, kind, sweeps, fetch):
                yield delivery
                brought = True
    except Unanswered as refusal:
        if not (brought and refusal.kind == "rate"):
            raise


def _sweep(url: str, kind: str, sweeps: Mapping[str, Sweep], fetch: Fetch) -> Iterator[Delivery]:
    sweep, again = sweeps[kind], False
    for _ in range(PAGES):
        start = sweep.page
        page, document = _page(url, kind, sweep, fetch)
        entries = document.entries
        is_last = not entries or start - 1 + len(entries) >= _total(document)
        dates = (str(dict.get(entry, "updated") or "") for entry in entries)
        sweep.advance(dates, is_last=is_last, step=len(entries))
        if entries:
            yield _delivery(page, sweeps)
        if is_last and (entries or start == 1 or again):
            return
        again = again or is_last


def _total(document: Document) -> float:
    """How many entries there are; some feeds do not say, and end with an empty page."""
    written = str(document.feed.get("opensearch_totalresults"))
    return int(written) if written.isdecimal() and len(written) < 10 else math.inf


def _page(url: str, kind: str, sweep: Sweep, fetch: Fetch) -> tuple[Fetched, Document]:
    # Without redirect=false some blogs send readers to a service that has the newest alone;
    # without orderby the date is not looked at.
    query = {"redirect": "false", "orderby": "updated", "max-results": str(PER_PAGE)}
    query["start-index"] = str(sweep.page)
    if sweep.since:
        query["updated-min"] = sweep.since
    address = f"{url}/feeds/{kind}/default?{urlencode(query)}"
    page = accepted(fetch(address), what=f"Blogger's feed of {kind}")
    return page, read_document(page.body, base=f"{url}/")


def _delivery(page: Fetched, sweeps: Mapping[str, Sweep]) -> Delivery:
    """The head of a feed changes by itself; its entries tell whether there is something new."""
    start = max(page.body.find(b"<entry"), 0)
    memory = {kind: asdict(sweep) for kind, sweep in sweeps.items()}
    return Delivery(
        body=page.body,
        name=page.url.partition("?")[0],
        media_type=page.headers.get("content-type", ""),
        uid=f"entries:{hashlib.sha256(page.body[start:]).hexdigest()}",
        cursor=json.dumps(memory, sort_keys=True),
    )
