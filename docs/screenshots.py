"""Takes the pictures of the documentation from a demo instance of its own: `make screenshots`."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page, sync_playwright

from engine.demo import samples

IMAGES = Path(__file__).parent / "images"
CHROMIUM = Path("/usr/bin/chromium")
FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
LARGEST = 150_000
LINK = re.compile(r"http://\S+/sign-in/\S+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The running demonstration: its address, its directory, the learner's and the team's links."""

    url: str
    directory: Path
    learner: str
    team: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """What to show, to whom, and on which screen."""

    name: str
    who: Literal["learner", "team"]
    find: Callable[[Page, Site], None]
    width: int = 1280
    height: int = 860
    scheme: Literal["light", "dark"] = "light"


def learning(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/learning")


def competencies(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/competencies")


def why(page: Page, site: Site) -> None:
    competencies(page, site)
    page.get_by_role("link", name="Digital collaboration").first.click()


def preview(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/sources/{samples.WEBINARS}")
    report = next((site.directory / "demo" / "try").glob("*.csv"))
    page.locator("input[type=file]").set_input_files(report)
    page.locator("form:has(input[type=file]) button[type=submit]").click()


PICTURES = (
    Picture(name="learning", who="learner", find=learning, height=1060),
    Picture(name="learning-phone", who="learner", find=learning, width=390, scheme="dark"),
    Picture(name="competencies", who="learner", find=competencies),
    Picture(name="why-phone", who="learner", find=why, width=390),
    Picture(name="preview", who="team", find=preview),
)


def main() -> int:
    """Take them all; 1 when one turned out too large to be kept."""
    if not CHROMIUM.exists():
        sys.stderr.write(f"There is no {CHROMIUM}. Debian: apt install chromium\n")
        return 1
    IMAGES.mkdir(exist_ok=True)
    with demonstration() as site, sync_playwright() as play:
        browser = play.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        states = {who: signed_in(browser, getattr(site, who)) for who in ("learner", "team")}
        sizes = [take(browser, site, picture, states[picture.who]) for picture in PICTURES]
        browser.close()
    return int(max(sizes) > LARGEST)


def signed_in(browser: Browser, link: str) -> object:
    """Use a sign-in link up; the cookies it gave."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(link)
    page.locator("main form button[type=submit]").click()
    state = context.storage_state()
    context.close()
    return state


def take(browser: Browser, site: Site, picture: Picture, state: object) -> int:
    """Take one picture; its size in bytes."""
    context = browser.new_context(
        viewport={"width": picture.width, "height": picture.height},
        color_scheme=picture.scheme,
        storage_state=state,  # type: ignore[arg-type]
        locale="en-GB",
    )
    page = context.new_page()
    picture.find(page, site)
    page.wait_for_load_state("networkidle")
    file = IMAGES / f"{picture.name}.png"
    page.screenshot(path=file)
    context.close()
    size = file.stat().st_size
    sys.stdout.write(f"{file.name}: {size // 1000} kB, {page.url}\n")
    return size


@contextmanager
def demonstration() -> Iterator[Site]:
    """`byway demo` on a free port, in a directory that is thrown away."""
    port = free_port()
    with tempfile.TemporaryDirectory() as place, served(Path(place) / "instance", port) as server:
        links = [match[0] for line in until_ready(server) if (match := LINK.search(line))]
        yield Site(
            url=f"http://127.0.0.1:{port}",
            directory=Path(place) / "instance",
            learner=links[0],
            team=links[1],
        )


@contextmanager
def served(directory: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    """The command in a process group of its own, stopped as by Ctrl-C."""
    command = [sys.executable, "-m", "engine.cli", "demo", "--port", str(port)]
    environ = {
        **os.environ,
        "BYWAY_INSTANCE": str(directory),
        "BYWAY_PUBLIC_URL": f"http://127.0.0.1:{port}",
    }
    with subprocess.Popen(
        command, env=environ, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as server:
        try:
            yield server
        finally:
            os.killpg(server.pid, signal.SIGINT)


def free_port() -> int:
    """A port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until_ready(server: subprocess.Popen[str]) -> Iterator[str]:
    """What the demonstration prints, up to its last line."""
    for line in server.stdout or ():
        yield line
        if line.startswith("Ctrl-C"):
            return


if __name__ == "__main__":
    sys.exit(main())
