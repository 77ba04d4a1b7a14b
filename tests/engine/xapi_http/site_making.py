"""Applications whose settings are not the usual ones."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from factories import settings_in
from flask import Flask

from engine.app import create_app
from engine.db import db


@contextmanager
def a_site(directory: Path, database_url: str, **settings: Any) -> Iterator[Flask]:
    """An application on an instance, inside its context, until the block ends."""
    app = create_app(replace(settings_in(directory, database_url), **settings))
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()
