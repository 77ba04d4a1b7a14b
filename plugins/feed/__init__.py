"""Blogs and news feeds: RSS, Atom and JSON Feed, posts and comments, alone or in lists (OPML)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from engine.api import (
    Activity,
    BadReport,
    Bundle,
    Delivery,
    Failed,
    Fetch,
    Gone,
    Privacy,
    Refused,
    Skipped,
    Source,
    SourceSettings,
    ValidationError,
    fields,
    hookimpl,
)

from .document import read_document
from .entries import read_entries
from .opml import read_list
from .plain import is_web_address
from .polling import LISTED, MEND, TROUBLE, news


def _empty_or_web_address(text: str) -> None:
    if text.strip() and not is_web_address(text.strip()):
        raise ValidationError("Expected an address that begins with http:// or https://.")


def _empty_or_list(text: str) -> None:
    try:
        read_list(text)
    except BadReport as error:
        raise ValidationError(f"{error.why} {error.mend}") from error


def _address(label: str, help_text: str, *, identity: bool) -> fields.String:
    return fields.String(
        load_default="",
        validate=_empty_or_web_address,
        metadata={"label": label, "help": help_text, "identity": identity},
    )


class FeedSettings(SourceSettings):
    """Where the feed is; all may stay empty when only files are uploaded."""

    url = _address(
        "Address of the feed",
        "Polled regularly; it may also be that of a list of feeds (OPML). Leave empty to upload"
        " files.",
        identity=True,
    )
    site = _address(
        "Address of the blog",
        "Stands before the names of its authors; normally the feed says it.",
        identity=True,
    )
    comments_url = _address(
        "Address of the comment feed", "Polled together with the feed.", identity=False
    )
    feeds = fields.String(
        load_default="",
        validate=_empty_or_list,
        metadata={
            "label": "List of feeds",
            "help": (
                "Several blogs in one source: addresses of feeds, one a line, or the whole text of"
                " an OPML file, which feed readers export."
            ),
            "widget": "textarea",
        },
    )


class Feed(Source):
    """A blog's posts and the comments on them."""

    name = "feed"
    title = "Blog or news feed"
    api_version = 1
    hosts = ("{url}", "{comments_url}", "{feeds}")
    roams: ClassVar[bool] = True
    """Lists name feeds anywhere, and feeds redirect to services that count their readers."""
    mark = "Bl"
    settings = FeedSettings
    privacy = Privacy(
        reads=("names", "profile addresses", "email addresses in the feed", "posts", "comments"),
        keeps=("names", "profile addresses", "titles", "links", "the first 200 characters"),
        note=(
            "A feed is public, but whoever comments has not been asked: comments under a typed"
            " name are not matched to anybody. An email address stays only as the name of an"
            " author who gives no other, and is never used as a mailbox."
        ),
    )

    def activities(
        self, bundle: Bundle, settings: Mapping[str, Any]
    ) -> Iterator[Activity | Gone | Skipped | Failed]:
        """Read each document of the bundle; a broken one is refused whole."""
        for delivery in bundle.deliveries:
            yield from (
                _of_list(delivery)
                if LISTED in delivery.headers
                else _read(
                    delivery, address=_base(delivery, settings), site=settings.get("site") or ""
                )
            )

    def poll(
        self, cursor: str | None, fetch: Fetch, settings: Mapping[str, Any]
    ) -> Iterator[Delivery]:
        """Bring the feed, the comment feed and those of the list where they changed."""
        own = [(settings.get(name) or "").strip() for name in ("url", "comments_url")]
        listed = read_list(settings.get("feeds") or "")
        if not any(own) and not listed:
            raise Refused(
                "There is no address to poll.", "Set the address of the feed.", where="url"
            )
        yield from news([*filter(None, own)], listed, cursor, fetch)


def _read(
    delivery: Delivery, *, address: str, site: str, listed: str = ""
) -> Iterator[Activity | Gone | Skipped | Failed]:
    document = read_document(delivery.body, media_type=delivery.media_type, base=address)
    yield from read_entries(document, address=address, site=site, listed=listed)


def _of_list(delivery: Delivery) -> Iterator[Activity | Gone | Skipped | Failed]:
    """One feed of a list: if it cannot be fetched or read, the others are read all the same."""
    listed = delivery.headers[LISTED]
    if why := delivery.headers.get(TROUBLE):
        yield _failed(listed, why, delivery.headers.get(MEND, ""))
        return
    try:
        yield from list(_read(delivery, address=_base(delivery, {}), site="", listed=listed))
    except BadReport as error:
        yield _failed(listed, error.why, error.mend)


def _failed(listed: str, why: str, mend: str) -> Failed:
    return Failed(row="feed", why=f"{listed[:200]}: {why}", mend=mend or "Take it off the list.")


def _base(delivery: Delivery, settings: Mapping[str, Any]) -> str:
    """The address that relative links stand on; empty for a file of a feed without address."""
    stated = (delivery.headers.get("content-location"), delivery.name, settings.get("url"))
    return next((text for text in stated if text and is_web_address(text)), "")


@hookimpl
def register_sources() -> list[Source]:
    """The feed source."""
    return [Feed()]
