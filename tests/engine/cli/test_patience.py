"""The web server's worker: how long it waits for a client, and how it parts from one."""

from __future__ import annotations

import logging
import os
import selectors
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from gunicorn.config import Config
from gunicorn.workers.gthread import TConn

from engine.cli import patience
from engine.cli.evenly import Place
from engine.cli.patience import PatientWorker

BEGUN = b"POST /xapi/statements HTTP/1.1\r\nContent-Length: 900000\r\n\r\n"


@pytest.fixture
def worker(instance_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PatientWorker]:
    """A worker without threads, whose main loop is turned by hand."""
    monkeypatch.setenv("BYWAY_INSTANCE", str(instance_dir))
    made = PatientWorker(0, os.getpid(), [], None, 30, Config(), logging.getLogger("gunicorn"))
    made.poller = selectors.DefaultSelector()
    made.place.tell(0)
    yield made
    for arriving in made._arriving.values():
        arriving.close()
    made.poller.close()
    made.tmp.close()
    made.place.leave()


@pytest.fixture
def client(worker: PatientWorker) -> Iterator[socket.socket]:
    """The client's end of a connection that the worker has just accepted."""
    theirs, ours = socket.socketpair()
    worker.nr_conns = 1
    worker.enqueue_req(TConn(worker.cfg, ours, ("127.0.0.1", 1), ("127.0.0.1", 2)))
    theirs.setblocking(False)
    with theirs, ours:
        yield theirs


def turn(worker: PatientWorker) -> None:
    """One turn of the main loop."""
    worker.wait_for_and_dispatch_events(0)
    worker.murder_pending()


def is_held(client: socket.socket) -> bool:
    """Whether the connection is open and nothing was said."""
    try:
        client.recv(1)
    except BlockingIOError:
        return True
    return False


def test_request_that_takes_too_long_is_told_so(
    worker: PatientWorker, client: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "PATIENCE_S", -1)
    client.send(BEGUN)
    turn(worker)
    assert client.recv(100).startswith(b"HTTP/1.1 408 ")
    assert client.recv(1) == b""
    assert worker.nr_conns == 0


def test_client_that_says_nothing_is_told_nothing(
    worker: PatientWorker, client: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "PATIENCE_S", -1)
    turn(worker)
    assert client.recv(1) == b""


def test_body_that_keeps_coming_may_take_its_time(
    worker: PatientWorker, client: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "PATIENCE_S", -1)
    client.send(BEGUN + b" " * 20_000)
    turn(worker)
    assert is_held(client)


def test_client_that_is_gone_is_let_go(worker: PatientWorker, client: socket.socket) -> None:
    client.send(BEGUN)
    client.close()
    turn(worker)
    turn(worker)
    assert worker.nr_conns == 0
    assert len(worker.poller.get_map()) == 0


def test_worker_that_stops_lets_silent_clients_go(
    worker: PatientWorker, client: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "FAREWELL_S", -1)
    worker.alive = False
    turn(worker)
    assert client.recv(1) == b""


def test_worker_that_stops_waits_for_who_has_just_come(
    worker: PatientWorker, client: socket.socket
) -> None:
    worker.alive = False
    turn(worker)
    assert is_held(client)


def test_worker_goes_on_until_the_next_is_ready(worker: PatientWorker) -> None:
    after = Place()
    worker.method_queue.init()
    worker.handle_exit(signal.SIGTERM, None)
    turn(worker)
    assert worker.alive
    after.tell(0)
    turn(worker)
    after.leave()
    worker.method_queue.close()
    assert not worker.alive


def test_worker_that_stops_waits_for_what_has_begun(
    worker: PatientWorker, client: socket.socket
) -> None:
    client.send(BEGUN)
    turn(worker)
    worker.alive = False
    turn(worker)
    assert is_held(client)


def test_end_is_said_and_heard_out(worker: PatientWorker, client: socket.socket) -> None:
    client.send(BEGUN[:9] + b"\r" * 200_000)
    turn(worker)
    assert client.recv(100).startswith(b"HTTP/1.1 431 ")
    assert client.recv(1) == b""
    client.send(b"still talking")
    turn(worker)
    assert len(worker.poller.get_map()) == 1


def test_whoever_does_not_stop_talking_is_cut_off(
    worker: PatientWorker, client: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "FAREWELL_S", -1)
    client.send(BEGUN[:9] + b"\r" * 200_000)
    turn(worker)
    turn(worker)
    assert len(worker.poller.get_map()) == 0
