"""The L&D team's pages in a real browser: no barrier, no overflow, no complaint."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from factories import a_person
from flask import Flask
from playwright.sync_api import Browser, Page, Route, sync_playwright
from workbench_making import HOSTILE, REPORT, a_delivery, a_report, a_source, signed_in

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
ADDRESSES = ("/sources", "/sources/zoom", "/runs/1", "/runs/2", "/unaligned", "/help", "/privacy")

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


@pytest.fixture(params=SCREENS, ids=lambda screen: f"{screen[0]}-{screen[1]}")
def page(app: Flask, browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page for the L&D team of an instance with runs; no socket is opened."""
    scheme, width = request.param
    a_source(tags="policy")
    a_source("untagged")
    runs.run_file("zoom", a_delivery())
    runs.run_file("untagged", a_delivery(a_report(HOSTILE + "without-an-end" * 12)))
    profiles.catch_up()
    client = signed_in(app, a_person("Odile Brandt", "odile@example.org", "ld"))

    def answer(route: Route) -> None:
        sent = route.request
        path = sent.url.removeprefix(SITE)
        headers = {"Content-Type": sent.headers.get("content-type", "")}
        response = client.open(
            path, method=sent.method, data=sent.post_data_buffer, headers=headers, buffered=True
        )
        route.fulfill(
            status=response.status_code, headers=dict(response.headers), body=response.data
        )

    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    page.route("**/*", answer)
    yield page
    context.close()


def barriers(page: Page) -> str:
    found = Axe().run(page)
    return str(found.generate_report()) if found.violations_count else ""


def overflow(page: Page) -> int:
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    return max(int(wide), 0)


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_page_has_no_barrier_and_fits(page: Page, address: str) -> None:
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))

    page.goto(SITE + address)

    assert barriers(page) == ""
    assert overflow(page) == 0
    assert complaints == []


def test_a_preview_has_no_barrier_and_fits(page: Page) -> None:
    page.goto(f"{SITE}/sources/untagged")
    page.get_by_label("Report").set_input_files(REPORT)
    page.get_by_role("button", name="Show what it becomes").click()

    assert page.get_by_role("button", name="Record 4 activities").is_visible()
    assert barriers(page) == ""
    assert overflow(page) == 0


def test_a_refusal_has_no_barrier_and_fits(page: Page) -> None:
    page.goto(f"{SITE}/sources/zoom")
    page.get_by_role("button", name="Show what it becomes").click()

    assert page.locator("#report-error").is_visible()
    assert barriers(page) == ""
    assert overflow(page) == 0


def test_an_alignment_left_open_has_no_barrier_and_fits(page: Page) -> None:
    page.goto(f"{SITE}/unaligned")
    page.get_by_text("Choose what is matched").first.click()
    page.get_by_role("button", name="Align").first.click()

    assert page.get_by_text("No competency was chosen.").first.is_visible()
    assert barriers(page) == ""
    assert overflow(page) == 0
