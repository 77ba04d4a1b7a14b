"""From the fifth schema to the sixth: levels that are asked for, and disputes; nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import first_instance
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from factories import settings_in
from flask import Flask
from flask_migrate import upgrade as migrate
from live_log import DATA

from engine import disputes, instance
from engine.app import create_app
from engine.config import create_secret
from engine.db import db, reading, writing
from engine.disputes import LEVEL
from engine.people import service as people

pytestmark = pytest.mark.both_databases

NEW = {"level_request", "dispute", "dispute_step"}


@pytest.fixture
def fifth(empty_url: str, tmp_path: Path) -> Iterator[Flask]:
    """An instance at work with the fifth schema."""
    settings = settings_in(tmp_path / "fifth", empty_url)
    create_secret(settings)
    settings.secret_file.write_bytes(first_instance.SECRET)
    app = create_app(settings)
    with app.app_context():
        to("0001")
        with writing() as connection:
            first_instance.fill(connection)
        to("0005")
        yield app
        db.session.remove()
        db.engine.dispose()


def to(revision: str) -> None:
    migrate(directory=str(instance.MIGRATIONS), revision=revision)


def content() -> dict[str, list[str]]:
    """Every row of every table but the new ones."""
    with reading() as connection:
        names = set(sa.inspect(connection).get_table_names()) - NEW - {"alembic_version"}
        return {
            name: sorted(map(repr, connection.execute(sa.text(f'SELECT * FROM "{name}"'))))
            for name in names
        }


def differences() -> list[Any]:
    """Where the new tables are not what the models say."""
    with reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        found = compare_metadata(context, db.metadata)
    return [one for one in found if any(name in repr(one) for name in NEW)]


@pytest.mark.usefixtures("fifth")
def test_every_row_is_what_it_was() -> None:
    before = content()
    to("0006")

    assert content() == before


@pytest.mark.usefixtures("fifth")
def test_the_new_tables_are_what_the_models_say() -> None:
    to("0006")

    assert differences() == []


@pytest.mark.usefixtures("fifth")
def test_the_learner_can_dispute_a_level_at_once() -> None:
    to("0006")
    who = people.who(people.get_person(first_instance.LEARNER))
    opened = disputes.open_(who, LEVEL, DATA, "It is older than this")

    assert [one.id for one in disputes.of_person(who.id)] == [str(opened)]
