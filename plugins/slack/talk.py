"""From messages to what members did: began a thread, answered, liked."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from engine.api import (
    Account,
    Activity,
    Actor,
    BadCell,
    BadReport,
    Failed,
    Gone,
    ItemRef,
    Skipped,
    Thing,
    excerpt,
    read_email,
)
from plugins.forums.moments import epoch_of
from plugins.forums.record import Record, failed
from plugins.slack.export import Channel, Export

MESSAGE = "message"
"""The type of a message that nobody answered; one with answers is a discussion."""
APPROVING = frozenset(
    ("+1", "thumbsup", "heart", "clap", "tada", "raised_hands", "100", "star", "bulb", "pray",
     "fire", "rocket", "ok_hand", "muscle", "sparkles", "heart_eyes", "star-struck", "trophy",
     "blue_heart", "green_heart", "yellow_heart", "purple_heart")
)  # fmt: skip
"""Reactions that say that something was liked; eyes, doubts and counted votes do not."""
_OF_PEOPLE = ("", "me_message", "file_share", "thread_broadcast", "reply_broadcast", "file_comment")
_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`", re.DOTALL)
_LINK = re.compile(r"<(?:([@#!])[^<>|]*|[^<>|]*)(?:\|([^<>]*))?>")
_MARKS = re.compile(r"(?<!\w)[*_~](\S[^*_~\n]{0,500})[*_~](?!\w)")
_QUOTED = re.compile(r"^\s*(?:&gt;|>).*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Workspace:
    """A workspace by its address, and one export of it."""

    url: str
    export: Export

    def read(self) -> Iterator[Activity | Gone | Skipped | Failed]:
        for channel, messages in self.export.days:
            for message in messages:
                try:
                    yield from self.message(message, channel)
                except BadReport as error:
                    yield failed(error)

    def message(
        self, message: Record, channel: Channel
    ) -> Iterator[Activity | Gone | Skipped | Failed]:
        """A message, then each member who liked it."""
        message = as_today(message)
        stamp = message.text("ts") or ""
        at = epoch_of(stamp)
        if at is None:
            raise message.wrong("ts", "a time such as 1788879660.000100, as text")
        key = f"message:{channel.id}:{stamp}"
        if message.text("subtype") == "tombstone" or message.text("subtype") == "message_deleted":
            yield Gone(key=key, rows=(message.row,))
        elif why := self.left_out(message):
            yield Skipped(row=message.row, why=why)
        else:
            yield self.said(message, channel, key, at)
            yield from self.likes(message, channel, key, at)

    def left_out(self, message: Record) -> str | None:
        """Why a message is rightly no activity, or None."""
        subtype, author = message.text("subtype") or "", message.text("user")
        if subtype == "bot_message" or (message.get("bot_id") and not author):
            return "An app's message."
        if subtype not in _OF_PEOPLE:
            return f"A note of Slack itself ({subtype[:40]})."
        if message.get("hidden"):
            return "A hidden message."
        return "Its author is not named." if author is None else self.nobody(author)

    def nobody(self, user: str) -> str | None:
        known = self.export.users.get(user)
        if user in ("USLACKBOT", "U00") or (known is not None and known.flag("is_bot")):
            return "An app's message."
        return None

    def said(self, message: Record, channel: Channel, key: str, at: datetime) -> Activity:
        stamp, thread = message.text("ts") or "", message.text("thread_ts")
        is_reply = thread is not None and thread != stamp
        words = words_of(message.text("text") or "")
        root = self.address_of(channel, thread or stamp)
        has_answers = thread is not None or bool(message.get("replies"))
        return Activity(
            rows=(message.row,),
            keys=(key,),
            actor=self.actor(message),
            verb="replied" if is_reply else "created",
            type="forum-reply" if is_reply else "discussion" if has_answers else MESSAGE,
            url=self.address_of(channel, stamp, thread if is_reply else None),
            title=None if is_reply else title_of(words) or shown_in(message),
            at=at,
            within=ItemRef(f"message:{channel.id}:{thread}") if is_reply else None,
            parent=Thing(url=root, type="discussion") if is_reply else None,
            community=self.community(channel),
            tags=(channel.name,),
            excerpt=words or None,
        )

    def likes(
        self, message: Record, channel: Channel, key: str, at: datetime
    ) -> Iterator[Activity]:
        """One like for each member, whatever and how much she chose; an export says no time."""
        seen = {message.text("user")}
        for reaction in message.records("reactions"):
            name = (reaction.text("name") or "").partition("::")[0]
            users = reaction.get("users")
            if name not in APPROVING or not isinstance(users, list):
                continue
            for user in users:
                if not isinstance(user, str) or user in seen or self.nobody(user):
                    continue
                seen.add(user)
                yield Activity(
                    rows=(f"{reaction.row} of {user[:20]}",),
                    keys=(f"like:{key.removeprefix('message:')}:{user}",),
                    actor=self.member(user),
                    verb="liked",
                    object=ItemRef(key),
                    at=at,
                    community=self.community(channel),
                    tags=(channel.name,),
                )

    def community(self, channel: Channel) -> Thing:
        return Thing(
            url=f"{self.url}/archives/{channel.id}", title=f"#{channel.name}", type="community"
        )

    def address_of(self, channel: Channel, stamp: str, thread: str | None = None) -> str:
        """The permanent link that Slack itself gives for a message."""
        link = f"{self.url}/archives/{channel.id}/p{stamp.replace('.', '')}"
        return f"{link}?thread_ts={thread}&cid={channel.id}" if thread else link

    def actor(self, message: Record) -> Actor:
        """Who wrote it; members of other organisations stand in the message, not in the list."""
        user = message.text("user") or ""
        if user not in self.export.users and isinstance(message.get("user_profile"), dict):
            profile = message.record("user_profile")
            name = profile.text("real_name") or profile.text("display_name")
            return Actor(name=name, account=self.account(user))
        return self.member(user)

    def member(self, user: str) -> Actor:
        known = self.export.users.get(user)
        if known is None:
            return Actor(account=self.account(user))
        profile = known.record("profile")
        name = profile.text("real_name") or known.text("real_name") or known.text("name")
        try:
            email = read_email(profile.text("email") or "")
        except BadCell:
            email = None
        return Actor(name=name, email=email, account=self.account(user))

    def account(self, user: str) -> Account:
        return Account(home_page=self.url, name=user)


def as_today(message: Record) -> Record:
    """What was said of a file in the form of today.

    Until 2018 the text was Slack's own sentence ("@bo uploaded a file: ..."), and what the member
    said stood elsewhere, under a file also who she was.
    """
    subtype, file, comment = message.text("subtype"), message.get("file"), message.get("comment")
    own: dict[str, Any] = {}
    if subtype == "file_comment" and isinstance(comment, dict):
        own = {"user": comment.get("user"), "text": comment.get("comment")}
    elif subtype == "file_share" and isinstance(file, dict):
        first = file.get("initial_comment")
        own = {"text": first.get("comment") if isinstance(first, dict) else None}
    return replace(message, members={**message.members, **own}) if own else message


def shown_in(message: Record) -> str | None:
    """The title of a file, or of a page that is linked to, where a member said nothing of it."""
    listed = [message.get(name) for name in ("files", "attachments")]
    shown = [
        message.get("file"),
        *(one for many in listed if isinstance(many, list) for one in many),
    ]
    titles = (one.get("title") for one in shown if isinstance(one, dict))
    lines = (" ".join(html.unescape(one).split()) for one in titles if isinstance(one, str))
    return next((one[:200] for one in lines if one), None)


def words_of(text: str) -> str:
    """The first own words: no code, no quotations, and nobody else's name."""
    own = _QUOTED.sub(" ", _CODE.sub(" ", text[:20_000]))
    own = _MARKS.sub(r"\1", own)
    own = _LINK.sub(lambda link: "@…" if link[1] == "@" else link[2] or "", own)
    return excerpt(html.escape(html.unescape(own), quote=False))


def title_of(words: str) -> str | None:
    """Slack has no titles: the first eight words stand for one."""
    first = words.split()[:8]
    return " ".join(first) + ("…" if len(words.split()) > 8 else "") if first else None
