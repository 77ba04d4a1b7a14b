"""The worker: the projector's loop, the reader of waiting runs, and the queue's consumer."""

from __future__ import annotations

import logging
import signal
import threading
from types import FrameType

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from engine.competencies import projector
from engine.config import read_settings
from engine.db import db, holder_name
from engine.jobs import tasks
from engine.pipeline import reader

PROJECT_EVERY = 0.2
READ_EVERY = 0.5
log = logging.getLogger(__name__)


def work(app: Flask) -> None:
    """Work until a signal says to stop."""
    stop = threading.Event()

    def ask_to_stop(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, ask_to_stop)
    signal.signal(signal.SIGINT, ask_to_stop)
    huey = tasks.queue(read_settings().instance)
    tasks.install(huey, app)
    consumer = huey.create_consumer(workers=1, periodic=True, initial_delay=0.5, max_delay=5)
    consumer.start()
    loops = [
        threading.Thread(target=loop, args=(app, stop), name=loop.__name__)
        for loop in (follow_log, read_runs)
    ]
    for thread in loops:
        thread.start()
    stop.wait()
    for thread in loops:
        thread.join()
    consumer.stop(graceful=True)


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
            if not done:
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
