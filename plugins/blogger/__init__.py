"""Blogger (Blogspot) blogs: posts and comments from feeds, from the old export and Takeout's."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from engine.api import (
    Account,
    Activity,
    Actor,
    BadReport,
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
    read_zip,
)
from plugins.feed.document import read_document
from plugins.feed.entries import read_entries
from plugins.feed.plain import SiteAddress

from .polling import news

_PROFILE = re.compile(
    r"https?://(?:www\.)?(?:(?P<blogger>blogger)|(?P<plus>plus\.google))\.com/(?:profile/)?(\d{5,25})/?"
)


class BloggerSettings(SourceSettings):
    """The blog, and whether its comments are read."""

    url = SiteAddress(
        required=True,
        metadata={
            "label": "Address of the blog",
            "help": "As in https://name.blogspot.com, or its own domain.",
            "identity": True,
        },
    )
    comments = fields.Boolean(
        load_default=True,
        metadata={"label": "Comments", "help": "Read the comments on posts, too."},
    )


class Blogger(Source):
    """A blog at Blogger; whoever has a profile there is one person in all blogs."""

    name = "blogger"
    title = "Blogger"
    api_version = 1
    hosts = ("{url}",)
    mark = "Br"
    settings = BloggerSettings
    privacy = Privacy(
        reads=("display names", "profile addresses", "posts", "comments"),
        keeps=("names", "profile numbers", "titles", "links", "the first 200 characters"),
        note=(
            "Blogger gives nobody's email address. Comments under a typed name are not matched to"
            " anybody. Drafts, pages and templates are left out."
        ),
    )

    def activities(
        self, bundle: Bundle, settings: Mapping[str, Any]
    ) -> Iterator[Activity | Gone | Skipped | Failed]:
        """Read each feed, export or archive of Takeout."""
        url = settings["url"].rstrip("/")
        for delivery in bundle.deliveries:
            body = _from_takeout(delivery.body) if is_zip(delivery.body) else delivery.body
            document = read_document(body, media_type=delivery.media_type, base=f"{url}/")
            for said in read_entries(document, address=f"{url}/", site=url):
                yield _with_profile(said) if isinstance(said, Activity) else said

    def poll(
        self, cursor: str | None, fetch: Fetch, settings: Mapping[str, Any]
    ) -> Iterator[Delivery]:
        """Bring the posts and comments that are new or changed since the cursor."""
        kinds = ("posts", "comments") if settings.get("comments", True) else ("posts",)
        yield from news(settings["url"].rstrip("/"), kinds, cursor, fetch)


def _from_takeout(body: bytes) -> bytes:
    """The blog's feed.atom in an archive of Takeout, which holds all blogs of an account."""
    feeds = [
        one
        for one in read_zip(body, what="The archive")
        if one.name.lower().endswith("feed.atom") and "/comments/" not in one.name.lower()
    ]
    if len(feeds) == 1:
        return feeds[0].body
    found = ", ".join(one.name for one in feeds[:10]) or "none"
    raise BadReport(
        f"Expected one feed.atom in the archive, found {len(feeds)}: {found}.",
        "Unpack it and give the feed.atom of this blog alone, from Takeout/Blogger/Blogs.",
    )


def _with_profile(said: Activity) -> Activity:
    """The same, with a profile as an account at Blogger itself: one person, whatever the blog."""
    return replace(said, actor=_member(said.actor))


def _member(actor: Actor | ItemRef) -> Actor | ItemRef:
    if not isinstance(actor, Actor) or actor.account is None:
        return actor
    found = _PROFILE.fullmatch(actor.account.name)
    if found is None:
        return actor
    home = "https://www.blogger.com" if found["blogger"] else "https://plus.google.com"
    return Actor(name=actor.name, account=Account(home_page=home, name=found[3]))


@hookimpl
def register_sources() -> list[Source]:
    """The Blogger source."""
    return [Blogger()]
