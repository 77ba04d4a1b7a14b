"""How gunicorn's workers share their clients."""

from __future__ import annotations

import os
import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from cli_running import serving, until

from engine.cli import evenly
from engine.cli.evenly import MOST, Place

CLIENTS = 12


@pytest.fixture
def places(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Place, Place]]:
    """Those of two workers, with two connections and one; no other worker has a place."""
    monkeypatch.setattr(evenly, "_held", memoryview(bytearray(b"\xff" * MOST * 4)).cast("i"))
    first, second = Place(), Place()
    first.tell(2)
    second.tell(1)
    yield first, second
    first.leave()
    second.leave()


def test_who_holds_more_lets_the_other_go_first(places: tuple[Place, Place]) -> None:
    first, second = places
    assert first.is_ahead(2)
    assert not second.is_ahead(1)


def test_nobody_waits_for_a_worker_that_starts(places: tuple[Place, Place]) -> None:
    first, _ = places
    third = Place()
    assert not first.is_ahead(1)
    assert first.is_followed()
    third.tell(0)
    assert not first.is_followed()
    assert first.is_ahead(1)
    third.leave()


def test_nobody_waits_for_an_equal(places: tuple[Place, Place]) -> None:
    first, second = places
    second.tell(2)
    assert not first.is_ahead(2)


@pytest.mark.parametrize("end", [Place.close, Place.leave])
def test_nobody_waits_for_a_worker_that_stops(places: tuple[Place, Place], end: object) -> None:
    first, second = places
    assert callable(end)
    end(second)
    assert not first.is_ahead(2)


def test_place_is_taken_again(places: tuple[Place, Place]) -> None:
    _, second = places
    second.leave()
    third = Place()
    third.tell(3)
    assert second.is_ahead(4)
    third.leave()


def test_workers_beyond_the_last_place_take_what_comes() -> None:
    many = [Place() for _ in range(300)]
    many[0].tell(1)
    many[1].tell(0)
    assert many[0].is_ahead(1)
    assert not many[-1].is_ahead(1)
    for place in many:
        place.leave()


def test_open_connections_are_spread_over_the_workers(instance_dir: Path) -> None:
    with serving(instance_dir, "--workers", "2") as (_process, url), ExitStack() as clients:
        port = urlsplit(url).port or 0

        def come() -> bool:
            """One more client; whether both workers have started by now."""
            clients.enter_context(client(port))
            return len(holders(port)) == 2

        until(come, pause=0.5)
        for _ in range(CLIENTS):
            clients.enter_context(client(port))
        assert min(holders(port).values()) >= CLIENTS // 4


def client(port: int) -> socket.socket:
    """A client that was answered and keeps its connection."""
    made = socket.create_connection(("127.0.0.1", port), timeout=30)
    made.sendall(b"GET /xapi/about HTTP/1.1\r\nHost: byway\r\n\r\n")
    assert made.recv(1)
    return made


def holders(port: int) -> Counter[str]:
    """How many connections to a port each process holds, from /proc."""
    rows = (line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:])
    ours = {
        f"socket:[{row[9]}]" for row in rows if row[1].endswith(f":{port:04X}") and row[3] == "01"
    }
    held: Counter[str] = Counter()
    for process in filter(str.isdigit, os.listdir("/proc")):
        with suppress(OSError):  # another user's, or it has ended
            for file in Path(f"/proc/{process}/fd").iterdir():
                with suppress(OSError):  # closed by now
                    held[process] += os.readlink(file) in ours
    return +held
