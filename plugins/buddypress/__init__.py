"""BuddyPress and bbPress on WordPress, such as GovLoop's groups: activity and forum feeds."""

from __future__ import annotations

import re

from engine.api import Activity, Actor, Privacy, Skipped, Source, excerpt, hookimpl
from plugins.forums.feeds import MESSAGE, ForumFeed, Item, Site

# The title of an activity in English, Spanish and French: who, then what.
_SAYS: tuple[tuple[str, str, str], ...] = (
    (r"(?:replied to|respondió|ha respondido|a répondu)\b", "replied", "forum-reply"),
    (r"(?:started|created|posted) the (?:topic|forum topic)\b", "created", "discussion"),
    (r"(?:inició|ha iniciado|creó) (?:el debate|el tema|la discusión)\b", "created", "discussion"),
    (r"(?:a démarré|a lancé|a créé) (?:le sujet|la discussion)\b", "created", "discussion"),
    (r"(?:commented on|posted a new activity comment|comentó|a commenté)\b", "replied",
     "forum-reply"),
    (r"(?:wrote a new post|published|escribió una nueva entrada|a écrit un nouvel article)\b",
     "authored", "article"),
    (r"(?:posted an update|publicó una actualización|a publié une mise à jour)\b", "created",
     MESSAGE),
)  # fmt: skip
# A comment stands at the address of what it is on, with a mark of its own.
_COMMENT = re.compile(r"#acomment-(\d{1,18})$")
_ACTIVITY = re.compile(r"/(?:activity|actividad|activite)/(?:p/)?(\d{1,18})/?|[?&]ac=(\d{1,18})")
_POST = re.compile(r"#post-(\d{1,18})$")
_REPLY_TITLE = re.compile(r"^(?:Reply To|Respuesta a|Répondre à|En réponse à)\s*:\s*", re.I)


class BuddyPress(ForumFeed):
    """A site's activity or forum feed. People are display names, which identify nobody."""

    name = "buddypress"
    title = "BuddyPress or bbPress (GovLoop groups)"
    api_version = 1
    mark = "BP"
    privacy = Privacy(
        reads=("display names", "posts"),
        keeps=("display name", "titles", "the first 200 characters of a post"),
        note=(
            "These feeds name people by display name alone: every entry waits until somebody "
            "links the name to a person. Private and hidden groups are in no public feed."
        ),
    )

    def told(self, item: Item, site: Site) -> Activity | Skipped:
        post = _POST.search(item.link)
        activity = _COMMENT.search(item.link) or _ACTIVITY.search(item.link)
        found = self.forum(item) if post or _REPLY_TITLE.match(item.title) else self.stream(item)
        found = found or self.stream(item)
        if found is None:
            return Skipped(row=item.row, why="It is no contribution, such as a new member.")
        name, verb, kind, title = found
        if not name:
            return Skipped(row=item.row, why="It names no author.")
        number = next(filter(None, activity.groups()), "") if activity else ""
        key = f"post:{post[1]}" if post else f"activity:{number}" if number else f"guid:{item.id}"
        return Activity(
            rows=(item.row,),
            keys=(key,),
            actor=Actor(name=name),
            verb=verb,
            type=kind,
            url=item.link,
            title=title or None,
            at=item.at,
            community=site.community,
            tags=item.tags,
            excerpt=excerpt(item.html) or None,
        )

    def forum(self, item: Item) -> tuple[str, str, str, str] | None:
        """An entry of a forum's own feed, which names its author apart."""
        if not item.author:
            return None
        title = _REPLY_TITLE.sub("", item.title)
        is_reply = title != item.title
        kind = ("replied", "forum-reply") if is_reply else ("created", "discussion")
        return item.author, *kind, title

    def stream(self, item: Item) -> tuple[str, str, str, str] | None:
        """An entry of the activity feed: its title is a sentence that begins with the name."""
        for words, verb, kind in _SAYS:
            found = re.search(rf"^(.{{1,200}}?)\s+{words}", item.title, re.IGNORECASE)
            if found:
                return item.author or found[1].strip(), verb, kind, item.title
        return None


@hookimpl
def register_sources() -> list[Source]:
    return [BuddyPress()]
