"""What gunicorn is told beyond its options: Ctrl-C in a terminal is for the supervisor alone.

A terminal sends it to every process at once. A gunicorn worker that gets it from there and from its
master in the same instant can hang on its own lock; the supervisor's SIGTERM stops it in order.
"""

from __future__ import annotations

import signal


def when_ready(server: object) -> None:
    """The master leaves the signal to the supervisor."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def post_worker_init(worker: object) -> None:
    """So does every worker."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
