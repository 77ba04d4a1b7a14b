"""The pages of mappings in a real browser: no barrier, no overflow, no complaint."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from mapping_making import FILLED, MAPPING, NAMED, PAGES, SHEET, asked, form_of, shown
from playwright.sync_api import Browser, Route
from ruleset_making import the_team
from test_ruleset_browser import faults
from test_workbench_pages import CHROMIUM, LONG, SITE
from workbench_making import posted

import plugins.mapped
from engine.db import db, transaction
from engine.sources import instances

SCREENS = (("light", 360), ("light", 1280), ("dark", 320), ("dark", 1280))

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="chromium is not installed"),
]


@pytest.fixture
def team(make_app: Callable[..., Flask]) -> Iterator[FlaskClient]:
    """The L&D team of an instance with a mapped source."""
    app = make_app([("mapped", plugins.mapped)])
    with app.app_context():
        with transaction():
            given = {"system": "Talks", "mapping": MAPPING, "title": LONG[:80]}
            instances.add("mapped", "talks", given, basis="notice")
        yield the_team(app)
        db.session.remove()


def pages_of_mappings(team: FlaskClient) -> dict[str, str]:
    """Each page of a mapping, sound and with what is wrong, as it is sent."""
    wide = SHEET.replace(b"Room", LONG.encode())
    page = shown(team, wide).text
    source = f"{PAGES}/of/talks"
    form = form_of(team.get(source).text, source)
    sample = (io.BytesIO(wide), "talks.csv")
    return {
        "/new": team.get(f"{PAGES}/new").text,
        "/nothing": posted(team, f"{PAGES}/new").text,
        "/guessed": page,
        "/wrong": asked(team, page, "try", **{"text-zone": "Madrid", "text-email": "x"}).text,
        "/becomes": asked(team, page, "try", **FILLED).text,
        "/unfit": asked(team, page, "add", **{**FILLED, **NAMED, "name": "A b"}).text,
        "/source": team.get(source).text,
        "/tried": posted(team, source, **form, sample=sample, then="try").text,
        "/text": posted(team, f"{source}/text", text="key: [").text,
    }


def test_no_page_has_a_barrier_or_is_too_wide(team: FlaskClient, browser: Browser) -> None:
    made = pages_of_mappings(team)

    def answer(route: Route) -> None:
        path = route.request.url.removeprefix(SITE)
        response = team.get(path, buffered=True) if path not in made else None
        headers = dict(response.headers) if response else {"content-type": "text/html"}
        route.fulfill(status=200, headers=headers, body=response.data if response else made[path])

    found = {}
    for scheme, width in SCREENS:
        viewport = {"width": width, "height": 900}
        page = browser.new_page(viewport=viewport, color_scheme=scheme)  # type: ignore[arg-type]
        page.route("**/*", answer)
        found |= {f"{path} {scheme} {width}": faults(page, path) for path in made}
        page.close()
    assert {path: told for path, told in found.items() if told} == {}
