"""Who is named in an event: guests with their answers, and the organiser."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote

from engine.api import Actor, BadCell, clean_name, read_email
from plugins.calendar.lines import Component, Property

_CALENDARS = re.compile(
    r".*@(?:(?:group|import|resource)\.calendar\.google\.com|virtual)"
    r"|unknownorganizer@calendar\.google\.com",
    re.IGNORECASE,
)
"""Addresses of calendars, not of people."""
_NOBODY = ("invalid:nomail", "mailto:invalid:nomail", "mailto:", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Guest:
    """Somebody named in an event.

    :param handle: what tells her apart within the calendar: her address, else her name.
    :param answer: PARTSTAT, in capitals.
    :param why_not: why this is no guest to record, or "".
    :param bad: what is wrong with the address, or "".
    """

    handle: str
    name: str | None
    email: str | None
    answer: str
    why_not: str = ""
    bad: str = ""

    @property
    def actor(self) -> Actor:
        return Actor(name=self.name, email=self.email)


def guest_of(written: Property) -> Guest:
    """A guest; without an address she has a name alone, which identifies nobody."""
    kind = written.params.get("CUTYPE", "INDIVIDUAL").upper()
    role = written.params.get("ROLE", "").upper()
    why = "A room or a thing." if kind in ("ROOM", "RESOURCE") else ""
    why = why or ("A group." if kind == "GROUP" else "")
    why = why or ("Only told about it." if role == "NON-PARTICIPANT" else "")
    return _person(written, why)


def organiser_of(event: Component) -> Guest | None:
    written = event.one("ORGANIZER")
    return _person(written, "") if written else None


def _person(written: Property, why_not: str) -> Guest:
    email, bad = None, ""
    address = unquote(written.params.get("EMAIL") or written.value).strip().strip('"')
    is_address = address.lower().startswith("mailto:") or "@" in address
    bare = address[7:] if address[:7].lower() == "mailto:" else address
    if _CALENDARS.fullmatch(bare):
        why_not = why_not or "The address of a calendar, not of a person."
    elif is_address and address.lower() not in _NOBODY:
        try:
            email = read_email(bare)
        except BadCell as error:
            bad = error.why
    name = clean_name(written.params.get("CN", "").strip('"'))
    name = "" if "@" in name else name
    if not (email or bad or name):
        why_not = why_not or "Neither an address nor a name."
    return Guest(
        handle=(email or address[:200] if is_address else name[:200]).lower(),
        name=name or None,
        email=email,
        answer=written.params.get("PARTSTAT", "NEEDS-ACTION").upper(),
        why_not=why_not,
        bad=bad,
    )
