"""An instance at work under an earlier schema, for the tests of migrations."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

import first_instance
import sqlalchemy as sa
from factories import settings_in
from flask import Flask
from flask_migrate import upgrade as migrate

from engine import instance
from engine.app import create_app
from engine.config import create_secret
from engine.db import db, reading, writing


@contextmanager
def filled(url: str, directory: Path, revision: str) -> Iterator[Flask]:
    """The first schema's instance with all that was in it, brought to a revision."""
    settings = settings_in(directory, url)
    create_secret(settings)
    settings.secret_file.write_bytes(first_instance.SECRET)
    app = create_app(settings)
    with app.app_context():
        to("0001")
        with writing() as connection:
            first_instance.fill(connection)
        to(revision)
        yield app
        db.session.remove()
        db.engine.dispose()


def to(revision: str) -> None:
    """Migrate to a revision."""
    migrate(directory=str(instance.MIGRATIONS), revision=revision)


def content(new: Collection[str]) -> dict[str, list[str]]:
    """Every row of every table but the new ones."""
    with reading() as connection:
        names = set(sa.inspect(connection).get_table_names()) - {*new, "alembic_version"}
        return {
            name: sorted(map(repr, connection.execute(sa.text(f'SELECT * FROM "{name}"'))))
            for name in names
        }
