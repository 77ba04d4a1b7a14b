"""A real server on loopback for the tests that need one."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli_running import free_port
from factories import a_key

from engine.app import create_app
from engine.config import read_settings
from engine.db import db
from engine.lrs.keys import NewKey

START = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """Where it answers, and the process that `byway serve` is."""

    url: str
    pid: int

    @property
    def endpoint(self) -> str:
        """What a client is given."""
        return f"{self.url}/xapi/"

    def workers(self) -> list[int]:
        """The processes that answer requests: those without children of their own."""
        return [pid for pid in descendants(self.pid) if not children(pid)]


@contextmanager
def served(instance: Path, *, workers: int = 2) -> Iterator[Served]:
    """`byway serve --no-worker` on an instance, until the block ends."""
    port = free_port()
    bind = f"127.0.0.1:{port}"
    command = [sys.executable, "-m", "engine.cli", "serve", "--no-worker", "--bind", bind]
    environ = {**os.environ, "BYWAY_INSTANCE": str(instance)}
    with (
        (instance / "server.log").open("wb") as log,
        subprocess.Popen(
            [*command, "--workers", str(workers)], env=environ, stdout=log, stderr=log
        ) as process,
    ):
        try:
            wait_for(f"http://{bind}/xapi/about")
            yield Served(url=f"http://{bind}", pid=process.pid)
        finally:
            process.terminate()


def wait_for(url: str) -> None:
    """Wait until an address answers; TimeoutError when it does not."""
    end = time.monotonic() + START
    while time.monotonic() < end:
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError(f"{url} did not answer in {START} s")


def children(pid: int) -> list[int]:
    """The processes that a process started."""
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except OSError:
        return []
    return [int(child) for child in text.split()]


def descendants(pid: int) -> list[int]:
    """The processes below a process."""
    return [found for child in children(pid) for found in (child, *descendants(child))]


def add_key(instance: Path, **given: Any) -> NewKey:
    """A key, made beside a running server as the command line would."""
    app = create_app(read_settings({"BYWAY_INSTANCE": str(instance)}))
    with app.app_context():
        key = a_key(**given)
        db.session.remove()
        db.engine.dispose()
    return key
