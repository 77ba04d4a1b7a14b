"""The queue's tasks: what is refused or fails is nobody else's trouble."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import toy
from flask import Flask
from huey.api import Huey
from instance_making import set_care
from pytest_httpserver import HTTPServer
from sqlalchemy import func, select, update

from engine.config import settings
from engine.db import db, transaction
from engine.errors import Conflict
from engine.jobs import tasks
from engine.sources import alerts, deliveries, instances, runs
from engine.sources.models import DeliveryRow, Run, SourceInstance


@pytest.fixture
def queue(toys: Flask, tmp_path: Path) -> Iterator[Huey]:
    """A queue that does each task when it is called."""
    huey = tasks.queue(tmp_path)
    huey.immediate = True
    tasks.install(huey, toys)
    yield huey
    huey.storage.close()


def poll_due(queue: Huey) -> None:
    """What happens when the time has come."""
    the_time_comes(queue, "look_after_sources")


def the_time_comes(queue: Huey, name: str) -> None:
    db.session.remove()
    (due,) = [task for task in queue._registry.periodic_tasks if task.name == name]
    queue.execute(due)
    db.session.rollback()


def a_waiting_run(*said: dict[str, object]) -> int:
    with transaction():
        source = instances.get("t")
        run = runs.open_run(source.id, "hook", source.generation)
        deliveries.keep_delivery(run, toy.file(*said))
        return run.id


def states() -> list[str]:
    db.session.rollback()
    return list(db.session.scalars(select(Run.state).order_by(Run.id)))


def test_what_waits_is_read(toys: Flask) -> None:
    a_waiting_run(toy.did("a"))
    a_waiting_run(toy.did("b"))
    assert tasks.read_unfinished() == 2
    assert states() == ["done", "done"]
    assert tasks.read_unfinished() == 0


def test_a_run_that_fails_does_not_keep_the_others(toys: Flask) -> None:
    a_waiting_run(toy.crash())
    a_waiting_run(toy.refuse())
    a_waiting_run(toy.did("b"))
    tasks.read_unfinished()
    assert states() == ["refused", "refused", "done"]


def test_a_refusal_is_logged_without_its_reason(
    toys: Flask, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_waiting_run(toy.refuse("Bo Lund is not a date."))
    monkeypatch.setattr(logging.getLogger("engine"), "propagate", True)
    with caplog.at_level(logging.DEBUG, "engine"):
        tasks.read_unfinished()
    assert "run 1 was refused" in caplog.text
    assert "Bo Lund" not in caplog.text


def test_work_under_way_elsewhere_is_left_to_whoever_does_it(app: Flask) -> None:
    def busy() -> None:
        raise Conflict("Another run of this source is under way.")

    tasks.quietly("run 1", busy)


def test_sources_are_polled_when_their_time_has_come(
    toys: Flask, queue: Huey, httpserver: HTTPServer
) -> None:
    body = toy.file(toy.did("a")).body
    httpserver.expect_request("/feed").respond_with_data(body, headers={"ETag": "1"})
    point("t", httpserver.url_for("/feed"))
    poll_due(queue)
    poll_due(queue)
    assert (states(), len(httpserver.log)) == (["done"], 1)


def test_a_source_that_cannot_be_polled_does_not_keep_the_others(
    toys: Flask, queue: Huey, httpserver: HTTPServer
) -> None:
    toy.add_toy("a", account="another")
    httpserver.expect_request("/gone").respond_with_data("", status=500)
    httpserver.expect_request("/feed").respond_with_data(b"[]", headers={"ETag": "1"})
    point("a", httpserver.url_for("/gone"))
    point("t", httpserver.url_for("/feed"))
    poll_due(queue)
    sources = {one.name: one.trouble for one in db.session.scalars(select(SourceInstance))}
    assert sources["t"] is None
    assert "500" in str(sources["a"])


def test_what_its_team_should_know_is_told(toys: Flask, queue: Huey) -> None:
    toy.add_toy("s", account="s", url="https://toy.example.org")
    set_care(every_s=0, failures=3, fault="refused")
    with transaction():
        instances.get("s").trouble = "The key is wrong."
    poll_due(queue)
    assert [one.why for one in alerts.current()] == ["The key is wrong."]


def test_what_arrived_long_ago_is_let_go(toys: Flask, queue: Huey) -> None:
    a_waiting_run(toy.did("a"))
    tasks.read_unfinished()
    with transaction() as session:
        session.execute(update(DeliveryRow).values(arrived_at=0))
    the_time_comes(queue, "let_go")
    assert db.session.scalar(select(func.length(DeliveryRow.sealed))) == 0


def point(name: str, url: str) -> None:
    """Give a source an address on this machine, and let it be fetched."""
    object.__setattr__(settings(), "allow_private_fetch", True)
    with transaction():
        instances.change(instances.get(name), {"url": url})
