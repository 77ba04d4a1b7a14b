"""From a report to what somebody did: which item, who, when, and what is rightly left out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from html import unescape
from urllib.parse import quote

from engine.api import (
    Account,
    Activity,
    Actor,
    BadReport,
    Failed,
    Gone,
    ItemRef,
    Skipped,
    Thing,
)
from plugins.discourse.excerpts import excerpt
from plugins.discourse.shapes import Report, post_at
from plugins.forums.record import Record, failed

Outcome = Activity | Gone | Skipped | Failed

BOTS = frozenset({"system", "discobot"})
ANONYMOUS = re.compile(r"(?:anonymous|anon(?=\d))\d*", re.IGNORECASE)
"""What Discourse calls people who post in anonymous mode, and those it has anonymised."""

POST_TYPES = {
    2: "A moderator's action.",
    3: "A note of the forum itself.",
    4: "A whisper of the staff.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """What is known of a topic: from itself, from one of its posts, or from both."""

    id: int
    thing: Thing
    tags: tuple[str, ...]
    is_private: bool
    is_deleted: bool

    @property
    def key(self) -> str:
        return f"topic:{self.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Forum:
    """The forum that is read: its base address, without a trailing slash, and its name here.

    Reports are dated so that arrival decides between them, with one exception. An edit, a change
    of status and a page of topics are dated with the creation of what they tell of: when members
    delete their own post Discourse queues post_edited and post_destroyed at once, and its job queue
    keeps no order, so an edit that comes late must never bring back what is gone. It also lets the
    time of the first post stand, which differs from the topic's by some milliseconds. Deletions and
    recoveries carry no time that could be compared (a recovery leaves updated_at as it was).
    """

    url: str
    title: str | None

    @property
    def community(self) -> Thing:
        return Thing(url=self.url, title=self.title, type="community")

    def read(self, report: Report) -> Outcome:
        """The one outcome of a report."""
        readers = {
            "post": self.post,
            "topic": self.start,
            "like": self.like,
            "solved": self.solved,
            "answer": self.answer,
        }
        try:
            return readers[report.kind](report)
        except BadReport as error:
            return failed(error)

    def post(self, report: Report) -> Outcome:
        """A reply, or the start of a topic, which is one item with the topic."""
        post, row = report.record, report.record.row
        number, key = post.number("post_number"), f"post:{post.number('id')}"
        if is_deleted(post) or report.event.endswith("destroyed"):
            # A first post and its topic are one item, deleted together.
            gone = f"topic:{topic_number(post, report.page)}" if number == 1 else key
            return Gone(key=gone, rows=(row,))
        topic = self.topic_of(post, report.page)
        if why := left_out(post, topic):
            return Skipped(row=row, why=why)
        is_first, created = number == 1, post.created()
        return Activity(
            rows=(row,),
            keys=(topic.key, key) if is_first else (key,),
            actor=self.actor(post),
            verb="created" if is_first else "replied",
            type="discussion" if is_first else "forum-reply",
            url=topic.thing.url if is_first else f"{topic.thing.url}/{number}",
            title=topic.thing.title,
            at=created,
            within=ItemRef(topic.key),
            parent=None if is_first else topic.thing,
            community=self.community,
            tags=topic.tags,
            excerpt=excerpt(post),
            reported_at=created if report.event in ("post_edited", "") else None,
        )

    def start(self, report: Report) -> Outcome:
        """The start of a topic, as the topic itself tells it."""
        record, row = report.record, report.record.row
        if is_deleted(record) or report.event.endswith("destroyed"):
            return Gone(key=f"topic:{record.number('id')}", rows=(row,))
        topic = self.topic(record, Record({}, row), record.number("id"))
        if topic.is_private:
            return Skipped(row=row, why="A private message.")
        starter = starter_of(record, report.page)
        if starter is None:
            return Skipped(row=row, why="It does not say who started it; the topic's page does.")
        if why := nobody(starter):
            return Skipped(row=row, why=why)
        created = record.created()
        return Activity(
            rows=(row,),
            keys=(topic.key,),
            actor=self.actor(starter),
            verb="created",
            type="discussion",
            url=topic.thing.url,
            title=topic.thing.title,
            at=created,
            community=self.community,
            tags=topic.tags,
            reported_at=None if report.event in ("topic_created", "topic_recovered") else created,
        )

    def like(self, report: Report) -> Outcome:
        """A like; Discourse does not say when, so the time is the latest the post is known for."""
        post, liker = report.record.record("post"), report.record.record("user")
        topic, row = self.topic_of(post, report.page), report.record.row
        if why := left_out(post, topic) or nobody(liker):
            return Skipped(row=row, why=why)
        return self.about(
            post,
            topic,
            row=row,
            verb="liked",
            keys=(f"like:{post.number('id')}:{liker.text('username')}",),
            actor=self.actor(liker),
            at=latest(report.record, post),
        )

    def solved(self, report: Report) -> Outcome:
        """An acceptance, or its withdrawal. Who accepted is not sent: whoever started the topic."""
        record = report.record
        post = record.record("post") if isinstance(record.get("post"), dict) else record
        keys, row = (f"accepted:{post.number('id')}",), record.row
        if report.event.startswith("unaccepted"):
            return Gone(key=keys[0], rows=(row,))
        topic = self.topic_of(post, report.page)
        if why := left_out(post, topic):
            return Skipped(row=row, why=why)
        return self.about(
            post,
            topic,
            row=row,
            verb="accepted",
            keys=keys,
            actor=ItemRef(topic.key),
            at=latest(record, post),
        )

    def answer(self, report: Report) -> Outcome:
        """The accepted answer of a topic page; newer forums name who accepted it."""
        answer, page = report.record, report.page
        topic = self.topic_of(answer, page)
        post = post_at(page.record("post_stream").records("posts"), answer.number("post_number"))
        if post is None and answer.get("id") is None:
            raise BadReport(
                "The accepted answer is not among the posts of this page.",
                "Upload the page of the topic that has it, such as /t/ID/NUMBER.json.",
                where=answer.row,
            )
        accepter = accepter_of(answer)
        if why := left_out(post or answer, topic) or (accepter and nobody(accepter)):
            return Skipped(row=answer.row, why=why)
        return self.about(
            post or answer,
            topic,
            row=answer.row,
            verb="accepted",
            keys=(f"accepted:{(post or answer).number('id')}",),
            actor=self.actor(accepter) if accepter else ItemRef(topic.key),
            at=latest(answer, post or answer),
        )

    def about(
        self,
        post: Record,
        topic: Topic,
        *,
        row: str,
        verb: str,
        keys: tuple[str, ...],
        actor: Actor | ItemRef,
        at: datetime,
    ) -> Activity:
        """What somebody did with the post of another."""
        return Activity(
            rows=(row,),
            keys=keys,
            actor=actor,
            verb=verb,
            object=ItemRef(f"post:{post.number('id')}"),
            at=at,
            parent=topic.thing,
            community=self.community,
            tags=topic.tags,
        )

    def actor(self, user: Record) -> Actor:
        username = user.text("username")
        if username is None:
            raise user.wrong("username", "a username")
        return Actor(
            name=user.text("name") or user.text("display_username"),
            account=Account(home_page=self.url, name=username),
        )

    def topic_of(self, post: Record, page: Record) -> Topic:
        """The topic of a post, whose fields bear the prefix `topic_`; the page may know more."""
        return self.topic(page, post, topic_number(post, page))

    def topic(self, record: Record, post: Record, number: int) -> Topic:
        slug = post.text("topic_slug") or record.text("slug")
        title = post.text("topic_title") or record.text("title")
        path = f"{quote(slug, safe='%')}/{number}" if slug else str(number)
        archetype = post.text("topic_archetype") or record.text("archetype")
        return Topic(
            id=number,
            thing=Thing(
                url=f"{self.url}/t/{path}",
                title=title or unescape(record.text("fancy_title") or "") or None,
                type="discussion",
            ),
            tags=tags_of(record, post),
            is_deleted=is_deleted(record),
            is_private=archetype == "private_message"
            or (archetype is None and uncategorised(post)),
        )


def is_deleted(record: Record) -> bool:
    """Whether it is deleted now, by a moderator or by the author; `user_deleted` has no time."""
    return bool(record.get("deleted_at") or record.get("user_deleted"))


def topic_number(post: Record, page: Record) -> int:
    """The topic's id: a post names it, an accepted answer leaves it to its page."""
    if page.get("id") and not post.get("topic_id"):
        return page.number("id")
    return post.number("topic_id")


def uncategorised(post: Record) -> bool:
    """Whether a post says that it has no category, which only private messages lack.

    Discourse has named the archetype in webhooks since 2019; before, this was the only sign.
    """
    return post.has("category_id") and post.get("category_id") is None


def tags_of(*records: Record) -> tuple[str, ...]:
    """Tags, plain or (in newer versions) as objects with a name, then the category's slug."""
    tags: list[str] = []
    for record in records:
        for tag in [*record.records("tags"), *record.records("topic_tags")]:
            plain = Record({"name": tag.members}, tag.row) if isinstance(tag.members, str) else tag
            tags.append(plain.text("name") or plain.text("slug") or "")
        tags.append(record.text("category_slug") or record.text("category_name") or "")
    return tuple(dict.fromkeys(tag for tag in tags if tag))


def left_out(post: Record, topic: Topic) -> str | None:
    """Why a post is rightly no activity, or None."""
    if topic.is_private:
        return "A private message."
    if topic.is_deleted:
        return "Its topic was deleted."
    if (kind := post.get("post_type")) not in (None, 1):
        return POST_TYPES.get(post.number("post_type"), f"A post of type {kind}.")
    if is_deleted(post):
        return "A deleted post."
    if post.get("hidden"):
        return "A hidden post."
    return nobody(post)


def nobody(user: Record) -> str | None:
    """Why the author is no person to record, or None: a bot, a deleted or an anonymous account."""
    username = user.text("username")
    if username is None:
        return "A deleted account." if user.has("username") else None
    number = user.get("user_id") or user.get("id")
    if username.lower() in BOTS or (isinstance(number, int) and number < 0):
        return "The forum's own account."
    return "An anonymous account." if ANONYMOUS.fullmatch(username) else None


def starter_of(topic: Record, page: Record) -> Record | None:
    """Who started a topic, where it says so.

    A list names the posters in the forum's language; only the English words, or that there is one
    poster at all, tell the first.
    """
    for record in (topic, topic.record("details")):
        if record.has("created_by"):
            return Record(record.get("created_by") or {"username": None}, record.at("created_by"))
    posters = topic.records("posters")
    users = page.records("users")
    for poster in posters:
        is_only = len(posters) == 1 and "single" in (poster.text("extras") or "")
        if is_only or "original poster" in (poster.text("description") or "").lower():
            if poster.get("user"):
                return poster.record("user")
            return next((user for user in users if user.get("id") == poster.get("user_id")), None)
    return None


def accepter_of(answer: Record) -> Record | None:
    if answer.get("accepter"):
        return answer.record("accepter")
    username = answer.text("accepter_username")
    named = {"username": username, "name": answer.text("accepter_name")}
    return Record(named, answer.row) if username else None


def latest(happening: Record, post: Record) -> datetime:
    """The best time for what was done with a post: its own, else the post's last change."""
    for name in ("accepted_at", "solved_at", "liked_at"):
        if moment := happening.moment(name):
            return moment
    return post.moment("updated_at") or happening.moment("updated_at") or post.created()
