"""Crews for tests, and rebuilds that are broken off: by a kill, or while a worker dies."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from cli_running import free_port
from live_log import VOIDED, an_origin, answered, on, put

from engine.config import settings
from engine.lrs.store import Authority
from engine.rebuilding import stretches
from engine.rebuilding.crews import Crew, crew_of
from engine.rebuilding.workplace import Workplace

T = TypeVar("T")
R = TypeVar("R")


class BrokenOff(Exception):
    """Somebody has had enough of waiting."""


class Impatient:
    """Does a few tasks, then breaks off; `done` are the tasks it did."""

    def __init__(self, most: int, *, backwards: bool = False) -> None:
        self.most = most
        self.backwards = backwards
        self.done: list[Any] = []

    def each(self, work: Callable[[T], R], tasks: Iterable[T]) -> Iterator[R]:
        for task in list(tasks)[:: -1 if self.backwards else 1]:
            if len(self.done) == self.most:
                raise BrokenOff
            self.done.append(task)
            yield work(task)


class Interrupted:
    """Does tasks in order, and once something else before the second one."""

    def __init__(self, act: Callable[[], object]) -> None:
        self.act = once(act)

    def each(self, work: Callable[[T], R], tasks: Iterable[T]) -> Iterator[R]:
        for at, task in enumerate(tasks):
            if at == 1:
                self.act()
            yield work(task)


class Shuffled:
    """Does tasks in a random order."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance

    def each(self, work: Callable[[T], R], tasks: Iterable[T]) -> Iterator[R]:
        listed = list(tasks)
        self.chance.shuffle(listed)
        for task in listed:
            yield work(task)


def place() -> Workplace:
    return Workplace(database_url=settings().database_url)


@contextmanager
def pool(size: int = 2) -> Iterator[Crew]:
    with crew_of(size, None, place()) as crew:
        yield crew


def kill_one_process() -> None:
    """Kill a process of the pool, as a machine without memory would."""
    os.kill(multiprocessing.active_children()[0].pid or 0, signal.SIGKILL)


def once(act: Callable[[], object]) -> Callable[..., None]:
    """What is told of progress; at the first word, something is done."""
    acts = [act]

    def tell(*_: object) -> None:
        while acts:
            acts.pop()()

    return tell


@dataclass(frozen=True, slots=True)
class Told:
    """What somebody sent: the statements' ids, and the origin that may void them."""

    forum: Authority
    sids: list[str]

    def void(self, at: int) -> None:
        """Take one of them back."""
        put(self.forum, on(self.sids[at], VOIDED, by="byway@example.org"))


def a_log(length: int = 12) -> Told:
    """Answers of three people in a forum, some accepted, some voided."""
    forum = an_origin("forum", "source", attests="peer")
    mails = ["bo@example.org", "ines@example.org", "olu@example.org"]
    sids = put(forum, *(answered(mails[at % 3], str(at)) for at in range(length)))
    told = Told(forum, sids)
    put(forum, *(on(sid) for sid in sids[::4]))
    told.void(1)
    told.void(6)
    return told


def short_stretches(monkeypatch: Any, length: int = 2) -> None:
    """Make even a small log several stretches."""
    monkeypatch.setattr(stretches, "LENGTH", length)


# --- a cluster on this machine ------------------------------------------------------------------


@contextmanager
def a_cluster(workers: int = 2) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """A scheduler and its workers, processes of their own over TCP: the address, the workers."""
    address = f"tcp://127.0.0.1:{free_port()}"
    port = address.rpartition(":")[2]
    words = ["--host", "127.0.0.1", "--port", port, "--no-dashboard"]
    with _running("dask_scheduler", *words):
        words = [address, "--host", "127.0.0.1", "--nthreads", "1", "--no-nanny", "--no-dashboard"]
        with _running("dask_worker", *words) as one, _running("dask_worker", *words) as two:
            yield address, [one, two][:workers]


@contextmanager
def _running(module: str, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [sys.executable, "-m", f"distributed.cli.{module}", *words],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
