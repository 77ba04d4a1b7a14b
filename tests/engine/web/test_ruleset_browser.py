"""The pages of frameworks and rulesets in a real browser: no barrier, no overflow, no complaint."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from flask.testing import FlaskClient
from live_log import an_origin, answered, put
from playwright.sync_api import Browser, Page, Route
from ruleset_making import (
    IMPORT,
    RULES,
    TABLE,
    a_draft,
    a_file,
    brought,
    change_rule,
    hidden,
    publish,
    save_text,
    sent,
    text_of,
    the_team,
)
from test_workbench_pages import CHROMIUM, LONG, SITE

from engine import profiles
from engine.competencies import rulesets

SCREENS = (("light", 320), ("light", 1280), ("dark", 320), ("dark", 1280))

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="chromium is not installed"),
]


@pytest.fixture
def team(app: Flask) -> FlaskClient:
    """The L&D team of an instance where six people answered in four threads each."""
    answers = [answered(f"p{n}@example.org", str(at)) for n in range(6) for at in range(4)]
    put(an_origin(), *answers)
    profiles.catch_up()
    return the_team(app)


def pages_of_frameworks(team: FlaskClient) -> dict[str, str]:
    """Each page of frameworks, and each step of an import, as it is sent."""
    wide = TABLE.replace(b"Fits", b"without-an-end" * 12)
    asked = brought(team, ("without-an-end" * 12 + ".csv", wide)).text
    fields = hidden(asked, f"{IMPORT}/preview")
    wrong = {**fields, "column-0": "label", "column-1": "label"}
    preview = brought(team, a_file("moodle_town.csv")).text
    done = sent(team, f"{IMPORT}/keep", **hidden(preview, f"{IMPORT}/keep")).location
    return {
        "/all": team.get("/workbench/frameworks").text,
        "/one": team.get(done).text,
        "/choose": team.get(IMPORT).text,
        "/refused": brought(team, ("x.csv", b"")).text,
        "/columns": asked,
        "/columns-wrong": sent(team, f"{IMPORT}/preview", **wrong).text,
        "/preview": preview,
        "/again": brought(team, a_file("moodle_town.csv")).text,
    }


def pages_of_rulesets(team: FlaskClient) -> dict[str, str]:
    """Each page of rulesets, sound and with what is wrong, as it is sent."""
    draft, other = a_draft(team), a_draft(team)
    sent(team, f"{draft}/rules/5/remove", revision="0")
    tried = team.get(sent(team, f"{draft}/simulate").location).text
    change_rule(team, other, 0, weight="0.2", tags_any=LONG)
    sound = {
        "/draft": team.get(draft).text,
        "/rule": team.get(f"{draft}/rules/1").text,
        "/new-rule": team.get(f"{draft}/rules/13").text,
        "/rule-wrong": change_rule(team, draft, 1, weight="x", id="").text,
        "/simulation": tried,
        "/every": team.get(RULES).text,
    }
    publish(team, draft, note=LONG)
    newer = publish(team, other).text
    save_text(team, other, text_of(team, other).replace("kind: authored", "kind: written"))
    version = team.get(f"{RULES}/{rulesets.every()[0].sha256}").text
    return {**sound, "/newer": newer, "/version": version, "/wrong": team.get(other).text}


def faults(page: Page, address: str) -> list[str]:
    """What is wrong with a page: barriers, its width, what the browser complains of."""
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(SITE + address)
    page.evaluate("document.querySelectorAll('details').forEach(fold => fold.open = true)")
    found = Axe().run(page)
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    barriers = [str(found.generate_report())] if found.violations_count else []
    return [*barriers, *([f"{wide} px too wide"] if wide > 0 else []), *complaints]


@pytest.mark.parametrize("make", [pages_of_frameworks, pages_of_rulesets])
def test_no_page_has_a_barrier_or_is_too_wide(
    team: FlaskClient, browser: Browser, make: object
) -> None:
    made = pages_of_frameworks(team) if make is pages_of_frameworks else pages_of_rulesets(team)

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
