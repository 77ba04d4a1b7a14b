"""Asking the network for messages since the last one brought, oldest page last.

The interface gives the newest first and pages back from there, 10 requests in 30 seconds.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from engine.api import BadReport, Delivery, Fetch, Unanswered, accepted, read_json
from plugins.forums.record import Record

PAGES = 8
"""How many pages of 20 one poll reads: the interface lets ten requests through at once."""


@dataclass(frozen=True, slots=True)
class Asking:
    """The network's address, how to ask it, and the token."""

    url: str
    fetch: Fetch
    token: str

    def news(self, cursor: str | None) -> Iterator[Delivery]:
        """The pages since the cursor.

        Where they are more than one poll may read, or we are asked to wait, the cursor remembers
        the gap: the next poll goes on below it.
        """
        known, older, newest = _memory(cursor)
        for _ in range(PAGES):
            try:
                body, page = self._page(known, older)
            except Unanswered as refusal:
                if refusal.kind == "rate" and older:
                    return
                raise
            ids = [one.number("id") for one in page.records("messages")]
            if not ids:
                return
            newest, older = max(newest, *ids), min(ids)
            is_last = not page.record("meta").flag("older_available") or older <= known
            memory = {"known": newest} if is_last else _gap(known, older, newest)
            yield Delivery(
                body=body,
                name=f"{self.url}/messages",
                media_type="application/json",
                cursor=json.dumps(memory),
            )
            if is_last:
                return

    def _page(self, known: int, older: int) -> tuple[bytes, Record]:
        query = "limit=20" + (f"&older_than={older}" if older else "")
        query += f"&newer_than={known}" if known else ""
        parts = urlsplit(self.url)
        address = f"{parts.scheme}://{parts.netloc}/api/v1/messages.json?{query}"
        headers = {"Authorization": f"Bearer {self.token}"}
        page = accepted(self.fetch(address, headers=headers), what="The network's list of messages")
        try:
            answer = read_json(page.body, what="The network's list of messages")
        except BadReport as error:
            raise Unanswered("schema", error.why, error.mend, where=self.url) from error
        if not isinstance(answer, dict) or not isinstance(answer.get("messages"), list):
            raise Unanswered(
                "schema",
                "The network answered with something else than messages.",
                "Look whether its address is right, and whether the token may read messages.",
                where=self.url,
            )
        return page.body, Record(answer, "")


def _gap(known: int, older: int, newest: int) -> dict[str, int]:
    return {"known": known, "older": older, "newest": newest}


def _memory(cursor: str | None) -> tuple[int, int, int]:
    """The newest message brought before, and where a poll that was cut short goes on."""
    try:
        memory: Any = json.loads(cursor or "{}")
    except ValueError:
        memory = {}
    if not isinstance(memory, dict):
        memory = {}
    found = (memory.get(name) or 0 for name in ("known", "older", "newest"))
    known, older, newest = (one if isinstance(one, int) else 0 for one in found)
    return known, older, newest
