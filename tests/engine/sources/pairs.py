"""Reports beside what a preview shows of them; as a script it writes the expected files again.

Ids follow from the installation's secret, so both use this one.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine import instance
from engine.api import Delivery
from engine.app import create_app
from engine.config import read_settings
from engine.db import transaction
from engine.sources import instances, runs

DATA = Path(__file__).parents[2] / "data"
SECRET = bytes(range(32))


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A report, how it came, and the settings of its source."""

    plugin: str
    report: str
    settings: Mapping[str, str]
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The report's name as it stands in the data."""
        return f"{self.plugin}/{self.report}"

    @property
    def expected(self) -> Path:
        """Where the statements are kept."""
        return DATA / self.plugin / f"{Path(self.report).stem}.statements.json"

    def shown(self) -> Any:
        """What a preview must show."""
        return json.loads(self.expected.read_text(encoding="utf-8"))


def _zoom(report: str) -> Pair:
    settings = {"timezone": "America/Toronto", "tags": "policy"}
    return Pair(plugin="zoom", report=report, settings=settings)


def _discourse(report: str, event: str = "") -> Pair:
    headers = {"x-discourse-event": event, "x-discourse-event-type": event.partition("_")[0]}
    settings = {"url": "https://forum.example.org", "community": "Evidence forum"}
    return Pair(
        plugin="discourse", report=report, settings=settings, headers=headers if event else {}
    )


def _feed(report: str) -> Pair:
    return Pair(plugin="feed", report=report, settings={"site": "https://blog.example.org"})


PAIRS = (
    *map(_zoom, ("webinar.csv", "participants_81234567890.csv", "unique_users.csv")),
    *map(_discourse, ("latest.json", "posts.json", "topic_page.json")),
    _discourse("topic_created.json", "topic_created"),
    _discourse("post_created_first.json", "post_created"),
    _discourse("post_created_reply.json", "post_created"),
    *map(_feed, ("atom_team.xml", "rss091.xml", "rss10.xml")),
    *map(_feed, ("wordpress.xml", "wordpress_comments.xml")),
    *map(_feed, ("blogger_posts.xml", "blogger_comments.xml")),
    *map(_feed, ("blogger_export.xml", "blogger_takeout.xml")),
)


def previewed(pair: Pair) -> Any:
    """What a preview of the report shows, in the running application."""
    name = pair.plugin
    if instances.find(name) is None:
        with transaction():
            instances.add(pair.plugin, name, pair.settings, basis="notice")
    body = (DATA / pair.plugin / pair.report).read_bytes()
    report = runs.preview(name, Delivery(body=body, name=pair.report, headers=pair.headers))
    return json.loads(json.dumps(report.as_json()))


def write_all() -> None:
    """Write what previews show now as what they must show."""
    with tempfile.TemporaryDirectory() as directory:
        settings = read_settings({"BYWAY_INSTANCE": directory})
        settings.secret_file.write_bytes(SECRET)
        with create_app(settings).app_context():
            instance.upgrade()
            for pair in PAIRS:
                shown = json.dumps(previewed(pair), indent=1, ensure_ascii=False)
                pair.expected.write_text(shown + "\n", encoding="utf-8")


if __name__ == "__main__":
    write_all()
