"""Mentoring: meetings of two people, on record once both of them say that they took place."""

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
    fields,
    hookimpl,
    validate,
)
from plugins.attendance.rows import SheetSettings
from plugins.mentoring.sessions import read_sessions


class MentoringSettings(SheetSettings):
    """The programme, and who confirms."""

    confirmed_by = fields.String(
        load_default="both",
        validate=validate.OneOf(
            ("both", "coordinator"), ("Mentor and mentee, each", "The coordinator's status")
        ),
        metadata={
            "label": "Who confirms a meeting",
            "help": "With “The coordinator's status”, a row marked as held counts for both.",
        },
    )


class Mentoring(Source):
    """Lists of pairs and their meetings, kept by a programme or by the pairs themselves."""

    name = "mentoring"
    title = "Mentoring"
    api_version = 1
    mark = "Me"
    settings = MentoringSettings
    privacy = Privacy(
        reads=("names", "email addresses", "who met whom and when", "topics", "confirmations"),
        keeps=("names", "email addresses", "date and length of meetings", "topics"),
        note="What one of them says of the other is on record once the other confirms it.",
    )

    def activities(
        self, bundle: Bundle, settings: Mapping[str, Any]
    ) -> Iterator[Activity | Gone | Skipped | Failed]:
        """Read every table; the two sides of a meeting may come in different files."""
        for delivery in bundle.deliveries:
            yield from read_sessions(delivery.body, settings)


@hookimpl
def register_sources() -> list[Source]:
    """The mentoring source."""
    return [Mentoring()]
