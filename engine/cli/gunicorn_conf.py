"""What gunicorn is told beyond its options: how to live long, and whose Ctrl-C is.

Ctrl-C in a terminal is for the supervisor alone. A terminal sends it to every process at once. A
gunicorn worker that gets it from there and from its master in the same instant can hang on its own
lock; the supervisor's SIGTERM stops it in order.
"""

from __future__ import annotations

import importlib
import signal
from typing import TYPE_CHECKING

from engine.cli import longlived

if TYPE_CHECKING:
    from engine.cli.patience import PatientWorker

limit_request_line = 8190  # agents travel in the address, as JSON


def on_starting(server: object) -> None:
    """The master imports what every worker needs, so a new worker is there at once.

    Nothing of an instance is opened here, and no plugin is loaded: that is each worker's own.
    """
    importlib.import_module("engine.app")


def when_ready(server: object) -> None:
    """The master leaves the signal to the supervisor."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def child_exit(server: object, worker: PatientWorker) -> None:
    """The master gives the place of a worker that has ended to the next."""
    worker.place.leave()


def post_worker_init(worker: object) -> None:
    """So does every worker."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    longlived.settle()
