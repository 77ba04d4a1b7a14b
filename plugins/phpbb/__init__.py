"""phpBB: what its Atom feeds tell of new posts and topics."""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

from engine.api import (
    Account,
    Activity,
    Actor,
    ItemRef,
    Privacy,
    Skipped,
    Source,
    Thing,
    excerpt,
    hookimpl,
)
from plugins.forums.feeds import ForumFeed, Item, Site

_REPLY = re.compile(r"^(?:re|aw|antw|sv|odp|rif)\s*:\s*", re.IGNORECASE)
# The line of statistics that a board may add below the text, with a link to the author's profile.
_STATISTICS = re.compile(r"<p>[^<]{0,80}<a [^>]*memberlist\.php\?mode=viewprofile.*", re.DOTALL)


class PhpBB(ForumFeed):
    """A board's feed. User names are unique on a board, so they are accounts."""

    name = "phpbb"
    title = "phpBB forum"
    api_version = 1
    mark = "Pb"
    privacy = Privacy(
        reads=("user names", "posts"),
        keeps=("user name", "titles", "the first 200 characters of a post"),
        note="The feed holds what guests of the board may read, and no email addresses.",
    )

    def told(self, item: Item, site: Site) -> Activity | Skipped:
        query = {key: one[0] for key, one in parse_qs(urlsplit(item.link).query).items()}
        post, topic = _digits(query.get("p")), _digits(query.get("t"))
        if not (post or topic):
            return Skipped(row=item.row, why="It is neither a post nor a topic, but a forum.")
        if not item.author:
            return Skipped(row=item.row, why="It names no author.")
        return self.reply(item, site, post, topic) or self.start(item, site, post, topic)

    def reply(self, item: Item, site: Site, post: str, topic: str) -> Activity | None:
        """A reply, which phpBB marks with "Re:"; None when it is the start of a topic."""
        subject = item.title.rpartition(" • ")[2]
        title = _REPLY.sub("", subject)
        if title == subject or not post:
            return None
        thread = f"{site.url}/viewtopic.php?t={topic}"
        return replace(
            self.start(item, site, post, ""),
            verb="replied",
            type="forum-reply",
            title=title or None,
            within=ItemRef(f"topic:{topic}") if topic else None,
            parent=Thing(url=thread, title=title or None, type="discussion") if topic else None,
        )

    def start(self, item: Item, site: Site, post: str, topic: str) -> Activity:
        """The start of a topic, one item with its first post; a feed may name only one of them."""
        forum, _, title = item.title.rpartition(" • ")
        keys = [f"topic:{topic}"] * bool(topic) + [f"post:{post}"] * bool(post)
        place = f"t={topic}" if topic else f"p={post}#p{post}"
        return Activity(
            rows=(item.row,),
            keys=tuple(keys),
            actor=Actor(name=item.author, account=Account(home_page=site.url, name=item.author)),
            verb="created",
            type="discussion",
            url=f"{site.url}/viewtopic.php?{place}",
            title=title or None,
            at=item.at,
            community=site.community,
            tags=(forum,) if forum else (),
            excerpt=excerpt(_STATISTICS.sub("", item.html)) or None,
        )


def _digits(written: str | None) -> str:
    return written if written and re.fullmatch(r"\d{1,18}", written) else ""


@hookimpl
def register_sources() -> list[Source]:
    return [PhpBB()]
