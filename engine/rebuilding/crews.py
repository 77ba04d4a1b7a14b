"""Who does the work of a rebuild: this process, a pool of processes, or a cluster.

All of them do the same functions on the same tasks, in any order, and none keeps more than a few
tasks and results at a time, so memory does not grow with the log.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from importlib import import_module
from itertools import chain, islice
from typing import Protocol, TypeVar

from engine.errors import Refused
from engine.rebuilding.workplace import Workplace

T = TypeVar("T")
R = TypeVar("R")

AHEAD = 2
"""How many tasks each worker is given in advance."""
LOST_AT_MOST = 5
"""How often the pool may die without having done anything in between."""


class Crew(Protocol):
    """Workers that do tasks."""

    def each(self, work: Callable[[T], R], tasks: Iterable[T]) -> Iterator[R]:
        """Do them all; results come as they are ready. A worker that dies loses none."""


class Alone:
    """This process, one task after the other."""

    def each(self, work: Callable[[T], R], tasks: Iterable[T]) -> Iterator[R]:
        """Do them all, in order."""
        return map(work, tasks)


class Pool:
    """Processes on this machine; each starts afresh and has connections of its own."""

    def __init__(self, size: int, place: Workplace) -> None:
        self._size = size
        self._place = place
        self._processes = self._start()

    def _start(self) -> ProcessPoolExecutor:
        spawn = multiprocessing.get_context("spawn")
        return ProcessPoolExecutor(self._size, mp_context=spawn, initializer=_join_parent)

    def _send(self, work: Callable[[T], R], task: T) -> Future[R]:
        try:
            return self._processes.submit(self._place.work, work, task)
        except BrokenProcessPool as error:
            failed = Future[R]()
            failed.set_exception(error)
            return failed

    def each(self, work: Callable[[T], R], tasks: Iterable[T]) -> Iterator[R]:
        """Do them all; when a process dies, the pool is made anew and does what it was at again."""
        left, lost = iter(tasks), 0
        flying: dict[Future[R], T] = {}
        while True:
            for task in islice(left, self._size * AHEAD - len(flying)):
                flying[self._send(work, task)] = task
            if not flying:
                return
            try:
                for done in wait(flying, return_when=FIRST_COMPLETED).done:
                    result = done.result()
                    lost = 0
                    del flying[done]
                    yield result
            except BrokenProcessPool:
                lost += 1
                left = chain(self._begin_again(flying, lost), left)
                flying = {}

    def _begin_again(self, flying: dict[Future[R], T], lost: int) -> list[T]:
        """A new pool, and the tasks that the old one was given."""
        self.close()
        if lost > LOST_AT_MOST:
            raise Refused(
                "The processes of the rebuild die one after the other.",
                "Look whether memory runs out, and give it fewer with --shards.",
            )
        self._processes = self._start()
        return list(flying.values())

    def close(self) -> None:
        """Let the processes end; what they have not begun is left."""
        self._processes.shutdown(cancel_futures=True)


def _join_parent() -> None:
    """In a new process: leave Ctrl-C to the parent, and end when it does, however it does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    if parent := multiprocessing.parent_process():
        parent.join()
        os._exit(1)


@contextmanager
def crew_of(size: int, cluster: str | None, place: Workplace) -> Iterator[Crew]:
    """The workers that somebody asked for, until the block ends.

    :param size: processes on this machine; 1 is this very process.
    :param cluster: the address of a Dask scheduler, such as tcp://10.0.0.5:8786; then `size` is
        not looked at.
    """
    if cluster is not None:
        with _cluster(cluster, place) as crew:
            yield crew
    elif size == 1:
        yield Alone()
    else:
        pool = Pool(size, place)
        try:
            yield pool
        finally:
            pool.close()


@contextmanager
def _cluster(address: str, place: Workplace) -> Iterator[Crew]:
    if place.database_url.startswith("sqlite"):
        raise Refused(
            "A cluster cannot reach a SQLite file.", "Use PostgreSQL, or --shards on this machine."
        )
    try:
        module = import_module("engine.rebuilding.cluster")
    except ModuleNotFoundError as error:
        raise Refused(
            f"A cluster needs {error.name}, which is not installed.",
            "Run `pip install 'byway[cluster]'`.",
        ) from error
    with module.connected(address, place) as crew:
        yield crew
