"""My results, Approvals and the check of a badge in a real browser: no barrier, no overflow."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from factories import a_person
from flask import Flask
from flask.testing import FlaskClient
from learner_visits import acceptance, happening, stored, token
from playwright.sync_api import Browser, Page, Route, sync_playwright
from workbench_making import HOSTILE, signed_in

from engine import profiles
from engine.db import db, transaction
from engine.people import service as people
from engine.publishing import asserting, consents
from engine.publishing.consents import Choice
from engine.publishing.policy import Policy, decide

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run"]
SITE = "http://byway"
SCREENS = (("light", 320), ("light", 1280), ("dark", 390))
REPLIED = "http://id.tincanapi.com/verb/replied"
TOPIC = "http://id.tincanapi.com/activitytype/forum-topic"
ASK = "/badges/ask/data-literacy"

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
def shown(app: Flask) -> dict[str, bytes]:
    """Every page, and answers to forms, with something on it."""
    a_person("Bo Lund", "bo@example.org")
    a_person("Ines Roy", "ines@example.org")
    titles = ("How we closed the consultation", HOSTILE + "without-an-end" * 12, "Three", "Four")
    told = [happening(one, verb=REPLIED, kind=TOPIC, tags=("data",)) for one in titles]
    stored(app, *told, *(acceptance(one, "ines@example.org") for one in told))
    with transaction():
        decide(Policy(publishes=True, badge_level=1, issuer="Northmoor Council"), by="test")
        bo = people.who(people.get_person("bo@example.org"))
        consents.choose(bo, Choice(everything=True), known=frozenset())
    asserting.publish(people.get_person("bo@example.org"), profiles.today())
    profiles.catch_up()
    db.session.remove()
    learner = signed_in(app, bo)
    odile = signed_in(app, a_person("Odile Brandt", "odile@example.org", "ld"))
    pages = {
        "/badges/empty": odile.get("/badges").data,
        ASK: learner.get(ASK).data,
        "/answered/ask": posted(learner, ASK, words="x" * 1001, badge="1"),
    }
    posted(learner, ASK, badge="1", words="For my review.", shared=[one["id"] for one in told[:2]])
    path = re.search(r'"(/approvals/[0-9a-f-]{36})"', odile.get("/approvals").text)[1]  # type: ignore[index]
    pages |= {
        "/badges/waiting": learner.get("/badges").data,
        "/approvals/waiting": odile.get("/approvals").data,
        "/approvals/one": odile.get(path).data,
        "/answered/decline": posted(odile, f"{path}/decline", reason=""),
        "/answered/settings": posted(odile, "/approvals/settings", badge_level="1", issuer=""),
    }
    posted(odile, f"{path}/confirm", badge="1")
    badge = learner.get(f"/badges/{path[-36:]}.jwt").text
    return pages | {
        "/badges": learner.get("/badges").data,
        "/approvals": odile.get("/approvals").data,
        "/approvals/decided": odile.get(path).data,
        "/check-badge": app.test_client().get("/check-badge").data,
        "/answered/check": posted(app.test_client(), "/check-badge", token=badge, email="x@y.z"),
        "/learning": learner.get("/learning").data,
    }


def posted(client: FlaskClient, path: str, **fields: object) -> bytes:
    """What comes back for a form."""
    fields["csrf_token"] = token(client.get("/check-badge").text)
    return client.post(path, data=fields).data


@pytest.fixture(params=SCREENS, ids=lambda screen: f"{screen[0]}-{screen[1]}")
def page(
    app: Flask, shown: dict[str, bytes], browser: Browser, request: pytest.FixtureRequest
) -> Iterator[Page]:
    """An empty page whose every request is answered without a socket."""
    scheme, width = request.param
    client = app.test_client()

    def answer(route: Route) -> None:
        path = route.request.url.removeprefix(SITE)
        body = shown.get(path)
        if body is None:
            found = client.get(path, buffered=True)
            route.fulfill(status=found.status_code, headers=dict(found.headers), body=found.data)
        else:
            route.fulfill(status=200, content_type="text/html; charset=utf-8", body=body)

    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    page.route("**/*", answer)
    yield page
    context.close()


def faults(page: Page, address: str) -> list[str]:
    """What is wrong with a page: barriers, its width, what the browser complains of."""
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(SITE + address)
    found = Axe().run(page)
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    barriers = [str(found.generate_report())] if found.violations_count else []
    return [*barriers, *([f"{wide} px too wide"] if wide > 0 else []), *complaints]


def test_no_page_has_a_barrier_or_is_too_wide(page: Page, shown: dict[str, bytes]) -> None:
    found = {address: faults(page, address) for address in shown}

    assert found == {address: [] for address in shown}


def test_each_page_has_at_most_one_primary_button(page: Page, shown: dict[str, bytes]) -> None:
    buttons = {address: primary(page, address) for address in shown}

    assert max(buttons.values()) == 1


def primary(page: Page, address: str) -> int:
    page.goto(SITE + address)
    return page.locator(".btn-primary").count()
