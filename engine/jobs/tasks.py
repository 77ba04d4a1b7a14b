"""The queue's tasks: idempotent wake-ups. What matters is in our tables, so a lost job is no loss."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

from flask import Flask
from huey import SqliteHuey, crontab
from huey.api import Huey

from engine.db import db
from engine.errors import Conflict, Refused
from engine.sources import doors, runs

log = logging.getLogger(__name__)


def queue(instance: Path) -> Huey:
    """The queue of an instance, in a file beside the database."""
    return SqliteHuey("byway", filename=str(instance / "jobs.sqlite3"), results=False)


def install(huey: Huey, app: Flask) -> None:
    """Define the tasks on a queue: reading what waits every few seconds is the worker's loop."""

    @huey.periodic_task(crontab(minute="*/5"))
    def poll_sources() -> None:
        with app.app_context():
            for name in doors.due():
                quietly(lambda name=name: doors.poll(name, by="schedule"))


def read_unfinished() -> int:
    """Read every run that waits or was interrupted; how many there were."""
    waiting = doors.unfinished()
    for run_id in waiting:
        quietly(lambda run_id=run_id: runs.process(run_id))
    db.session.remove()
    return len(waiting)


def quietly(work: Callable[[], object]) -> None:
    """Do a piece of work whose refusal is kept with its run or source; it is not the worker's."""
    try:
        work()
    except Conflict:
        log.info("somebody else is at it")
    except Refused as refusal:
        log.warning("refused: %s", refusal.why)
    finally:
        db.session.rollback()
