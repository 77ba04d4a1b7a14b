"""Asking a server for what its accounts posted in public: their outboxes, else their feeds."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from engine.api import BadReport, Delivery, Fetch, Unanswered, accepted, read_json
from plugins.microblog.posts import handle, host_of

PAGES = 20
"""How many pages of an outbox one poll reads; they come newest first."""
ACCEPT = {"Accept": "application/activity+json"}
_CLOSED = ("unauthorized", "forbidden", "missing", "schema")
"""How servers answer that show their outboxes to other servers alone; the feed may be open."""

Memory = dict[str, dict[str, Any]]
"""Account -> `since`, the time of its newest post, and `seen`, its posts of that time; or `feed`,
how its feed was when it was read."""


@dataclass(frozen=True, slots=True)
class Asking:
    """The server's address, and how to ask it."""

    url: str
    fetch: Fetch

    def news(self, accounts: list[str], cursor: str | None) -> Iterator[Delivery]:
        """New posts, each account's oldest page first; being asked to wait ends it."""
        memory, brought = _memory(cursor), False
        try:
            for account in accounts:
                name = handle(account)
                for delivery in self._account(name, memory):
                    yield delivery
                    brought = True
        except Unanswered as refusal:
            if not (brought and refusal.kind == "rate"):
                raise

    def _account(self, name: str, memory: Memory) -> Iterator[Delivery]:
        known = memory.get(name, {})
        try:
            actor = self._actor(name)
            pages = list(self._pages(_link(actor, "outbox", self.url), known))
        except Unanswered as refusal:
            if refusal.kind not in _CLOSED:
                raise
            yield from self._feed(name, memory)
            return
        told = {"id": actor.get("id"), "preferredUsername": actor.get("preferredUsername") or name}
        for items in reversed(pages):
            memory[name] = _moved(items, memory.get(name, {}))
            body = json.dumps({"actor": told, "orderedItems": items}, ensure_ascii=False)
            yield Delivery(
                body=body.encode(),
                name=f"{self.url}/@{name}",
                media_type="application/activity+json",
                cursor=json.dumps(memory, sort_keys=True),
            )

    def _actor(self, name: str) -> dict[str, Any]:
        """The account's own page for programs, by its handle (RFC 7033)."""
        handle = quote(f"acct:{name}@{urlsplit(self.url).netloc}")
        found = self._ask(f"{self.url}/.well-known/webfinger?resource={handle}")
        links = [one for one in found.get("links") or [] if isinstance(one, dict)]
        own = next((one for one in links if one.get("rel") == "self"), {})
        return self._ask(_link(own, "href", self.url))

    def _pages(self, outbox: str, known: dict[str, Any]) -> Iterator[list[Any]]:
        """The new items of each page, newest first, until one that was seen."""
        since, seen = str(known.get("since") or ""), set(map(str, known.get("seen") or []))
        page = self._ask(outbox)
        for _ in range(PAGES):
            if "orderedItems" not in page:
                first = page.get("first")
                page = first if isinstance(first, dict) else self._ask(_link(page, "first", outbox))
            items = [one for one in page.get("orderedItems") or [] if isinstance(one, dict)]
            new = [one for one in items if _time(one) >= since and str(one.get("id")) not in seen]
            if new:
                yield new
            if len(new) < len(items) or not items or not isinstance(page.get("next"), str):
                return
            page = self._ask(_link(page, "next", outbox))

    def _feed(self, name: str, memory: Memory) -> Iterator[Delivery]:
        page = accepted(self.fetch(f"{self.url}/@{quote(name)}.rss"), what="The account's feed")
        mark = hashlib.sha256(page.body).hexdigest()
        if memory.get(name, {}).get("feed") == mark:
            return
        memory[name] = {"feed": mark}
        yield Delivery(
            body=page.body,
            name=f"{self.url}/@{name}.rss",
            media_type=page.headers.get("content-type", ""),
            cursor=json.dumps(memory, sort_keys=True),
        )

    def _ask(self, address: str) -> dict[str, Any]:
        what = "The server"
        page = accepted(self.fetch(address, headers=ACCEPT), what=what)
        try:
            answer = read_json(page.body, what=what)
        except BadReport as error:
            where = address.partition("?")[0]
            raise Unanswered("schema", error.why, error.mend, where=where) from error
        if not isinstance(answer, dict):
            raise Unanswered("schema", f"{what} did not answer with an object.", where=address)
        return answer


def _link(members: dict[str, Any], name: str, base: str) -> str:
    """An address that an answer names, at the same host: no answer sends us elsewhere."""
    value = members.get(name)
    if not isinstance(value, str) or host_of(value) != host_of(base):
        raise Unanswered(
            "schema", f"The server did not name its “{name}”, or names another host.", where=base
        )
    return value


def _time(item: dict[str, Any]) -> str:
    return str(item.get("published") or "")


def _moved(items: list[Any], known: dict[str, Any]) -> dict[str, Any]:
    since = max(str(known.get("since") or ""), *map(_time, items))
    here = [str(one.get("id")) for one in items if _time(one) == since]
    return {
        "since": since,
        "seen": here + (known.get("seen") or [] if known.get("since") == since else []),
    }


def _memory(cursor: str | None) -> Memory:
    """What the cursor remembers; one that cannot be read means that everything is new."""
    try:
        memory = json.loads(cursor or "{}")
    except ValueError:
        return {}
    known = memory.items() if isinstance(memory, dict) else ()
    return {name: one for name, one in known if isinstance(one, dict)}
