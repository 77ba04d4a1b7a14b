"""WordPress sites: posts and comments from the interface, feeds or export, and who joined."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from engine.api import (
    Activity,
    Actor,
    Bundle,
    Delivery,
    Failed,
    Fetch,
    Gone,
    ItemRef,
    Privacy,
    Skipped,
    Source,
    SourceSettings,
    fields,
    hookimpl,
    is_zip,
    known_zone,
    secret_text,
    validate,
    xml_text,
)
from plugins.feed import polling as feeds
from plugins.feed.document import read_document
from plugins.feed.entries import read_entries
from plugins.feed.plain import SiteAddress

from .members import read_members
from .polling import Asking, signed_in
from .rest import read_pages
from .site import Site, number_of
from .wxr import is_wxr, read_wxr


class WordPressSettings(SourceSettings):
    """The site, and the way it is read."""

    url = SiteAddress(
        required=True,
        metadata={
            "label": "Address of the site",
            "help": "As in https://blog.example.org; without /wp-admin or /feed.",
            "identity": True,
        },
    )
    way = fields.String(
        load_default="rest",
        validate=validate.OneOf(["rest", "feeds"], ["its interface", "its feeds"]),
        metadata={
            "label": "Read through",
            "help": "rest knows every post and edit; feeds have the newest ten, on every site.",
        },
    )
    comments = fields.Boolean(
        load_default=True,
        metadata={"label": "Comments", "help": "Read the comments on posts, too."},
    )
    user = fields.String(
        load_default="",
        metadata={
            "label": "User name",
            "help": "Only for a site that shows its posts to members alone.",
        },
    )
    password = secret_text(
        "Application password", "Made in WordPress under Users, Profile, Application Passwords."
    )
    timezone = fields.String(
        load_default="UTC",
        validate=known_zone,
        metadata={
            "label": "Time zone of the members' table",
            "help": "WordPress writes UTC; some plugins write the site's time.",
        },
    )


class WordPress(Source):
    """A WordPress site; its people are known by their numbers there."""

    name = "wordpress"
    title = "WordPress"
    api_version = 1
    hosts = ("{url}",)
    mark = "Wp"
    settings = WordPressSettings
    privacy = Privacy(
        reads=("names", "user names", "email addresses", "posts", "comments", "dates of joining"),
        keeps=(
            "names",
            "user numbers",
            "email addresses of accounts, from the export and the members' table",
            "titles",
            "links",
            "the first 200 characters",
        ),
        note=(
            "What a guest typed as her name or address identifies nobody. Drafts, private and"
            " protected texts are left out."
        ),
    )

    def activities(
        self, bundle: Bundle, settings: Mapping[str, Any]
    ) -> Iterator[Activity | Gone | Skipped | Failed]:
        """Read each delivery by what it is: interface, export, feed, or table of members."""
        site = Site(url=settings["url"].rstrip("/"), title=settings.get("title") or None)
        for delivery in bundle.deliveries:
            yield from _read(delivery, site, settings.get("timezone") or "UTC")

    def poll(
        self, cursor: str | None, fetch: Fetch, settings: Mapping[str, Any]
    ) -> Iterator[Delivery]:
        """Bring posts and comments that are new or changed since the cursor."""
        url, with_comments = settings["url"].rstrip("/"), settings.get("comments", True)
        if settings.get("way") == "feeds":
            own = [f"{url}/feed/", *([f"{url}/comments/feed/"] if with_comments else [])]
            yield from feeds.news(own, (), cursor, fetch)
            return
        headers = signed_in(settings.get("user") or "", settings.get("password") or "")
        kinds = ("posts", "comments") if with_comments else ("posts",)
        yield from Asking(url=url, fetch=fetch, headers=headers).news(kinds, cursor)


def _read(
    delivery: Delivery, site: Site, zone: str
) -> Iterator[Activity | Gone | Skipped | Failed]:
    start = delivery.body[:4096].lstrip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n")[:1]
    if start in (b"[", b"{") and not is_zip(delivery.body):
        yield from read_pages(delivery.body, site)
    elif start != b"<":
        yield from read_members(delivery.body, site, zone=zone)
    elif is_wxr(xml_text(delivery.body[:40_000], what="The export")):
        yield from read_wxr(delivery.body, site)
    else:
        yield from _feed(delivery, site)


def _feed(delivery: Delivery, site: Site) -> Iterator[Activity | Gone | Skipped | Failed]:
    document = read_document(delivery.body, media_type=delivery.media_type, base=site.url)
    for said in read_entries(document, address=site.url, site=site.url):
        yield _known(said, site) if isinstance(said, Activity) else said


def _known(said: Activity, site: Site) -> Activity:
    """The same by the numbers in its guid, so that it meets what export and interface say.

    A feed names people by their display names alone, so whatever else tells of an item outranks it.
    """
    number = _number(said.keys[0], site)
    keys = (number, *said.keys) if number else said.keys
    return replace(
        said, keys=keys, actor=_named(said.actor), reported_at=said.at - timedelta(seconds=1)
    )


def _named(actor: Actor | ItemRef) -> Actor | ItemRef:
    """A display name that is a number must not be taken for somebody's number."""
    account = actor.account if isinstance(actor, Actor) else None
    return Actor(name=account.name) if account and number_of(account.name) else actor


def _number(key: str, site: Site) -> str:
    """ "entry:https://blog.example.org/?p=12" is post 12; "...#comment-41" comment 41.

    Posts taken over from other sites keep the guid they have there, and its number means another.
    """
    kind, _, guid = key.partition(":")
    try:
        parts, own = urlsplit(guid), urlsplit(site.url)
        post = number_of(parse_qs(parts.query, max_num_fields=20).get("p", [""])[0])
    except ValueError:
        return ""
    if (parts.hostname or "").removeprefix("www.") != (own.hostname or "").removeprefix("www."):
        return ""
    named, _, comment = parts.fragment.partition("-")
    if kind == "comment":
        return f"comment:{comment}" if named == "comment" and number_of(comment) else ""
    return f"post:{post}" if post else ""


@hookimpl
def register_sources() -> list[Source]:
    """The WordPress source."""
    return [WordPress()]
