"""What a post of a forum becomes, whichever way it came."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from engine.api import Account, Activity, Actor, Gone, ItemRef, Row, Skipped, Thing, excerpt

GUEST = "1"
"""The number of the guest account on every Moodle site."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A post; ids as Moodle writes them. `course` is where its forum is: number and name."""

    row: Row
    id: str
    discussion: str
    is_start: bool
    author: str | None
    name: str | None
    at: datetime
    subject: str | None
    html: str
    tags: tuple[str, ...] = ()
    forum: str | None = None
    course: str = ""
    group: int = 0
    is_deleted: bool = False
    is_private: bool = False
    reported_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Forums:
    """The forums of a site by its address."""

    url: str
    with_groups: bool

    def read(self, post: Post) -> Activity | Gone | Skipped:
        """The one outcome of a post; a first post and its discussion are one item."""
        if post.is_private:
            return Skipped(row=post.row, why="A private reply.")
        if post.group > 0 and not self.with_groups:
            return Skipped(row=post.row, why="A discussion of one group.")
        if post.is_deleted:
            return Gone(key=f"post:{post.id}", rows=(post.row,), reported_at=post.reported_at)
        if post.author is None or post.author in ("0", GUEST):
            return Skipped(row=post.row, why="It names no author: a guest, or a deleted account.")
        return self.said(post, post.author)

    def said(self, post: Post, author: str) -> Activity:
        key, discussion = f"post:{post.id}", f"discussion:{post.discussion}"
        address = f"{self.url}/mod/forum/discuss.php?d={post.discussion}"
        thread = Thing(url=address, type="discussion")
        return Activity(
            rows=(post.row,),
            keys=(key, discussion) if post.is_start else (key,),
            actor=Actor(name=post.name, account=Account(home_page=self.url, name=author)),
            verb="created" if post.is_start else "replied",
            type="discussion" if post.is_start else "forum-reply",
            url=address if post.is_start else f"{address}#p{post.id}",
            title=post.subject,
            at=post.at,
            within=None if post.is_start else ItemRef(discussion),
            parent=None if post.is_start else thread,
            community=self.community(post),
            tags=post.tags,
            excerpt=excerpt(post.html) or None,
            reported_at=post.reported_at,
        )

    def community(self, post: Post) -> Thing:
        address = f"{self.url}/course/view.php?id={post.course}" if post.course else self.url
        return Thing(url=address, title=post.forum, type="community")
