"""From the sixth schema to the seventh: the identity inbox, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import first_instance
import pytest
import sqlalchemy as sa
from factories import settings_in
from flask import Flask
from flask_migrate import upgrade as migrate

from engine import instance
from engine.app import create_app
from engine.config import create_secret
from engine.db import db, reading, writing
from engine.people.inbox_models import IgnoredHandle, TrustedDomain

pytestmark = pytest.mark.both_databases
FRESH = {"ignored_handle", "trusted_domain"}


@pytest.fixture
def sixth(empty_url: str, tmp_path: Path) -> Iterator[Flask]:
    """An instance at work with the sixth schema."""
    settings = settings_in(tmp_path / "sixth", empty_url)
    create_secret(settings)
    settings.secret_file.write_bytes(first_instance.SECRET)
    app = create_app(settings)
    with app.app_context():
        to("0001")
        with writing() as connection:
            first_instance.fill(connection)
        to("0006")
        yield app
        db.session.remove()
        db.engine.dispose()


def to(revision: str) -> None:
    migrate(directory=str(instance.MIGRATIONS), revision=revision)


def content() -> dict[str, list[str]]:
    """Every row of every table but the new ones."""
    with reading() as connection:
        names = set(sa.inspect(connection).get_table_names()) - FRESH - {"alembic_version"}
        return {
            name: sorted(map(repr, connection.execute(sa.text(f'SELECT * FROM "{name}"'))))
            for name in names
        }


@pytest.mark.usefixtures("sixth")
def test_every_row_is_what_it_was() -> None:
    before = content()
    to("0007")
    assert content() == before


@pytest.mark.usefixtures("sixth")
@pytest.mark.parametrize("model", [IgnoredHandle, TrustedDomain])
def test_a_table_is_what_its_model_says(model: type[IgnoredHandle | TrustedDomain]) -> None:
    to("0007")
    table = sa.inspect(model).local_table
    with reading() as connection:
        found = sa.inspect(connection).get_columns(table.name)
    assert {one["name"]: one["nullable"] for one in found} == {
        column.name: bool(column.nullable) for column in table.columns
    }
