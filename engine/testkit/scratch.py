"""An instance of its own for one plugin, on SQLite, thrown away afterwards."""

from __future__ import annotations

import functools
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import func, select

from engine import host, instance
from engine.api import Delivery, Source, hookimpl
from engine.app import create_app
from engine.config import Settings, read_settings
from engine.db import Base, db, transaction
from engine.sources import instances, runs
from engine.sources.models import Item

SECRET = bytes(range(32))
"""Ids follow from an installation's secret, so that of the kit is always the same."""
NAME = "kit"


class _Alone:
    """A plugin that brings one source."""

    def __init__(self, source: Source) -> None:
        self._source = source

    @hookimpl
    def register_sources(self) -> list[Source]:
        return [self._source]


@contextmanager
def scratch(source: Source, settings: Mapping[str, Any]) -> Iterator[None]:
    """Inside, the application runs with this source alone, and with one instance of it."""
    with tempfile.TemporaryDirectory(prefix="byway-kit-") as directory:
        place = Path(directory) / "instance"
        shutil.copytree(_made().name, place)
        with _running(place) as app:
            alone = host.load([(source.name, _Alone(source))], installed=False)
            app.extensions["byway.host"] = alone
            with transaction():
                instances.add(source.name, NAME, settings, basis="notice")
            yield


def read(delivery: Delivery) -> runs.Report:
    """Read a delivery for good."""
    return runs.run_file(NAME, delivery)


def preview(delivery: Delivery) -> runs.Report:
    """What reading it would do."""
    return runs.preview(NAME, delivery)


def table_sizes() -> dict[str, int]:
    """How many rows every table has."""
    db.session.rollback()
    tables = Base.metadata.tables.items()
    counts = ((name, select(func.count()).select_from(table)) for name, table in tables)
    return {name: db.session.scalar(count) or 0 for name, count in counts}


def standing() -> set[tuple[str, str | None]]:
    """Each item for which a statement stands: its key, and what the statement says in essence."""
    db.session.rollback()
    query = select(Item.key, Item.essence).where(Item.sid.is_not(None))
    return {(key, essence) for key, essence in db.session.execute(query)}


@functools.cache
def _made() -> tempfile.TemporaryDirectory[str]:
    """An instance as `byway init` makes it; copied for every use, gone with the process."""
    directory = tempfile.TemporaryDirectory(prefix="byway-kit-made-")
    _settings(Path(directory.name)).secret_file.write_bytes(SECRET)
    with _running(Path(directory.name)):
        instance.upgrade()
    return directory


def _settings(place: Path) -> Settings:
    return read_settings({"BYWAY_INSTANCE": str(place), "BYWAY_PUBLIC_URL": "http://byway.example"})


@contextmanager
def _running(place: Path) -> Iterator[Flask]:
    app = create_app(_settings(place))
    with app.app_context():
        try:
            yield app
        finally:
            db.session.remove()
            db.engine.dispose()
