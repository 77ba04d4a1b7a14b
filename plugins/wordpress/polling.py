"""Asking WordPress for what is new: its interface page by page, or the feeds every site has."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import urlencode

from engine.api import BadReport, Delivery, Fetch, Fetched, Unanswered, accepted, read_json
from plugins.feed.plain import text_at
from plugins.feed.sweeps import Sweep, read_cursor

PER_PAGE = 100
PAGES = 60
"""How many pages of each kind one poll asks for; the next goes on where it ended."""

_POST = "id,date_gmt,modified_gmt,guid,link,title,excerpt,author,status,type,_links,_embedded"
_COMMENT = "id,post,author,author_name,date_gmt,link,content,status,type,_links,_embedded"
_ASKED: dict[str, dict[str, str]] = {
    "posts": {"_fields": _POST, "_embed": "author,wp:term"},
    "comments": {"_fields": _COMMENT, "_embed": "up"},
}
_SINCE = {"posts": "modified_after", "comments": "after"}
_DATED = {"posts": "modified_gmt", "comments": "date_gmt"}


@dataclass(slots=True)
class Asking:
    """One poll of a site's interface.

    :param root: where the interface begins; sites without pretty addresses have it in the query.
    """

    url: str
    fetch: Fetch
    headers: Mapping[str, str]
    root: str = "/wp-json"
    sweeps: dict[str, Sweep] = field(default_factory=dict)

    def news(self, kinds: tuple[str, ...], cursor: str | None) -> Iterator[Delivery]:
        """Pages with something new; being asked to wait ends the poll, and what came stays."""
        memory = read_cursor(cursor)
        self.sweeps = {kind: Sweep.of(memory.get(kind)) for kind in _ASKED}
        brought = False
        try:
            for kind in kinds:
                for delivery in self._sweep(kind):
                    yield delivery
                    brought = True
        except Unanswered as refusal:
            if not (brought and refusal.kind == "rate"):
                raise

    def _sweep(self, kind: str) -> Iterator[Delivery]:
        sweep, again = self.sweeps[kind], False
        for _ in range(PAGES):
            began = sweep.page == 1
            page, records = self._page(kind, sweep)
            is_last = _is_last(page, sweep.page, len(records))
            dates = (text_at(record, _DATED[kind]) for record in records)
            sweep.advance(dates, is_last=is_last)
            if records:
                yield self._delivery(kind, page)
            if is_last and (records or began or again):
                return
            again = again or is_last

    def _page(self, kind: str, sweep: Sweep) -> tuple[Fetched, list[Any]]:
        """A page and its records; none beyond the last page, which WordPress calls an error."""
        page = self._answer(kind, sweep)
        if page.status == 400 and sweep.page > 1:
            return page, []
        records = read_json(accepted(page, what=_what(kind)).body, what=_what(kind))
        if not isinstance(records, list):
            raise Unanswered(
                "schema", f"{_what(kind)} came as no list.", "Look at it in a browser.", where=kind
            )
        return page, records

    def _answer(self, kind: str, sweep: Sweep) -> Fetched:
        page = self.fetch(self._address(kind, sweep), headers=self.headers)
        if page.status == 404 and self.root == "/wp-json" and not _is_wordpress(page):
            self.root = "/?rest_route="
            page = self.fetch(self._address(kind, sweep), headers=self.headers)
        if page.status in (401, 403, 404):
            raise _closed(page, kind)
        return page

    def _address(self, kind: str, sweep: Sweep) -> str:
        asked: dict[str, Any] = {**_ASKED[kind], "per_page": PER_PAGE, "page": sweep.page}
        if sweep.since:
            asked[_SINCE[kind]] = sweep.since
        query = urlencode({**asked, "orderby": "id", "order": "asc"}, safe=",:")
        joint = "&" if "?" in self.root else "?"
        return f"{self.url}{self.root}/wp/v2/{kind}{joint}{query}"

    def _delivery(self, kind: str, page: Fetched) -> Delivery:
        memory = {name: asdict(sweep) for name, sweep in self.sweeps.items()}
        return Delivery(
            body=page.body,
            name=f"{self.url}{self.root}/wp/v2/{kind}",
            media_type=page.headers.get("content-type", ""),
            uid=f"{kind}:{hashlib.sha256(page.body).hexdigest()}",
            cursor=json.dumps(memory, sort_keys=True),
        )


def signed_in(user: str, password: str) -> dict[str, str]:
    """The header of an application password; none where there is none."""
    if not (user and password):
        return {}
    token = base64.b64encode(f"{user}:{password}".encode()).decode()
    return {"Authorization": f"Basic {token}"}


def _is_last(page: Fetched, number: int, count: int) -> bool:
    """By the header that says how many pages there are, which some caches take away."""
    total = page.headers.get("x-wp-totalpages", "")
    return number >= int(total) if total.isdecimal() else count < PER_PAGE


def _what(kind: str) -> str:
    return f"WordPress's list of {kind}"


def _is_wordpress(page: Fetched) -> bool:
    try:
        return bool(text_at(read_json(page.body), "code"))
    except BadReport:
        return False


def _closed(page: Fetched, kind: str) -> Unanswered:
    trouble = {401: "unauthorized", 403: "forbidden"}.get(page.status, "missing")
    try:
        said = text_at(read_json(page.body), "message")[:200]
    except BadReport:
        said = ""
    told = f" It says: {said}" if said else ""
    leave = " Or switch off comments." if kind == "comments" else ""
    return Unanswered(
        trouble,  # type: ignore[arg-type]
        f"{_what(kind)} is not given out (status {page.status}).{told}",
        "Set “Read through” to feeds, which every site has; or enter a user's name and an"
        f" application password of hers.{leave}",
        where=page.url.partition("?")[0],
    )
