"""Time zones by the names that calendar programs give them, beside those the file defines."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

_SHOWN = re.compile(
    r"\(?\s*(?:UTC|GMT)\s*(?:([+-])(\d{1,2})(?:[:.]?([0-5]\d))?)?\s*(?:\)\s*(.*))?",
    re.IGNORECASE | re.DOTALL,
)
"""As lists of zones show them: "UTC+01", "(GMT -05.00)", "(UTC+01:00) Berlin, Rome"."""
_BETWEEN = re.compile(r"[,;:]| - ")
_PLACES = {
    "baja california": "America/Tijuana",
    "brasilia": "America/Sao_Paulo",
    "central america": "America/Guatemala",
    "coordinated universal": "Etc/UTC",
    "greenland": "America/Nuuk",
    "indiana": "America/Indiana/Indianapolis",
    "new delhi": "Asia/Kolkata",
    "west central africa": "Africa/Lagos",
}
"""What Windows shows in place of a town that public names have."""


def public(name: str) -> tzinfo | None:
    """A zone by its public name, by Windows' name, or by a name with a maker's prefix."""
    parts = name.strip().lstrip("/").split("/")
    tails = ["/".join(parts[-count:]) for count in (len(parts), 3, 2) if count <= len(parts)]
    for one in [name.strip(), WINDOWS_TO_OLSON.get(name.strip(), ""), *tails]:
        if one.upper() in ("UTC", "GMT", "Z", "ETC/UTC"):
            return UTC
        if not one or not re.fullmatch(r"[A-Za-z0-9_+\-/]{3,60}", one):
            continue
        try:
            return ZoneInfo(one)
        except (KeyError, ValueError, OSError):
            continue
    return None


def shown(name: str) -> tzinfo | None:
    """A zone as a list of zones shows it: its distance from UTC, with or without its towns.

    The distance is that of winter, so one with towns is only told by a town that keeps to it.
    """
    found = _SHOWN.fullmatch(name.strip())
    if not found or int(found[2] or 0) > 14:
        return None
    away = timedelta(hours=int(found[2] or 0), minutes=int(found[3] or 0))
    away = -away if found[1] == "-" else away
    if not found[4]:
        return timezone(away) if found[1] else None
    zones = (ZoneInfo(one) for one in _named(found[4]))
    return next((zone for zone in zones if _in_winter(zone) == away), None)


def _named(places: str) -> Iterator[str]:
    """The public names of what is listed, as in "Eastern Time (US & Canada)" and "Paris, Rome"."""
    for part in _BETWEEN.split(places[:200]):
        place = part.partition("(")[0].strip().casefold().removesuffix(" time")
        zone = _PLACES.get(place) or _towns().get(place)
        if zone:
            yield zone


@cache
def _towns() -> Mapping[str, str]:
    """The last part of each public name -> the name; of several, those of the United States."""
    names = sorted(available_timezones(), key=lambda one: (one.startswith("US/"), one))
    return {one.rpartition("/")[2].replace("_", " ").casefold(): one for one in names if "/" in one}


def _in_winter(zone: tzinfo) -> timedelta | None:
    """The distance from UTC without summer time."""
    moment = datetime(2026, 1, 1, tzinfo=zone)
    away = moment.utcoffset()
    return None if away is None else away - (moment.dst() or timedelta())
