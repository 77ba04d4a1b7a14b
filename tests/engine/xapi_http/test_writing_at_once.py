"""Many writers at once, and a server that is killed: nothing acknowledged is lost or half there."""

from __future__ import annotations

import itertools
import os
import random
import signal
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from typing import Any

import orjson
import pytest
from factories import ATTENDED, a_key, a_statement, headers
from flask import Flask
from xapi_serving import Served, served

from engine.lrs.reader import Reader
from engine.pipeline import reader, store

pytestmark = pytest.mark.both_databases

BATCH = 20
CONNECTION_LOST = (OSError, HTTPException, urllib.error.URLError)
Make = Callable[[], list[dict[str, Any]]]


def a_batch() -> list[dict[str, Any]]:
    """Statements of which every other one is about the one before."""
    plain = [a_statement() for _ in range(BATCH // 2)]
    return [one for thing in plain for one in (thing, about(thing))]


def about(statement: dict[str, Any]) -> dict[str, Any]:
    return a_statement(object={"objectType": "StatementRef", "id": statement["id"]})


@dataclass(slots=True)
class Sender:
    """An LMS that posts batches until it is told to stop, and keeps what was acknowledged."""

    url: str
    headers: dict[str, str]
    make: Make = a_batch
    acknowledged: list[list[str]] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)

    def post(self) -> None:
        """Send one batch and note the answer; a lost connection acknowledges nothing."""
        body = orjson.dumps(self.make())
        request = urllib.request.Request(self.url, data=body, headers=self.headers)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                self.acknowledged.append(orjson.loads(answer.read()))
                self.statuses[answer.status] += 1
        except urllib.error.HTTPError as error:
            self.statuses[error.code] += 1
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
def senders(server: Served, app: Flask) -> list[Sender]:
    """Six who send with one key to two processes."""
    shown = headers(a_key())
    return [Sender(f"{server.endpoint}statements", shown) for _ in range(6)]


def send_for(
    seconds: float, senders: list[Sender], meanwhile: Callable[[], object] = lambda: None
) -> None:
    """Let every sender send for a while; `meanwhile` runs beside them."""
    end = time.monotonic() + seconds
    with ThreadPoolExecutor(len(senders)) as pool:
        done = [
            pool.submit(sender.post_until, lambda: time.monotonic() > end) for sender in senders
        ]
        meanwhile()
    for one in done:
        one.result()


def statuses(senders: list[Sender]) -> set[int]:
    return {status for sender in senders for status in sender.statuses}


def sent(senders: list[Sender]) -> list[list[str]]:
    """Every acknowledged batch."""
    return [batch for sender in senders for batch in sender.acknowledged]


class Log:
    """The log as a follower in another process sees it."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self.read: list[tuple[int, str]] = []

    def follow_until(self, done: threading.Event) -> None:
        """Keep reading until there is nothing left and `done` is set."""
        while not done.is_set() or self._end() < self._reader.last():
            self.read += self._after(self._end(), 20)

    def every(self) -> list[tuple[int, str]]:
        """The whole log in its order, read afresh."""
        return self._after(0, 1_000_000)

    def order(self) -> list[str]:
        """The ids in the order of the log."""
        return [sid for _, sid in self.every()]

    def _after(self, position: int, limit: int) -> list[tuple[int, str]]:
        return [(one.seq, str(one.sid)) for one in self._reader.log(position, limit)]

    def _end(self) -> int:
        return self.read[-1][0] if self.read else 0


@pytest.fixture
def log(app: Flask) -> Log:
    return Log(reader())


def test_a_follower_of_the_log_misses_nothing_while_two_processes_write(
    senders: list[Sender], log: Log
) -> None:
    done = threading.Event()
    follower = threading.Thread(target=log.follow_until, args=(done,))
    follower.start()
    send_for(2.0, senders)
    done.set()
    follower.join()
    order = log.order()
    starts = [order.index(batch[0]) for batch in sent(senders)]
    assert statuses(senders) == {200}
    assert log.read == log.every()
    assert set(order) == {sid for batch in sent(senders) for sid in batch}
    assert [order[at : at + BATCH] for at in starts] == sent(senders)


def test_what_was_acknowledged_survives_killed_workers_and_no_batch_is_half_there(
    server: Served, senders: list[Sender], log: Log
) -> None:
    def kill_workers() -> None:
        for _ in range(4):
            time.sleep(0.7)
            os.kill(random.choice(server.workers()), signal.SIGKILL)

    send_for(4.0, senders, kill_workers)
    order = log.order()
    acknowledged = {sid for batch in sent(senders) for sid in batch}
    assert statuses(senders) == {200}
    assert len(acknowledged) > BATCH
    assert acknowledged <= set(order)
    assert len(order) % BATCH == 0
    assert store().upkeep().check().agrees


def test_one_batch_sent_by_all_at_once_is_stored_once(senders: list[Sender], log: Log) -> None:
    batches = [a_batch() for _ in range(40)]
    for sender in senders:
        sender.make = itertools.chain(batches, itertools.repeat([])).__next__
    send_for(3.0, senders)
    assert statuses(senders) == {200}
    assert sorted(log.order()) == sorted({sid for batch in sent(senders) for sid in batch})
    assert store().upkeep().check().agrees


def test_same_statements_in_any_order_never_block_each_other(
    senders: list[Sender], log: Log
) -> None:
    pool = [one for _ in range(4) for one in a_batch()]
    for sender in senders:
        sender.make = lambda: random.sample(pool, BATCH)
    send_for(3.0, senders)
    order = log.order()
    assert statuses(senders) == {200}
    assert sorted(order) == sorted({sid for batch in sent(senders) for sid in batch})
    assert store().upkeep().check().agrees


def test_of_two_that_contradict_each_other_one_is_stored(senders: list[Sender], log: Log) -> None:
    pool = [one["id"] for _ in range(10) for one in a_batch()]
    for at, sender in enumerate(senders):
        sender.make = lambda verb=f"{ATTENDED}/{at}": [
            a_statement(verb=verb, id=sid) for sid in random.sample(pool, 3)
        ]
    send_for(2.0, senders)
    order = log.order()
    assert statuses(senders) == {200, 409}
    assert len(order) == len(set(order))
    assert {sid for batch in sent(senders) for sid in batch} == set(order)
