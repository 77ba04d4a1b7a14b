"""Speed and memory of following the log, of rebuilds and of scoring, as a Markdown table.

    python -m bench.rebuild
    python -m bench.rebuild --statements 1000000 --evidence 10000000 --database-url postgresql://...

Each line is a process of its own on a scratch instance. Memory is the most that it and its pool
had together, without the pages of the database file that SQLite looks at.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import re
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from bench import scratch
from engine import profiles
from engine.app import create_app
from engine.cli import longlived
from engine.competencies import projector
from engine.competencies.models import evidence
from engine.config import settings
from engine.db import db, transaction, writing
from engine.lrs import keys
from engine.people import service as people
from engine.people import signin
from engine.pipeline import entry_of, record
from engine.rebuilding import rebuild as rebuilding
from engine.rebuilding import shards
from engine.rebuilding.crews import crew_of
from engine.rebuilding.workplace import Workplace
from xapi.vocabulary import Extension

AT_ONCE = 1000
EACH = 100
"""How many statements, or rows of evidence, one person has."""
PAGES = 60
REPLIED = "http://id.tincanapi.com/verb/replied"

Settings = dict[str, str]
Figures = dict[str, Any]


def main() -> None:
    """Measure and print."""
    options = _options()
    kind = scratch.database_name(options.database_url)
    scratch.say(f"{kind}, {os.cpu_count()} cores\n")
    scratch.say("| what | time s | per second | peak memory MB |\n|---|---|---|---|")
    with _instance(options) as place:
        _line(f"store {options.statements:,} statements", place, load, options.statements)
        _line("the projector follows the log", place, follow)
        for size in options.shards:
            _line(f"rebuild, {size} processes", place, rebuild, size)
    with _instance(options) as place:
        _line(f"generate {options.evidence:,} rows of evidence", place, generate, options.evidence)
        for size in options.shards:
            _line(f"score them twice, {size} processes", place, score, size)
    with _instance(options) as place:
        _measured(place, load, options.rows, options.rows)
        _measured(place, follow)
        for path, found in _measured(place, visit)["pages"].items():
            scratch.say(f"\n{path} over {options.rows:,} rows: p50 {found[0]}, p95 {found[1]} ms")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--statements", type=int, default=20_000)
    parser.add_argument("--evidence", type=int, default=50_000)
    parser.add_argument("--rows", type=int, default=5_000, help="of the learner with a page")
    parser.add_argument("--shards", type=int, nargs="*", default=[1, 2])
    parser.add_argument("--database-url", help="PostgreSQL; without it SQLite")
    return parser.parse_args()


@contextmanager
def _instance(options: argparse.Namespace) -> Iterator[Settings]:
    with (
        scratch.scratch_directory(keep=False) as directory,
        scratch.scratch_database(options.database_url, keep=False) as url,
    ):
        place = {"BYWAY_INSTANCE": str(directory / "instance")}
        place |= {"BYWAY_DATABASE_URL": url} if url else {}
        scratch.byway(place, "init")
        yield place


def _line(what: str, place: Settings, step: Callable[..., Figures], *words: Any) -> None:
    found = _measured(place, step, *words)
    speed = f"{found['count'] / found['seconds']:,.0f} {found['unit']}"
    scratch.say(f"| {what} | {found['seconds']:.1f} | {speed} | {found['memory']:.0f} |")


def _measured(place: Settings, step: Callable[..., Figures], *words: Any) -> Figures:
    """A step in a process of its own: what it found, how long it took, and its memory."""
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn) as process:
        return process.submit(_inside, place, step, words).result()


def _inside(place: Settings, step: Callable[..., Figures], words: tuple[Any, ...]) -> Figures:
    os.environ.update(place)
    with create_app().app_context(), _watched() as peak:
        start = time.perf_counter()
        found = step(*words)
        seconds = time.perf_counter() - start
        db.session.remove()
        db.engine.dispose()
    return {**found, "seconds": seconds, "memory": max(peak)}


@contextmanager
def _watched() -> Iterator[list[float]]:
    """The memory of this process and its pool, in MB, looked at several times a second."""
    seen, stop = [_memory()], threading.Event()

    def look() -> None:
        while not stop.wait(0.1):
            seen[0] = max(seen[0], _memory())

    watcher = threading.Thread(target=look, daemon=True)
    watcher.start()
    yield seen
    stop.set()
    watcher.join()


def _memory() -> float:
    pids = [os.getpid(), *(one.pid for one in multiprocessing.active_children() if one.pid)]
    return sum(_private_kb(Path(f"/proc/{pid}/status")) for pid in pids) / 1024


def _private_kb(status: Path) -> int:
    with suppress(OSError):
        if found := re.search(r"RssAnon:\s+(\d+)", status.read_text()):
            return int(found[1])
    return 0


def load(count: int, each: int = EACH) -> Figures:
    """Store answers of many people, tagged so that they are evidence."""
    with transaction():
        for number in range(max(1, count // each)):
            people.create_person(name=f"Person {number}", email=_email(number))
        origin = keys.authority_of(keys.create_origin("key", "bench", home_page="http://byway"))
    db.session.rollback()
    for start in range(0, count, AT_ONCE):
        numbers = range(start, min(start + AT_ONCE, count))
        record([entry_of(_answer(at, at // each), authority=origin) for at in numbers])
    return {"count": count, "unit": "statements"}


def _email(person: int) -> str:
    return f"person-{person}@example.org"


def _answer(number: int, person: int) -> dict[str, Any]:
    happened = datetime(2026, 1, 1, 9, tzinfo=UTC) + timedelta(days=number % 300)
    title = {"en": f"Question {number}"}
    return {
        "id": f"00000000-0000-4000-8000-{number:012x}",
        "actor": {"mbox": f"mailto:{_email(person)}"},
        "verb": {"id": REPLIED},
        "object": {"id": f"https://forum.example.org/t/{number}", "definition": {"name": title}},
        "context": {"extensions": {Extension.TAGS: ["data"]}},
        "timestamp": happened.isoformat(),
    }


def follow() -> Figures:
    """Bring the served projection to the end of the log."""
    profiles.catch_up()
    return {"count": projector.serving().statements, "unit": "statements"}


def rebuild(size: int) -> Figures:
    """Rebuild and compare, both stages."""
    with crew_of(size, None, _workplace()) as crew:
        done = rebuilding.rebuild(check=True, crew=crew)
    assert done.equal
    return {"count": done.statements, "unit": "statements"}


def _workplace() -> Workplace:
    return Workplace(database_url=settings().database_url)


def generate(count: int) -> Figures:
    """Rows of evidence without statements, straight into what is served."""
    view = projector.serving()
    ruleset = projector.ruleset_of(view.ruleset_id)
    rules = [rule for rule in ruleset.policy.rules.values() if rule.polarity > 0]
    names = sorted(ruleset.policy.half_lives)
    day = date(2026, 1, 1).toordinal()
    for start in range(0, count, AT_ONCE * 10):
        rows = [
            _row(number, rules[number % len(rules)], names[number % len(names)], day)
            for number in range(start, min(start + AT_ONCE * 10, count))
        ]
        with writing() as connection:
            connection.execute(
                evidence.insert(), [{"generation": view.generation, **row} for row in rows]
            )
    return {"count": count, "unit": "rows"}


def _row(number: int, rule: Any, competency: str, day: int) -> Figures:
    when = date.fromordinal(day + number % 300)
    return {
        "seq": number,
        "rule": rule.id,
        "competency": competency,
        "statement_id": f"00000000-0000-4000-8000-{number:012x}",
        "actor": f"mailto:{_email(number // EACH)}",
        "kind": rule.kind,
        "polarity": 1,
        "assurance": rule.assurance,
        "base": rule.weight,
        "split": 1,
        "object_key": f"https://forum.example.org/t/{number}",
        "day": when.toordinal(),
        "at": f"{when.isoformat()}T09:00:00.000000+00:00",
        "origin": 1,
    }


def score(size: int) -> Figures:
    """Everybody's profile and digest, twice over as in a comparison."""
    generation, learners, today = projector.serving().generation, 0, profiles.today()
    tasks = (
        shards.Comparison(generation=generation, as_of=today, shard=shard)
        for shard in shards.shards(generation)
    )
    with crew_of(size, None, _workplace()) as crew:
        for tally in crew.each(shards.compare, tasks):
            learners += tally.learners
    return {"count": learners * 2, "unit": "profiles"}


def visit() -> Figures:
    """How long a learner waits for her pages at the server; milliseconds, p50 and p95."""
    with transaction():
        link = signin.make_link(people.get_person(_email(0)), public_url="")
    client = create_app().test_client()
    longlived.settle()
    token = re.findall(r'name="csrf_token" value="([^"]+)"', client.get(link).text)[0]
    client.post(link, data={"csrf_token": token})
    profile = profiles.profile_of(people.get_person(_email(0)).id)
    competency = max(profile.standings.values(), key=lambda one: one.evidence_count)
    paths = ("/competencies", f"/competencies/{competency.competency}")
    return {"pages": {path: _waited(client, path) for path in paths}}


def _waited(client: Any, path: str) -> tuple[int, int]:
    taken = []
    client.get(path)  # the first visit of a process compiles the page
    for _ in range(PAGES):
        start = time.perf_counter()
        answer = client.get(path)
        taken.append(round((time.perf_counter() - start) * 1000))
        assert answer.status_code == 200, answer.status
    taken.sort()
    return taken[len(taken) // 2], taken[len(taken) * 95 // 100]


if __name__ == "__main__":
    main()
