"""Asking a forum over its JSON pages: new posts, new topics, accepted answers and likes.

What is brought has the shapes that files and webhooks have, so that all three say the same.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from engine.api import BadReport, Delivery, Fetch, Unanswered, accepted, read_json
from plugins.forums.record import Record

PAGES = 40
"""How many pages of posts one poll reads; the next goes on where it ended."""
STEP = 49
"""Posts a page advances: older forums count up to `before`, newer ones stop short of it."""
AGAIN = 98
"""How many of the newest posts are looked at again: likes come later than the post."""
TOPIC_PAGES, ANSWERS, LIKED = 2, 20, 30
"""How many lists of topics, pages with a new answer and lists of likes one poll asks for."""


@dataclass(slots=True)
class Memory:
    """What the cursor remembers.

    :param post: the newest post that was brought.
    :param solved: topics whose accepted answer was brought, those of the last lists only.
    :param liked: the number of likes of each recent post when they were brought.
    :param topics: the newest topic that was brought.
    """

    post: int = 0
    topics: int = 0
    solved: list[int] = field(default_factory=list)
    liked: dict[str, int] = field(default_factory=dict)

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
    """One poll: the forum, how to ask it, and what is remembered."""

    url: str
    fetch: Fetch
    headers: Mapping[str, str]
    memory: Memory

    def news(self) -> Iterator[Delivery]:
        """Everything new, oldest first; being asked to wait ends it, and what was brought stays."""
        brought = False
        try:
            for delivery in self._all():
                yield delivery
                brought = True
        except Unanswered as refusal:
            if not (brought and refusal.kind == "rate"):
                raise

    def _all(self) -> Iterator[Delivery]:
        recent: dict[str, Record] = {}
        yield from self._posts(recent)
        yield from self._topics()
        yield from self._likes(recent)

    def _posts(self, recent: dict[str, Record]) -> Iterator[Delivery]:
        """Pages of posts from where the last poll ended; fills `recent` with the newest."""
        newest = max((post.number("id") for post in self._page(0)[1]), default=0)
        known = self.memory.post or max(newest - PAGES * STEP, 0)
        place = max(known - AGAIN, 0) if self.memory.post else known
        for _ in range(PAGES):
            if place >= newest:
                return
            place = min(place + STEP, newest)
            body, posts = self._page(place + 1)
            recent |= {post.digits("id"): post for post in posts}
            if any(known < post.number("id") <= place for post in posts):
                self.memory.post = max(self.memory.post, place)
                yield self._delivery(body, f"{self.url}/posts.json")
            self.memory.post = max(self.memory.post, place)

    def _page(self, before: int) -> tuple[bytes, list[Record]]:
        query = f"?before={before}" if before else ""
        body, page = self._ask(f"/posts.json{query}", "The forum's list of posts")
        if not isinstance(page.get("latest_posts"), list):
            raise Unanswered(
                "schema",
                "The forum's list of posts has another form than expected.",
                "Look whether the address of the forum is right, with its folder if it has one.",
                where=self.url,
            )
        return body, page.records("latest_posts")

    def _topics(self) -> Iterator[Delivery]:
        """Lists with new topics, then the pages of those whose answer was accepted since."""
        solved: list[int] = []
        for number in range(TOPIC_PAGES):
            body, page = self._ask(f"/latest.json?page={number}", "The forum's list of topics")
            topics = page.record("topic_list").records("topics")
            solved += [one.number("id") for one in topics if one.flag("has_accepted_answer")]
            newest = max((one.number("id") for one in topics), default=0)
            if newest > self.memory.topics:
                self.memory.topics = newest
                yield self._delivery(body, f"{self.url}/latest.json")
            if not page.record("topic_list").get("more_topics_url"):
                break
        new = [number for number in solved if number not in self.memory.solved][:ANSWERS]
        self.memory.solved = [number for number in self.memory.solved if number in solved]
        for number in new:
            yield from self._answer(number)

    def _answer(self, number: int) -> Iterator[Delivery]:
        """A topic with the answer that was accepted; one that is gone meanwhile says nothing."""
        try:
            body, _ = self._ask(f"/t/{number}.json", "A topic of the forum")
        except Unanswered as refusal:
            if refusal.kind not in ("missing", "forbidden"):
                raise
            return
        self.memory.solved.append(number)
        yield self._delivery(body, f"{self.url}/t/{number}.json")

    def _likes(self, recent: Mapping[str, Record]) -> Iterator[Delivery]:
        """Who likes the recent posts, as the forum's webhook would have told it."""
        counts = {number: likes_of(post) for number, post in recent.items()}
        known = self.memory.liked
        more = [number for number, count in counts.items() if count > known.get(number, 0)]
        told: list[dict[str, Any]] = []
        for number in more[-LIKED:]:
            path = f"/post_action_users.json?id={number}&post_action_type_id=2"
            _, page = self._ask(path, "The forum's list of likes")
            likers = page.records("post_action_users")
            post = recent[number].members
            told += [{"like": {"post": post, "user": liker.members}} for liker in likers]
            known[number] = counts[number]
        newest = sorted(known, key=int)[-2 * AGAIN :]
        self.memory.liked = {number: known[number] for number in newest}
        if told:
            yield self._delivery(json.dumps(told).encode(), f"{self.url}/post_action_users.json")

    def _ask(self, path: str, what: str) -> tuple[bytes, Record]:
        page = accepted(self.fetch(self.url + path, headers=dict(self.headers)), what=what)
        try:
            members = read_json(page.body, what=what)
        except BadReport as error:
            raise Unanswered("schema", error.why, error.mend, where=self.url + path) from error
        return page.body, Record(members, "")

    def _delivery(self, body: bytes, name: str) -> Delivery:
        return Delivery(
            body=body, name=name, media_type="application/json", cursor=self.memory.cursor()
        )


def likes_of(post: Record) -> int:
    """How many likes a post has; its kind of action has the number 2 on every forum."""
    actions = post.records("actions_summary")
    return sum(one.number("count") for one in actions if one.get("id") == 2 and one.get("count"))


def headers_of(settings: Mapping[str, Any]) -> dict[str, str]:
    """What authenticates us; a public forum is asked without."""
    if not settings.get("api_key"):
        return {}
    return {"Api-Key": settings["api_key"], "Api-Username": settings.get("api_user") or "system"}
