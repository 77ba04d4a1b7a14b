"""What questions, answers, comments and acceptances become, whichever way they came."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from engine.api import Account, Activity, Actor, ItemRef, Row, Skipped, Thing, excerpt


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """Who wrote: the number of the account at the site, None for one that was deleted."""

    number: str | None
    name: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A question, or an answer when it has a `parent`."""

    row: Row
    id: str
    parent: str | None
    author: Author
    at: datetime
    title: str | None
    tags: tuple[str, ...]
    html: str

    @property
    def key(self) -> str:
        return f"post:{self.id}"


@dataclass(frozen=True, slots=True)
class Site:
    """The site by its address, and what it is called here."""

    url: str
    title: str | None

    @property
    def community(self) -> Thing:
        return Thing(url=self.url, title=self.title, type="community")

    def post(self, post: Post) -> Activity | Skipped:
        if why := nobody(post.author):
            return Skipped(row=post.row, why=why)
        is_question = post.parent is None
        question = None if is_question else Thing(url=self.question(post.parent), type="question")
        return Activity(
            rows=(post.row,),
            keys=(post.key,),
            actor=self.actor(post.author),
            verb="asked" if is_question else "replied",
            type="question" if is_question else "forum-reply",
            url=self.question(post.id) if is_question else f"{self.url}/a/{post.id}",
            title=post.title,
            at=post.at,
            within=None if is_question else ItemRef(f"post:{post.parent}"),
            parent=question,
            community=self.community,
            tags=post.tags,
            excerpt=excerpt(post.html) or None,
        )

    def comment(
        self, row: Row, number: str, post: str, author: Author, at: datetime, text: str
    ) -> Activity | Skipped:
        if why := nobody(author):
            return Skipped(row=row, why=why)
        return Activity(
            rows=(row,),
            keys=(f"comment:{number}",),
            actor=self.actor(author),
            verb="commented",
            object=ItemRef(f"post:{post}"),
            at=at,
            community=self.community,
            excerpt=excerpt(text) or None,
        )

    def accepted(self, row: Row, question: str, answer: str, at: datetime) -> Activity:
        """The acceptance of an answer: by whoever asked, since nobody else can.

        A question has one at a time, so another one corrects it. Neither dumps nor the API say when
        it was; the answer's own time is the earliest it can have been.
        """
        return Activity(
            rows=(row,),
            keys=(f"accepted:{question}",),
            actor=ItemRef(f"post:{question}"),
            verb="accepted",
            object=ItemRef(f"post:{answer}"),
            at=at,
            community=self.community,
        )

    def question(self, number: str | None) -> str:
        return f"{self.url}/questions/{number}"

    def actor(self, author: Author) -> Actor:
        account = Account(home_page=self.url, name=author.number or "")
        return Actor(name=author.name, account=account)


def nobody(author: Author) -> str | None:
    """Why the author is no person to record, or None."""
    if author.number is None:
        return "A deleted account."
    return "The site's own account." if author.number.startswith("-") else None
