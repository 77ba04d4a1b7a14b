"""Asking a wiki for its changes, with the politeness it asks of programs (maxlag, continue)."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import urlencode

from engine.api import BadReport, Delivery, Fetch, Unanswered, accepted, read_json
from plugins.forums.record import Record

PAGES = 40
"""How many pages of each list one poll reads; the next goes on after them."""
COMMON = {"action": "query", "format": "json", "formatversion": "2", "maxlag": "5", "continue": ""}


@dataclass(frozen=True, slots=True, kw_only=True)
class List:
    """A list of the API: its name, the prefix of its parameters, and what is asked of it."""

    name: str
    prefix: str
    query: Mapping[str, str]


CHANGES = List(
    name="recentchanges",
    prefix="rc",
    query={
        "rcprop": "title|ids|timestamp|user|userid|flags",
        "rctype": "edit|new",
        "rcshow": "!bot|!anon",
        "rclimit": "500",
        "rcdir": "newer",
    },
)
HISTORY = List(
    name="allrevisions",
    prefix="arv",
    query={"arvprop": "ids|timestamp|user|userid|flags", "arvlimit": "500", "arvdir": "newer"},
)
DELETIONS = List(
    name="logevents",
    prefix="le",
    query={
        "leprop": "ids|type|timestamp",
        "leaction": "delete/delete",
        "lelimit": "500",
        "ledir": "newer",
    },
)


@dataclass(slots=True)
class Memory:
    """What the cursor remembers of each list: up to when it was read, and what stood there."""

    since: dict[str, str] = field(default_factory=dict)
    seen: dict[str, list[str]] = field(default_factory=dict)
    done: bool = False

    @classmethod
    def of(cls, cursor: str | None) -> Memory:
        try:
            return cls(**json.loads(cursor or "{}"))
        except (ValueError, TypeError):
            return cls()

    def cursor(self) -> str:
        return json.dumps(asdict(self), sort_keys=True)


@dataclass(slots=True)
class Asking:
    """The API's address, what is sent with each request, how to ask, and what is remembered."""

    api: str
    headers: Mapping[str, str]
    history: bool
    fetch: Fetch
    memory: Memory

    @classmethod
    def of(cls, settings: Mapping[str, Any], fetch: Fetch, cursor: str | None) -> Asking:
        token = settings.get("token")
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        history = bool(settings.get("history"))
        return cls(settings["api"], headers, history, fetch, Memory.of(cursor))

    def news(self) -> Iterator[Delivery]:
        """What is new, oldest first; being asked to wait ends it, and what was brought stays."""
        brought = False
        try:
            for delivery in self._all():
                yield delivery
                brought = True
        except Unanswered as refusal:
            if not (brought and refusal.kind == "rate"):
                raise

    def _all(self) -> Iterator[Delivery]:
        if self.history and not self.memory.done:
            finished = yield from self._list(HISTORY)
            self.memory.done = finished
        if not self.history or self.memory.done:
            yield from self._list(CHANGES)
        yield from self._list(DELETIONS)

    def _list(self, asked: List) -> Generator[Delivery, None, bool]:
        """The pages of a list from where it was read to; answers whether its end was reached."""
        more: dict[str, str] = {}
        start = self.memory.since.get(asked.name, "")
        begin = {f"{asked.prefix}start": start} if start else {}
        for _ in range(PAGES):
            answer = self._ask({**COMMON, "list": asked.name, **asked.query, **begin, **more})
            entries = _entries(answer, asked.name, self.api)
            if self._is_new(asked.name, entries):
                yield self._delivery(answer)
            following = answer.get("continue")
            if not isinstance(following, dict) or not following:
                return True
            more = {str(name): str(value) for name, value in following.items()}
        return False

    def _is_new(self, name: str, entries: list[tuple[str, str]]) -> bool:
        """Whether there is an entry that was not seen; remembers those of the latest moment."""
        since, seen = self.memory.since.get(name, ""), self.memory.seen.get(name, [])
        new = [one for one in entries if one[0] >= since and one[1] not in seen]
        if not new:
            return False
        latest = max(stamp for stamp, _ in new)
        here = [number for stamp, number in new if stamp == latest]
        self.memory.since[name] = latest
        self.memory.seen[name] = here + (seen if latest == since else [])
        return True

    def _delivery(self, answer: Record) -> Delivery:
        return Delivery(
            body=json.dumps(answer.members, ensure_ascii=False).encode(),
            name=self.api,
            media_type="application/json",
            cursor=self.memory.cursor(),
        )

    def _ask(self, query: Mapping[str, str]) -> Record:
        what = "The wiki's API"
        page = self.fetch(f"{self.api}?{urlencode(query)}", headers=dict(self.headers))
        accepted(page, what=what)
        try:
            answer = read_json(page.body, what=what)
        except BadReport as error:
            raise Unanswered("schema", error.why, error.mend, where=self.api) from error
        if not isinstance(answer, dict):
            raise Unanswered("schema", f"{what} did not answer with an object.", where=self.api)
        if isinstance(answer.get("error"), dict):
            raise _refusal(answer["error"], page.headers.get("retry-after", ""), self.api)
        return Record(answer, "")


def _refusal(error: Mapping[str, Any], wait: str, where: str) -> Unanswered:
    """The API says with status 200 what others say with 401, 403 or 429."""
    code, why = str(error.get("code") or ""), str(error.get("info") or "")[:200]
    if code in ("maxlag", "ratelimited", "readonly"):
        seconds = min(int(wait[:6]), 86_400) if wait.isdecimal() else None
        why = f"The wiki asks for patience: {why}"
        return Unanswered("rate", why, "Wait.", where=where, seconds=seconds)
    if code in ("readapidenied", "permissiondenied"):
        mend = "Give this source a token of somebody who may read the wiki."
        return Unanswered("forbidden", f"The wiki refuses: {why}", mend, where=where)
    if "token" in code or "oauth" in code or code.startswith("assert"):
        mend = "Enter the token of this source again."
        return Unanswered("unauthorized", f"The wiki refuses: {why}", mend, where=where)
    return Unanswered("schema", f"The wiki refuses: {why}", "Correct the address.", where=where)


def _entries(answer: Record, name: str, where: str) -> list[tuple[str, str]]:
    """Time and number of each entry; those of pages stand in their revisions."""
    query = answer.get("query")
    entries = query.get(name, []) if isinstance(query, dict) else [] if query is None else None
    if not isinstance(entries, list):
        raise Unanswered("schema", "The wiki answered in another form than expected.", where=where)
    known = [one for one in entries if isinstance(one, dict)]
    if name == HISTORY.name:
        known = [one for page in known for one in page.get("revisions") or []]
    numbered = ("rcid", "logid", "revid")
    return [
        (
            str(one.get("timestamp") or ""),
            str(next((one[key] for key in numbered if key in one), "")),
        )
        for one in known
        if isinstance(one, dict)
    ]
