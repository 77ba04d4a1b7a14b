"""Where a process of a crew works: the database and the log, without site, plugins or secret."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from flask import Flask

from engine import __version__
from engine.db import db, engine_options, prepare
from engine.errors import Conflict
from engine.lrs.reader import Reader
from engine.lrs.terms import TermIndex

T = TypeVar("T")
R = TypeVar("R")

_making = threading.Lock()
_made: dict[str, Flask] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Workplace:
    """The database that a crew works on, and the version of the engine that sent it there."""

    database_url: str
    version: str = __version__

    def work(self, work: Callable[[T], R], task: T) -> R:
        """Do one piece of work inside this process's own application.

        :raises Conflict: this process runs another version of the engine.
        """
        if self.version != __version__:
            raise Conflict(
                f"A worker runs Byway {__version__}, and the rebuild {self.version}.",
                "Install the same version everywhere.",
            )
        with _application(self.database_url).app_context():
            return work(task)


def _application(database_url: str) -> Flask:
    """Made once per process, with connections of its own."""
    with _making:
        if database_url not in _made:
            _made[database_url] = _make(database_url)
        return _made[database_url]


def _make(database_url: str) -> Flask:
    app = Flask(__name__)
    app.config.update(
        SQLALCHEMY_DATABASE_URI=database_url,
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(database_url),
    )
    db.init_app(app)
    with app.app_context():
        prepare(db.engine)
        # nothing is looked up in the index of terms, so its secret stays at home
        app.extensions["byway.reader"] = Reader(db.engine, TermIndex(b"none"))
    return app
