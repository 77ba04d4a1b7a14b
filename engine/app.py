"""The application factory: settings, database, record store, plugins, then the surfaces."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from flask import Flask
from flask_bootstrap import Bootstrap5
from flask_migrate import Migrate
from flask_wtf import CSRFProtect

from engine import db as database
from engine import host, jsonlog, rest, web, xapi_http
from engine.config import Settings, read_settings
from engine.db import db
from engine.lrs.definitions import Definitions
from engine.lrs.reader import Reader
from engine.lrs.store import Store
from engine.lrs.terms import TermIndex
from engine.plugin_sets import generations
from engine.plugin_sets.loading import candidates

HERE = Path(__file__).parent
MIGRATIONS = HERE / "migrations"

csrf = CSRFProtect()


class Byway(Flask):
    """Flask without what every request would pay for and none here needs."""

    session_interface = web.Sessions()

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """The function itself: none here is asynchronous."""
        return func


def create_app(
    settings: Settings | None = None, *, plugins: Iterable[tuple[str, Any]] = ()
) -> Flask:
    """A complete application for one instance; `plugins` are loaded beside the installed ones."""
    settings = settings or read_settings()
    app = Byway(__name__, template_folder=str(templates()), static_folder="web/static")
    _configure(app, settings)
    db.init_app(app)
    Migrate(app, db, directory=str(MIGRATIONS))
    Bootstrap5(app)
    csrf.init_app(app)
    with app.app_context():
        database.prepare(db.engine)
        now = generations.current()
        chosen = candidates(now.choices, settings.instance)
        app.extensions["byway.set"] = now.number
        app.extensions["byway.host"] = host.load(plugins, chosen=chosen)
        index = TermIndex(app.extensions["byway.keyring"].derive("index terms"))
        definitions = Definitions(db.engine, index)
        app.extensions["byway.definitions"] = definitions
        app.extensions["byway.store"] = Store(db.engine, index, definitions)
        app.extensions["byway.reader"] = Reader(db.engine, index)
    rest.install(app)
    web.install(app, csrf)
    xapi_http.install(app)
    return app


def templates() -> Path:
    """Where the pages are: beside the engine in the source tree, inside it once installed."""
    inside = HERE / "templates"
    return inside if inside.is_dir() else HERE.parent / "templates"


def _configure(app: Flask, settings: Settings) -> None:
    keyring = settings.keyring()
    jsonlog.configure(logging.getLogger("engine"))
    app.config.update(
        SECRET_KEY=keyring.derive("session cookies"),
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=database.engine_options(settings.database_url),
        MAX_CONTENT_LENGTH=settings.max_body,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.public_url.startswith("https://"),
        BOOTSTRAP_SERVE_LOCAL=True,
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_CHECK_DEFAULT=False,  # pages check it; the xAPI endpoint is guarded by keys
    )
    app.extensions["byway.settings"] = settings
    app.extensions["byway.keyring"] = keyring
