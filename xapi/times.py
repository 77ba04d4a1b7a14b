"""Timestamps and durations: which ISO 8601 texts are accepted, how they are read and written."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

_TIMESTAMP = re.compile(
    r"""
    [0-9]{4} (?P<dash>-)? (?:0[1-9]|1[0-2]) (?(dash)-) (?:0[1-9]|[12][0-9]|3[01])
    T (?:[01][0-9]|2[0-3])
    (?: (?(dash):) [0-5][0-9]                                     # extended has colons, basic none
        (?: (?(dash):) (?P<second>[0-5][0-9]|(?<=59:)60|(?<=59)60) (?:[.,](?P<part>[0-9]+))? )?
    )?
    (?: Z | (?!-00(?::?00)?$) [+-](?:[01][0-9]|2[0-3])(?::?[0-5][0-9])? )?     # minus zero is none
    """,
    re.VERBOSE,
)
_RFC3339_UTC = re.compile(
    r"[0-9]{4}-[01][0-9]-[0-3][0-9]T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
    r"(?:\.[0-9]+)?(?:Z|\+00:00)"
)

_DURATION = re.compile(
    r"""
    P(?: (?P<weeks>[0-9]+(?:[.,][0-9]+)?)W
       | (?=[0-9]|T[0-9])
         (?:(?P<years>[0-9]+(?:[.,][0-9]+(?=Y$))?)Y)?
         (?:(?P<months>[0-9]+(?:[.,][0-9]+(?=M$))?)M)?
         (?:(?P<days>[0-9]+(?:[.,][0-9]+(?=D$))?)D)?
         (?:T(?=[0-9])
           (?:(?P<hours>[0-9]+(?:[.,][0-9]+(?=H$))?)H)?
           (?:(?P<minutes>[0-9]+(?:[.,][0-9]+(?=M$))?)M)?
           (?:(?P<seconds>[0-9]+(?:[.,][0-9]+)?)S)?
         )?
    )
    """,
    re.VERBOSE,
)
_SECONDS = {
    "weeks": 604_800,
    "years": 365 * 86_400,
    "months": 30 * 86_400,
    "days": 86_400,
    "hours": 3_600,
    "minutes": 60,
    "seconds": 1,
}
"""Byway's convention for reading: a year is 365 days, a month 30; the text itself is kept."""

_DURATION_LIMIT = 200


def read_timestamp(text: str) -> datetime:
    """The instant, in UTC, of any timestamp the standard accepts.

    Digits beyond microseconds are cut, a text without zone counts as UTC, a leap second is the
    first second of the next minute. ValueError for everything else.
    """
    try:
        return datetime.fromisoformat(text) if is_utc(text) else _read_rarer(text.upper())
    except (ValueError, OverflowError) as error:
        raise ValueError(f"not an ISO 8601 date and time: {text[:60]!r}") from error


def is_utc(text: str) -> bool:
    """Whether the text is already written as 2.0 gives it back: RFC 3339, in UTC."""
    return _RFC3339_UTC.fullmatch(text) is not None


def _read_rarer(text: str) -> datetime:
    match = _TIMESTAMP.fullmatch(text)
    if match is None:
        raise ValueError("shape")
    if match["second"] != "60":
        return _in_utc(datetime.fromisoformat(text))
    at = match.start("second")
    return _in_utc(datetime.fromisoformat(f"{text[:at]}59{text[at + 2 :]}")) + timedelta(seconds=1)


def _in_utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def to_utc(text: str) -> str:
    """The same instant as RFC 3339 text in UTC, with as many decimals as were sent."""
    moment = read_timestamp(text)
    match = _TIMESTAMP.fullmatch(text.upper())
    part = match["part"] if match else None
    return moment.isoformat()[:19] + (f".{part}Z" if part else "Z")


def timestamp(moment: datetime) -> str:
    """A timestamp in UTC with milliseconds; ValueError for a time that names no zone."""
    if moment.tzinfo is None:
        raise ValueError("a timestamp needs a zone: give a datetime with tzinfo")
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")[:23] + "Z"


def is_duration(text: str) -> bool:
    """Whether the text is an ISO 8601 duration in the form with designators (PT1H30M, P4W)."""
    return len(text) <= _DURATION_LIMIT and _DURATION.fullmatch(text) is not None


def duration_seconds(text: str) -> int | Decimal:
    """How long a duration is, in seconds, exactly; ValueError if it is none.

    A year counts 365 days and a month 30: the standard leaves both open.
    """
    match = _DURATION.fullmatch(text) if len(text) <= _DURATION_LIMIT else None
    if match is None:
        raise ValueError(f"not an ISO 8601 duration: {text[:60]!r}")
    parts = {unit: amount for unit, amount in match.groupdict().items() if amount}
    total = sum(
        (Decimal(amount.replace(",", ".")) * _SECONDS[unit] for unit, amount in parts.items()),
        Decimal(0),
    )
    return int(total) if total == total.to_integral_value() else total


def cut_duration(text: str) -> str:
    """The text without what goes beyond a hundredth of a second, which no comparison counts."""
    if not text.endswith("S"):
        return text
    whole, _, part = text[:-1].replace(",", ".").partition(".")
    kept = part[:2].rstrip("0")
    return f"{whole}.{kept}S" if kept else f"{whole}S"


def duration(length: timedelta) -> str:
    """A length of time as ISO 8601, to the hundredth of a second; ValueError below zero."""
    if length < timedelta(0):
        raise ValueError("a duration cannot be negative")
    minutes, seconds = divmod(length.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    hundredths = f".{length.microseconds // 10_000:02d}".rstrip("0").rstrip(".")
    days = f"{length.days}D" if length.days else ""
    clock = "".join(f"{n}{unit}" for n, unit in ((hours, "H"), (minutes, "M")) if n)
    clock += f"{seconds}{hundredths}S" if seconds or hundredths else ""
    return f"P{days}T{clock}" if clock else f"P{days}" if days else "PT0S"
