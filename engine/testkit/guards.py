"""Reading under guard: whoever looks at a clock, the network, a database or files is caught.

The guard is a profile function, which sees each call before it is made, in every library too;
so it needs no patches, and says at which line of the plugin the call was made.
"""

from __future__ import annotations

import builtins
import gc
import os
import random
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from types import FrameType
from typing import Any

from engine.testkit.broken import Broken

LIMIT_S = 20.0
"""How many seconds one reading may take."""

_FORBIDDEN: dict[Any, str] = {
    time.time: "the clock",
    time.time_ns: "the clock",
    time.monotonic: "the clock",
    time.monotonic_ns: "the clock",
    time.perf_counter: "the clock",
    time.perf_counter_ns: "the clock",
    time.sleep: "the clock",
    builtins.open: "a file",
    os.open: "a file",
    os.listdir: "a file",
    os.scandir: "a file",
    os.remove: "a file",
    os.mkdir: "a file",
    os.system: "another program",
    os.fork: "another program",
    os.urandom: "chance",
    random.random: "chance",
    random.getrandbits: "chance",
    sqlite3.connect: "a database",
}
_ENTERED = {
    "socket": "the network",
    "ssl": "the network",
    "http.client": "the network",
    "urllib.request": "the network",
    "requests": "the network",
    "urllib3": "the network",
    "httpx": "the network",
    "sqlalchemy": "a database",
    "flask_sqlalchemy": "a database",
    "psycopg": "a database",
    "subprocess": "another program",
}
_MOMENTS = {"now", "today", "utcnow"}
# These open files or look at the clock, and nothing a source says depends on it.
# openpyxl stamps a workbook it opens, which nobody ever reads
_HARMLESS = {
    "importlib",
    "zoneinfo",
    "logging",
    "warnings",
    "linecache",
    "traceback",
    "encodings",
} | {"openpyxl"}


@contextmanager
def pure(home: Path | None = None, *, seconds: float = LIMIT_S) -> Iterator[None]:
    """Let nothing inside read a clock, chance, the network, a database or files.

    :param home: the plugin's folder or file; the line that is named is the innermost one there.
    :raises Broken: something was touched, even where the plugin caught what the guard raised; or
        it took too long.
    """
    guard = _Guard(home, time.monotonic() + seconds, sys._getframe(2))
    before, collecting = sys.getprofile(), gc.isenabled()
    gc.disable()  # somebody else's finalizers are not the plugin's doing
    sys.setprofile(guard)
    try:
        yield
    finally:
        sys.setprofile(before)
        if collecting:
            gc.enable()
        if guard.caught:
            raise guard.caught


class _Guard:
    def __init__(self, home: Path | None, until: float, base: FrameType) -> None:
        self.home = str(home) if home else ""
        self.until = until
        self.base = base
        self.caught: Broken | None = None

    def __call__(self, frame: FrameType, event: str, called: Any) -> None:
        touched = _entered(frame) if event == "call" else None
        if event == "c_call":
            touched = _FORBIDDEN.get(called) or _moment(called)
        if touched and not self._harmless(frame):
            self._stop(frame, touched)
        if event == "call" and time.monotonic() > self.until:
            self._stop(frame, None)

    def _stop(self, frame: FrameType, touched: str | None) -> None:
        """Remember the first breach, and stop what is under way."""
        where = self._line(frame)
        if touched:
            why = f"activities uses {touched}."
            mend = "Take it from the delivery or the settings: activities is pure."
        else:
            why, mend = "It did not come to an end in time.", "Look for a loop without an end."
        self.caught = self.caught or Broken(why, mend, where=where)
        raise self.caught

    def _line(self, frame: FrameType) -> str:
        """The innermost line of the plugin's own, else the innermost there is."""
        for one in self._stack(frame):
            if self.home and one.f_code.co_filename.startswith(self.home):
                return _named(one)
        return _named(frame)

    def _harmless(self, frame: FrameType) -> bool:
        names = (str(one.f_globals.get("__name__", "")) for one in self._stack(frame))
        return any(name.partition(".")[0] in _HARMLESS for name in names)

    def _stack(self, frame: FrameType | None) -> Iterator[FrameType]:
        """From a frame outward, as far as the guard reaches."""
        while frame is not None and frame is not self.base:
            yield frame
            frame = frame.f_back


def _named(frame: FrameType) -> str:
    return f"{Path(frame.f_code.co_filename).name}, line {frame.f_lineno}"


def _entered(frame: FrameType) -> str | None:
    """What a function that begins belongs to, if it may not be called."""
    name = str(frame.f_globals.get("__name__", ""))
    if name == "threading" and frame.f_code.co_name == "start":
        return "another thread"
    return _ENTERED.get(name) or _ENTERED.get(name.partition(".")[0])


def _moment(called: Callable[..., Any]) -> str | None:
    """`datetime.now` and the like, of any class of dates."""
    owner = getattr(called, "__self__", None)
    if isinstance(owner, type) and issubclass(owner, date | datetime):
        return "the clock" if getattr(called, "__name__", "") in _MOMENTS else None
    return None
