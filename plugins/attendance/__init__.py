"""Attendance sheets: who came to conferences, courses and meetings, and who got a certificate."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.api import Activity, Bundle, Failed, Privacy, Skipped, Source, hookimpl
from plugins.attendance.rows import SheetSettings
from plugins.attendance.sheet import read_sheets


class Attendance(Source):
    """Sign-in sheets, attendance lists and lists of certificates, as tables."""

    name = "attendance"
    title = "Attendance sheets and certificates"
    api_version = 1
    mark = "At"
    settings = SheetSettings
    privacy = Privacy(
        reads=("names", "email addresses", "who came and when", "who did not come", "roles"),
        keeps=("names", "email addresses", "time and length of attendance", "certificates"),
        note="Who did not come is counted and not kept. A signature column is never read.",
    )

    def activities(
        self, bundle: Bundle, settings: Mapping[str, Any]
    ) -> Iterator[Activity | Skipped | Failed]:
        """Read every table of every sheet; events may be mixed."""
        for delivery in bundle.deliveries:
            yield from read_sheets(delivery.body, settings)


@hookimpl
def register_sources() -> list[Source]:
    """The source of attendance sheets."""
    return [Attendance()]
