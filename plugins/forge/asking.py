"""Asking a forge for what changed in its repositories, by their REST interfaces.

A delivery holds the repository and a page of what was answered, so that whoever reads it knows
where the entries stand, and whether that is open to all.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote, urlsplit

from engine.api import BadReport, Delivery, Fetch, Fetched, Unanswered, accepted, read_json
from plugins.forums.record import Record

API = "https://api.github.com"
PAGES = 20
"""How many pages of one list a poll reads; the next goes on after them."""
SIZE = 10
"""Entries a page: for each change among them two more requests are made, of 60 an hour."""
LINKS = 4_000
"""Characters of the Link header that are looked at; finding the next page in more takes long."""
_NEXT = re.compile(r'<([^<>]+)>\s*;[^,]*\brel="?next\b')


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A list of a repository: its path, and how to ask it for what changed since a moment."""

    name: str
    path: str
    query: str
    since: str


HUB = (
    Listing(
        name="issues",
        path="/issues",
        query=f"state=all&sort=updated&direction=asc&per_page={SIZE}",
        since="since",
    ),
    Listing(
        name="comments",
        path="/issues/comments",
        query="sort=updated&direction=asc&per_page=100",
        since="since",
    ),
    Listing(
        name="line comments",
        path="/pulls/comments",
        query="sort=updated&direction=asc&per_page=100",
        since="since",
    ),
)
LAB = (
    Listing(
        name="issues",
        path="/issues",
        query="scope=all&order_by=updated_at&sort=asc&per_page=100",
        since="updated_after",
    ),
    Listing(
        name="changes",
        path="/merge_requests",
        query="scope=all&order_by=updated_at&sort=asc&per_page=100",
        since="updated_after",
    ),
    Listing(
        name="notes", path="/events", query="action=commented&sort=asc&per_page=100", since="after"
    ),
)

Memory = dict[str, dict[str, Any]]
"""Repository and list -> `since`, and `seen`: the entries that had changed in that moment."""


def asking(settings: Mapping[str, Any], fetch: Fetch) -> Asking:
    """How to ask the forge of these settings."""
    host = urlsplit(settings["url"]).hostname or ""
    kind = settings.get("kind") or ("gitlab" if "gitlab" in host else "github")
    api = settings.get("api") or API
    if api == API and host not in ("github.com", "www.github.com"):
        api = f"{settings['url']}/api/{'v4' if kind == 'gitlab' else 'v3'}"
    return Asking(
        api=api.rstrip("/"),
        is_lab=kind == "gitlab",
        repositories=settings["repositories"],
        token=settings.get("token") or "",
        fetch=fetch,
    )


@dataclass(slots=True, kw_only=True)
class Asking:
    """The API's address, the repositories, and how to ask; `tired` when no requests are left."""

    api: str
    is_lab: bool
    repositories: list[str]
    token: str
    fetch: Fetch
    tired: bool = False
    memory: Memory = field(default_factory=dict)

    def news(self, cursor: str | None) -> Iterator[Delivery]:
        """What changed, oldest first; being asked to wait ends it, and what was brought stays."""
        self.memory, brought = _memory(cursor), False
        try:
            for path in self.repositories:
                for delivery in self._repository(path.strip("/")):
                    yield delivery
                    brought = True
        except Unanswered as refusal:
            if not (brought and refusal.kind == "rate"):
                raise

    def _repository(self, path: str) -> Iterator[Delivery]:
        name = quote(path, safe="" if self.is_lab else "/")
        base = f"{self.api}/{'projects' if self.is_lab else 'repos'}/{name}"
        _, told = self._ask(base, "The repository")
        repository = _known(told)
        for listing in LAB if self.is_lab else HUB:
            yield from self._listing(path, base, listing, repository)

    def _listing(
        self, path: str, base: str, listing: Listing, repository: Mapping[str, Any]
    ) -> Iterator[Delivery]:
        place = f"{path} {listing.name}"
        known = self.memory.get(place, {})
        since, seen = str(known.get("since") or ""), set(map(str, known.get("seen") or []))
        asked = f"&{listing.since}={quote(_asked(since, listing))}" if since else ""
        address = f"{base}{listing.path}?{listing.query}{asked}"
        for _ in range(PAGES):
            if self.tired:
                return
            page, entries = self._ask(address, "The list of the repository")
            changed = [one for one in _records(entries, address) if _changed(one) >= since]
            new = [one for one in changed if _stamp(one) not in seen]
            if new:
                since, seen = _moved(new, since, seen)
                self.memory[place] = {"since": since, "seen": sorted(seen)}
                yield self._delivery(address, repository, self._completed(new, base))
            following = _NEXT.search(page.headers.get("link", "")[:LINKS])
            if not following or not following[1].startswith(self.api):
                return
            address = following[1]

    def _completed(self, entries: list[Record], base: str) -> list[Any]:
        """The entries; each of GitHub's changes with its whole page and its reviews."""
        told: list[Any] = []
        for entry in entries:
            is_pull = not self.is_lab and isinstance(entry.members.get("pull_request"), dict)
            if not is_pull:
                told.append(entry.members)
                continue
            address = f"{base}/pulls/{entry.digits('number')}"
            told.append(self._ask(address, "A change")[1])
            reviews = self._ask(f"{address}/reviews?per_page=100", "The reviews of a change")[1]
            told += reviews if isinstance(reviews, list) else []
        return told

    def _delivery(
        self, address: str, repository: Mapping[str, Any], entries: list[Any]
    ) -> Delivery:
        body = json.dumps({"repository": repository, "entries": entries}, ensure_ascii=False)
        return Delivery(
            body=body.encode(),
            name=address.partition("?")[0],
            media_type="application/json",
            cursor=json.dumps(self.memory, sort_keys=True),
        )

    def _ask(self, address: str, what: str) -> tuple[Fetched, Any]:
        page = self.fetch(address, headers=self._headers())
        try:
            accepted(page, what=what)
        except Unanswered as refusal:
            refusal.seconds = refusal.seconds or _reset(page.headers)
            raise
        left = page.headers.get("x-ratelimit-remaining", page.headers.get("ratelimit-remaining"))
        self.tired = self.tired or left == "0"
        try:
            return page, read_json(page.body, what=what)
        except BadReport as error:
            where = address.partition("?")[0]
            raise Unanswered("schema", error.why, error.mend, where=where) from error

    def _headers(self) -> dict[str, str]:
        accept = "application/json" if self.is_lab else "application/vnd.github+json"
        secret = f"Bearer {self.token}"
        return {"Accept": accept, **({"Authorization": secret} if self.token else {})}


def _known(told: Any) -> dict[str, Any]:
    """What is kept of a repository: how it is called, where it is, who may see it."""
    names = (
        "full_name", "html_url", "private", "visibility",
        "path_with_namespace", "web_url", "visibility_level",
    )  # fmt: skip
    if not isinstance(told, dict) or not ({"full_name", "path_with_namespace"} & told.keys()):
        raise Unanswered(
            "schema",
            "The forge did not answer with a repository.",
            "Look whether the address of the forge, its kind and the name of the repository fit.",
        )
    return {name: told[name] for name in names if name in told}


def _records(entries: Any, address: str) -> list[Record]:
    if not isinstance(entries, list) or not all(isinstance(one, dict) for one in entries):
        where = address.partition("?")[0]
        raise Unanswered("schema", "The forge did not answer with a list.", where=where)
    return [Record(one, f"[{n}]") for n, one in enumerate(entries)]


def _changed(one: Record) -> str:
    """When an entry last changed, as the forge writes it: in UTC, so texts sort as moments do."""
    return one.text("updated_at") or one.text("created_at") or ""


def _stamp(one: Record) -> str:
    return f"{one.get('id')}@{_changed(one)}"


def _moved(new: list[Record], since: str, seen: set[str]) -> tuple[str, set[str]]:
    """The latest change, and which entries had it; those seen before stay where it did not move."""
    latest = max(since, *map(_changed, new))
    here = {_stamp(one) for one in new if _changed(one) == latest}
    return latest, here | (seen if latest == since else set())


def _asked(since: str, listing: Listing) -> str:
    """The moment to ask from; events are asked for by day, and the day itself is left out."""
    if listing.since != "after":
        return since
    with suppress(ValueError):
        return (date.fromisoformat(since[:10]) - timedelta(days=1)).isoformat()
    return since[:10]


def _reset(headers: Mapping[str, str]) -> int | None:
    """Seconds until the requests of the hour are given anew, counted by the forge's own clock."""
    until = headers.get("x-ratelimit-reset", headers.get("ratelimit-reset", ""))
    with suppress(ValueError, TypeError, OverflowError):
        now = parsedate_to_datetime(headers.get("date", "")).timestamp()
        return min(max(round(int(until[:11]) - now), 0), 7 * 86_400)
    return None


def _memory(cursor: str | None) -> Memory:
    """What the cursor remembers; one that cannot be read means that everything is new."""
    try:
        memory = json.loads(cursor or "{}")
    except ValueError:
        return {}
    known = memory.items() if isinstance(memory, dict) else ()
    return {place: one for place, one in known if isinstance(one, dict)}
