"""The pages of reviews over a socket, in a real browser: no barrier, no overflow, no complaint."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from learner_visits import QUESTION, REPLIED, Visit, a_learner, happening, stored
from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.serving import make_server

from engine.app import create_app
from engine.config import read_settings
from engine.db import db, transaction
from engine.people import service as people
from engine.people import signin

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
BO, EVE = "bo@example.org", "eve@example.org"
LONG = "Averyveryverylongwordwithoutanyend" * 4
PAGES = (
    (EVE, "/reviews"),
    (EVE, "/reviews/1"),
    (EVE, "/reviews/2"),
    (BO, "/reviews"),
    (BO, "/learning/LINE"),
    (BO, "/data"),
)
SCREENS = (("light", 1280), ("dark", 320))

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="chromium is not installed"),
]


@dataclass(frozen=True, slots=True)
class Site:
    """A served instance in which two people talk about a line."""

    app: Flask
    address: str
    line: str

    def link(self, email: str) -> str:
        """A fresh sign-in link."""
        with self.app.app_context(), transaction():
            return signin.make_link(people.get_person(email), public_url=self.address)


@pytest.fixture(scope="module")
def site(made_instance: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    directory = shutil.copytree(made_instance, tmp_path_factory.mktemp("site") / "instance")
    app = create_app(read_settings({"BYWAY_INSTANCE": str(directory)}))
    line = talked_about(app, a_learner(app), a_learner(app, "Eve Ode", EVE))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Site(app, f"http://127.0.0.1:{server.port}", line)
    server.shutdown()
    thread.join()
    server.server_close()
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def talked_about(app: Flask, bo: Visit, eve: Visit) -> str:
    """Eve, an expert, asks, is answered, and accepts a line; another one waits."""
    with app.app_context(), transaction():
        people.give_role(people.get_person(EVE), "expert")
    line, other = (
        happening(title, verb=REPLIED, kind=QUESTION, tags=("data",), result={"response": LONG})
        for title in ("Which licence?", LONG)
    )
    stored(app, line, other)
    for one in (line, other):
        bo.send(f"/learning/{one['id']}/reviews", reviewer=EVE, question=f"Is it right? {LONG}")
    eve.send("/reviews/1/answer", answer="commented", message=f"Which one?\n{LONG}")
    bo.send(f"/learning/{line['id']}/reviews/1/reply", **{"reply-1": "The second."})
    eve.send("/reviews/1/answer", answer="accepted", level="3", message="Well put.")
    return str(line["id"])


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield browser
        browser.close()


@dataclass(frozen=True, slots=True)
class Opened:
    """A page as one reader has it open, and what the browser complained about on the way."""

    page: Page
    width: int
    complaints: list[str]


@pytest.fixture(scope="module", params=SCREENS, ids=lambda screen: f"{screen[0]}-{screen[1]}")
def screens(
    site: Site, browser: Browser, request: pytest.FixtureRequest
) -> Iterator[dict[str, Opened]]:
    """A window for each of the two, signed in."""
    theme, width = request.param
    windows = {
        email: browser.new_context(viewport={"width": width, "height": 900}, color_scheme=theme)
        for email in (BO, EVE)
    }
    yield {email: sign_in(site, window.new_page(), email) for email, window in windows.items()}
    windows[BO].close()
    windows[EVE].close()


def sign_in(site: Site, page: Page, email: str) -> Opened:
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(site.link(email))
    page.click("main button")
    return Opened(page, (page.viewport_size or {"width": 0})["width"], complaints)


@pytest.fixture(scope="module", params=PAGES, ids=lambda one: f"{one[0][:2]}{one[1]}")
def opened(site: Site, screens: dict[str, Opened], request: pytest.FixtureRequest) -> Opened:
    email, path = request.param
    screen = screens[email]
    screen.complaints.clear()
    screen.page.goto(site.address + path.replace("LINE", site.line))
    screen.page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    return screen


def test_page_has_no_barrier(opened: Opened) -> None:
    found = Axe().run(opened.page)

    assert found.violations_count == 0, found.generate_report()


def test_page_is_not_wider_than_the_screen(opened: Opened) -> None:
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= opened.width


def test_browser_has_nothing_to_complain_of(opened: Opened) -> None:
    assert opened.complaints == []


def test_ids_stand_once(opened: Opened) -> None:
    ids = opened.page.evaluate("[...document.querySelectorAll('[id]')].map(one => one.id)")

    assert len(ids) == len(set(ids))


def test_what_is_refused_has_no_barrier(site: Site, screens: dict[str, Opened]) -> None:
    page = screens[EVE].page
    page.goto(f"{site.address}/reviews/2")
    page.check("input[value=rejected]")
    page.click("main form .btn-primary")

    assert "Say why" in page.inner_text(".problem")
    assert Axe().run(page).violations_count == 0
