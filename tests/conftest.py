"""What tests share: a real application on a file database of its own, and no way out."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import database_making
import hypothesis
import postgres_making
import pytest
from factories import settings_in
from flask import Flask

from engine import instance
from engine.app import create_app
from engine.config import Settings, create_secret
from engine.db import db

# How long an example takes depends on the machine; that is measured elsewhere. A build answers for
# its change, so it tries the same examples each time; runs by hand try others.
hypothesis.settings.register_profile("byway", deadline=None, derandomize="CI" in os.environ)
hypothesis.settings.load_profile("byway")


def _is_loopback(host: str) -> bool:
    return host.startswith("127.") or host in ("::1", "localhost")


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--postgresql` runs every test on PostgreSQL, not only those that always do."""
    parser.addoption("--postgresql", action="store_true", help="run every test on PostgreSQL")


def pytest_configure(config: pytest.Config) -> None:
    """Forget the settings of whoever runs the tests; her instance is none of their business."""
    for name in [name for name in os.environ if name.startswith("BYWAY_")]:
        if not name.startswith("BYWAY_TEST_"):
            del os.environ[name]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """What is marked with databases, a test or a file, runs there."""
    database_making.run_as_marked(metafunc)


@pytest.fixture(autouse=True)
def no_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let sockets reach this machine only; a test that wants more fails."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family != socket.AF_UNIX and not _is_loopback(address[0]):
            raise AssertionError(f"a test tried to reach {address[0]}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(scope="session")
def postgres() -> Iterator[postgres_making.Server]:
    """A PostgreSQL for this run: the one of BYWAY_TEST_DATABASE_URL, or one of our own."""
    with postgres_making.server() as server:
        yield server


@pytest.fixture
def postgres_url(postgres: postgres_making.Server) -> Iterator[str]:
    """An empty PostgreSQL database of this test's own."""
    with postgres.database() as url:
        yield url


@pytest.fixture(scope="session")
def made_secret(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An instance with a secret and no database; its index keys fit every made instance."""
    directory = tmp_path_factory.mktemp("secret") / "instance"
    create_secret(settings_in(directory))
    return directory


@pytest.fixture(scope="session")
def made_instance(made_secret: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An instance as `byway init` makes it; copied for every test, never used itself."""
    directory = tmp_path_factory.mktemp("made") / "instance"
    shutil.copytree(made_secret, directory)
    _upgrade(settings_in(directory))
    return directory


@pytest.fixture(scope="session")
def made_postgres(made_secret: Path, postgres: postgres_making.Server) -> Iterator[str]:
    """The name of a database as `byway init` makes it; copied for every test."""
    with postgres.database() as url:
        _upgrade(settings_in(made_secret, url))
        yield urlsplit(url).path.strip("/")


def _upgrade(settings: Settings) -> None:
    app = create_app(settings)
    with app.app_context():
        instance.upgrade()
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def database(request: pytest.FixtureRequest) -> str:
    """Which database the test runs on; folders, files and tests that run on both say so."""
    return str(getattr(request, "param", database_making.usual(request.config)))


@pytest.fixture
def database_url(
    database: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> str:
    """Where the test's database is; empty for the SQLite file in its instance.

    The environment says it too, for what a test starts beside its own process.
    """
    if database == "sqlite":
        return ""
    url = str(request.getfixturevalue("postgres_copy"))
    monkeypatch.setenv("BYWAY_DATABASE_URL", url)
    return url


@pytest.fixture
def empty_url(database: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where there is a database without anything."""
    if database == "sqlite":
        return f"sqlite:///{tmp_path / 'empty.sqlite3'}"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture
def postgres_copy(made_postgres: str, postgres: postgres_making.Server) -> Iterator[str]:
    """A copy of the made database, of this test's own."""
    with postgres.database(template=made_postgres) as url:
        yield url


@pytest.fixture
def instance_dir(
    database_url: str, made_secret: Path, request: pytest.FixtureRequest, tmp_path: Path
) -> Path:
    """An instance of this test's own."""
    made = made_secret if database_url else request.getfixturevalue("made_instance")
    return Path(shutil.copytree(made, tmp_path / "instance"))


@pytest.fixture
def make_app(instance_dir: Path, database_url: str) -> Iterator[Callable[..., Flask]]:
    """Make applications on the test's instance; `plugins` are (name, module) pairs."""
    made: list[Flask] = []

    def make(plugins: list[tuple[str, Any]] | None = None) -> Flask:
        app = create_app(settings_in(instance_dir, database_url), plugins=plugins or [])
        made.append(app)
        return app

    yield make
    for app in made:
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Iterator[Flask]:
    """The application, inside its context."""
    app = make_app()
    with app.app_context():
        yield app
