"""Where public servants learn: each place has its way in, and what happened there gets recorded.

One row for each of the table in docs/sources/README.md; the files are the plugins' own samples.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from factories import a_key, a_person, headers, settings_in
from flask import Flask
from pytest_httpserver import HTTPServer

from engine.app import create_app
from engine.db import db, transaction
from engine.pipeline import host, reader
from engine.sources import decisions, doors, instances, runs
from engine.sources.decisions import Note
from engine.testkit.samples import samples_in
from engine.testkit.samples import settings_in as sample_settings
from xapi import text
from xapi.vocabulary import TYPES, VERBS

ROOT = Path(__file__).parents[2]
FILES = {
    "GovLoop, posts and comments": ("wordpress", "posts"),
    "GovLoop, members": ("wordpress", "members"),
    "GovLoop, groups": ("buddypress", "activity"),
    "GovLoop Academy": ("attendance", "certificates"),
    "GovLoop, mentors": ("mentoring", "log"),
    "NovaGob, debates": ("elgg", "debates"),
    "NovaGob, table of activity": ("communities", "facilitator"),
    "Challenge.gov": ("ideas", "challenge"),
    "GitHub": ("forge", "issue"),
    "Microblogs": ("microblog", "outbox"),
    "IDeA Communities of Practice": ("communities", "archive"),
    "IDeA, lists of events": ("calendar", "meetings"),
    "CPSRENEWAL.CA, Contrarian Thinking": ("blogger", "posts"),
    "The CGE blog": ("feed", "magazine"),
    "Conferences, lunch-and-learns": ("attendance", "conference"),
    "Learning Pool, webinars": ("gotowebinar", "attendees"),
    "Yammer": ("yammer", "export"),
    "Simpl, DotGovLabs": ("ideas", "voters"),
}
NAMES_ONLY = dict.fromkeys(
    ("GovLoop, groups", "NovaGob, debates", "NovaGob, table of activity"), "unmatched"
)
"""Where people show a name and nothing else, rows wait until somebody links them."""
OTHERWISE = {
    "E-learning",
    "The list of public service blogs",
    "Lunches and committees",
    "Slideshare decks",
    "Essex Vine",
}


@pytest.fixture
def site(instance_dir: Path, database_url: str) -> Iterator[Flask]:
    """The application with what is installed; its sources may ask this machine."""
    settings = replace(settings_in(instance_dir, database_url), allow_private_fetch=True)
    app = create_app(settings)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def objects() -> set[str]:
    """What the recorded statements are about."""
    return {text.parse(one.payload)["object"]["id"] for one in reader().log(0, 500)}


def places() -> list[str]:
    """The places of the table in the docs."""
    page = (ROOT / "docs/sources/README.md").read_text("utf-8")
    table = page.partition("| place | way in |")[2]
    return re.findall(r"^\| ([^|]+?) \|", table, re.MULTILINE)


def test_every_place_of_the_table_is_tried() -> None:
    assert sorted(places()) == sorted([*FILES, *OTHERWISE])


@pytest.mark.parametrize("place", FILES)
def test_a_file_of_the_place_is_recorded(site: Flask, place: str) -> None:
    plugin, name = FILES[place]
    folder = ROOT / "plugins" / plugin / "pairs"
    sample = next(one for one in samples_in(folder) if one.name.startswith(name))
    with transaction():
        instances.add(plugin, "here", sample_settings(folder), basis="notice")
    report = runs.run_file("here", sample.deliveries[-1])
    assert report.counts[NAMES_ONLY.get(place, "new")] > 0


@pytest.mark.parametrize("place", FILES)
def test_the_docs_name_the_plugin_of_the_place(place: str) -> None:
    page = (ROOT / "docs/sources/README.md").read_text("utf-8")
    row = next(line for line in page.splitlines() if line.startswith(f"| {place} |"))
    assert f"`{FILES[place][0]}`" in row


BLOG = """<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>{0}</title>
<link>https://{0}.example.org/</link><item><title>On {0}</title>
<link>https://{0}.example.org/first</link><guid>https://{0}.example.org/first</guid>
<author>{0}@example.org (An Author)</author><pubDate>Mon, 14 Sep 2026 09:00:00 GMT</pubDate>
</item></channel></rss>"""


def test_one_list_of_blogs_brings_them_all(site: Flask, httpserver: HTTPServer) -> None:
    for name in ("ledger", "harbour"):
        httpserver.expect_request(f"/{name}").respond_with_data(
            BLOG.format(name), content_type="application/rss+xml"
        )
    outlines = "".join(
        f'<outline type="rss" text="{name}" xmlUrl="{httpserver.url_for(f"/{name}")}"/>'
        for name in ("ledger", "harbour")
    )
    listed = f'<opml version="2.0"><head/><body>{outlines}</body></opml>'
    with transaction():
        instances.add("feed", "blogs", {"feeds": listed}, basis="notice")
    report = doors.poll("blogs")
    assert report.counts["new"] == 2
    assert objects() == {"https://ledger.example.org/first", "https://harbour.example.org/first"}


@pytest.mark.parametrize(
    ("kind", "link"),
    [
        pytest.param("lunch-and-learn", None, id="a lunch"),
        pytest.param("committee", None, id="a committee"),
        pytest.param("slide-deck", "https://slides.example.org/open-data", id="slides"),
    ],
)
def test_what_no_system_saw_is_noted(site: Flask, kind: str, link: str | None) -> None:
    noted = Note(title="Open data", kind=kind, at=datetime(2026, 9, 14, 12, tzinfo=UTC), link=link)
    with transaction():
        sid = decisions.note(a_person(), noted)
    stored = text.parse(reader().many([sid])[sid].payload)
    assert stored["object"]["definition"]["type"] == TYPES[kind]
    assert link in (None, stored["object"]["id"])


@pytest.mark.parametrize("place", ["E-learning", "Essex Vine"])
def test_learning_systems_send_what_happened(site: Flask, place: str) -> None:
    course = {"id": "https://lms.example.org/course/7", "definition": {"type": TYPES["course"]}}
    said = {
        "actor": {"mbox": "mailto:bo@example.org"},
        "verb": {"id": VERBS["completed"].iri},
        "object": course,
    }
    answer = site.test_client().post(
        "/xapi/statements", data=json.dumps(said), headers=headers(a_key("lms"))
    )
    assert answer.status_code == 200
    assert objects() == {course["id"]}


def test_every_source_that_comes_with_byway_has_a_guide(site: Flask) -> None:
    guides = {path.stem for path in (ROOT / "docs/sources").glob("*.md")}
    assert set(host().sources) - guides == set()
