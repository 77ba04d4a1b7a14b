"""A toy source whose next version reads otherwise, and making it that version.

Its files are JSON lists of rows: {"id", "email", "minutes", "kind"}.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from engine.api import (
    Activity,
    Actor,
    BadReport,
    Bundle,
    Delivery,
    Failed,
    Gone,
    Privacy,
    Skipped,
    Source,
    SourceSettings,
    hookimpl,
)
from engine.db import transaction
from engine.pipeline import host
from engine.sources import instances


def row(ident: str, minutes: int = 30, kind: str = "talk", **more: Any) -> dict[str, Any]:
    return {"id": ident, "email": "bo@example.org", "minutes": minutes, "kind": kind, **more}


def a_file(*rows: dict[str, Any], **more: Any) -> Delivery:
    return Delivery(body=json.dumps(rows).encode(), name="talks.json", **more)


class First(Source):
    """Takes every row for a talk and counts minutes as they are; cannot read lunches."""

    name = "changing"
    title = "Talks"
    settings = SourceSettings
    privacy = Privacy(reads=("email",), keeps=("email",))

    def activities(
        self, bundle: Bundle, settings: Mapping[str, Any]
    ) -> Iterator[Activity | Gone | Skipped | Failed]:
        for delivery in bundle.deliveries:
            for number, one in enumerate(json.loads(delivery.body), start=1):
                yield self.read(number, one)

    def read(self, number: int, one: dict[str, Any]) -> Activity | Skipped | Failed:
        if one["kind"] == "lunch":
            return Failed(row=number, why="Lunches cannot be read.", mend="Wait for a newer one.")
        return self.activity(number, one, one["minutes"])

    def activity(self, number: int, one: dict[str, Any], minutes: int) -> Activity:
        return Activity(
            rows=(number,),
            keys=(one["id"],),
            actor=Actor(name=one.get("name"), email=one["email"]),
            verb="attended",
            type="webinar",
            title="Open data",
            at=datetime(2026, 9, 8, 12, tzinfo=UTC),
            duration=timedelta(minutes=minutes),
        )


class Second(First):
    """Rounds up to quarters of an hour, leaves out pauses, and reads lunches."""

    def read(self, number: int, one: dict[str, Any]) -> Activity | Skipped | Failed:
        if one["kind"] == "pause":
            return Skipped(row=number, why="A pause is no talk.")
        if one["kind"] == "broken":
            return Failed(row=number, why="Broken rows are told now.", mend="Mend it.")
        return self.activity(number, one, -(-one["minutes"] // 15) * 15)


class Strict(First):
    """Refuses everything."""

    def activities(
        self, bundle: Bundle, settings: Mapping[str, Any]
    ) -> Iterator[Activity | Gone | Skipped | Failed]:
        raise BadReport("This version reads nothing.", "Install another.")


@hookimpl
def register_sources() -> list[Source]:
    return [First()]


def add() -> None:
    with transaction():
        instances.add("changing", "c", {}, basis="notice")


def become(version: type[First]) -> None:
    """From now on the plugin is this version."""
    host().sources["changing"] = version()
