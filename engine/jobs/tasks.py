"""The queue's tasks: idempotent wake-ups. What matters is in our tables; a lost job is no loss."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from pathlib import Path

from flask import Flask
from huey import SqliteHuey, crontab
from huey.api import Huey

from engine.db import db
from engine.errors import Conflict, Refused
from engine.sources import alerts, doors, retention, schedules

log = logging.getLogger(__name__)


def queue(instance: Path) -> Huey:
    """The queue of an instance, in a file beside the database."""
    return SqliteHuey("byway", filename=str(instance / "jobs.sqlite3"), results=False)


def install(huey: Huey, app: Flask) -> None:
    """Define the tasks on a queue; each source is polled by a task of its own."""

    def poll_source(name: str) -> None:
        with app.app_context():
            quietly(f"polling {name}", lambda: doors.poll_due(name))

    def look_after_sources() -> None:
        with app.app_context():
            names: list[str] = []
            quietly("looking for sources to poll", lambda: names.extend(schedules.due()))
            quietly("looking for sources to tell of", alerts.sweep)
        for name in names:
            poll(name)

    def let_go() -> None:
        with app.app_context():
            quietly("letting go of what arrived long ago", retention.sweep)

    poll = huey.task()(poll_source)
    huey.periodic_task(crontab(minute="*"))(look_after_sources)
    huey.periodic_task(crontab(minute="17"))(let_go)


def read_unfinished() -> int:
    """Read every run that waits or was interrupted; how many there were."""
    waiting = doors.unfinished()
    for run_id in waiting:
        quietly(f"run {run_id}", partial(doors.read, run_id))
    db.session.remove()
    return len(waiting)


def quietly(what: str, work: Callable[[], object]) -> None:
    """Do a piece of work whose refusal is kept with its run or source; it is not the worker's.

    The reason may hold personal data, so the log says only what was refused.
    """
    try:
        work()
    except Conflict:
        log.debug("%s: somebody else is at it", what)
    except Refused:
        log.warning("%s was refused; the reason is kept with it", what)
    finally:
        db.session.rollback()
