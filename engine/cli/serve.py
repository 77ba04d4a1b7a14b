"""serve and worker: gunicorn with a worker beside it, stopped together."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType

import click
from flask import Flask
from gunicorn.config import KNOWN_SETTINGS  # type: ignore[import-untyped]
from sqlalchemy.exc import SQLAlchemyError

from engine.cli import longlived
from engine.cli.context import instance_app
from engine.errors import Refused
from engine.instance import require_schema
from engine.jobs.worker import work
from engine.plugin_sets import declared, generations, sets

WORKER = "engine.cli.patience.PatientWorker"
THREADS = 4
"""Of each web worker. Waiting for a client takes none, so more only get in each other's way."""
GRACE = 15
LOOK_EVERY = 0.2
WATCH_EVERY = 1.0
ANOTHER_SET = 75
"""With what a worker ends that has the old set of plugins; EX_TEMPFAIL of sysexits.h."""
SETTLED = 60.0
LONGEST_PAUSE = 60.0


def add_to(group: click.Group) -> None:
    """Add these commands."""
    group.add_command(serve)
    group.add_command(worker)


@click.command()
@click.option("--bind", default="127.0.0.1:8000", show_default=True, metavar="HOST:PORT")
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1, 64))
@click.option("--no-worker", is_flag=True, help="Leave the background worker out.")
def serve(bind: str, workers: int, no_worker: bool) -> None:
    """Serve the pages and the xAPI endpoint, with a worker beside them.

    A worker that dies is started again while the pages stay up; when the web server itself ends,
    everything ends.
    """
    address = _address(bind)
    web = [
        *(sys.executable, "-m", "gunicorn", "--bind", bind, "--workers", str(workers)),
        *("--worker-class", WORKER, "--threads", str(THREADS), "--keep-alive", "75"),
        *("--graceful-timeout", str(GRACE - 5)),
        *("--config", "python:engine.cli.gunicorn_conf"),
        *("--no-control-socket",) * _has_control_socket(),
        "engine.app:create_app()",
    ]
    beside = None if no_worker else [sys.executable, "-m", "engine.cli", "worker"]
    with instance_app():
        require_schema()
        require_free(*address)
        _apply_file()
        code = supervise(web, beside, Watch(generations.number()))
    sys.exit(code)


def _apply_file() -> None:
    """Make the set what the file of plugins says, if it changed; refused, the set stays."""
    refusal = sets.attempt(declared.apply_new)
    if isinstance(refusal, Refused):
        click.echo(f"The file of plugins was not applied: {refusal}", err=True)


def _address(bind: str) -> tuple[str, int]:
    host, _, port = bind.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65535:
        raise click.BadParameter(f'"{bind}" is not HOST:PORT.', param_hint="--bind")
    return host.strip("[]"), int(port)


def require_free(host: str, port: int) -> None:
    """Refuse an address that cannot be listened on, before anything is started."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise Refused(
            f"{host}:{port} cannot be listened on: {error.strerror or error}.",
            "Stop what listens there, or choose another address with --bind HOST:PORT.",
        ) from error


def _has_control_socket() -> bool:
    """Newer gunicorn opens a control socket that nobody here asks for."""
    return any(setting.name == "control_socket_disable" for setting in KNOWN_SETTINGS)


class Watch:
    """Looks every now and then which set of plugins counts."""

    def __init__(self, number: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._number, self._clock = number, clock
        self._looked = clock()

    def sees_another(self) -> bool:
        """Whether another set has come to count; told once. Without a database, none has."""
        if self._clock() - self._looked < WATCH_EVERY:
            return False
        self._looked = self._clock()
        try:
            before, self._number = self._number, generations.number()
        except SQLAlchemyError:
            return False
        return before != self._number


class Restarted:
    """A process that is started again when it dies: soon at first, then less and less often.

    One that ends because there is another set of plugins is started again at once.
    """

    def __init__(self, command: list[str], clock: Callable[[], float] = time.monotonic) -> None:
        self._command, self._clock = command, clock
        self._failures = 0
        self._due: float | None = None
        self._start()

    def _start(self) -> None:
        self.process = subprocess.Popen(self._command)
        self._since, self._due = self._clock(), None

    def look(self) -> None:
        """Notice a death, say so, and start again once the pause is over."""
        if self.process.poll() is None:
            return
        now = self._clock()
        if self.process.returncode == ANOTHER_SET:
            self._start()
        elif self._due is None:
            self._failures = 0 if now - self._since > SETTLED else self._failures + 1
            pause = min(LONGEST_PAUSE, 2.0 ** (self._failures - 1)) if self._failures else 0.0
            self._due = now + pause
            ended = f"The worker ended with {self.process.returncode}."
            click.echo(f"{ended} It is started again in {pause:.0f} s.", err=True)
        elif now >= self._due:
            self._start()


def supervise(web: list[str], beside: list[str] | None, watch: Watch | None = None) -> int:
    """Keep processes together: when a signal comes or the web server ends, all of them end.

    :param watch: says when another set of plugins counts; the web server then renews its workers
        while it goes on listening.
    """
    asked: list[int] = []

    def ask(number: int, _frame: FrameType | None) -> None:
        asked.append(number)

    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # of the server, until it knows what it means
    server = subprocess.Popen(web)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, ask)
    worker: Restarted | None = None
    try:
        worker = Restarted(beside) if beside else None
        while not asked and server.poll() is None:
            if worker:
                worker.look()
            if watch and watch.sees_another():
                server.send_signal(signal.SIGHUP)
            time.sleep(LOOK_EVERY)
    finally:  # also when no process can be started: nothing goes on that nobody minds
        _stop([server, *([worker.process] if worker else [])])
    return 0 if asked else 1


def _stop(children: list[subprocess.Popen[bytes]]) -> None:
    for child in children:
        if child.poll() is None:
            child.terminate()
    deadline = time.monotonic() + GRACE
    for child in children:
        try:
            child.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


@click.command()
def worker() -> None:
    """Run a background worker: projector, polls, deliveries that wait, other record stores.

    When another set of plugins comes to count, it ends with 75: what started it starts it again.
    """
    with instance_app() as app:
        require_schema()
        longlived.settle()
        another = _ended_by_another_set(app)
        asked = work(app)
    sys.exit(ANOTHER_SET if another.is_set() else 0 if asked else 1)


def _ended_by_another_set(app: Flask) -> threading.Event:
    """Ask this process to stop once another set of plugins counts; set when that was the reason."""
    another, watch = threading.Event(), Watch(app.extensions["byway.set"])

    def look() -> None:
        with app.app_context():
            while not watch.sees_another():
                time.sleep(LOOK_EVERY)
        another.set()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=look, name="watch_plugins", daemon=True).start()
    return another
