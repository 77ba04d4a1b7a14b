"""Elgg networks, such as NovaGob: what their RSS listings tell of discussions, blogs and files."""

from __future__ import annotations

import re

from engine.api import Activity, Actor, Privacy, Skipped, Source, excerpt, hookimpl
from plugins.forums.feeds import MESSAGE, ForumFeed, Item, Site

# The kind of an entry stands in its address, in every language: /discussion/view/123/title.
_KINDS: tuple[tuple[str, str, str], ...] = (
    (r"/(?:comment|discussion_reply|discussion/reply)/view/", "replied", "forum-reply"),
    (r"/(?:discussion|forum|discussions)/(?:view|topic)/", "created", "discussion"),
    (r"/(?:groups/forum|groups/discussion)/", "created", "discussion"),
    (r"/(?:question|questions)/view/", "asked", "question"),
    (r"/(?:answer|answers)/view/", "replied", "forum-reply"),
    (r"/blog/(?:view|read)/", "authored", "article"),
    (r"/(?:pages|page)/view/", "authored", "webpage"),
    (r"/(?:bookmarks|file|videolist|videos)/(?:view|read|watch)/", "shared", "webpage"),
    (r"/(?:thewire|wire)/(?:view|thread)/", "created", MESSAGE),
)
_NUMBER = re.compile(r"/(\d{1,18})(?:/|$)")
_ON_COMMENT = re.compile(r"#(?:elgg-object-|comment-|item-annotation-|annotation-)(\d{1,18})$")


class Elgg(ForumFeed):
    """A network's listings. They name authors as they show themselves, which identifies nobody."""

    name = "elgg"
    title = "Elgg network (NovaGob)"
    api_version = 1
    mark = "El"
    privacy = Privacy(
        reads=("display names", "posts"),
        keeps=("display name", "titles", "the first 200 characters of a post"),
        note=(
            "An Elgg feed names people by display name alone: every entry waits until somebody "
            "links the name to a person."
        ),
    )

    def told(self, item: Item, site: Site) -> Activity | Skipped:
        found = self.kind_of(item.link)
        number = _ON_COMMENT.search(item.link) or _NUMBER.search(item.path)
        if found is None or number is None:
            return Skipped(row=item.row, why="It is no contribution: a member, a group, or a list.")
        if not item.author:
            return Skipped(row=item.row, why="It names no author.")
        verb, kind = found
        return Activity(
            rows=(item.row,),
            keys=(f"entity:{number[1]}",),
            actor=Actor(name=item.author),
            verb=verb,
            type=kind,
            url=item.link,
            title=item.title or None,
            at=item.at,
            community=site.community,
            tags=item.tags,
            excerpt=excerpt(item.html) or None,
        )

    def kind_of(self, link: str) -> tuple[str, str] | None:
        if _ON_COMMENT.search(link):
            return "replied", "forum-reply"
        fitting = ((verb, kind) for words, verb, kind in _KINDS if re.search(words, link))
        return next(fitting, None)


@hookimpl
def register_sources() -> list[Source]:
    return [Elgg()]
