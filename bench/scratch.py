"""Servers that are made for one measurement and thrown away: instance, database, key, warm-up."""

from __future__ import annotations

import base64
import json
import os
import re
import secrets
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, create_engine, make_url, text
from sqlalchemy.exc import OperationalError

PROJECT = Path(__file__).resolve().parent.parent
START = 60
WARM_UP = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A scratch server and the key that may do everything on it."""

    endpoint: str
    key: str
    secret: str
    pid: int


class Stopped(Exception):
    """The run cannot go on; the message says why and what mends it."""


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


@contextmanager
def scratch_server(
    version: str,
    database_url: str | None,
    *,
    keep: bool,
    prepare: Callable[[dict[str, str]], object] = dict,
) -> Iterator[Server]:
    """`byway serve` with its worker on a new instance, announcing one version.

    :param prepare: is given the instance's settings before it is served.
    """
    port = free_port()
    with scratch_directory(keep=keep) as directory, scratch_database(database_url, keep) as url:
        settings = {
            "BYWAY_INSTANCE": str(directory / "instance"),
            "BYWAY_PUBLIC_URL": f"http://127.0.0.1:{port}",
            "BYWAY_XAPI_DEFAULT_VERSION": version,
            **({"BYWAY_DATABASE_URL": url} if url else {}),
        }
        byway(settings, "init")
        made = byway(
            *(settings, "keys", "create", "scratch"),
            *("--scope", "all", "--reads", "all", "--json"),
        )
        prepare(settings)
        with serving(settings, port, directory / "server.log") as pid:
            yield Server(endpoint=f"http://127.0.0.1:{port}/xapi", pid=pid, **json.loads(made))


@contextmanager
def scratch_directory(*, keep: bool) -> Iterator[Path]:
    directory = Path(tempfile.mkdtemp(prefix="byway-scratch-"))
    try:
        yield directory
    finally:
        if keep:
            say(f"  Kept {directory}")
        else:
            shutil.rmtree(directory, ignore_errors=True)


@contextmanager
def scratch_database(url: str | None, keep: bool) -> Iterator[str | None]:
    """A database of a fresh name on a PostgreSQL server; None for the instance's own SQLite."""
    if url is None:
        yield None
        return
    name = f"byway_scratch_{secrets.token_hex(4)}"
    execute(url, f"CREATE DATABASE \"{name}\" TEMPLATE template0 ENCODING 'UTF8'")
    try:
        yield make_url(url).set(database=name).render_as_string(hide_password=False)
    finally:
        if keep:
            say(f"  Kept the database {name}")
        else:
            execute(url, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    """A connection to a server, outside any transaction."""
    address = re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", url)
    engine = create_engine(address, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            yield connection
    except OperationalError as error:
        raise Stopped(f"The database server cannot be reached: {error.orig}") from error
    finally:
        engine.dispose()


def execute(url: str, command: str) -> None:
    """One command on a server."""
    with connected(url) as connection:
        connection.execute(text(command))


def database_name(url: str | None) -> str:
    """The kind of database and its version, as the report names it."""
    if url is None:
        return f"SQLite {sqlite3.sqlite_version}"
    with connected(url) as connection:
        version = connection.execute(text("SHOW server_version")).scalar_one()
    return f"PostgreSQL {version.split()[0]}"


def environment(settings: dict[str, str]) -> dict[str, str]:
    """This process's environment with none of its own settings of Byway."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BYWAY_")}
    return kept | settings


def byway(settings: dict[str, str], *words: str) -> str:
    """Run a command of ours; what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "engine.cli", *words],
        cwd=PROJECT,
        env=environment(settings),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise Stopped(f"byway {' '.join(words)} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


@contextmanager
def serving(settings: dict[str, str], port: int, log: Path) -> Iterator[int]:
    """The server's process id, until the block ends."""
    bind = f"127.0.0.1:{port}"
    with (
        log.open("wb") as out,
        subprocess.Popen(
            [sys.executable, "-m", "engine.cli", "serve", "--bind", bind],
            cwd=PROJECT,
            env=environment(settings),
            stdout=out,
            stderr=out,
        ) as server,
    ):
        try:
            wait_until(lambda: server.poll() is not None or answers(f"http://{bind}/xapi/about"))
            if server.poll() is not None:
                raise Stopped(f"The server did not start:\n{log.read_text()[-2000:]}")
            yield server.pid
        finally:
            server.terminate()


def wait_until(done: Callable[[], bool]) -> None:
    end = time.monotonic() + START
    while not done():
        if time.monotonic() > end:
            raise Stopped(f"The server did not answer in {START} s.")
        time.sleep(0.1)


def answers(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=5).close()
    except OSError:
        return False
    return True


def warm_up(server: Server, version: str) -> None:
    """Make every worker answer a few times.

    The suite's first hook takes the age of the first statement's `stored` for a difference between
    the two clocks; a slow first request there would lengthen every wait of the run.
    """
    pair = base64.b64encode(f"{server.key}:{server.secret}".encode()).decode()
    headers = {
        "Authorization": f"Basic {pair}",
        "X-Experience-API-Version": version,
        "Content-Type": "application/json",
    }
    statement = json.dumps(
        {
            "actor": {"mbox": "mailto:warm.up@example.org"},
            "verb": {"id": "https://w3id.org/xapi/dod-isd/verbs/started"},
            "object": {"id": "https://example.org/warm-up"},
        }
    ).encode()
    url = f"{server.endpoint}/statements"
    for _ in range(WARM_UP):
        for body in (statement, None):
            request = urllib.request.Request(url, data=body, headers=headers)
            try:
                urllib.request.urlopen(request, timeout=30).close()
            except urllib.error.HTTPError as refused:
                raise Stopped(f"The warm-up was refused: {refused.read().decode()}") from refused


def free_port() -> int:
    """A port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
