"""What a message of the network becomes, whichever way it came."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from engine.api import (
    Account,
    Activity,
    Actor,
    BadCell,
    Gone,
    ItemRef,
    Row,
    Skipped,
    Thing,
    excerpt,
    read_email,
)

_USER = re.compile(r"\[\[(\w+):[^\]]*\]\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message as export and interface both tell it; ids as the network writes them.

    :param group: the group's id and name; empty in the feed of the whole network.
    :param sender: id and kind: "user", "bot", "guide".
    :param at: when it was written; None where that cannot be read.
    """

    row: Row
    id: str
    thread: str
    group: tuple[str, str]
    sender: tuple[str, str]
    name: str | None
    email: str | None
    at: datetime
    title: str | None
    html: str
    kind: str
    is_private: bool
    is_deleted: bool

    @property
    def key(self) -> str:
        return f"message:{self.id}"

    @property
    def is_start(self) -> bool:
        return self.thread in ("", self.id)


@dataclass(frozen=True, slots=True)
class Network:
    """A network by its address."""

    url: str

    def read(self, message: Message) -> Activity | Gone | Skipped:
        """The one outcome of a message."""
        if message.is_private:
            return Skipped(row=message.row, why="A private message, or of a private group.")
        if message.is_deleted:
            return Gone(key=message.key, rows=(message.row,))
        if message.sender[1] not in ("", "user"):
            return Skipped(row=message.row, why="A program wrote it.")
        if message.kind == "system":
            return Skipped(row=message.row, why="A note of the network itself.")
        return self.said(message)

    def said(self, message: Message) -> Activity:
        thread = Thing(url=self.address_of(message.thread), type="discussion")
        words = excerpt(_USER.sub("@…", message.html))
        return Activity(
            rows=(message.row,),
            keys=(message.key,),
            actor=self.actor(message.sender[0], message.name, message.email),
            verb="created" if message.is_start else "replied",
            type="discussion" if message.is_start else "forum-reply",
            url=self.address_of(message.id),
            title=(message.title or title_of(words)) if message.is_start else None,
            at=message.at,
            within=None if message.is_start else ItemRef(f"message:{message.thread}"),
            parent=None if message.is_start else thread,
            community=self.community(message),
            tags=(message.group[1],) if message.group[1] else (),
            excerpt=words or None,
        )

    def like(
        self, message: Message, row: str, user: str, name: str | None, email: str | None
    ) -> Activity:
        """Who liked a message; the network does not say when, so the time is the message's."""
        return Activity(
            rows=(row,),
            keys=(f"like:{message.id}:{user}",),
            actor=self.actor(user, name, email),
            verb="liked",
            object=ItemRef(message.key),
            at=message.at,
            community=self.community(message),
            tags=(message.group[1],) if message.group[1] else (),
        )

    def community(self, message: Message) -> Thing:
        number, name = message.group
        if not number:
            return Thing(url=self.url, type="community")
        # The address people see holds the id too: .../groups/ID.
        return Thing(url=f"{self.url}/groups/{number}", title=name or None, type="community")

    def actor(self, user: str, name: str | None, email: str | None) -> Actor:
        try:
            address = read_email(email or "")
        except BadCell:
            address = None
        return Actor(name=name, email=address, account=Account(home_page=self.url, name=user))

    def address_of(self, message: str) -> str:
        return f"{self.url}/messages/{message}"


def title_of(words: str) -> str | None:
    """Most messages have no title: the first eight words stand for one."""
    first = words.split()[:8]
    return " ".join(first) + ("…" if len(words.split()) > 8 else "") if first else None
