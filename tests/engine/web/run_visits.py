"""Visits to the pages of runs: a source with versions, and who looks at it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import changing
from changing import a_file, row
from factories import a_person
from flask import Flask
from flask.testing import FlaskClient
from workbench_making import posted, signed_in

from engine.sources import runs

ODILE = "odile@example.org"
REPLAY = "/sources/c/replay"
EVER = {"since": "2020-01-01", "until": "2090-01-01"}


def an_app(make_app: Callable[..., Flask]) -> Flask:
    """An application with the plugin that has versions."""
    return make_app([("changing", changing)])


def odile(app: Flask, role: str = "ld") -> FlaskClient:
    """Somebody of the L&D team, signed in; the source c is hers to look after."""
    changing.add()
    return signed_in(app, a_person("Odile Brandt", ODILE, role))


def a_run(*rows: dict[str, Any], by: str = ODILE) -> int:
    """A run of these rows."""
    return runs.run_file("c", a_file(*rows), by=by).run or 0


def left(*rows: dict[str, Any], by: str = ODILE) -> int:
    """A run that waits for the worker."""
    return runs.leave_file("c", a_file(*rows), by=by)


def mixed() -> list[dict[str, Any]]:
    """Rows that the next version reads otherwise."""
    return [
        row("a", minutes=20),
        row("b", kind="pause"),
        row("c", kind="lunch"),
        row("d", email=None, name="Bo Lund"),
    ]


def shown(client: FlaskClient, **days: str) -> Any:
    """The page that says what a replay would change."""
    return posted(client, REPLAY, **{**EVER, **days})


def body_of(response: Any) -> Any:
    """A downloaded JSON file."""
    return json.loads(response.data)
