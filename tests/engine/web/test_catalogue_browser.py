"""The pages of the catalogue in a real browser: no barrier, no overflow, no complaint."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator

import pytest
from factories import a_person
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page, Route
from plugin_set_making import chosen, installed, source
from test_workbench_pages import CHROMIUM, LONG, SCREENS, SITE, faults
from workbench_making import a_source, posted, signed_in

from engine.plugin_sets import sets

ADDRESSES = (
    "/plugins",
    "/plugins/zoom",
    "/plugins/sheet",
    "/plugins/broken",
    "/plugin-sets",
    "/answered/upload",
    "/answered/unfit",
)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="chromium is not installed"),
]


@pytest.fixture
def client(app: Flask, make_app: Callable[..., Flask]) -> Iterator[FlaskClient]:
    """An operator where a plugin is enabled, one is quarantined and one is disabled."""
    a_source("webinars")
    unfit = installed("broken", module=f'"""Odd."""\nraise RuntimeError({LONG!r})\n')
    chosen(installed("sheet"), unfit, off=["feed"])
    installed("sheet", version="2.0.0", module=source(api=2))
    sets.check("sheet", "2.0.0")
    with make_app().app_context() as context:
        yield signed_in(context.app, a_person("Odile Brandt", "odile@example.org", "operator"))


@pytest.fixture(params=SCREENS, ids=lambda screen: f"{screen[0]}-{screen[1]}")
def page(client: FlaskClient, browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """An empty page whose every request is answered by the application, without a socket."""
    scheme, width = request.param
    file = (io.BytesIO(b"JFIF"), f"{LONG}.whl")
    answered = {
        "/answered/upload": posted(client, "/plugins", wheel=file),
        "/answered/unfit": posted(client, "/plugins/sheet/enable", version="2.0.0"),
    }

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
    assert {address: wrong for address, wrong in found.items() if wrong} == {}
