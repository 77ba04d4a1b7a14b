"""serve and worker: gunicorn with a worker beside it, stopped together."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from types import FrameType

import click
from gunicorn.config import KNOWN_SETTINGS

from engine.app import create_app
from engine.instance import require_schema
from engine.jobs.worker import work

THREADS = 8
GRACE = 15


def add_to(group: click.Group) -> None:
    """Add these commands."""
    group.add_command(serve)
    group.add_command(worker)


@click.command()
@click.option("--bind", default="127.0.0.1:8000", show_default=True, metavar="HOST:PORT")
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1, 64))
@click.option("--no-worker", is_flag=True, help="Leave the background worker out.")
def serve(bind: str, workers: int, no_worker: bool) -> None:
    """Serve the pages and the xAPI endpoint, with a worker beside them."""
    with create_app().app_context():
        require_schema()
    web = [
        *(sys.executable, "-m", "gunicorn", "--bind", bind, "--workers", str(workers)),
        *("--worker-class", "gthread", "--threads", str(THREADS), "--keep-alive", "75"),
        *("--no-control-socket",) * _has_control_socket(),
        "engine.app:create_app()",
    ]
    commands = [web] if no_worker else [web, [sys.executable, "-m", "engine.cli", "worker"]]
    sys.exit(supervise([subprocess.Popen(command) for command in commands]))


def _has_control_socket() -> bool:
    """Newer gunicorn opens a control socket that nobody here asks for."""
    return any(setting.name == "control_socket_disable" for setting in KNOWN_SETTINGS)


def supervise(children: list[subprocess.Popen[bytes]]) -> int:
    """Keep processes together: when one ends, or a signal comes, all of them end."""
    asked: list[int] = []

    def ask(number: int, _frame: FrameType | None) -> None:
        asked.append(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, ask)
    while not asked and all(child.poll() is None for child in children):
        time.sleep(0.2)
    for child in children:
        if child.poll() is None:
            child.terminate()
    for child in children:
        try:
            child.wait(GRACE)
        except subprocess.TimeoutExpired:
            child.kill()
    return 0 if asked else 1


@click.command()
def worker() -> None:
    """Run a background worker: projector, polls, deliveries that wait."""
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    app = create_app()
    with app.app_context():
        require_schema()
    work(app)
