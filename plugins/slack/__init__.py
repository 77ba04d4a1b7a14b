"""Slack: the export of a workspace, its public channels only."""

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
    hookimpl,
)
from plugins.forums.addresses import base_address
from plugins.slack.export import read_export
from plugins.slack.talk import Workspace


class SlackSettings(SourceSettings):
    """Which workspace it is; its accounts and links are made of the address."""

    url = base_address(
        "Address of the workspace",
        "As people open it in a browser, such as https://northmoor.slack.com.",
    )


class Slack(Source):
    """A workspace's export. Private channels and direct messages are never read."""

    name = "slack"
    title = "Slack export"
    api_version = 1
    mark = "Sl"
    settings = SlackSettings
    privacy = Privacy(
        reads=("names", "email addresses in the list of members", "messages", "reactions"),
        keeps=("name", "email", "account", "the first 200 characters of a message"),
        note=(
            "Only public channels are read. Private channels and direct messages stay in the file, "
            "also where an export holds them."
        ),
    )

    def activities(
        self, bundle: Bundle, settings: Mapping[str, Any]
    ) -> Iterator[Activity | Gone | Skipped | Failed]:
        for delivery in bundle.deliveries:
            yield from Workspace(settings["url"], read_export(delivery.body)).read()


@hookimpl
def register_sources() -> list[Source]:
    return [Slack()]
