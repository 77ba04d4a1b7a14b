"""What tests share: a real application on a file database of its own, and no way out."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from factories import settings_in
from flask import Flask

from engine import instance
from engine.app import create_app
from engine.config import create_secret
from engine.db import db

# How long an example takes depends on the machine; that is measured elsewhere.
hypothesis.settings.register_profile("byway", deadline=None)
hypothesis.settings.load_profile("byway")


def _is_loopback(host: str) -> bool:
    return host.startswith("127.") or host in ("::1", "localhost")


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
def made_instance(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An instance as `byway init` makes it; copied for every test, never used itself."""
    directory = tmp_path_factory.mktemp("made") / "instance"
    settings = settings_in(directory)
    create_secret(settings)
    app = create_app(settings)
    with app.app_context():
        instance.upgrade()
        db.engine.dispose()
    return directory


@pytest.fixture
def instance_dir(made_instance: Path, tmp_path: Path) -> Path:
    """An instance of this test's own."""
    return Path(shutil.copytree(made_instance, tmp_path / "instance"))


@pytest.fixture
def make_app(instance_dir: Path) -> Iterator[Callable[..., Flask]]:
    """Make applications on the test's instance; `plugins` are (name, module) pairs."""
    made: list[Flask] = []

    def make(plugins: list[tuple[str, Any]] | None = None) -> Flask:
        app = create_app(settings_in(instance_dir), plugins=plugins or [])
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
