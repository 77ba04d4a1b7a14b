"""Closed platforms of communities of practice: one archive, many communities, roles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.api import (
    Activity,
    Bundle,
    Failed,
    Gone,
    Privacy,
    Skipped,
    Source,
    SourceSettings,
    Words,
    fields,
    hookimpl,
    validate,
)
from plugins.communities.archive import read_archive
from plugins.communities.telling import Platform
from plugins.forums.addresses import base_address


class CommunitiesSettings(SourceSettings):
    """The platform, the clock and date order of its tables, and which communities are read."""

    url = base_address(
        "Address of the platform",
        "Also one that is no longer there, such as https://www.communities.example.",
    )
    timezone = fields.String(
        required=True,
        metadata={"label": "Time zone of the tables", "help": "Such as Europe/London."},
    )
    date_order = fields.String(
        load_default="",
        validate=validate.OneOf(["", "dmy", "mdy"]),
        metadata={
            "label": "Order of day and month",
            "help": "Only needed where no date of a file decides: dmy or mdy.",
        },
    )
    communities = Words(
        load_default=list,
        metadata={
            "label": "Only these communities",
            "help": "By name. Empty for all that are not private; a private one is read only when "
            "it is named here.",
        },
    )


class Communities(Source):
    """An archive of communities: who wrote, answered, shared, attended and facilitated where."""

    name = "communities"
    title = "Communities of practice (archive)"
    api_version = 1
    mark = "Co"
    settings = CommunitiesSettings
    privacy = Privacy(
        reads=("names", "email addresses", "roles", "posts", "lists of events"),
        keeps=("name", "email", "account", "role", "titles", "the first 200 characters of a post"),
        note=(
            "Communities marked private are left out unless they are named. A platform that gives "
            "only display names matches nobody: such rows wait until somebody links the name."
        ),
    )

    def activities(
        self, bundle: Bundle, settings: Mapping[str, Any]
    ) -> Iterator[Activity | Gone | Skipped | Failed]:
        for delivery in bundle.deliveries:
            archive = read_archive(delivery.body)
            yield from Platform.of(settings, archive).read()


@hookimpl
def register_sources() -> list[Source]:
    return [Communities()]
