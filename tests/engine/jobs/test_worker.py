"""The worker's loops: they outlast what passes, and end together when one cannot go on."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from factories import a_person
from flask import Flask
from live_log import an_origin, answered, put
from sqlalchemy import event, select

from engine.competencies import projector
from engine.db import db, lease_table, reading
from engine.jobs import worker
from engine.pipeline import reader


def until(done: Callable[[], Any], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, "it takes too long"
        time.sleep(0.01)


def caught_up() -> bool:
    db.session.rollback()
    return projector.serving().cursor == reader().last()


@pytest.fixture
def stop() -> threading.Event:
    return threading.Event()


def test_the_log_is_followed_until_it_is_told_to_stop(app: Flask, stop: threading.Event) -> None:
    thread = worker._started(worker.follow_log, app, stop)
    put(an_origin(), answered())
    until(caught_up)
    stop.set()
    thread.join(5)
    assert not thread.is_alive()
    assert held() == []


def held() -> list[str]:
    """Who holds a lease that has not ended."""
    with reading() as connection:
        query = select(lease_table.c.holder).where(lease_table.c.expires > 0)
        return list(connection.execute(query).scalars())


def test_a_database_that_fails_for_a_while_is_tried_again(
    app: Flask, stop: threading.Event
) -> None:
    failures = [1, 2, 3]

    def fail(_conn: Any, _cursor: Any, text: str, *_: Any) -> None:
        if text.startswith("INSERT INTO line") and failures:
            raise db.engine.dialect.dbapi.OperationalError("disk I/O error", failures.pop())

    event.listen(db.engine, "before_cursor_execute", fail)
    put(an_origin(), answered())
    thread = worker._started(worker.follow_log, app, stop)
    until(caught_up)
    stop.set()
    thread.join(5)
    assert failures == []


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_loop_that_cannot_go_on_ends_the_others(app: Flask, stop: threading.Event) -> None:
    def broken(_app: Flask, _stop: threading.Event) -> None:
        raise ZeroDivisionError

    other = worker._started(worker.read_runs, app, stop)
    worker._started(broken, app, stop).join(5)
    other.join(5)
    assert stop.is_set()
    assert not other.is_alive()


def test_two_workers_follow_one_log(app: Flask, stop: threading.Event) -> None:
    a_person()
    threads = [worker._started(worker.follow_log, app, stop) for _ in range(2)]
    origin = an_origin()
    [put(origin, answered(thing=str(n))) for n in range(20)]
    until(caught_up)
    stop.set()
    [thread.join(5) for thread in threads]
    assert projector.serving().statements == 20
