"""Spans and ends as they are typed: 24h, 90d, 2027-01-31, never."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time

import click

from engine.lrs.rights import NEVER
from engine.moments import now_us, to_us

UNITS = {"m": 60_000_000, "h": 3_600_000_000, "d": 86_400_000_000, "w": 604_800_000_000}
_SPAN = re.compile(r"([0-9]{1,4})([mhdw])")


def read_span(text: str) -> int:
    """How long, in microseconds: a number and m, h, d or w."""
    found = _SPAN.fullmatch(text)
    if found is None:
        raise click.BadParameter(f'"{text}" is no span; write it like 24h or 90d.')
    return int(found[1]) * UNITS[found[2]]


def read_end(text: str) -> int:
    """The moment in microseconds after a span, or at the end of a day (in UTC); or NEVER."""
    if text == "never":
        return NEVER
    if _SPAN.fullmatch(text):
        return now_us() + read_span(text)
    try:
        last = date.fromisoformat(text)
    except ValueError as error:
        wanted = "write 90d, 2027-01-31 or never"
        raise click.BadParameter(f'"{text}" is no end; {wanted}.') from error
    return to_us(datetime.combine(last, time.max, UTC))
