"""The L&D team's pages in a real browser: no barrier, no overflow, no complaint."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from factories import a_person
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page, Route
from workbench_making import (
    HOSTILE,
    a_delivery,
    a_report,
    a_source,
    posted,
    signed_in,
    uploaded,
)

from engine import profiles
from engine.sources import runs

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SITE = "http://byway"
SCREENS = (("light", 320), ("light", 1280), ("dark", 390))
LONG = HOSTILE + "without-an-end" * 12
ADDRESSES = (
    "/sources",
    "/sources/zoom",
    "/runs/1",
    "/runs/2",
    "/unaligned",
    "/help",
    "/privacy",
    "/accessibility",
    "/answered/preview",
    "/answered/refusal",
    "/answered/alignment",
)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="chromium is not installed"),
]


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """The L&D team of an instance with a tagged source, an untagged one, and a run of each."""
    a_source(tags="policy")
    a_source("untagged")
    runs.run_file("zoom", a_delivery())
    runs.run_file("untagged", a_delivery(a_report(LONG)))
    profiles.catch_up()
    return signed_in(app, a_person("Odile Brandt", "odile@example.org", "ld"))


@pytest.fixture(params=SCREENS, ids=lambda screen: f"{screen[0]}-{screen[1]}")
def page(client: FlaskClient, browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """An empty page whose every request is answered by the application, without a socket.

    The answers to forms stand under addresses of their own: an intercepted request has no file.
    """
    scheme, width = request.param
    answered = {
        "/answered/preview": uploaded(client, "untagged", name=f"{LONG}.csv"),
        "/answered/refusal": uploaded(client, "zoom", b"a,b"),
        "/answered/alignment": posted(client, "/unaligned", place="align-1"),
    }

    def answer(route: Route) -> None:
        path = route.request.url.removeprefix(SITE)
        response = answered.get(path) or client.get(path, buffered=True)
        headers = dict(response.headers)
        route.fulfill(status=200, headers=headers, body=response.data)

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
    page.evaluate("document.querySelectorAll('details').forEach(fold => fold.open = true)")
    found = Axe().run(page)
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    barriers = [str(found.generate_report())] if found.violations_count else []
    return [*barriers, *([f"{wide} px too wide"] if wide > 0 else []), *complaints]


def test_no_page_has_a_barrier_or_is_too_wide(page: Page) -> None:
    found = {address: faults(page, address) for address in ADDRESSES}

    assert found == {address: [] for address in ADDRESSES}


def test_what_is_said_at_a_field_is_tied_to_it(page: Page) -> None:
    page.goto(f"{SITE}/answered/refusal")
    field = page.get_by_label("Report")

    assert field.get_attribute("aria-invalid") == "true"
    assert page.locator(
        f"#{(field.get_attribute('aria-describedby') or '').split()[1]}"
    ).is_visible()


def test_the_one_primary_button_records(page: Page) -> None:
    page.goto(f"{SITE}/answered/preview")

    assert page.locator(".btn-primary").all_inner_texts() == ["Record 4 activities"]
