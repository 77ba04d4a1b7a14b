"""Setting sources up in a real browser: no barrier, no overflow, no complaint."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import toy
from factories import a_person
from flask import Flask
from flask.testing import FlaskClient
from instance_making import SECRET, a_polled_toy, answers, fails, set_care
from playwright.sync_api import Browser, Page, Route
from pytest_httpserver import HTTPServer
from test_workbench_pages import CHROMIUM, LONG, SCREENS, SITE, faults
from workbench_making import posted, signed_in

from engine.db import transaction
from engine.sources import alerts, hook_log, instances

ADDRESSES = (
    "/sources",
    "/sources/s",
    "/add-source/zoom",
    "/sources/s/settings",
    "/sources/s/doors",
    "/sources/t/doors",
    "/answered/new",
    "/answered/settings",
    "/answered/works",
    "/answered/fails",
)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="chromium is not installed"),
]


@pytest.fixture
def client(toys: Flask, httpserver: HTTPServer) -> FlaskClient:
    """The L&D team's browser; a source with calls, failures and an alert, and one that rests."""
    a_polled_toy(httpserver, secret=SECRET, title=LONG[:80])
    fails(httpserver)
    set_care(failures=5)
    client = signed_in(toys, a_person("Odile Brandt", "odile@example.org", "ld"))
    posted(client, "/sources/s/poll")
    headers = {"X-Secret": SECRET}
    toys.test_client().post("/sources/s/hook", data=toy.file(toy.did("a")).body, headers=headers)
    with transaction() as session:
        source = instances.get("s").id
        hook_log.note(session, source, status=401, outcome="refused", size=9, why=LONG)
        instances.pause(instances.get("t"))
    alerts.sweep()
    client.get("/sources")  # what was done has been said
    return client


@pytest.fixture(params=SCREENS, ids=lambda screen: f"{screen[0]}-{screen[1]}")
def page(
    client: FlaskClient, browser: Browser, httpserver: HTTPServer, request: pytest.FixtureRequest
) -> Iterator[Page]:
    """An empty page whose every request is answered by the application, without a socket."""
    scheme, width = request.param
    answered = {
        "/answered/new": posted(client, "/add-source/zoom", name=LONG, notice=LONG),
        "/answered/settings": posted(client, "/sources/s/settings", **{"set-hours": LONG}),
        "/answered/fails": posted(client, "/sources/s/test"),
    }
    answers(httpserver, toy.did("a"), toy.fail())
    answered["/answered/works"] = posted(client, "/sources/s/test")

    def answer(route: Route) -> None:
        path = route.request.url.removeprefix(SITE)
        response = answered.get(path) or client.get(path, buffered=True)
        route.fulfill(status=200, headers=dict(response.headers), body=response.data)

    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    page.route("**/*", answer)
    yield page
    context.close()


def test_no_page_has_a_barrier_or_is_too_wide(page: Page) -> None:
    found = {address: faults(page, address) for address in ADDRESSES}
    assert found == {address: [] for address in ADDRESSES}


def test_what_is_said_at_a_field_is_tied_to_it(page: Page) -> None:
    page.goto(f"{SITE}/answered/settings")
    field = page.locator("#set-hours")
    assert field.get_attribute("aria-invalid") == "true"
    assert page.locator(f"#{field.get_attribute('aria-describedby')}").is_visible()


def test_the_one_primary_button_tests_the_connection(page: Page) -> None:
    page.goto(f"{SITE}/sources/s/doors")
    assert page.locator(".btn-primary").all_inner_texts() == ["Test the connection"]
