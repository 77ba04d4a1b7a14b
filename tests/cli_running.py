"""Running `byway`: as a process of its own, or inside this one where only its words matter."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest
import requests
from factories import HOME

from engine.cli import main

Byway = Callable[..., "Ran"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output as JSON."""
        return orjson.loads(self.out)


def environment(instance: Path, **more: str) -> dict[str, str]:
    """The environment of this process with the settings of an instance.

    Which database it is in was said there by the fixture of the test's database.
    """
    return {**os.environ, "BYWAY_INSTANCE": str(instance), "BYWAY_PUBLIC_URL": HOME, **more}


def command(*words: object) -> list[str]:
    """The command line of a process."""
    return [sys.executable, "-m", "engine.cli", *map(str, words)]


def spawned(instance: Path, *words: object, stdin: bytes = b"", **env: str) -> Ran:
    """Run a command as a process of its own."""
    done = subprocess.run(
        command(*words),
        input=stdin,
        capture_output=True,
        timeout=120,
        check=False,
        env=environment(instance, **env),
    )
    return Ran(code=done.returncode, out=done.stdout.decode(), err=done.stderr.decode())


def inside(
    instance: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> Byway:
    """Run commands inside this process, as `byway` would."""

    def run(*words: object, **env: str) -> Ran:
        with monkeypatch.context() as patch:
            for name, value in environment(instance, **env).items():
                patch.setenv(name, value)
            patch.setattr(sys, "argv", ["byway", *map(str, words)])
            with pytest.raises(SystemExit) as ended:
                main()
        out, err = capfd.readouterr()
        return Ran(code=int(ended.value.code or 0), out=out, err=err)

    return run


@contextmanager
def running(instance: Path, *words: object, **env: str) -> Iterator[subprocess.Popen[bytes]]:
    """A command that goes on until it is told to stop."""
    process = subprocess.Popen(
        command(*words),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environment(instance, **env),
        start_new_session=True,
    )
    try:
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=30)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(instance: Path, *more: str) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """A server that answers, and its address."""
    bind = f"127.0.0.1:{free_port()}"
    with running(instance, "serve", "--bind", bind, "--workers", "1", *more) as process:
        until(lambda: process.poll() is not None or answers(f"http://{bind}"))
        yield process, f"http://{bind}"


def answers(url: str) -> bool:
    try:
        return requests.get(f"{url}/xapi/about", timeout=5).ok
    except (requests.ConnectionError, requests.Timeout):
        return False


def until(done: Callable[[], Any], seconds: float = 60, pause: float = 0.02) -> float:
    """Wait for something; how long it took."""
    start = time.monotonic()
    while not done():
        assert time.monotonic() - start < seconds, "it takes too long"
        time.sleep(pause)
    return time.monotonic() - start
