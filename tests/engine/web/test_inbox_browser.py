"""The pages of the identity inbox in a real browser: no barrier, no overflow, no complaint."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from inbox_making import BO, FORUM, INES, NAMED, an_account, people, seen, waits
from inbox_visits import INBOX, odile, sent
from playwright.sync_api import Browser, Page, Route
from test_workbench_pages import CHROMIUM, LONG, SCREENS, SITE, faults

ACCOUNT = f"{FORUM}::4711"
ADDRESSES = (
    INBOX,
    f"{INBOX}?show=names",
    f"{INBOX}/handle?key={ACCOUNT}",
    f"{INBOX}/file",
    "/workbench/people/merge",
    "/workbench/people/history",
    "/workbench/people/policies",
    "/answered/nothing",
    "/answered/typo",
    "/answered/sure",
    "/answered/merge",
    "/answered/told",
    "/answered/domain",
)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="chromium is not installed"),
]


@pytest.fixture
def client(toys: Flask) -> FlaskClient:
    """Odile's browser on an inbox with accounts, names, a decision and a policy."""
    people(BO, INES)
    seen(an_account("4711"), an_account("iroy"), an_account(LONG[:400]))
    waits("Bo Lund", LONG[:300], tags=["data-literacy"])
    client = odile(toys)
    sent(client, "/workbench/people/policies/trust", domain="example.org")
    sent(client, f"{INBOX}/link", handle=f"{FORUM}::iroy")
    client.get(INBOX)  # what was done has been said
    return client


@pytest.fixture(params=SCREENS, ids=lambda screen: f"{screen[0]}-{screen[1]}")
def page(client: FlaskClient, browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """An empty page whose every request is answered by the application, without a socket."""
    scheme, width = request.param
    filled = f"handle,email,decision\n{ACCOUNT},bo@example.org,\n{NAMED},x@example.org,\n"
    both = {"email": "bo@example.org", "other": "ines@example.org"}
    answered = {
        "/answered/nothing": sent(client, f"{INBOX}/link"),
        "/answered/typo": sent(client, f"{INBOX}/handle", key=ACCOUNT, email=LONG),
        "/answered/sure": sent(client, f"{INBOX}/handle", key=NAMED, email="bo@example.org"),
        "/answered/merge": sent(client, "/workbench/people/merge", **both),
        "/answered/told": sent(
            client, f"{INBOX}/file", file=(io.BytesIO(filled.encode()), "filled.csv")
        ),
        "/answered/domain": sent(client, "/workbench/people/policies/trust", domain=LONG),
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


def test_a_suggestion_is_linked_by_keyboard_alone(page: Page) -> None:
    page.goto(SITE + INBOX)
    page.focus("#pick-1")
    page.keyboard.press("Space")
    assert page.is_checked("#pick-1")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "4711"
