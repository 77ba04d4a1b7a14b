"""Asking an API or a feed for what is new, page by page, no further than a bound."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from email.utils import parsedate_to_datetime
from itertools import islice
from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from engine.api import (
    BadReport,
    Delivery,
    Fetch,
    Fetched,
    Refused,
    Unanswered,
    accepted,
    read_json,
    read_xml,
)
from plugins.mapped.language import RowMapping
from plugins.mapped.records import Kind, Record, entries, kind_of, listed

PAGES = 100
"""How many pages one poll reads at most."""
_WHAT = "The address"
_LINK = re.compile(r'<([^>]*)>\s*;[^<]*?\brel\s*=\s*"?(?:[^",;]*\s)?next\b', re.IGNORECASE)
_HEADER = re.compile(r"([A-Za-z][A-Za-z0-9-]{0,60}):\s+(\S.*)")
NO_MAPPING: RowMapping = {
    "reads": "", "rows": "", "next_page": "", "page_parameter": "", "first_page": 1,
    "page_step": 1, "since_parameter": "", "since_column": "",
}  # fmt: skip
"""What holds while a mapping is still being made: the first page alone is asked for."""


Rows = list[Record] | None
"""The rows of a page; None of a table, whose rows are found when it is read."""


@dataclass(frozen=True, slots=True)
class Memory:
    """What a cursor remembers: the value of `since`, and a digest of each page."""

    since: str = ""
    pages: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, cursor: str | None) -> Memory:
        """The memory of a cursor; one that cannot be read means that everything is new."""
        try:
            found = json.loads(cursor or "{}")
            since, pages = str(found.get("since", "")), dict(found.get("pages", {}))
        except (ValueError, AttributeError, TypeError):
            return cls()
        return cls(since, {str(name): str(digest) for name, digest in pages.items()})

    def cursor(self) -> str:
        """The memory as it is kept."""
        return json.dumps({"since": self.since, "pages": self.pages}, sort_keys=True)


def poll(cursor: str | None, fetch: Fetch, settings: Mapping[str, Any]) -> Iterator[Delivery]:
    """Bring the pages that changed since the cursor; only the last one moves it.

    :raises Refused: an address is missing or leads elsewhere, a page is none, or there are too
        many.
    """
    address = (settings.get("url") or "").strip()
    if not address:
        raise Refused("There is no address to poll.", "Set the address.", where="url")
    mapping = settings.get("mapping") or NO_MAPPING
    before, headers = Memory.of(cursor), headers_of(settings.get("authorization") or "")
    pages = _pages(_first(address, mapping, before), mapping, fetch, headers)
    since, digests = before.since, dict(before.pages)
    held: Delivery | None = None
    for place, (page, rows) in enumerate(islice(pages, 1) if mapping is NO_MAPPING else pages):
        since = _newest(since, page, rows, mapping, is_first=place == 0)
        name, digest = _digest(page.url.encode()), _digest(page.body)
        if rows != [] and before.pages.get(name) != digest:
            if held is not None:
                yield held
            held = _delivery(page)
        digests = {**digests, name: digest}
    if held is not None:
        kept = dict(list(digests.items())[-PAGES:])
        yield replace(held, cursor=Memory(since, kept).cursor())


def _delivery(page: Fetched) -> Delivery:
    """A page without the query of its address, which may hold a key."""
    media_type = page.headers.get("content-type", "")
    return Delivery(body=page.body, name=page.url.partition("?")[0], media_type=media_type)


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()[:32]


def headers_of(authorization: str) -> dict[str, str]:
    """The header that lets us in: `Authorization`, unless the setting names another."""
    if not authorization.strip():
        return {}
    named = _HEADER.fullmatch(authorization.strip())
    return {named[1]: named[2]} if named else {"Authorization": authorization.strip()}


def _first(address: str, mapping: RowMapping, before: Memory) -> str:
    if mapping["since_parameter"] and before.since:
        address = _with(address, mapping["since_parameter"], before.since)
    return address


def _pages(
    address: str, mapping: RowMapping, fetch: Fetch, headers: Mapping[str, str]
) -> Iterator[tuple[Fetched, Rows]]:
    """Each page with its rows, down to the last one."""
    seen: set[str] = set()
    bodies: set[bytes] = set()
    number, asked = int(mapping["first_page"]), address
    for _ in range(PAGES):
        seen.add(asked)
        page = accepted(fetch(asked, headers=dict(headers)), what=_WHAT)
        rows, document = _read(page, mapping)
        digest = hashlib.sha256(page.body).digest()
        if digest in bodies:  # it answers the same whatever is asked
            return
        bodies.add(digest)
        yield page, rows
        number += int(mapping["page_step"])
        following = _next(page, rows, document, mapping, address, number)
        if not following or following in seen:
            return
        asked = _same_host(following, address)
    raise Refused(
        f"It has more than {PAGES} pages.",
        "Ask for larger pages in the address, or for what is new with since_parameter.",
        where="url",
    )


def _read(page: Fetched, mapping: RowMapping) -> tuple[Rows, Any]:
    """A page's rows and document; one cut off, or something else, refuses the whole poll."""
    kind: Kind = mapping["reads"] or kind_of(Delivery(body=page.body))
    try:
        if kind == "json":
            document = read_json(page.body, what="The answer")
            return list(listed(document, mapping["rows"])), document
        if kind == "feed":
            return list(entries(read_xml(page.body, what="The answer"))), None
    except BadReport as refusal:
        where = page.url.partition("?")[0]
        raise Unanswered("schema", refusal.why, refusal.mend, where=where) from refusal
    return None, None


def _next(
    page: Fetched,
    rows: Rows,
    document: Any,
    mapping: RowMapping,
    first: str,
    number: int,
) -> str:
    """The address of the next page; "" after the last."""
    if linked := _LINK.search(page.headers.get("link", "")[:4000]):  # RFC 8288 3
        return urljoin(page.url, str(linked[1]))
    parameter = mapping["page_parameter"]
    if mapping["next_page"]:
        told = Record("", document).texts(mapping["next_page"])[:1]
        if not told or told[0] in ("false", "0"):
            return ""
        return _with(first, parameter, told[0]) if parameter else urljoin(page.url, told[0])
    return _with(first, parameter, str(number)) if parameter and rows else ""


def _with(address: str, parameter: str, value: str) -> str:
    """An address with a parameter in place of what it may have had."""
    parts = urlsplit(address)
    others = [(name, text) for name, text in parse_qsl(parts.query, True) if name != parameter]
    return parts._replace(query=urlencode([*others, (parameter, value)])).geturl()


def _same_host(following: str, first: str) -> str:
    """The next page's address, at the host the key was given for."""
    try:
        there, here = urlsplit(following), urlsplit(first)
        if (there.scheme, there.netloc) == (here.scheme, here.netloc):
            return following
    except ValueError:
        pass
    raise Refused(
        "The next page is said to be at another address than the first.",
        "Look at “next_page” in the mapping; the key of this source is not sent elsewhere.",
        where=first.partition("?")[0],
    )


def _newest(before: str, page: Fetched, rows: Rows, mapping: RowMapping, *, is_first: bool) -> str:
    """What `since` is next: the newest value of all rows, else when the first page was answered."""
    if column := mapping["since_column"]:
        values = [text for row in rows or () for text in row.texts(column)[:1]]
        return max([*filter(None, [before]), *values], key=_order, default="")
    return (_moment_of(page) or before) if is_first else before


def _order(value: str) -> tuple[int, str]:
    """Numbers by their size, moments in ISO form by their letters."""
    return (len(value), value) if value.isdecimal() else (0, value)


def _moment_of(page: Fetched) -> str:
    try:
        moment = parsedate_to_datetime(page.headers.get("date", ""))
        return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, TypeError, IndexError, OverflowError):
        return ""
