"""The pages of runs in a real browser: no barrier, no overflow, no complaint."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import changing
import pytest
from changing import Second, row
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page, Route
from run_visits import REPLAY, a_run, an_app, left, mixed, odile, shown
from test_workbench_pages import CHROMIUM, LONG, SCREENS, SITE, faults

from engine.db import db
from engine.sources import replaying
from engine.sources.replaying import Window

ADDRESSES = (
    "/runs/1",
    "/runs/1?outcome=failed",
    "/runs/2",
    "/runs/3",
    "/runs/3?outcome=voided",
    "/runs/4",
    REPLAY,
    "/answered/replay",
    "/answered/days",
)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="chromium is not installed"),
]


@pytest.fixture
def client(make_app: Callable[..., Flask]) -> Iterator[FlaskClient]:
    """Odile's browser, on runs with problems, of somebody else, replayed, and under way."""
    app = an_app(make_app)
    with app.app_context():
        client = odile(app)
        a_run(*mixed(), row("e", email=None, name=LONG[:300]))
        a_run(row("f"), by="ruth@example.org")
        changing.become(Second)
        replaying.replay(Window(name="c", since=0, until=1 << 62), by="odile@example.org")
        changing.become(changing.First)
        left(*mixed())
        yield client
        db.session.remove()


@pytest.fixture(params=SCREENS, ids=lambda screen: f"{screen[0]}-{screen[1]}")
def page(client: FlaskClient, browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """An empty page whose every request is answered by the application, without a socket."""
    scheme, width = request.param
    answered = {
        "/answered/replay": shown(client),
        "/answered/days": shown(client, until="2019-01-01"),
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
    assert found == {address: [] for address in ADDRESSES}


def test_the_one_primary_button_reads_again(page: Page) -> None:
    page.goto(f"{SITE}/answered/replay")
    assert page.locator(".btn-primary").all_inner_texts() == ["Read it again for good"]


def test_a_row_is_tried_again_by_keyboard(page: Page) -> None:
    page.goto(f"{SITE}/runs/1")
    page.get_by_role("button", name="Try again row 3").focus()
    assert page.evaluate("document.activeElement.textContent") == "Try again row 3"
