"""The worker: loops that follow the log and other systems, and the queue's consumer."""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections.abc import Callable
from types import FrameType

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from engine import jsonlog, snapshots
from engine.competencies import projector
from engine.config import Settings
from engine.db import db, holder_name
from engine.exchange import forwarding, pulling
from engine.jobs import tasks
from engine.jobs.accounts import AccountMatcher
from engine.pipeline import reader, store
from engine.publishing import asserting
from engine.sources import newcomers

PROJECT_EVERY = 0.2
READ_EVERY = 0.5
EXCHANGE_EVERY = 2.0
FILE_EVERY = 0.2
MATCH_EVERY = 5.0
CREATE_EVERY = 60.0
SNAPSHOT_EVERY, PUBLISH_EVERY, BREATH = 60.0, 60.0, 0.1
STOP_WITHIN = 2
Loop = Callable[[Flask, threading.Event], None]

log = logging.getLogger(__name__)


def work(app: Flask) -> bool:
    """Work until a signal says to stop; False when a loop ended by itself, which none should."""
    asked, stop = threading.Event(), threading.Event()

    def ask_to_stop(_signal: int, _frame: FrameType | None) -> None:
        asked.set()
        stop.set()

    settings: Settings = app.extensions["byway.settings"]
    jsonlog.configure(logging.getLogger("huey"), level=logging.WARNING)
    huey = tasks.queue(settings.instance)
    tasks.install(huey, app)
    consumer = huey.create_consumer(
        workers=1, periodic=True, initial_delay=0.5, max_delay=5, shutdown_timeout=STOP_WITHIN
    )
    consumer.start()
    # Only now: the consumer has set handlers of its own, which would not stop our loops.
    signal.signal(signal.SIGTERM, ask_to_stop)
    signal.signal(signal.SIGINT, ask_to_stop)
    threads = [_started(loop, app, stop) for loop in LOOPS]
    stop.wait()
    deadline = time.monotonic() + STOP_WITHIN
    for thread in threads:  # what one is at is taken up again by the next worker
        thread.join(max(0.0, deadline - time.monotonic()))
    consumer.stop(graceful=True)
    return asked.is_set()


def _started(loop: Loop, app: Flask, stop: threading.Event) -> threading.Thread:
    """A loop in a thread; when it ends, whyever, the others end with it.

    A worker that does half its work would look well and is not: it ends, and is started again.
    """

    def run() -> None:
        try:
            loop(app, stop)
        finally:
            stop.set()

    thread = threading.Thread(target=run, name=loop.__name__, daemon=True)
    thread.start()
    return thread


def follow_log(app: Flask, stop: threading.Event) -> None:
    """Keep the projections at the end of the log, as long as we hold the lease."""
    holder = holder_name()
    with app.app_context():
        while not stop.is_set():
            try:
                done = projector.advance(reader(), holder=holder)
            except SQLAlchemyError:
                log.exception("the projector could not write; it tries again")
                done = 0
            if done < projector.BATCH:  # many at once cost little more than one
                stop.wait(PROJECT_EVERY)
        projector.release(holder)


def read_runs(app: Flask, stop: threading.Event) -> None:
    """Read deliveries that wait."""
    with app.app_context():
        while not stop.wait(READ_EVERY):
            try:
                tasks.read_unfinished()
            except SQLAlchemyError:
                log.exception("waiting runs could not be read; tried again")
                db.session.remove()


def send_on(app: Flask, stop: threading.Event) -> None:
    """Forward what is new to other record stores."""
    _exchange(app, stop, forwarding.advance)


def bring_in(app: Flask, stop: threading.Event) -> None:
    """Pull what is new in other record stores."""
    _exchange(app, stop, pulling.advance)


def _exchange(app: Flask, stop: threading.Event, advance: Callable[[str], int]) -> None:
    """Go on while there is something to do, else look again after a while."""
    holder = holder_name()
    with app.app_context():
        while not stop.is_set():
            try:
                done = advance(holder)
            except SQLAlchemyError:
                log.exception("statements could not be exchanged; tried again")
                db.session.remove()
                done = 0
            if not done:
                stop.wait(EXCHANGE_EVERY)


def file_references(app: Flask, stop: threading.Event) -> None:
    """File what storing left for later: statements that very many older ones refer to."""
    with app.app_context():
        while not stop.is_set():
            try:
                filed = store().file_late_references() if reader().is_behind() else 0
            except SQLAlchemyError:
                log.exception("late references could not be filed; tried again")
                filed = 0
            if not filed:
                stop.wait(FILE_EVERY)


def match_accounts(app: Flask, stop: threading.Event) -> None:
    """Link accounts to people by the rules of their keys."""
    with app.app_context():
        matcher = AccountMatcher()
        while not stop.wait(MATCH_EVERY):
            try:
                matcher.match()
            except SQLAlchemyError:
                log.exception("accounts could not be matched; tried again")
            db.session.remove()


def create_people(app: Flask, stop: threading.Event) -> None:
    """Create the people whom a trusted domain vouches for."""
    with app.app_context():
        while not stop.wait(CREATE_EVERY):
            try:
                newcomers.create_people()
            except SQLAlchemyError:
                log.exception("people of trusted domains could not be created; tried again")
            db.session.remove()


def take_snapshots(app: Flask, stop: threading.Event) -> None:
    """Make the night's snapshot, a little at a time: nobody waits for it."""
    holder = holder_name()
    with app.app_context():
        while not stop.is_set():
            try:
                more = snapshots.advance_night(holder)
            except SQLAlchemyError:
                log.exception("the snapshot could not be gone on with; tried again")
                db.session.remove()
                more = False
            stop.wait(BREATH if more else SNAPSHOT_EVERY)


def publish_levels(app: Flask, stop: threading.Event) -> None:
    """Publish the levels that changed, of who consents; each learner is looked at once a day."""
    holder = holder_name()
    with app.app_context():
        while not stop.is_set():
            try:
                done = asserting.advance(holder)
            except SQLAlchemyError:
                log.exception("levels could not be published; tried again")
                db.session.remove()
                done = 0
            stop.wait(BREATH if done else PUBLISH_EVERY)


LOOPS = (
    *(follow_log, file_references, read_runs, match_accounts, create_people),
    *(send_on, bring_in, take_snapshots, publish_levels),
)
