"""One run of a system at a time, and none lost: leases, interruptions, decisions in between."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from factories import HOME, a_person
from flask import Flask
from looking import (
    adds_up,
    change,
    count_statements,
    ended,
    item,
    live_statements,
    minutes,
    run,
    state_of,
    table_sizes,
)
from sqlalchemy import update
from toy import accepted, add_toy, did, fail, file, gone, skip

from engine import pipeline
from engine.db import lease_table, transaction, writing
from engine.errors import Conflict
from engine.jobs import tasks
from engine.sources import arranging, decisions, doors, instances, reading, runs, undo, writes
from engine.sources.models import Run

pytestmark = pytest.mark.both_databases
SAID = [did(f"k{number}", minutes=1) for number in range(450)] + [
    skip(),
    fail(),
    did("k1", minutes=2),
    gone("k2"),
    accepted("yes", "k3"),
    accepted("waits", "nothing"),
]


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """SAID takes three batches, and is read twice."""
    monkeypatch.setattr(reading, "BATCH", 200)
    monkeypatch.setattr(arranging, "KEPT", 100)


def hook(*said: dict[str, Any]) -> int:
    """A delivery that waits for the worker."""
    taken = doors.receive("t", {"x-secret": ""}, {}, file(*said).body)
    assert isinstance(taken, int)
    return taken


def hold(holder: str) -> None:
    """Give the system's turn to somebody."""
    name = f"source:{instances.get('t').system}"
    row = {"name": name, "holder": holder, "fence": 1, "expires": 1 << 60}
    with writing() as connection:
        connection.execute(lease_table.delete())
        connection.execute(lease_table.insert().values(**row))


class Killed(BaseException):
    """The process ends here."""


def interrupted(monkeypatch: pytest.MonkeyPatch, run_id: int, batches: int) -> None:
    """Process a run and die after some batches, before the next is stored."""
    stored, real = [], pipeline.store().add

    def add(*given: Any, **more: Any) -> Any:
        if len(stored) == batches:
            raise Killed
        stored.append(1)
        return real(*given, **more)

    with monkeypatch.context() as patched:
        patched.setattr(pipeline.store(), "add", add)
        with pytest.raises(Killed):
            runs.process(run_id)


@pytest.mark.usefixtures("toys")
@pytest.mark.parametrize("batches", [0, 1, 2])
def test_an_interrupted_run_goes_on_with_the_same_counts(
    monkeypatch: pytest.MonkeyPatch, batches: int
) -> None:
    whole = runs.preview("t", file(*SAID))
    waiting = hook(*SAID)
    interrupted(monkeypatch, waiting, batches)
    assert doors.unfinished() == [waiting]
    report = runs.process(waiting)
    assert (report.rows, report.counts) == (whole.rows, whole.counts)
    assert report.problems == whole.problems
    assert adds_up(report)
    assert count_statements() == len(whole.statements)


@pytest.mark.usefixtures("toys")
def test_a_run_interrupted_under_other_settings_is_read_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waiting = hook(*SAID)
    interrupted(monkeypatch, waiting, 1)
    change(hours=1)
    report = runs.process(waiting)
    assert (report.rows, adds_up(report)) == (456, True)
    assert live_statements() == 450
    assert state_of(waiting).generation == 2


@pytest.mark.usefixtures("toys")
def test_a_run_that_has_ended_is_not_read_again() -> None:
    waiting = hook(did("a"))
    first = runs.process(waiting)
    before = table_sizes()
    assert runs.process(waiting).as_json() == first.as_json() | {"statements": []}
    assert table_sizes() == before


@pytest.mark.usefixtures("toys")
def test_a_second_run_is_refused_and_keeps_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    hold(f"elsewhere:1:{os.getpid()}")
    monkeypatch.setattr(runs, "PATIENCE", 0)
    before = table_sizes()
    with pytest.raises(Conflict, match="Another run of this source is under way"):
        run(did("a"))
    assert table_sizes() == before


@pytest.mark.usefixtures("toys")
def test_a_run_that_comes_too_early_waits() -> None:
    waiting = hook(did("a"))
    hold("elsewhere:1:x")
    tasks.read_unfinished()
    assert state_of(waiting).state == "waiting"


@pytest.mark.usefixtures("toys")
def test_the_turn_of_a_dead_process_is_taken_over() -> None:
    ended_process = subprocess.Popen(["true"])
    ended_process.wait()
    hold(f"{os.uname().nodename}:{ended_process.pid}:x")
    assert ended(run(did("a"))) == {"new": 1}


def test_a_second_run_waits_its_turn(toys: Flask) -> None:
    turn = reading.Turn(instances.get("t").system)
    done: list[dict[str, int]] = []

    def second() -> None:
        with toys.app_context():
            done.append(ended(run(did("a"))))

    with turn:
        thread = threading.Thread(target=second)
        thread.start()
        time.sleep(0.2)
        assert done == []
    thread.join()
    assert done == [{"new": 1}]


@pytest.mark.usefixtures("toys")
def test_a_run_whose_turn_was_taken_over_is_not_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    waiting = hook(*SAID)
    monkeypatch.setattr(reading.Turn, "renew", taken_over)
    with pytest.raises(Conflict):
        runs.process(waiting)
    assert state_of(waiting).state == "running"


def taken_over(_turn: reading.Turn) -> None:
    raise Conflict("Another run of this source took over.")


@pytest.mark.usefixtures("toys")
def test_of_two_who_go_on_with_one_run_one_records(monkeypatch: pytest.MonkeyPatch) -> None:
    waiting = hook(*SAID)
    real = writes.of_run

    def of_run(run_id: int, **values: Any) -> Any:
        with transaction() as session:  # the other one, who took over
            session.execute(update(Run).where(Run.id == waiting).values(done=999))
        return real(run_id, **values)

    monkeypatch.setattr(writes, "of_run", of_run)
    with pytest.raises(Conflict):
        runs.process(waiting)
    assert (count_statements(), state_of(waiting).done) == (0, 999)


@pytest.mark.usefixtures("toys")
def test_a_correction_while_a_run_is_worked_out_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    bo = a_person()
    run(did("a", minutes=30))
    sid, real, once = item("a").sid, writes.record, [True]
    assert sid

    def record(*given: Any) -> Any:
        if once:
            once.pop()
            decisions.correct(bo, sid, decisions.Correction(duration=timedelta(minutes=5)))
            decisions.share(bo, item("a").sid or sid, "public")
        return real(*given)

    monkeypatch.setattr(writes, "record", record)
    report = run(did("a", minutes=45))
    assert ended(report) == {"known": 1}
    assert (minutes("a"), item("a").audience) == ("PT5M", "public")


@pytest.mark.usefixtures("toys")
def test_a_run_while_a_correction_is_worked_out_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    bo = a_person()
    run(did("a", minutes=30))
    sid, real, once = item("a").sid, writes.record, [True]
    assert sid

    def record(*given: Any) -> Any:
        if once:
            once.pop()
            run(did("a", minutes=30), did("b"))
        return real(*given)

    monkeypatch.setattr(writes, "record", record)
    decisions.correct(bo, sid, decisions.Correction(duration=timedelta(minutes=5)))
    assert minutes("a") == "PT5M"
    undo.undo(1)
    undo.undo(2)
    assert minutes("a") == "PT5M"


@pytest.fixture
def command(tmp_path: Path) -> list[str]:
    """How to run `byway` with the toy source on the test's instance."""
    start = tmp_path / "start.py"
    start.write_text(
        "import sys, toy\n"
        "from engine import host\n"
        "load = host.load\n"
        "host.load = lambda extra=(), chosen=None: load([('toy', toy)], chosen=chosen)\n"
        "from engine.cli import main\n"
        "main()\n"
    )
    return [sys.executable, str(start)]


def environment(instance_dir: Path) -> dict[str, str]:
    here = Path(__file__).parents[1]
    return os.environ | {
        "BYWAY_INSTANCE": str(instance_dir),
        "BYWAY_PUBLIC_URL": HOME,
        "PYTHONPATH": os.pathsep.join([str(here), str(here.parents[1])]),
    }


def kill_after_some(command: list[str], instance_dir: Path, path: Path) -> None:
    """Start an import and kill it without warning once something of it is stored."""
    arguments = [*command, "sources", "run", "t", str(path)]
    started = subprocess.Popen(arguments, env=environment(instance_dir))
    deadline = time.monotonic() + 30
    while count_statements() < 400 and started.poll() is None and time.monotonic() < deadline:
        time.sleep(0.005)
    started.send_signal(signal.SIGKILL)
    started.wait()


@pytest.mark.usefixtures("toys")
def test_a_killed_import_loses_and_doubles_nothing(
    command: list[str], instance_dir: Path, tmp_path: Path
) -> None:
    said = [did(f"k{number}") for number in range(2000)]
    path = tmp_path / "toy.json"
    path.write_text(json.dumps(said))
    kill_after_some(command, instance_dir, path)
    stored = count_statements()
    assert 400 <= stored < 2000
    assert state_of(1).rows == stored
    tasks.read_unfinished()
    assert (count_statements(), state_of(1).state) == (2000, "done")
    assert state_of(1).counts == {"new": 2000}
    assert ended(run(*said)) == {"known": 2000}
    assert count_statements() == 2000


def test_a_plugin_that_is_gone_lets_its_runs_rest(toys: Flask, make_app: Any) -> None:
    hook(did("a"))
    with make_app().app_context():
        assert doors.unfinished() == []
    with toys.app_context():
        add_toy("other")
        assert len(doors.unfinished()) == 1
