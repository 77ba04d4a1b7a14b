"""The samples of the demonstration, written once: what each source would give out by itself."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from engine.demo import blog, forum, people, webinars

WEBINARS, CLINIC, LUNCHES = "data-webinars", "writing-clinic", "lunches"
FORUM, BLOG = "policy-hub", "front-desk"
TITLES = {
    WEBINARS: "Data webinars",
    CLINIC: "Writing clinic",
    LUNCHES: "Lunch and learn",
    FORUM: "Policy Hub",
    BLOG: "The front desk, a blog",
}
STAMP = "written-for.txt"


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleSource:
    """A source to add, and its files in the order in which to run them."""

    plugin: str
    name: str
    settings: Mapping[str, str]
    files: tuple[Path, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Samples:
    """Where everything was written, and the day it was dated back from.

    `longer` is a later report of the newest data webinar, for trying out a correction by hand.
    """

    day: date
    people: Path
    sources: tuple[SampleSource, ...]
    longer: Path

    def source(self, name: str) -> SampleSource:
        """The source of this name."""
        return next(source for source in self.sources if source.name == name)


def write(directory: Path, today: date) -> Samples:
    """Write the samples, everything dated before `today`; those written before stay as they are."""
    stamp = directory / STAMP
    if stamp.is_file():
        return _laid_out(directory, date.fromisoformat(stamp.read_text(encoding="utf-8").strip()))
    for path, text in _texts(directory, today):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")
    stamp.write_text(f"{today.isoformat()}\n", encoding="utf-8")
    return _laid_out(directory, today)


def _texts(directory: Path, today: date) -> Iterator[tuple[Path, str]]:
    """Every file and what is in it."""
    yield directory / "people.csv", people.csv_text()
    reports = [_reports(directory, today), _clinics(directory, today), _lunches(directory, today)]
    for files in reports:
        yield from files.items()
    bodies = forum.webhook_bodies(today)
    yield _forum(directory), json.dumps(bodies, indent=1, ensure_ascii=False)
    posts, comments = _feeds(directory)
    yield posts, blog.posts_feed(today)
    yield comments, blog.comments_feed(today)
    week, day = list(enumerate(_weeks(today)))[-1]
    yield _longer(directory, today), webinars.longer_report(week, day)


def _laid_out(directory: Path, day: date) -> Samples:
    zoom = [
        (WEBINARS, "America/Toronto", "mdy", "data-literacy", _reports(directory, day)),
        (CLINIC, "Europe/London", "dmy", "plain-language", _clinics(directory, day)),
        (LUNCHES, "America/Toronto", "mdy", "", _lunches(directory, day)),
    ]
    sources = [
        SampleSource(
            plugin="zoom",
            name=name,
            settings={
                "title": TITLES[name],
                "account": name,
                "timezone": zone,
                "date_order": order,
                "tags": tags,
            },
            files=tuple(files),
        )
        for name, zone, order, tags, files in zoom
    ]
    hub = {
        "title": TITLES[FORUM],
        "url": people.FORUM,
        "community": "Policy Hub",
        "secret": "demo",
    }
    own_blog = {"title": TITLES[BLOG], "site": people.BLOG}
    return Samples(
        day=day,
        people=directory / "people.csv",
        sources=(
            *sources,
            SampleSource(plugin="discourse", name=FORUM, settings=hub, files=(_forum(directory),)),
            SampleSource(plugin="feed", name=BLOG, settings=own_blog, files=_feeds(directory)),
        ),
        longer=_longer(directory, day),
    )


def _weeks(today: date) -> list[date]:
    """The Tuesdays of the data webinar."""
    count = len(webinars.DATA.topics)
    return webinars.weekdays_before(today, weekday=1, every=1, count=count)


def _reports(directory: Path, today: date) -> dict[Path, str]:
    return {
        directory / WEBINARS / f"attendees-{day.isoformat()}.csv": webinars.data_report(week, day)
        for week, day in enumerate(_weeks(today))
    }


def _clinics(directory: Path, today: date) -> dict[Path, str]:
    days = webinars.weekdays_before(today, weekday=2, every=3, count=len(webinars.WRITING.topics))
    return {
        directory / CLINIC / f"attendees-{day.isoformat()}.csv": webinars.writing_report(n, day)
        for n, day in enumerate(days)
    }


def _lunches(directory: Path, today: date) -> dict[Path, str]:
    days = webinars.weekdays_before(today, weekday=3, every=5, count=len(webinars.LUNCHES.topics))
    number = webinars.LUNCHES.number.replace(" ", "")
    return {
        directory / LUNCHES / day.isoformat() / f"participants_{number}.csv": webinars.lunch_list(
            n, day
        )
        for n, day in enumerate(days)
    }


def _forum(directory: Path) -> Path:
    return directory / FORUM / "webhooks.json"


def _feeds(directory: Path) -> tuple[Path, Path]:
    return directory / BLOG / "posts.xml", directory / BLOG / "comments.xml"


def _longer(directory: Path, today: date) -> Path:
    return directory / "try" / f"attendees-{_weeks(today)[-1].isoformat()}-longer.csv"
