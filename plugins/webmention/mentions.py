"""A page that mentions another: what its author did there, who she is, and when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urldefrag, urljoin, urlsplit

from engine.api import Account, Activity, Actor, Thing, excerpt
from plugins.feed.plain import is_web_address, moment_of, origin_of

from .microformats import Node, entries, having, moment_in, outermost, read_page, text_of, url_of

MENTIONED = "mentioned"
BOOKMARKED = "bookmarked"

VERBS = {
    "in-reply-to": "commented",
    "like-of": "liked",
    "repost-of": "shared",
    "bookmark-of": BOOKMARKED,
    "mention-of": MENTIONED,
}
"""What a link to the page means; more than a mention where its author says so."""

_BRIDGES = frozenset({"brid.gy", "www.brid.gy", "fed.brid.gy", "brid-gy.appspot.com"})
"""Services that publish what was said on networks, with its author there; they verify it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """A link from `source` to `target`, and what is known of it.

    :param kind: a name in VERBS.
    :param author: her name as written, `author_url` her own page.
    """

    source: str
    target: str
    kind: str
    author: str = ""
    author_url: str = ""
    words: str = ""
    published: datetime | None = None

    @property
    def key(self) -> str:
        """The pair, which is what a webmention is known by."""
        return key_of(self.source, self.target)

    def actor(self) -> Actor:
        """Known by her own page, where the mention stands on the same host or came by a bridge.

        Any page can name anybody as its author, so elsewhere there is a name alone.
        """
        hers, here = _host(self.author_url), _host(self.source)
        if hers and (hers == here or here in _BRIDGES):
            account = Account(home_page=origin_of(self.author_url), name=self.author_url)
            return Actor(name=self.author or None, account=account)
        return Actor(name=self.author or None)

    def activity(self, row: str, site: Thing, *, seen: datetime) -> Activity:
        """What the author did with the page at `target`; `seen` stands in for a missing date."""
        return Activity(
            rows=(row,),
            keys=(self.key,),
            actor=self.actor(),
            verb=VERBS[self.kind],
            type="article",
            url=urldefrag(self.target).url,
            at=self.published or seen,
            parent=site,
            excerpt=excerpt(self.words) or None,
            reported_at=seen,
        )


def key_of(source: str, target: str) -> str:
    """The key of a mention."""
    return f"mention:{source} {target}"


def find_mention(html: str, *, source: str, target: str, address: str) -> Mention | None:
    """The mention in a page, or None when nothing on it links to the target.

    :param address: where the page was met in the end; relative links stand on it.
    """
    page = read_page(html)
    if not any(_points(node, target, address) for node in page.walk()):
        return None
    items = entries(page)
    holding = [one for one in items if any(_points(n, target, address) for n in one.walk())]
    item = (holding or items or [page])[0]
    author = _author(item, page)
    return Mention(
        source=source,
        target=target,
        kind=_kind(item, target, address),
        author=_name(author),
        author_url=_page_of(author, address),
        words=next(filter(None, (text_of(item, one) for one in _WORDS)), ""),
        published=moment_of(moment_in(item, "dt-published")),
    )


_WORDS = ("e-content", "p-content", "p-summary", "p-name")


def _points(node: Node, target: str, address: str) -> bool:
    return any(
        _same(node.attributes[name], target, address)
        for name in ("href", "src")
        if node.attributes.get(name)
    )


def _same(link: str, target: str, address: str) -> bool:
    try:
        found = urljoin(address, link.strip())
    except ValueError:
        return False
    return found == target or urldefrag(found).url == urldefrag(target).url


def _kind(item: Node, target: str, address: str) -> str:
    for kind in VERBS:
        stated = map(url_of, having(item, f"u-{kind}"))
        if any(_same(link, target, address) for link in stated if link):
            return kind
    return "mention-of"


def _author(item: Node, page: Node) -> Node | None:
    """The entry's author; else that of its feed, or the one card that stands on the page.

    Cards within something else are of whoever commented or was mentioned, and of places.
    """
    outer = list(outermost(page))
    feeds = [one for one in outer if "h-feed" in one.classes and any(n is item for n in one.walk())]
    for one in (item, *feeds):
        if stated := having(one, "p-author") or having(one, "u-author"):
            return stated[0]
    cards = [one for one in outer if "h-card" in one.classes]
    return cards[0] if len(cards) == 1 else None


def _name(author: Node | None) -> str:
    return (text_of(author, "p-name") or author.text())[:300] if author else ""


def _page_of(author: Node | None, address: str) -> str:
    if author is None:
        return ""
    stated = [url_of(one) for one in having(author, "u-url")] or [url_of(author)]
    try:
        found = urljoin(address, stated[0])
    except ValueError:
        return ""
    return found if stated[0] and is_web_address(found) else ""


def _host(address: str) -> str:
    return (urlsplit(address).hostname or "") if is_web_address(address) else ""
