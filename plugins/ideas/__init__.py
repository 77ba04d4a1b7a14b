"""Ideas: challenges, idea competitions and peer networks, as tables of what people did there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.api import Activity, Bundle, Failed, Gone, Privacy, Skipped, Source, hookimpl
from plugins.attendance.rows import SheetSettings
from plugins.ideas.deeds import read_deeds


class Ideas(Source):
    """Exports of idea platforms: who submitted, commented, voted, won, backed and shared back."""

    name = "ideas"
    title = "Challenges and idea competitions"
    api_version = 1
    mark = "Id"
    settings = SheetSettings
    privacy = Privacy(
        reads=("names", "email addresses", "ideas", "comments", "votes", "results"),
        keeps=(
            "names",
            "email addresses",
            "titles",
            "links",
            "the first 200 characters of ideas and comments",
            "votes and results",
        ),
        note="Ideas that are drafts, spam or withdrawn are left out.",
    )

    def activities(
        self, bundle: Bundle, settings: Mapping[str, Any]
    ) -> Iterator[Activity | Gone | Skipped | Failed]:
        """Read every table: of ideas, comments, votes, winners, or of all that was done."""
        for delivery in bundle.deliveries:
            yield from read_deeds(delivery.body, settings)


@hookimpl
def register_sources() -> list[Source]:
    """The source of ideas."""
    return [Ideas()]
