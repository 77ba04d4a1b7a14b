"""From the third schema to the fourth: requests for review, and nothing else."""

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
from engine.reviews.models import ReviewRow

pytestmark = pytest.mark.both_databases


@pytest.fixture
def third(empty_url: str, tmp_path: Path) -> Iterator[Flask]:
    """An instance at work with the third schema."""
    settings = settings_in(tmp_path / "third", empty_url)
    create_secret(settings)
    settings.secret_file.write_bytes(first_instance.SECRET)
    app = create_app(settings)
    with app.app_context():
        to("0001")
        with writing() as connection:
            first_instance.fill(connection)
        to("0003")
        yield app
        db.session.remove()
        db.engine.dispose()


def to(revision: str) -> None:
    migrate(directory=str(instance.MIGRATIONS), revision=revision)


def content() -> dict[str, list[str]]:
    """Every row of every table but the one of requests."""
    with reading() as connection:
        names = set(sa.inspect(connection).get_table_names()) - {"review_request"}
        return {
            name: sorted(map(repr, connection.execute(sa.text(f'SELECT * FROM "{name}"'))))
            for name in names - {"alembic_version"}
        }


@pytest.mark.usefixtures("third")
def test_every_row_is_what_it_was() -> None:
    before = content()
    to("0004")

    assert content() == before


@pytest.mark.usefixtures("third")
def test_the_table_is_what_the_model_says() -> None:
    to("0004")
    with reading() as connection:
        found = sa.inspect(connection)
        columns = {one["name"]: one["nullable"] for one in found.get_columns("review_request")}
        unique = found.get_unique_constraints("review_request")

    table = ReviewRow.__table__
    assert columns == {column.name: bool(column.nullable) for column in table.columns}
    assert [one["column_names"] for one in unique] == [["learner_id", "root", "reviewer_id"]]
