"""The schema: what the migrations make is what the models say, once, by one at a time."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from flask import Flask
from sqlalchemy import inspect, text

from engine import instance
from engine.app import create_app
from engine.competencies import projector
from engine.config import Settings, create_secret, read_settings
from engine.db import db, reading, writing
from engine.errors import Refused
from engine.lrs.keys import own_origin


def settings_in(directory: Path) -> Settings:
    """An instance's settings, all else as it comes."""
    return read_settings({"BYWAY_INSTANCE": str(directory)})


def byway(directory: Path, *arguments: str) -> subprocess.Popen[bytes]:
    """The command, begun on an instance."""
    environ = {**os.environ, "BYWAY_INSTANCE": str(directory)}
    return subprocess.Popen(
        [sys.executable, "-m", "engine.cli", *arguments],
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def outcome(process: subprocess.Popen[bytes]) -> tuple[int, bytes]:
    """Its exit code and what it complained of."""
    _, complaint = process.communicate(timeout=60)
    return process.returncode, complaint


def test_the_migrations_make_what_the_models_say(app: Flask) -> None:
    with reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, db.metadata) == []


def test_partial_and_clustered_tables_are_made_as_the_models_say(app: Flask) -> None:
    with reading() as connection:
        rows = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE sql NOTNULL"))
        made = {row.name: row.sql for row in rows}
    assert made["ix_statement_target"].endswith("WHERE target IS NOT NULL")
    assert made["posting"].rstrip().endswith("WITHOUT ROWID")
    assert "seq INTEGER NOT NULL" in made["statement"]


def test_upgrading_again_changes_nothing(app: Flask) -> None:
    before = content()
    instance.upgrade()
    assert content() == before


def content() -> dict[str, list[Any]]:
    """Every row of every table."""
    db.session.rollback()
    with reading() as connection:
        return {
            name: sorted(map(repr, connection.execute(text(f'SELECT * FROM "{name}"'))))
            for name in inspect(connection).get_table_names()
        }


def test_the_newest_schema_is_served(app: Flask) -> None:
    instance.require_schema()


def test_an_older_schema_is_not_served(app: Flask) -> None:
    with writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    with pytest.raises(Refused) as refusal:
        instance.require_schema()
    assert "0000" in refusal.value.why
    assert refusal.value.mend == "Run `byway upgrade`."


def test_a_database_without_schema_is_not_served(tmp_path: Path) -> None:
    create_secret(settings_in(tmp_path))
    code, complaint = outcome(byway(tmp_path, "serve", "--bind", "127.0.0.1:1"))
    assert code == 1
    assert b"byway upgrade" in complaint


def test_two_upgrades_at_once_make_one_schema(tmp_path: Path) -> None:
    create_secret(settings_in(tmp_path))
    both = [byway(tmp_path, "upgrade") for _ in range(2)]
    assert [outcome(process)[0] for process in both] == [0, 0]
    app = create_app(settings_in(tmp_path))
    with app.app_context():
        instance.require_schema()
        assert own_origin().kind == "byway"
        assert projector.serving().cursor == 0
        db.session.remove()
        db.engine.dispose()
