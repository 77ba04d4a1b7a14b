"""Tables, feeds and JSON that nobody wrote a plugin for: a mapping says what their columns mean."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from engine.api import (
    Activity,
    BadReport,
    Bundle,
    Column,
    Delivery,
    Failed,
    Fetch,
    Gone,
    Privacy,
    Skipped,
    Source,
    SourceSettings,
    ValidationError,
    decode,
    fields,
    hookimpl,
    is_zip,
    validate,
)
from plugins.mapped import guesses, polling
from plugins.mapped.happenings import happenings
from plugins.mapped.language import MappingField, MappingSchema
from plugins.mapped.records import kind_of


def _empty_or_web_address(text: str) -> None:
    if text.strip() and not re.match(r"https?://[^\s/]", text.strip()):
        raise ValidationError("Expected an address that begins with http:// or https://.")


def _header(text: str) -> None:
    if not text.isprintable() or not text.isascii():
        raise ValidationError("Expected one line of plain letters, as the system gives the key.")


class MappedSettings(SourceSettings):
    """What the rows come from, and what they mean."""

    system = fields.String(
        required=True,
        validate=validate.And(
            validate.Length(max=200), validate.Regexp(r"\s*\S", error="Name the system.")
        ),
        metadata={
            "label": "System",
            "help": "What the rows come from: its web address or its name. Two sources with the"
            " same one are the same system, and their items meet.",
            "identity": True,
        },
    )
    mapping = MappingField(
        required=True,
        metadata={
            "label": "Mapping",
            "help": "What the columns mean, as YAML.",
            "widget": "textarea",
        },
    )
    url = fields.String(
        load_default="",
        validate=_empty_or_web_address,
        metadata={
            "label": "Address to ask",
            "help": "Of the feed, the file or the API. Leave it empty to upload files.",
        },
    )
    authorization = fields.String(
        load_default="",
        validate=[validate.Length(max=4000), _header],
        metadata={
            "label": "Key",
            "help": "Sent as the header Authorization, such as Bearer abc; for another header"
            " write its name before it, such as X-Api-Key: abc.",
            "secret": True,
        },
    )


class Mapped(Source):
    """Any table, feed or JSON API, as a person mapped it."""

    name = "mapped"
    title = "Table, feed or JSON, mapped by hand"
    api_version = 1
    hosts = ("{url}",)
    mark = "Ta"
    settings = MappedSettings
    maps = MappingSchema
    privacy = Privacy(
        reads=("the columns that the mapping names",),
        keeps=("names", "email addresses", "account names", "titles", "links", "tags"),
        note=(
            "Only what the mapping names is kept. An excerpt of a text is kept, 200 characters of"
            " it, where the mapping names a column for it."
        ),
    )

    def activities(
        self, bundle: Bundle, settings: Mapping[str, Any]
    ) -> Iterator[Activity | Gone | Skipped | Failed]:
        """Read each delivery as the mapping says."""
        for delivery in bundle.deliveries:
            base = settings.get("url") or ""
            yield from happenings(delivery, settings["mapping"], base=base)

    def remarks(self, bundle: Bundle) -> Iterator[str]:
        """Say where the encoding of a table was a guess."""
        for delivery in bundle.deliveries:
            if kind_of(delivery) == "table" and not is_zip(delivery.body):
                try:
                    warning = decode(delivery.body).warning
                except BadReport:
                    continue  # an old workbook, which `activities` refuses with its reason
                yield from [warning] if warning else []

    def columns(self, delivery: Delivery, settings: Mapping[str, Any]) -> Sequence[Column]:
        """The columns of a sample."""
        return guesses.columns(delivery, settings.get("mapping") or {})

    def poll(
        self, cursor: str | None, fetch: Fetch, settings: Mapping[str, Any]
    ) -> Iterator[Delivery]:
        """Bring the pages that changed."""
        return polling.poll(cursor, fetch, settings)


@hookimpl
def register_sources() -> list[Source]:
    """The mapped source."""
    return [Mapped()]
