"""A clock that stands still, for all that has to do with keys, until a test moves it."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from engine.lrs import callers, keys, rights
from engine.moments import now_us

SECOND = 1_000_000
HOUR = 3600 * SECOND


@dataclass
class Clock:
    """The time in microseconds."""

    now: int

    def __call__(self) -> int:
        return self.now


def stopped(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of keys, stopped now."""
    clock = Clock(now=now_us())
    for module in (callers, keys, rights):
        monkeypatch.setattr(module, "now_us", clock)
    return clock
