"""A Dask distributed cluster as a crew; its workers read and write PostgreSQL themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from itertools import islice
from typing import Any, TypeVar

from distributed import Client, KilledWorker, as_completed
from distributed.comm import CommClosedError

from engine.errors import Refused
from engine.rebuilding.workplace import Workplace

T = TypeVar("T")
R = TypeVar("R")

AHEAD = 2
CONNECT_S, WORKERS_S = 10, 30


class Cluster:
    """Workers behind a scheduler; what a worker that dies was at, another does."""

    def __init__(self, client: Any, place: Workplace) -> None:
        self._client = client
        self._place = place

    def each(self, work: Callable[[T], R], tasks: Iterable[T]) -> Iterator[R]:
        """Do them all; results come as they are ready."""
        left = iter(tasks)
        width = max(1, sum(self._client.nthreads().values())) * AHEAD
        waiting = as_completed(self._send(work, islice(left, width)), loop=self._client.loop)
        for done in waiting:
            result: R = done.result()
            for more in self._send(work, islice(left, 1)):
                waiting.add(more)
            yield result

    def _send(self, work: Callable[[T], R], tasks: Iterable[T]) -> list[Any]:
        return [self._client.submit(self._place.work, work, task, pure=False) for task in tasks]


@contextmanager
def connected(address: str, place: Workplace) -> Iterator[Cluster]:
    """The cluster of a scheduler, until the block ends.

    :raises Refused: it does not answer, has no workers, or is lost on the way.
    """
    client = _client(address)
    try:
        yield Cluster(client, place)
    except (CommClosedError, CancelledError, KilledWorker) as error:
        raise Refused(
            f"The cluster at {address} was lost: {type(error).__name__}.",
            "Look at its scheduler and workers; the next rebuild goes on where this one stood.",
        ) from error
    finally:
        client.close()


def _client(address: str) -> Any:
    try:
        client = Client(address, timeout=CONNECT_S, set_as_default=False)
        client.wait_for_workers(1, timeout=WORKERS_S)
    except (OSError, ValueError) as error:
        raise Refused(
            f"No cluster with workers answers at {address}.",
            "Start `dask scheduler` and `dask worker`, and give the scheduler's address.",
        ) from error
    return client
