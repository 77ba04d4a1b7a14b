"""Moodle forums: the export of a forum, and the web services of mod_forum."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.api import (
    Activity,
    BadReport,
    Bundle,
    Delivery,
    Failed,
    Fetch,
    Gone,
    Privacy,
    Refused,
    Skipped,
    Source,
    SourceSettings,
    Words,
    fields,
    hookimpl,
    is_zip,
    secret_text,
)
from plugins.forums.addresses import base_address
from plugins.moodle_forum.answers import read_answers
from plugins.moodle_forum.asking import Asking
from plugins.moodle_forum.export import read_export
from plugins.moodle_forum.forum import Forums


class MoodleForumSettings(SourceSettings):
    """The Moodle site, and the token it is asked with."""

    url = base_address("Address of the Moodle site", "Such as https://moodle.northmoor.example.")
    token = secret_text(
        "Web service token",
        "Of a user who sees the forums and nothing else. Leave empty to upload files.",
    )
    courses = Words(
        load_default=list,
        metadata={
            "label": "Courses",
            "help": "Their numbers, as in course/view.php?id=12. Empty for all the token sees.",
        },
    )
    groups = fields.Boolean(
        load_default=False,
        metadata={
            "label": "Also discussions of groups",
            "help": "Only where groups may see each other's discussions.",
        },
    )


class MoodleForum(Source):
    """The forums of a Moodle site; people are known by their Moodle number."""

    name = "moodle_forum"
    title = "Moodle forums"
    api_version = 1
    mark = "Mf"
    hosts = ("{url}",)
    settings = MoodleForumSettings
    privacy = Privacy(
        reads=("names", "Moodle user numbers", "posts"),
        keeps=("name", "Moodle user number", "subjects", "the first 200 characters of a post"),
        note="Private replies are left out, and discussions of groups unless it is said otherwise.",
    )

    def activities(
        self, bundle: Bundle, settings: Mapping[str, Any]
    ) -> Iterator[Activity | Gone | Skipped | Failed]:
        forums = Forums(settings["url"], with_groups=bool(settings.get("groups")))
        for delivery in bundle.deliveries:
            body = delivery.body
            is_json = not is_zip(body) and body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[")
            if body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<":
                raise BadReport(
                    "This is a page, or an answer of Moodle as XML.",
                    "Ask for the answer with moodlewsrestformat=json, or export the forum as CSV.",
                )
            yield from read_answers(forums, body) if is_json else read_export(forums, body)

    def poll(
        self, cursor: str | None, fetch: Fetch, settings: Mapping[str, Any]
    ) -> Iterator[Delivery]:
        """Bring the discussions with something new since the cursor."""
        if not settings.get("token"):
            raise Refused("There is no token to ask with.", "Enter a token.", where="token")
        asking = Asking(settings["url"], settings["token"], fetch)
        yield from asking.news(cursor, settings.get("courses") or [])


@hookimpl
def register_sources() -> list[Source]:
    return [MoodleForum()]
