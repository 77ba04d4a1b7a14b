"""The schema of results: from the one before it, on both databases, as the models say."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from factories import settings_in
from flask import Flask
from flask_migrate import upgrade as migrate
from sqlalchemy import inspect

from engine import instance
from engine.app import create_app
from engine.config import create_secret
from engine.db import db, reading
from engine.publishing import models

pytestmark = pytest.mark.both_databases

TABLES = {
    one.__tablename__
    for one in (
        *(models.ResultsPolicy, models.PublicationChoice, models.Publication),
        *(models.PublicationLook, models.Grant, models.IssuerKey),
    )
}


@pytest.fixture
def before(empty_url: str, tmp_path: Path) -> Iterator[Flask]:
    """An instance with the schema before this one."""
    settings = settings_in(tmp_path / "empty", empty_url)
    create_secret(settings)
    app = create_app(settings)
    with app.app_context():
        migrate(directory=str(instance.MIGRATIONS), revision="0004")
        yield app
        db.session.remove()
        db.engine.dispose()


def differences() -> list[Any]:
    """Where these tables are not what the models say."""
    with reading() as connection:
        wanted = {"compare_type": True, "include_name": _is_ours}
        context = MigrationContext.configure(connection, opts=wanted)
        return [one for one in compare_metadata(context, db.metadata) if _names_ours(one)]


def _is_ours(name: str | None, kind: str, _parents: Any) -> bool:
    return kind != "table" or name in TABLES


def _names_ours(difference: Any) -> bool:
    return any(f"'{table}'" in repr(difference) for table in TABLES)


@pytest.mark.usefixtures("before")
def test_the_tables_are_not_there_before() -> None:
    assert TABLES.isdisjoint(inspect(db.engine).get_table_names())


@pytest.mark.usefixtures("before")
def test_after_it_they_are_what_the_models_say() -> None:
    migrate(directory=str(instance.MIGRATIONS), revision="0005")
    assert set(inspect(db.engine).get_table_names()) >= TABLES
    assert differences() == []
