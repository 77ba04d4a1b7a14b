"""Speed and memory of reading reports, by preview and for good, beside the store, as tables.

    python -m bench.sources
    python -m bench.sources --rows 20000 100000 --database-url postgresql://...

Each line is a process of its own on a new instance. Memory is what a step took beside what the
process began with, without the pages of the database file. In the last table the same statements
are recorded in turns by a source, by the xAPI endpoint in posts of 1,000, and by the bare store,
all in one process: what reading, planning and remembering cost.
"""

from __future__ import annotations

import argparse
import base64
import os
import statistics
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import current_app

from bench import scratch
from bench.watching import Place, Watched, watched
from engine.api import (
    Activity,
    Actor,
    Bundle,
    Delivery,
    Privacy,
    Shape,
    Source,
    find_sheets,
    hookimpl,
    read_dates,
    read_email,
)
from engine.db import db, transaction
from engine.lrs import keys
from engine.lrs.keys import authority_of
from engine.pipeline import entry_of, store
from engine.sources import instances, runs
from engine.sources.reading import BATCH
from xapi import text

ROUND = 2_000
POSTED = "posts of 1,000"
SHEET = Shape(
    name="sheet",
    columns={"what": ("course",), "when": ("ended",), "name": ("name",), "email": ("email",)},
    required=("what", "when", "email"),
)


class Listing(Source):
    """A plain list of who finished what, as a mapping reads it: one row, one activity."""

    name = "listing"
    title = "A list"
    privacy = Privacy(reads=("name", "email"), keeps=("name", "email"))

    def activities(self, bundle: Bundle, settings: Mapping[str, Any]) -> Iterator[Activity]:
        """Each row."""
        for delivery in bundle.deliveries:
            for table in find_sheets(delivery.body, [SHEET]).tables:
                ends = ((line.number, line["when"]) for line in table.lines)
                dates = read_dates(ends, zone="Europe/Rome")
                for line in table.lines:
                    yield Activity(
                        rows=(line.number,),
                        keys=(f"{line['what']}|{line['when']}|{line['email']}",),
                        actor=Actor(name=line["name"], email=read_email(line["email"])),
                        verb="attended",
                        type="webinar",
                        title=line["what"],
                        at=dates.at(line["when"]),
                    )


class Listings:
    """The plugin that brings it."""

    @hookimpl
    def register_sources(self) -> list[Source]:
        """One source."""
        return [Listing()]


PLUGINS = [("listing", Listings())]


def main() -> None:
    """Measure and print."""
    options = _options()
    kind = scratch.database_name(options.database_url)
    scratch.say(f"{kind}, {os.cpu_count()} cores, batches of {BATCH}\n")
    scratch.say(
        "| what | file MB | s | rows per s | rows per CPU-second | memory MB | told |\n"
        "|---|---|---|---|---|---|---|"
    )
    for source in ("zoom", "listing"):
        for rows in options.rows:
            for step in (preview, run):
                with _instance(options) as place:
                    _line(source, rows, place, step)
    scratch.say("\n| statements of | recorded by | per CPU-second | times |\n|---|---|---|---|")
    for source in ("zoom", "listing"):
        with _instance(options) as place:
            taken = watched(place, PLUGINS, in_turns, source, options.rounds).found
        for what, speed in taken.items():
            times = f"{speed / taken[source]:.2f}"
            scratch.say(f"| {source} | {what} | {speed:,.0f} | {times} |")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="*", default=[20_000, 100_000])
    parser.add_argument("--rounds", type=int, default=5, help=f"of {ROUND} rows each, in turns")
    parser.add_argument("--database-url", help="PostgreSQL; without it SQLite")
    return parser.parse_args()


@contextmanager
def _instance(options: argparse.Namespace) -> Iterator[Place]:
    with (
        scratch.scratch_directory(keep=False) as directory,
        scratch.scratch_database(options.database_url, keep=False) as url,
    ):
        place = {"BYWAY_INSTANCE": str(directory / "instance")}
        place |= {"BYWAY_DATABASE_URL": url} if url else {}
        scratch.byway(place, "init")
        yield place


def _line(source: str, rows: int, place: Place, step: Any) -> None:
    taken: Watched = watched(place, PLUGINS, step, source, rows)
    size, told = taken.found
    scratch.say(
        f"| {source}, {step.__name__} of {rows:,} rows | {size / 1e6:.1f} | {taken.wall:.1f}"
        f" | {rows / taken.wall:,.0f} | {rows / taken.cpu:,.0f}"
        f" | {taken.memory - taken.before:.0f} | {told} |"
    )


def preview(source: str, rows: int) -> tuple[int, int]:
    """What a run would do; the size of the file, and how many statements were shown."""
    _add(source)
    delivery = report(source, rows)
    found = runs.preview(source, delivery)
    _require(found, rows)
    return len(delivery.body), len(found.statements)


def run(source: str, rows: int) -> tuple[int, int]:
    """Read it for good; the size of the file, and how often its progress was told."""
    _add(source)
    delivery, told = report(source, rows), list[int]()
    found = runs.run_file(source, delivery, progress=told.append)
    _require(found, rows)
    return len(delivery.body), len(told)


def in_turns(source: str, rounds: int) -> dict[str, float]:
    """Record reports, and the same statements under other ids by post and straight."""
    _add(source)
    post = _poster()
    speeds: dict[str, list[float]] = {source: [], POSTED: [], "the bare store": []}
    for number in range(rounds):
        delivery = report(source, ROUND, first=number * ROUND)
        statements = runs.preview(source, delivery).statements
        copies = _copies(statements)
        bodies = [text.dump(_copies(part)) for part in _parts(statements, 1_000)]
        speeds[source].append(ROUND / _cpu(runs.run_file, source, delivery))
        speeds[POSTED].append(len(statements) / _cpu(lambda all_of: [*map(post, all_of)], bodies))
        speeds["the bare store"].append(len(copies) / _cpu(_store, source, copies))
    return {what: statistics.median(found) for what, found in speeds.items()}


def _cpu(step: Any, *words: Any) -> float:
    start = time.process_time()
    step(*words)
    return time.process_time() - start


def _poster() -> Any:
    """What sends a body to the xAPI endpoint of this very process, and requires its success."""
    with transaction():
        key = keys.create_key(
            "bench",
            scopes=["all"],
            reads="all",
            may_attest=False,
            basis="notice",
            home_page="http://byway.example",
        )
    word = base64.b64encode(f"{key.key}:{key.secret}".encode()).decode()
    headers = {"Authorization": f"Basic {word}", "X-Experience-API-Version": "2.0.0"}
    client = current_app.test_client()

    def post(body: bytes) -> None:
        answer = client.post(
            "/xapi/statements", data=body, headers=headers, content_type="application/json"
        )
        if answer.status_code != 200:
            raise scratch.Stopped(f"A post was refused: {answer.text}")

    return post


def _parts(statements: list[dict[str, Any]], size: int) -> Iterator[list[dict[str, Any]]]:
    return (statements[start : start + size] for start in range(0, len(statements), size))


def _copies(statements: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [deepcopy(one) | {"id": str(uuid.uuid4())} for one in statements]


def _store(source: str, statements: list[dict[str, Any]]) -> None:
    """Check and store statements as a source's batches are."""
    authority = authority_of(instances.origin_of(instances.get(source)))
    db.session.rollback()
    for part in _parts(statements, BATCH):
        store().add([entry_of(one, authority=authority) for one in part])


def _add(source: str) -> None:
    given = {"timezone": "America/Toronto"} if source == "zoom" else {}
    with transaction():
        instances.add(source, source, given, basis="notice")


def _require(found: runs.Report, rows: int) -> None:
    """A measurement of something else than asked is none."""
    if found.counts["new"] != rows:
        raise scratch.Stopped(f"Of {rows} rows {dict(found.counts)} came out.")


def report(source: str, rows: int, first: int = 0) -> Delivery:
    """A report of so many people, numbered from `first`."""
    lines = _zoom(rows, first) if source == "zoom" else _listing(rows, first)
    return Delivery(body="\n".join(lines).encode(), name=f"participants_81234567890_{first}.csv")


def _zoom(rows: int, first: int) -> Iterator[str]:
    yield "Meeting ID,Topic,Start Time,End Time,User Email,Duration (Minutes),Participants"
    yield (
        f'812 3456 7890,Reading a budget,"09/22/2026 02:00:{first // ROUND % 60:02} PM",'
        f"09/22/2026 03:00:00 PM,host@example.org,60,{rows}"
    )
    yield ""
    yield "Name (Original Name),User Email,Join Time,Leave Time,Duration (Minutes),Guest"
    for number in range(first, first + rows):
        yield (
            f"Learner {number},learner{number}@example.org,09/22/2026 02:00:{number % 60:02} PM,"
            "09/22/2026 02:55:00 PM,55,Yes"
        )


def _listing(rows: int, first: int) -> Iterator[str]:
    begin = datetime(2026, 1, 13, 9, tzinfo=UTC)
    yield "Course,Ended,Name,Email,Team,Remarks"
    for number in range(first, first + rows):
        ended = begin + timedelta(minutes=number % 40_000)
        yield (
            f"Course {number % 300},{ended:%Y-%m-%d %H:%M},Learner {number},"
            f"learner{number}@example.org,Team {number % 50},none"
        )


if __name__ == "__main__":
    main()
