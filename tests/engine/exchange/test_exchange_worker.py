"""The worker forwards and pulls by itself, stops when told to, and may be killed."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
from cli_running import running, until
from exchange_making import Elsewhere, a_forward, a_pull, here, ids, said, the_forward
from factories import a_statement
from flask import Flask
from pytest_httpserver import HTTPServer
from sqlalchemy import event, select
from werkzeug import Request, Response

from engine.db import db, lease_table, reading
from engine.jobs import worker
from engine.lrs.store import Authority
from xapi import text


@pytest.fixture
def stop() -> threading.Event:
    return threading.Event()


def held() -> list[str]:
    """What is held by somebody."""
    with reading() as connection:
        query = select(lease_table.c.name).where(lease_table.c.expires > 0)
        return list(connection.execute(query).scalars())


def test_statements_are_sent_on_until_it_is_told_to_stop(
    app: Flask, us: Authority, elsewhere: Elsewhere, stop: threading.Event
) -> None:
    a_forward(elsewhere.url)
    sent = said(us, count=3)
    thread = worker._started(worker.send_on, app, stop)
    until(lambda: the_forward().sent == 3)
    stop.set()
    thread.join(5)
    assert (thread.is_alive(), held(), list(elsewhere.kept)) == (False, [], sent)


def test_statements_are_brought_in(
    app: Flask, us: Authority, elsewhere: Elsewhere, stop: threading.Event
) -> None:
    elsewhere.stored = [a_statement(stored="2026-09-08T12:00:00Z")]
    a_pull(elsewhere.url)
    thread = worker._started(worker.bring_in, app, stop)
    until(lambda: ids(here()) == ids(elsewhere.stored))
    stop.set()
    thread.join(5)
    assert (thread.is_alive(), held()) == (False, [])


def test_a_database_that_fails_for_a_while_is_tried_again(
    app: Flask,
    us: Authority,
    elsewhere: Elsewhere,
    stop: threading.Event,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    failures = [1, 2]

    def fail(_conn: object, _cursor: object, query: str, *_: object) -> None:
        if query.startswith("UPDATE forward") and failures:
            raise db.engine.dialect.loaded_dbapi.OperationalError("disk", failures.pop())

    monkeypatch.setattr(worker, "EXCHANGE_EVERY", 0.05)
    event.listen(db.engine, "before_cursor_execute", fail)
    a_forward(elsewhere.url)
    sent = said(us)
    thread = worker._started(worker.send_on, app, stop)
    until(lambda: the_forward().sent == 1)
    stop.set()
    thread.join(5)
    assert (failures, list(elsewhere.kept)) == ([], sent)


def test_killed_in_the_middle_it_goes_on(
    us: Authority, httpserver: HTTPServer, instance_dir: Path, database_url: str
) -> None:
    kept: dict[str, bytes] = {}

    def answer(request: Request) -> Response:
        for statement in text.parse(request.get_data()):
            kept[statement["id"]] = text.dump(statement)
        time.sleep(0.3)  # taken, but not yet said
        return Response("[]")

    httpserver.expect_request("/xapi/statements").respond_with_handler(answer)
    a_forward(httpserver.url_for("/xapi"))
    sent = said(us, count=350)
    env = {"BYWAY_ALLOW_PRIVATE_FETCH": "1", "BYWAY_DATABASE_URL": database_url}
    with running(instance_dir, "worker", **env) as process:
        until(lambda: len(kept) > 100)
        process.kill()
        process.wait()
    with running(instance_dir, "worker", **env):
        until(lambda: the_forward().sent == len(sent))
    assert list(kept) == sent
