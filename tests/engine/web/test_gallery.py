"""Every part of a page, in a real browser: no barrier, no overflow, nothing our CSP would block."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask, Response, flash, render_template
from flask_bootstrap import Bootstrap5
from jinja2 import FileSystemLoader, StrictUndefined
from playwright.sync_api import Browser, Page, Route, sync_playwright

from engine.web import charts, words

CHROMIUM = Path("/usr/bin/chromium")
ROOT = Path(__file__).parents[3]
CSP = "default-src 'self'; style-src 'self'; img-src 'self' data:; script-src 'self'"
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
PAGES = ("record", "levels", "run", "forms", "sign-in", "empty", "error")
SCREENS = (("light", 1280), ("dark", 390), ("light", 320))

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="chromium is not installed"),
]

CORRECTED = "Known, but the facts changed: a new revision replaces the old one."
TODAY = date(2026, 11, 20)
HOSTILE = '<script>alert(1)</script> "quoted" & a-very-long-word-' + "without-an-end" * 12


def attended(title: str, duration: str) -> dict[str, Any]:
    return {
        "verb": {"id": "http://adlnet.gov/expapi/verbs/attended"},
        "object": {"id": "https://zoom.example/w/81273", "definition": {"name": {"en": title}}},
        "result": {"duration": duration},
    }


def year(*levels: int) -> list[tuple[date, int]]:
    """A year of months in which the level moves twice at most."""
    return [(date(2026, month, 20), levels[(month - 1) // 4]) for month in range(1, 12)]


def outcome(label: str, *details: tuple[str, int, str]) -> charts.Part:
    rows = tuple(
        charts.Detail(label=name, count=count, meaning=meaning, href=f"#{name}")
        for name, count, meaning in details
    )
    return charts.Part(label=label, count=sum(row.count for row in rows), details=rows)


SAMPLES: dict[str, Any] = {
    "today": TODAY,
    "moment": datetime(2026, 11, 18, 12, 58, tzinfo=UTC),
    "names": ["Awareness", "Working", "Practitioner", "Expert"],
    "counts": {date(2026, 6 + n % 6, 1 + n * 7 % 20): n % 5 for n in range(60)},
    "webinar": attended("Open data clinic: publishing without fear", "PT57M"),
    "hostile": attended(HOSTILE, "PT1H5M"),
    "spokes": [
        charts.Spoke(label="Community facilitation", now=3, best=3),
        charts.Spoke(label="Digital collaboration", now=2, best=2),
        charts.Spoke(label="Communicating information", now=2, best=2),
        charts.Spoke(label="Data literacy", now=1, best=1),
        charts.Spoke(label="Policy and public value", now=1, best=1),
        charts.Spoke(label="Procurement", now=0, best=2),
    ],
    "years": [year(2, 2, 3), year(1, 2, 2), year(0, 1, 1), year(2, 1, 0)],
    "parts": [
        outcome("To be recorded", ("New", 203, "Not seen before."), ("Corrected", 9, CORRECTED)),
        outcome("Already there", ("Known", 18, "The same facts."), ("Merged", 21, "Rejoined.")),
        outcome("Left out", ("Skipped", 7, "As the settings ask."), ("Failed", 10, "Unreadable.")),
    ],
}


def gallery(theme: str) -> Flask:
    """A small application with every part in it."""
    app = Flask(
        "gallery",
        template_folder=str(ROOT / "templates"),
        static_folder=str(ROOT / "engine/web/static"),
    )
    app.config.update(SECRET_KEY="gallery", BOOTSTRAP_SERVE_LOCAL=True)
    Bootstrap5(app)
    app.jinja_loader = FileSystemLoader([ROOT / "templates", Path(__file__).parent / "gallery"])
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.globals.update(words=words, charts=charts, csrf_token=lambda: "token")
    app.context_processor(lambda: frame(theme))
    app.add_url_rule("/<name>", "part", part)
    app.add_url_rule("/error", "error", lambda: render_template("error.html", status=404))
    app.after_request(with_policy)
    return app


def frame(theme: str) -> dict[str, Any]:
    titles = ("My learning", "My competencies", "My data", "Sources", "Rulesets")
    nav = [{"title": title, "url": "#", "current": title == "My learning"} for title in titles]
    who = {"name": "Ines Halloran", "url": "#account"}
    return {"theme": theme, "nav": nav, "who": who, "sign_out_url": "#", "data_url": "#data"}


def part(name: str) -> str:
    flash("The run was undone. 9 activities have their former facts back.")
    return render_template(f"{name}.html", **SAMPLES)


def with_policy(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = CSP
    return response


@dataclass(frozen=True, slots=True)
class Visit:
    """A page as one reader has it open, and what the browser complained about on the way."""

    page: Page
    width: int
    complaints: list[str]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module", params=SCREENS, ids=lambda screen: f"{screen[0]}-{screen[1]}")
def screen(browser: Browser, request: pytest.FixtureRequest) -> Iterator[tuple[Page, int]]:
    """An empty page whose every request is answered by the gallery, without a socket."""
    theme, width = request.param
    client = gallery(theme).test_client()

    def answer(route: Route) -> None:
        path = route.request.url.removeprefix("http://gallery")
        response = client.get(path, buffered=True)
        headers = dict(response.headers)
        route.fulfill(status=response.status_code, headers=headers, body=response.data)

    page = browser.new_page(viewport={"width": width, "height": 900})
    page.route("**/*", answer)
    yield page, width
    page.close()


@pytest.fixture(scope="module", params=PAGES)
def visit(screen: tuple[Page, int], request: pytest.FixtureRequest) -> Visit:
    page, width = screen
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(f"http://gallery/{request.param}")
    return Visit(page, width, complaints)


def test_page_has_no_barrier(visit: Visit) -> None:
    found = Axe().run(visit.page)

    assert found.violations_count == 0, found.generate_report()


def test_page_is_not_wider_than_the_screen(visit: Visit) -> None:
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= visit.width


def test_browser_has_nothing_to_complain_of(visit: Visit) -> None:
    assert visit.complaints == []


def test_controls_are_tall_enough_for_a_thumb(visit: Visit) -> None:
    heights = visit.page.evaluate(
        "[...document.querySelectorAll('main .btn, .form-control, .form-select, .choice')]"
        ".map(control => control.getBoundingClientRect().height)"
    )

    assert min(heights, default=44) >= 44
