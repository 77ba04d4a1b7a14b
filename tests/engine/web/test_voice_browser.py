"""Voices and disputes in a real browser: no barrier, no overflow, no complaint."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from factories import a_person
from flask import Flask
from flask.testing import FlaskClient
from live_log import an_origin, answered, put
from playwright.sync_api import Browser, Page, Route, sync_playwright
from voice_making import DATA, PATH, manages, rating, ruleset, stated
from werkzeug.test import TestResponse
from workbench_making import signed_in

from engine import asked_levels, disputes, profiles
from engine.db import transaction
from engine.disputes import ITEM, LEVEL
from engine.people import service as people
from engine.people.service import Who

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
SITE = "http://byway"
SCREENS = (("light", 320), ("light", 1280), ("dark", 360))
LONG = "Averyveryverylongwordwithoutanyend" * 4
HERS = (
    PATH,
    "/LINE",
    "/levels/asked",
    "/levels/asked/2",
    "/disputes",
    "/DISPUTE",
    "/disputes/new?level=policy-and-public-value",
    "/answered/own",
    "/answered/dispute",
)
TEAMS = ("/workbench/disputes", "/workbench/DISPUTE", "/workbench/LEVEL")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="chromium is not installed"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def places(app: Flask) -> dict[str, str]:
    """Somebody with all four voices, two disputes and a request; where these stand."""
    bo, ines = a_person("Bo Lund", "bo@example.org"), a_person("Ines Roy", "ines@example.org")
    ann, odile = a_person("Ann Boss", "ann@example.org"), a_person("Odile", "o@example.org", "ld")
    manages(ann, bo)
    (line,) = put(an_origin("forum"), answered(thing="1"))
    trusted = an_origin("hr", ceiling="expert", attests="expert")
    put(trusted, rating(ann.email, bo.email, 2, words=LONG), rating("kim@example.org", bo.email))
    put(trusted, rating(ines.email, bo.email, 3, words="Good charts", named=True))
    profiles.catch_up()
    asked_levels.state_own(bo, DATA, ruleset(), stated(3, "I run the data clinic"))
    with transaction():
        asked_levels.ask(bo, ines.email, DATA)
        asked_levels.ask(ines, bo.email, DATA)
    item = disputes.open_(bo, ITEM, line, LONG, uuid.UUID(line))
    level = disputes.open_(bo, LEVEL, DATA, "Two clinics are missing")
    with transaction():
        disputes.follow(odile, item, "answered", "When did you leave?")
    return {"LINE": f"learning/{line}", "DISPUTE": f"disputes/{item}", "LEVEL": f"disputes/{level}"}


@pytest.fixture(params=SCREENS, ids=lambda screen: f"{screen[0]}-{screen[1]}")
def window(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A window that the tests fill."""
    scheme, width = request.param
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    yield context.new_page()
    context.close()


def serve(page: Page, client: FlaskClient, refusals: dict[str, TestResponse]) -> None:
    """Answer every request of a window by the application, without a socket."""

    def answer(route: Route) -> None:
        path = route.request.url.removeprefix(SITE)
        response = refusals.get(path) or client.get(path, buffered=True)
        route.fulfill(status=200, headers=dict(response.headers), body=response.data)

    page.route("**/*", answer)


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


def known(email: str) -> Who:
    return people.who(people.get_person(email))


def sent(client: FlaskClient, path: str, **fields: str) -> TestResponse:
    """What comes back for a form, sent with the token that every page has."""
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/learning/add").text)
    form = {"csrf_token": token[1] if token else "", **fields}
    return client.post(path, data=form)


def at(address: str, places: dict[str, str]) -> str:
    name = address.rpartition("/")[2]
    return address.replace(name, places[name]) if name in places else address


def test_no_page_of_a_learner_has_a_barrier(
    app: Flask, window: Page, places: dict[str, str]
) -> None:
    client = signed_in(app, known("bo@example.org"))
    refusals = {
        "/answered/own": sent(client, "/levels/data-literacy/own", level="9"),
        "/answered/dispute": sent(client, "/disputes/new", level="data-literacy", text=""),
    }
    serve(window, client, refusals)
    found = {address: faults(window, at(address, places)) for address in HERS}

    assert found == {address: [] for address in HERS}


def test_no_page_of_the_team_has_a_barrier(
    app: Flask, window: Page, places: dict[str, str]
) -> None:
    serve(window, signed_in(app, known("o@example.org")), {})
    found = {address: faults(window, at(address, places)) for address in TEAMS}

    assert found == {address: [] for address in TEAMS}
