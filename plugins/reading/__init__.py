"""Reading: what people read, kept and rated; from Zotero, and from lists of links and books."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.api import (
    Activity,
    BadCell,
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
    interface_address,
    known_zone,
    order_of_dates,
    read_email,
    secret_text,
    validate,
)
from plugins.reading import zotero
from plugins.reading.formats import read_list


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
    api_key = secret_text(
        "Zotero API key", "Made at zotero.org under Settings, Security; read access is enough."
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
        validate=known_zone,
        metadata={
            "label": "Time zone of the lists",
            "help": "For those that name none; as in Europe/London.",
        },
    )
    date_order = order_of_dates(
        "Used when a file holds no day above 12, so that 08/09 could be either."
    )
    undated = fields.String(
        load_default="",
        validate=validate.Regexp(r"(?:\d{4}-\d{2}-\d{2})?\Z", error="Write it as in 2026-09-17."),
        metadata={
            "label": "Day of entries without one",
            "help": "Many reference lists do not say when an entry was kept. Without it they wait.",
        },
    )
    api = interface_address(
        "Address of Zotero's interface", "Leave it as it is.", at="https://api.zotero.org"
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
