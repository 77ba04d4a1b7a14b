"""The demonstration: whatever day it is, its samples make a learner one can look at."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import orjson
import pytest
from cli_running import free_port
from sqlalchemy import select

from engine import profiles
from engine.api import Delivery
from engine.app import create_app
from engine.cli.demo import prepare, require_free
from engine.competencies.models import evidence
from engine.config import create_secret
from engine.db import db, reading, transaction
from engine.demo import people as cast
from engine.demo import samples, webinars
from engine.demo.seed import seed
from engine.errors import Refused
from engine.people import service as people
from engine.pipeline import reader
from engine.sources import runs
from tests.conftest import settings_in


@dataclass(frozen=True, slots=True, kw_only=True)
class Sunday:
    """A seeded instance, what was brought in, and how that went."""

    instance: Path
    samples: samples.Samples
    reports: list[runs.Report]


A_SUNDAY = date(2026, 11, 22)
SHIPPED = "https://w3id.org/byway/frameworks/public-service-learning/"
DAYS = [
    pytest.param(date(2024, 2, 29), id="leap day"),
    pytest.param(date(2026, 12, 31), id="last day of a year"),
    pytest.param(date(2027, 1, 1), id="first day of a year"),
    pytest.param(date(2026, 3, 9), id="after Toronto's clocks went forward"),
    pytest.param(date(2026, 3, 30), id="after London's clocks went forward"),
    pytest.param(date(2026, 11, 2), id="after Toronto's clocks went back"),
    pytest.param(date(2026, 11, 18), id="a Wednesday"),
    pytest.param(date(2026, 11, 24), id="the weekday of the webinars"),
    pytest.param(date(2032, 6, 15), id="years from now"),
]


@contextmanager
def application(instance: Path) -> Iterator[None]:
    """Inside the application of an instance, which is let go of at the end."""
    app = create_app(settings_in(instance))
    with app.app_context():
        yield
        db.session.remove()
        db.engine.dispose()


@pytest.fixture(scope="module", params=DAYS)
def any_day(
    request: pytest.FixtureRequest, made_instance: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[date]:
    """A day, inside an instance into which the samples of that day were brought."""
    directory = tmp_path_factory.mktemp("any-day")
    with application(Path(shutil.copytree(made_instance, directory / "instance"))):
        seed(samples.write(directory / "demo", request.param))
        yield request.param


@pytest.fixture(scope="module")
def sunday(made_instance: Path, tmp_path_factory: pytest.TempPathFactory) -> Sunday:
    """An instance with the samples of a Sunday; copied for every test, never used itself."""
    directory = tmp_path_factory.mktemp("sunday")
    written = samples.write(directory / "demo", A_SUNDAY)
    instance = Path(shutil.copytree(made_instance, directory / "instance"))
    with application(instance):
        return Sunday(instance=instance, samples=written, reports=seed(written))


@pytest.fixture
def seeded(sunday: Sunday, tmp_path: Path) -> Iterator[samples.Samples]:
    """The samples of a Sunday, brought into an instance of this test's own."""
    with application(Path(shutil.copytree(sunday.instance, tmp_path / "instance"))):
        yield sunday.samples


def levels(email: str, day: date) -> dict[str, int]:
    """Somebody's levels by the codes of the shipped framework."""
    profiles.catch_up()
    profile = profiles.profile_of(people.get_person(email).id, day)
    return {
        name.removeprefix(SHIPPED): standing.level for name, standing in profile.standings.items()
    }


def contents(directory: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in directory.rglob("*") if path.is_file()}


# The learner.


def test_the_learner_has_three_competencies_and_one_at_level_two(any_day: date) -> None:
    reached = {code: level for code, level in levels(cast.LEARNER, any_day).items() if level}
    assert reached == {"communicating-clearly": 1, "data-literacy": 1, "digital-collaboration": 2}


def test_everything_happened_before_that_day(any_day: date) -> None:
    told = [orjson.loads(entry.payload) for entry in reader().log(0, 1000) if not entry.voids]
    assert max(one["timestamp"] for one in told) < any_day.isoformat()


def test_one_competency_of_the_learner_has_faded(seeded: samples.Samples) -> None:
    profiles.catch_up()
    profile = profiles.profile_of(people.get_person(cast.LEARNER).id, seeded.day)
    faded = profile.standings[f"{SHIPPED}open-and-ethical-practice"]
    assert (faded.level, faded.lifetime_level) == (0, 1)


def test_a_month_later_the_learner_still_stands_where_she_stood(seeded: samples.Samples) -> None:
    assert levels(cast.LEARNER, date(2026, 12, 22))["digital-collaboration"] == 2


# What is imperfect on purpose.


def test_the_samples_show_what_can_become_of_a_row(sunday: Sunday) -> None:
    shown = sum((report.counts for report in sunday.reports), Counter[str]())
    assert shown.keys() >= {"new", "merged", "skipped", "unmatched", "failed"}


def test_the_lunches_reach_no_competency(seeded: samples.Samples) -> None:
    profiles.catch_up()
    with reading() as connection:
        counted = set(connection.scalars(select(evidence.c.object_key)))
    assert not [thing for thing in counted if "81234567890" in thing]


def test_linking_her_forum_account_lights_up_what_somebody_wrote(seeded: samples.Samples) -> None:
    lena = people.get_person("lena.okafor@northmoor.example")
    before = set(levels(lena.email, seeded.day))
    with transaction():
        people.link(lena, f"{cast.FORUM}::lena_o")
    assert set(levels(lena.email, seeded.day)) - before == {"digital-collaboration"}


def test_the_longer_report_corrects_the_newest_webinar(seeded: samples.Samples) -> None:
    delivery = Delivery(body=seeded.longer.read_bytes(), name=seeded.longer.name)
    counts = runs.preview(samples.WEBINARS, delivery).counts
    assert (counts["corrected"], counts["new"]) == (1, 1)


# Written once, brought in once.


def test_samples_are_written_once(tmp_path: Path) -> None:
    first = samples.write(tmp_path, A_SUNDAY)
    before = contents(tmp_path)
    assert samples.write(tmp_path, date(2027, 5, 1)) == first
    assert contents(tmp_path) == before


def test_the_same_day_gives_the_same_bytes(tmp_path: Path) -> None:
    samples.write(tmp_path / "a", A_SUNDAY)
    samples.write(tmp_path / "b", A_SUNDAY)
    assert list(contents(tmp_path / "a").values()) == list(contents(tmp_path / "b").values())


def test_every_file_that_is_named_was_written(tmp_path: Path) -> None:
    written = samples.write(tmp_path, A_SUNDAY)
    files = [file for source in written.sources for file in source.files]
    assert all(file.is_file() for file in [written.people, written.longer, *files])


def test_seeding_again_reads_no_file_again(seeded: samples.Samples) -> None:
    assert seed(seeded) == []


def test_everybody_in_the_people_file_is_imported(seeded: samples.Samples) -> None:
    assert [person.name for person in people.all_people()] == [one.name for one in cast.MEMBERS]


def test_roles_are_given(seeded: samples.Samples) -> None:
    given = {email: people.roles_of(people.get_person(email).id) for email in cast.ROLES}
    assert all(role in given[email] for email, role in cast.ROLES.items())


@pytest.mark.parametrize(
    ("today", "last"),
    [
        pytest.param(date(2026, 11, 24), date(2026, 11, 17), id="never the day itself"),
        pytest.param(date(2026, 11, 25), date(2026, 11, 24), id="the day before"),
        pytest.param(date(2024, 3, 1), date(2024, 2, 27), id="over a leap day"),
    ],
)
def test_the_last_tuesday_before_a_day(today: date, last: date) -> None:
    days = webinars.weekdays_before(today, weekday=1, every=1, count=3)
    assert days[-1] == last


# The command.


def test_a_busy_port_is_refused_with_the_mend() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(Refused, match="make demo PORT="):
            require_free(taken.getsockname()[1])


def test_an_instance_of_somebody_is_left_alone(tmp_path: Path) -> None:
    settings = settings_in(tmp_path / "own")
    create_secret(settings)
    with pytest.raises(Refused, match="INSTANCE="):
        prepare(settings, A_SUNDAY)


@pytest.fixture
def started(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """`byway demo` in a process group of its own, as a terminal has it."""
    port = free_port()
    command = [sys.executable, "-m", "engine.cli", "demo", "--port", str(port)]
    environ = {**os.environ, "BYWAY_INSTANCE": str(tmp_path / "demo-instance")}
    quiet: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    with subprocess.Popen(command, env=environ, start_new_session=True, **quiet) as process:
        yield process, port
        process.kill()


def printed_until(process: subprocess.Popen[str], words: str) -> str:
    lines = iter(process.stdout or [])
    return "".join(iter(lambda: next(lines), f"{words}\n"))


def is_open(port: int) -> bool:
    try:
        urlopen(f"http://127.0.0.1:{port}/xapi/about", timeout=5).close()
    except URLError:
        return False
    return True


def is_alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def gone_within(group: int, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while is_alive(group) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not is_alive(group)


def test_ctrl_c_stops_everything(started: tuple[subprocess.Popen[str], int]) -> None:
    process, port = started
    printed = printed_until(process, "Ctrl-C stops it. The data stays.")
    assert printed.count(f"http://127.0.0.1:{port}/sign-in/") == 3
    assert is_open(port)
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(60) == 0
    assert gone_within(process.pid, 30)
    assert not is_open(port)
