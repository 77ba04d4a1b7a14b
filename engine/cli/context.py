"""What commands stand in: the application of the instance, and a bar for what takes a while."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import ParamSpec, TypeVar

from flask import Flask
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from engine.app import create_app
from engine.config import Settings, read_settings
from engine.db import db
from engine.errors import Refused
from engine.instance import require_schema

P = ParamSpec("P")
R = TypeVar("R")

BUSY = "Something else keeps writing to it; try again, or stop that first."
MENDS = {
    "locked": BUSY,
    "readonly": "Check who owns the files of the instance, and that you may write them.",
    "unable to open": "Check that its directory is there and that you may write in it.",
    "lock timeout": BUSY,
    "connection failed": "Check that it runs, and look at BYWAY_DATABASE_URL.",
    "read-only transaction": "Name a server that may be written in BYWAY_DATABASE_URL.",
    "permission denied": "Check that the user of BYWAY_DATABASE_URL owns the database.",
}


@contextmanager
def instance_app(settings: Settings | None = None) -> Iterator[Flask]:
    """The application of the instance; what its database refuses is said in plain words."""
    settings = settings or read_settings()
    try:
        app = create_app(settings)
        with app.app_context(), _left_behind_clean():
            yield app
    except DBAPIError as error:
        said = " ".join(str(error.orig).split()).rstrip("?.")
        mend = next((mend for part, mend in MENDS.items() if part in said), "")
        raise Refused(f"The database refuses: {said}.", mend or "See `byway doctor`.") from error
    except (SQLAlchemyError, ModuleNotFoundError) as error:
        raise Refused(
            f"The database cannot be used: {error}.", "Look at BYWAY_DATABASE_URL."
        ) from error


@contextmanager
def _left_behind_clean() -> Iterator[None]:
    """No connection outlives the command."""
    try:
        yield
    finally:
        db.session.remove()
        db.engine.dispose()


def with_app(command: Callable[P, R]) -> Callable[P, R]:
    """Run a command inside the application of the instance, on the newest schema.

    Only what went wrong is logged: a command says itself what it did.
    """

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        with instance_app():
            logging.getLogger("engine").setLevel(logging.WARNING)
            require_schema()
            return command(*args, **kwargs)

    return run


@contextmanager
def progress(what: str, unit: str) -> Iterator[Callable[[int], None]]:
    """A bar on standard error for work that takes over a second; only on a terminal."""
    bar = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed} " + unit),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
        disable=not sys.stderr.isatty(),
    )
    with bar:
        task = bar.add_task(what, total=None)
        yield lambda done: bar.update(task, completed=done)
