"""Many writers at once, and a server that is killed: nothing acknowledged is lost or half there."""

from __future__ import annotations

import os
import signal
import sqlite3
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import orjson
import pytest
from factories import a_statement, headers
from xapi_serving import Served, add_key, served

BATCH = 7
CONNECTION_LOST = (OSError, urllib.error.URLError)


@dataclass(slots=True)
class Sender:
    """An LMS that posts batches until it is told to stop, and keeps what was acknowledged."""

    url: str
    headers: dict[str, str]
    acknowledged: list[list[str]] = field(default_factory=list)
    statuses: set[int] = field(default_factory=set)

    def post(self) -> None:
        """Send one batch and note the answer; a lost connection acknowledges nothing."""
        body = orjson.dumps([a_statement() for _ in range(BATCH)])
        request = urllib.request.Request(self.url, data=body, headers=self.headers)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                self.statuses.add(answer.status)
                self.acknowledged.append(orjson.loads(answer.read()))
        except urllib.error.HTTPError as error:
            self.statuses.add(error.code)
        except CONNECTION_LOST:
            time.sleep(0.01)

    def post_until(self, stop: Callable[[], bool]) -> None:
        """Send batch after batch."""
        while not stop():
            self.post()


@pytest.fixture
def server(instance_dir: Path) -> Iterator[Served]:
    with served(instance_dir, workers=2) as found:
        yield found


@pytest.fixture
def senders(server: Served, instance_dir: Path) -> list[Sender]:
    key = add_key(instance_dir)
    return [Sender(f"{server.endpoint}statements", headers(key)) for _ in range(6)]


def send_for(seconds: float, senders: list[Sender], meanwhile: Callable[[], object]) -> None:
    """Let every sender send for a while; `meanwhile` runs beside them."""
    end = time.monotonic() + seconds
    with ThreadPoolExecutor(len(senders)) as pool:
        for sender in senders:
            pool.submit(sender.post_until, lambda: time.monotonic() > end)
        meanwhile()


class Log:
    """The log as a follower in another process sees it."""

    def __init__(self, instance: Path) -> None:
        self._connection = sqlite3.connect(
            f"file:{instance / 'byway.sqlite3'}?mode=ro", uri=True, check_same_thread=False
        )
        self.read: list[tuple[int, str]] = []

    def follow(self) -> None:
        """Read what was stored after the last position read."""
        after = self.read[-1][0] if self.read else 0
        query = "SELECT seq, lower(hex(sid)) FROM statement WHERE seq > ? ORDER BY seq LIMIT 20"
        self.read += self._connection.execute(query, (after,)).fetchall()

    def follow_until(self, done: threading.Event) -> None:
        """Keep reading until there is nothing left and `done` is set."""
        while not done.is_set() or self.behind():
            self.follow()

    def behind(self) -> bool:
        """Whether the end has not been reached."""
        last = self._connection.execute("SELECT coalesce(max(seq), 0) FROM statement").fetchone()[0]
        return bool(last > (self.read[-1][0] if self.read else 0))

    def every(self) -> list[tuple[int, str]]:
        """The whole log in its order, read afresh."""
        query = "SELECT seq, lower(hex(sid)) FROM statement ORDER BY seq"
        return self._connection.execute(query).fetchall()

    def close(self) -> None:
        """Give the file back."""
        self._connection.close()


@pytest.fixture
def log(instance_dir: Path) -> Iterator[Log]:
    found = Log(instance_dir)
    yield found
    found.close()


def sent(senders: list[Sender]) -> list[list[str]]:
    """Every acknowledged batch, ids as the table has them."""
    return [
        [sid.replace("-", "") for sid in batch]
        for sender in senders
        for batch in sender.acknowledged
    ]


def test_a_follower_of_the_log_misses_nothing_while_two_processes_write(
    senders: list[Sender], log: Log
) -> None:
    done = threading.Event()
    follower = threading.Thread(target=log.follow_until, args=(done,))
    follower.start()
    send_for(2.0, senders, lambda: None)
    done.set()
    follower.join()
    order = [sid for _, sid in log.every()]
    starts = [order.index(batch[0]) for batch in sent(senders)]
    assert {status for sender in senders for status in sender.statuses} == {200}
    assert log.read == log.every()
    assert set(order) == {sid for batch in sent(senders) for sid in batch}
    assert [order[at : at + BATCH] for at in starts] == sent(senders)


def test_what_was_acknowledged_survives_killed_workers_and_no_batch_is_half_there(
    server: Served, senders: list[Sender], log: Log
) -> None:
    def kill_workers() -> None:
        for _ in range(3):
            time.sleep(0.7)
            os.kill(server.workers()[0], signal.SIGKILL)

    send_for(3.5, senders, kill_workers)
    stored = [sid for _, sid in log.every()]
    acknowledged = {sid for batch in sent(senders) for sid in batch}
    assert len(acknowledged) > BATCH
    assert acknowledged <= set(stored)
    assert len(stored) % BATCH == 0
    assert {status for sender in senders for status in sender.statuses} == {200}
