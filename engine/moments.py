"""Moments: microseconds since the epoch in tables, aware datetimes in code, ISO 8601 in JSON."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DAY_US = 86_400_000_000


def now_us() -> int:
    """The time in microseconds since the epoch."""
    return time.time_ns() // 1000


def to_us(moment: datetime) -> int:
    """An aware datetime as microseconds since the epoch, exactly."""
    return (moment - EPOCH) // timedelta(microseconds=1)


def from_us(moment: int) -> datetime:
    """Microseconds since the epoch as a datetime in UTC."""
    return EPOCH + timedelta(microseconds=moment)


def iso(moment: int) -> str:
    """Microseconds since the epoch as ISO 8601 in UTC, with all six decimals."""
    return from_us(moment).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
