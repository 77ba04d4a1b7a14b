"""`byway serve` and `byway worker`: what is posted is seen soon, and everything stops together."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests
from cli_running import Byway, answers, command, environment, serving, until
from factories import a_key, a_statement, headers
from flask import Flask
from sqlalchemy import select

from engine.cli.serve import Restarted
from engine.competencies.models import line
from engine.db import reading
from engine.lrs.keys import NewKey


def children(pid: int) -> dict[int, str]:
    """The processes below a process, and their command lines."""
    found: dict[int, str] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and parent(entry) == pid:
            found[int(entry.name)] = (entry / "cmdline").read_text().replace("\0", " ")
            found |= children(int(entry.name))
    return found


def parent(entry: Path) -> int:
    try:
        return int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return 0


def worker_of(pid: int) -> int | None:
    return next((one for one, words in children(pid).items() if words.endswith("worker ")), None)


def alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and was not waited for does not."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def post(url: str, key: NewKey) -> str:
    statement = a_statement()
    answer = requests.post(
        f"{url}/xapi/statements", json=statement, headers=headers(key), timeout=30
    )
    assert answer.ok, answer.text
    return str(statement["id"])


def lines() -> int:
    with reading() as connection:
        return len(connection.execute(select(line.c.seq)).all())


def test_what_is_posted_is_projected_soon(app: Flask, instance_dir: Path) -> None:
    key = a_key()
    with serving(instance_dir) as (process, url):
        until(lambda: worker_of(process.pid))
        post(url, key)
        until(lambda: lines() == 1)
        post(url, key)
        assert until(lambda: lines() == 2, seconds=10) < 10


def test_a_worker_that_dies_is_started_again_and_the_web_stays_up(
    app: Flask, instance_dir: Path
) -> None:
    key = a_key()
    with serving(instance_dir) as (process, url):
        until(lambda: worker_of(process.pid))
        first = worker_of(process.pid)
        assert first is not None
        os.kill(first, signal.SIGKILL)
        post(url, key)
        until(lambda: worker_of(process.pid) not in (None, first))
        until(lambda: lines() == 1)
        assert process.poll() is None


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_everything(instance_dir: Path, number: signal.Signals) -> None:
    with serving(instance_dir) as (process, url):
        until(lambda: worker_of(process.pid))
        below = children(process.pid)
        assert len(below) >= 3
        os.killpg(process.pid, number)  # as a terminal does
        assert process.wait(timeout=30) == 0
        assert [pid for pid in below if alive(pid)] == []
        assert not answers(url)


def test_the_end_of_the_web_server_ends_everything(instance_dir: Path) -> None:
    with serving(instance_dir) as (process, _url):
        until(lambda: worker_of(process.pid))
        below = children(process.pid)
        server = next(pid for pid in below if parent(Path(f"/proc/{pid}")) == process.pid
                      and "gunicorn" in below[pid])  # fmt: skip
        os.kill(server, signal.SIGKILL)
        assert process.wait(timeout=30) == 1
        until(lambda: not any(alive(pid) for pid in below))


def test_a_worker_can_be_left_out(instance_dir: Path) -> None:
    with serving(instance_dir, "--no-worker") as (process, _url):
        assert worker_of(process.pid) is None


def test_a_port_that_is_taken_is_refused(byway: Byway) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ran = byway("serve", "--bind", f"127.0.0.1:{port}")
    assert (ran.code, ran.out) == (1, "")
    assert "in use" in ran.err
    assert "--bind" in ran.err


@pytest.mark.parametrize("host", ["no.such.host.invalid", "203.0.113.7"])
def test_an_address_that_is_not_ours_is_refused(byway: Byway, host: str) -> None:
    assert byway("serve", "--bind", f"{host}:8000").code == 1


def test_an_older_schema_is_not_served(byway: Byway, empty_url: str) -> None:
    assert "byway upgrade" in byway("serve", BYWAY_DATABASE_URL=empty_url).err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_worker_stops_within_five_seconds(instance_dir: Path, number: signal.Signals) -> None:
    with subprocess.Popen(
        command("worker"), env=environment(instance_dir), stderr=subprocess.PIPE
    ) as process:
        until(lambda: (instance_dir / "jobs.sqlite3").exists())
        time.sleep(0.5)
        process.send_signal(number)
        assert process.wait(timeout=15) == 0


def test_a_dying_process_is_started_again_less_and_less_often() -> None:
    now = [0.0]
    dying = Restarted([sys.executable, "-c", "import sys; sys.exit(3)"], clock=lambda: now[0])
    starts = [start_again(dying, now) for _ in range(9)]
    assert starts == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    dying.process.wait()


def start_again(dying: Restarted, now: list[float]) -> float:
    """Let a process die; how long it takes until it is started again."""
    process, died = dying.process, now[0]
    process.wait()
    dying.look()
    while dying.process is process:
        now[0] += 0.5
        dying.look()
    return now[0] - died


def test_a_process_that_ran_well_is_started_again_at_once() -> None:
    now = [0.0]
    dying = Restarted([sys.executable, "-c", ""], clock=lambda: now[0])
    dying.process.wait()
    now[0] = 3600
    process = dying.process
    dying.look()
    dying.look()
    assert dying.process is not process
    dying.process.wait()


def test_nothing_goes_on_when_the_supervisor_itself_fails() -> None:
    code = (
        "import sys; from engine.cli.serve import supervise;"
        "supervise([sys.executable, '-c', 'import time; time.sleep(600)'], ['/no/such/program'])"
    )
    with subprocess.Popen([sys.executable, "-c", code], start_new_session=True) as process:
        assert process.wait(60) == 1
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)
