"""Sheets that people keep: the settings they need, who stands in a row, and when it was.

Used by every source of such sheets. Headings are those of English, French, Spanish and German
sheets, in lower case; where a heading means two things in two of them, the other columns decide.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from engine.api import (
    Actor,
    BadCell,
    Line,
    SourceSettings,
    Table,
    clean_name,
    fields,
    known_zone,
    order_of_dates,
    read_email,
)
from plugins.mapped.moments import LONGEST, Moments, learn

EMAIL = (
    *("email", "e-mail", "email address", "e-mail address", "mail", "mail address"),
    *("attendee email", "participant email", "recipient email", "work email", "user email"),
    *("correo electrónico", "correo electronico", "correo", "dirección de correo electrónico"),
    *("courriel", "adresse e-mail", "adresse email", "adresse courriel", "adresse électronique"),
    *("e-mail-adresse", "emailadresse", "e-mailadresse", "mailadresse", "mail-adresse"),
)
NAME = (
    *("full name", "attendee name", "participant name", "recipient name", "display name", "name"),
    *("nom complet", "nom et prénom", "nom, prénom", "prénom et nom", "nom"),
    *("nombre completo", "nombre y apellidos", "nombre", "vollständiger name"),
    *("vor- und nachname",),
)
ALSO_NAME = (
    *("attendee", "participant", "delegate", "recipient", "person", "participant(e)"),
    *("participante", "asistente", "teilnehmer", "teilnehmerin", "teilnehmer/in"),
    *("teilnehmer:in", "teilnehmende"),
)
"""Headings of names that are also what roles say, so that a row of data might hold them."""
FIRST = (
    *("first name", "firstname", "first", "given name", "forename", "recipient first name"),
    *("issued to first name", "prénom", "prenom", "nombre de pila", "vorname"),
)
LAST = (
    *("last name", "lastname", "last", "surname", "family name", "recipient last name"),
    *("issued to last name", "nom de famille", "apellidos", "apellido", "nachname"),
    *("familienname",),
)
PERSON = {"email": EMAIL, "name": NAME, "first": FIRST, "last": LAST}


class SheetSettings(SourceSettings):
    """Whose sheets these are, on which clock and in which order they write dates."""

    url = fields.Url(
        required=True,
        schemes={"http", "https"},
        require_tld=False,
        metadata={
            "identity": True,
            "label": "Address of whoever keeps the sheets",
            "help": "A web page of the organiser. What has no address of its own is filed there.",
        },
    )
    timezone = fields.String(
        required=True,
        validate=known_zone,
        error_messages={"required": "Sheets name no time zone. Give one, as in America/Toronto."},
        metadata={
            "label": "Time zone of the sheets",
            "help": "The clock on the wall where it took place; as in Europe/London.",
        },
    )
    date_order = order_of_dates(
        "Used when a file holds no day above 12, so that 08/09 could be either."
    )


# --- people


def person(line: Line, role: str = "") -> Actor:
    """Who stands in a row; `role` names the columns of one of several, as in "mentor".

    :raises BadCell: nobody, or half an address.
    """
    cell = {one: line[f"{role}_{one}" if role else one] for one in PERSON}
    email, name = read_email(cell["email"]), full_name(cell)
    if not email and "@" in name:
        with suppress(BadCell):  # "ada@work" may be a display name as well
            email, name = read_email(name), ""
    if not (email or name):
        named = f"the {role}" if role else "the person"
        raise BadCell(f"There is neither a name nor an address of {named}.", "Add the address.")
    return Actor(name=name or None, email=email)


def full_name(cell: Mapping[str, str]) -> str:
    """A name from its parts. "Nom" and "Name" mean the surname beside "Prénom" or "Vorname", and
    "Nombre" the given name beside "Apellidos"."""
    first, last, name = (clean_name(cell[one]) for one in ("first", "last", "name"))
    if first and last:
        return f"{first} {last}"
    if name and (first or last) and not {*first.split(), *last.split()} <= {*name.split()}:
        return f"{first} {name}".strip() if first else f"{name} {last}"
    return name or first or last


def handle(actor: Actor) -> str:
    """What a sheet knows a person by."""
    return actor.email or actor.name or ""


# --- dates and times

_HOUR = r"\d{1,2}(?:[:.h]\d{2}){1,2}(?:\.\d+)?(?:\s?[ap]\.?\s?m\b\.?)?"
_DATED = re.compile(r"\d{4}|\d[-/.]\d{1,2}[-/.]\d")
_TIME_OF_DAY = re.compile(rf"[T,\s]+(?:at\s+|à\s+|um\s+)?{_HOUR}.*$", re.IGNORECASE)
_RANGE = re.compile(rf"({_HOUR})\s*(?:-|–|—|to|until|à|a|bis)\s*({_HOUR})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Clock:
    """How one file writes its moments."""

    moments: Moments

    def at(self, day: str, hour: str = "") -> datetime:
        """The moment of a day and an hour, in one cell or two; noon where there is no hour.

        :raises BadCell: it is none, or the day is missing.
        """
        hour = hour.removesuffix(" Uhr").removesuffix(" uhr").strip()
        if hour and (_DATED.search(hour) or not day):
            return self.moments.at(hour)
        if not day:
            raise BadCell("The date is missing.", "Add the date, and send the file again.")
        return self.moments.at(f"{day_of(day)} {hour}" if hour else day)

    def stay(self, day: str, start: str, end: str) -> tuple[datetime | None, datetime]:
        """When something began, if that is known, and when it ended."""
        if not end and (both := _RANGE.fullmatch(start[:LONGEST])):
            start, end = both.groups()
        if not end:
            began = self.at(day, start)
            return (began if start else None), began
        ended = self.at(day, end)
        return (self.at(day, start) if start else None), ended


def clock(tables: Iterable[Table], names: Iterable[str], settings: Mapping[str, Any]) -> Clock:
    """Learn from all moments in these columns how a file writes them.

    :raises BadReport: they contradict each other, or nothing decides; with the row.
    """
    written = [
        (line.number, line[name])
        for table in tables
        for name in names
        if name in table.columns
        for line in table.lines
        if line[name]
    ]
    return told_clock(written, settings)


def told_clock(written: Iterable[tuple[int | str, str]], settings: Mapping[str, Any]) -> Clock:
    """The same, from moments with the rows they stand in."""
    order = settings.get("date_order") or ""
    return Clock(learn(written, zone=settings["timezone"], order=order))


def day_of(written: str) -> str:
    """A moment as written, without its time of day."""
    return _TIME_OF_DAY.sub("", written[:LONGEST])


def between(began: datetime | None, ended: datetime) -> timedelta | None:
    """How long it took; unknown, which is not zero, where it would be nothing, or over a day."""
    if began is None or not timedelta() < ended - began <= timedelta(days=1):
        return None
    return ended - began


# --- words


def word(cell: str) -> str:
    """A cell as words are compared: case-folded, without accents or marks round it."""
    plain = unicodedata.normalize("NFKD", cell.casefold())
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return " ".join(plain.replace("-", " ").replace("_", " ").split()).strip(" .!()[]'’\"")


def words_of(said: str) -> frozenset[str]:
    """Words with bars between them, each as `word` gives it."""
    return frozenset(word(one) for one in said.split("|"))


def tags_in(cell: str) -> tuple[str, ...]:
    """The tags in a cell, with commas, semicolons or bars between them; at most 50."""
    found = (" ".join(one.split())[:100] for one in re.split(r"[,;|\n]", cell.strip("[]")))
    return tuple(one for one in (found.strip('"# ') for found in found) if one)[:50]


def web_address(cell: str) -> str | None:
    """The address in a cell, if it is one of a page."""
    address = cell.strip()
    found = re.fullmatch(r"https?://[^\s<>\"{}|\\^`\x00-\x1f]{3,1900}", address, re.IGNORECASE)
    return address if found else None


def slug(text: str) -> str:
    """A title as part of an address, in letters of any script."""
    return "-".join(re.findall(r"\w+", text.casefold()))[:120]
