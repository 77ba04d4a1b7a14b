"""Webinar systems on this machine: an application that may ask them, and what it comes to."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from factories import settings_in
from flask import Flask
from pytest_httpserver import HTTPServer
from sqlalchemy import select
from werkzeug import Request, Response

from engine.api import Delivery
from engine.app import create_app
from engine.db import db, transaction
from engine.jobs import tasks
from engine.lrs.models import statement
from engine.sources import instances, runs

CLOCK = "Wed, 09 Sep 2026 09:00:00 GMT"
"""What the systems of these tests say the time is."""


@contextmanager
def site(directory: Path, database_url: str, plugin: str, **given: Any) -> Iterator[Flask]:
    """An application with one source, named as its plugin, that may call this machine."""
    installed = {entry.name for entry in entry_points(group="byway.plugins")}
    module = (plugin, importlib.import_module(f"plugins.{plugin}"))
    settings = replace(settings_in(directory, database_url), allow_private_fetch=True)
    app = create_app(settings, plugins=[] if plugin in installed else [module])
    with app.app_context():
        with transaction():
            instances.add(plugin, plugin, given, basis="notice")
        yield app
        db.session.remove()
        db.engine.dispose()


def send(plugin: str, body: bytes, name: str = "report.csv") -> dict[str, int]:
    """Read a file for good; which outcomes there were."""
    report = runs.run_file(plugin, Delivery(body=body, name=name))
    return {name: count for name, count in report.counts.items() if count}


def live() -> list[dict[str, Any]]:
    """The statements that stand, oldest first."""
    db.session.rollback()
    stands = (statement.c.voided == 0) & (statement.c.voids == 0)
    query = select(statement.c.payload).where(stands).order_by(statement.c.seq)
    return [json.loads(payload) for payload in db.session.scalars(query)]


def parts(said: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    """Who did what for how long."""
    return [
        (
            one["actor"].get("mbox", "").removeprefix("mailto:") or one["actor"]["account"]["name"],
            one["verb"]["id"].rsplit("/", 1)[-1],
            one.get("result", {}).get("duration", ""),
        )
        for one in said
    ]


def call(app: Flask, plugin: str, body: bytes, headers: Mapping[str, str], query: str = "") -> Any:
    """Call a source's hook as its system does."""
    address = f"/sources/{plugin}/hook{query}"
    return app.test_client().post(address, data=body, headers=dict(headers))


def read_calls() -> int:
    """Let the worker read what was taken."""
    return tasks.read_unfinished()


def answers(server: HTTPServer, path: str, *pages: Any, **asked: Any) -> None:
    """Let a system answer at an address, each page once, in order."""
    for page in pages:
        server.expect_oneshot_request(path, **asked).respond_with_response(as_answer(page))


def always(server: HTTPServer, path: str, page: Any, *, date: str = CLOCK, **asked: Any) -> None:
    """Let a system answer the same whenever it is asked."""
    server.expect_request(path, **asked).respond_with_response(as_answer(page, date))


def as_answer(page: Any, date: str = CLOCK) -> Response:
    """JSON as systems answer it, at the time of these tests."""
    if isinstance(page, Response):
        page.headers["Date"] = date
        return page
    return Response(json.dumps(page), headers={"Date": date}, mimetype="application/json")


def asked(server: HTTPServer) -> list[Request]:
    """Every request so far."""
    return [request for request, _ in server.log]
