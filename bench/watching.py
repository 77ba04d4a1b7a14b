"""A step in a process of its own: how long it took, and the most memory it had."""

from __future__ import annotations

import multiprocessing
import os
import re
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.app import create_app
from engine.cli import longlived
from engine.db import db

Place = dict[str, str]
"""The settings of an instance, as the environment has them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What a step found, its seconds by the clock and of processor time, and its memory in MB.

    `before` is the memory it began with. The pages of the database file do not count.
    """

    found: Any
    wall: float
    cpu: float
    memory: float
    before: float


def watched(
    place: Place, plugins: list[tuple[str, Any]], step: Callable[..., Any], *words: Any
) -> Watched:
    """Take a step in a new process, inside an application with these plugins beside the others."""
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn) as process:
        return process.submit(_inside, place, plugins, step, words).result()


def _inside(
    place: Place, plugins: list[tuple[str, Any]], step: Callable[..., Any], words: tuple[Any, ...]
) -> Watched:
    os.environ.update(place)
    with create_app(plugins=plugins).app_context(), _looked_at() as peak:
        longlived.settle()  # as the worker does, which reads what sources bring
        before, wall, cpu = peak[0], time.perf_counter(), time.process_time()
        found = step(*words)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        db.session.remove()
        db.engine.dispose()
    return Watched(found=found, wall=wall, cpu=cpu, memory=max(peak), before=before)


@contextmanager
def _looked_at() -> Iterator[list[float]]:
    """The memory of this process, in MB, looked at many times a second."""
    seen, stop = [_memory()], threading.Event()

    def look() -> None:
        while not stop.wait(0.05):
            seen.append(max(seen.pop() if len(seen) > 1 else 0, _memory()))

    watcher = threading.Thread(target=look, daemon=True)
    watcher.start()
    yield seen
    stop.set()
    watcher.join()


def _memory() -> float:
    with suppress(OSError):
        if found := re.search(r"RssAnon:\s+(\d+)", Path("/proc/self/status").read_text()):
            return int(found[1]) / 1024
    return 0
