"""The learner's pages over a socket, in a real browser: no barrier, no overflow, no complaint."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from learner_visits import (
    ARTICLE,
    EMAIL,
    QUESTION,
    READ,
    REPLIED,
    acceptance,
    happening,
    stored,
)
from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.serving import make_server

from engine.app import create_app
from engine.config import read_settings
from engine.db import db, transaction
from engine.people import service as people
from engine.people import signin

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
PAGES = (
    "/learning",
    "/learning?competency=data-literacy",
    "/learning?from=nonsense",
    "/learning/LINE",
    "/learning/add",
    "/competencies",
    "/competencies/digital-collaboration",
    "/competencies/leading-learning",
    "/data",
    "/help",
)
SCREENS = (("light", 1280), ("dark", 320))
LONG = "Averyveryverylongwordwithoutanyend" * 4

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="chromium is not installed"),
]


@dataclass(frozen=True, slots=True)
class Site:
    """A served instance with somebody's record in it."""

    app: Flask
    address: str
    line: str

    def link(self) -> str:
        """A fresh sign-in link."""
        with self.app.app_context(), transaction():
            return signin.make_link(people.get_person(EMAIL), public_url=self.address)


@dataclass(frozen=True, slots=True)
class Visit:
    """A page as one reader has it open, and what the browser complained about on the way."""

    page: Page
    width: int
    complaints: list[str]


@pytest.fixture(scope="module")
def site(made_instance: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    directory = shutil.copytree(made_instance, tmp_path_factory.mktemp("site") / "instance")
    app = create_app(read_settings({"BYWAY_INSTANCE": str(directory)}))
    with app.app_context(), transaction():
        people.create_person(name="Bo Lund", email=EMAIL)
    answer = happening("Which licence?", verb=REPLIED, kind=QUESTION, tags=("digital", "data"))
    views = [happening(f"Guide {n}", verb=READ, kind=ARTICLE, days=3) for n in range(4)]
    talks = [happening(f"{LONG} {n}", tags=("data", "policy"), days=9 * n) for n in range(14)]
    stored(app, answer, *views, *talks, acceptance(answer, "ann@example.org"))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Site(app, f"http://127.0.0.1:{server.port}", answer["id"])
    server.shutdown()
    thread.join()
    server.server_close()
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module", params=SCREENS, ids=lambda screen: f"{screen[0]}-{screen[1]}")
def screen(site: Site, browser: Browser, request: pytest.FixtureRequest) -> Iterator[Visit]:
    """A signed-in browser window."""
    theme, width = request.param
    window = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=theme)
    page, complaints = window.new_page(), list[str]()
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(site.link())
    page.click("main button")
    yield Visit(page, width, complaints)
    window.close()


@pytest.fixture(scope="module", params=PAGES)
def visit(site: Site, screen: Visit, request: pytest.FixtureRequest) -> Visit:
    screen.complaints.clear()
    screen.page.goto(site.address + request.param.replace("LINE", site.line))
    screen.page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    return screen


def test_page_has_no_barrier(visit: Visit) -> None:
    found = Axe().run(visit.page)

    assert found.violations_count == 0, found.generate_report()


def test_page_is_not_wider_than_the_screen(visit: Visit) -> None:
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= visit.width


def test_browser_has_nothing_to_complain_of(visit: Visit) -> None:
    assert visit.complaints == []


def test_ids_stand_once(visit: Visit) -> None:
    ids = visit.page.evaluate("[...document.querySelectorAll('[id]')].map(one => one.id)")

    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("path", ["/", "SIGN-IN"])
def test_door_has_no_barrier(site: Site, browser: Browser, path: str) -> None:
    page = browser.new_page(viewport={"width": 320, "height": 900})
    page.goto(site.link() if path == "SIGN-IN" else site.address + path)

    found = Axe().run(page)

    assert found.violations_count == 0, found.generate_report()


def test_note_is_kept_by_keyboard_alone(site: Site, screen: Visit) -> None:
    page = screen.page
    page.goto(f"{site.address}/learning/add")
    page.focus("#title")
    page.keyboard.type("A talk over tea")
    page.focus("#kind")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    page.wait_for_url("**/learning/*-*")

    assert "You noted a conversation about A talk over tea" in page.inner_text("main")
