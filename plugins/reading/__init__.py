"""Reading: what people read, kept and rated; from Zotero, and from lists of links and books."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.api import (
    Activity,
    BadCell,
    BadReport,
    Bundle,
    Delivery,
    Failed,
    Fetch,
    Gone,
    Privacy,
    Skipped,
    Source,
    SourceSettings,
    ValidationError,
    fields,
    hookimpl,
    read_email,
    read_zone,
    validate,
)
from plugins.reading import zotero
from plugins.reading.formats import read_list


def _known_zone(name: str) -> None:
    try:
        read_zone(name)
    except BadReport as unknown:
        raise ValidationError(f"{unknown.why} {unknown.mend}") from unknown


def _whole_address(written: str) -> None:
    try:
        read_email(written)
    except BadCell as bad:
        raise ValidationError(bad.why) from bad


class ReadingSettings(SourceSettings):
    """Whose list it is, and how Zotero is asked."""

    library = fields.String(
        load_default="",
        validate=validate.Regexp(
            r"(?:(?:users|groups)/[1-9]\d{0,11})?\Z", error="Write users/NUMBER or groups/NUMBER."
        ),
        metadata={
            "identity": True,
            "label": "Zotero library",
            "help": "As in groups/1234567, from the address of the group; files need none.",
        },
    )
    email = fields.String(
        load_default="",
        validate=_whole_address,
        metadata={
            "identity": True,
            "label": "Whose list it is",
            "help": "The reader's email address: most lists name nobody.",
        },
    )
    api_key = fields.String(
        load_default="",
        metadata={
            "label": "Zotero API key",
            "help": "Made at zotero.org under Settings, Security; read access is enough.",
            "secret": True,
        },
    )
    read_tag = fields.String(
        load_default="read",
        validate=validate.Length(max=80),
        metadata={
            "label": "Tag for what was read",
            "help": "An entry with this tag counts as read; the others were kept.",
        },
    )
    timezone = fields.String(
        load_default="UTC",
        validate=_known_zone,
        metadata={
            "label": "Time zone of the lists",
            "help": "For those that name none; as in Europe/London.",
        },
    )
    date_order = fields.String(
        load_default="",
        validate=validate.OneOf(
            ("", "mdy", "dmy", "ymd"),
            ("Let each file decide", "Month first", "Day first", "Year first"),
        ),
        metadata={
            "label": "Order of dates",
            "help": "Used when a file holds no day above 12, so that 08/09 could be either.",
        },
    )
    undated = fields.String(
        load_default="",
        validate=validate.Regexp(r"(?:\d{4}-\d{2}-\d{2})?\Z", error="Write it as in 2026-09-17."),
        metadata={
            "label": "Day of entries without one",
            "help": "Many reference lists do not say when an entry was kept. Without it they wait.",
        },
    )
    api = fields.Url(
        load_default="https://api.zotero.org",
        schemes={"http", "https"},
        require_tld=False,
        metadata={"label": "Address of Zotero's interface", "help": "Leave it as it is."},
    )


class Reading(Source):
    """Reference libraries, bookmarks, and lists of books and articles."""

    name = "reading"
    title = "Reading lists"
    api_version = 1
    mark = "Re"
    settings = ReadingSettings
    hosts = ("{api}", "api.zotero.org")
    privacy = Privacy(
        reads=("names", "email addresses", "Zotero accounts", "entries, tags and ratings"),
        keeps=("names", "email addresses", "Zotero accounts", "titles", "links", "tags", "ratings"),
        note=(
            "Notes, highlights, abstracts and attached files are never kept. Bookmarks marked as"
            " private, and lists of things to read later, are left out."
        ),
    )

    def activities(
        self, bundle: Bundle, settings: Mapping[str, Any]
    ) -> Iterator[Activity | Gone | Skipped | Failed]:
        """Read each delivery by what it is."""
        for delivery in bundle.deliveries:
            yield from read_list(delivery.body, settings)

    def poll(
        self, cursor: str | None, fetch: Fetch, settings: Mapping[str, Any]
    ) -> Iterator[Delivery]:
        """Bring what changed in a Zotero library, and what was deleted there."""
        yield from zotero.poll(cursor, fetch, settings)


@hookimpl
def register_sources() -> list[Source]:
    """The source of reading lists."""
    return [Reading()]
