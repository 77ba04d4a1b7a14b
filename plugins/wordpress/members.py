"""The table of members that plugins of WordPress export as CSV: who joined the site, and when."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from engine.api import (
    Activity,
    BadCell,
    Dates,
    Failed,
    Line,
    Shape,
    find_sheets,
    is_blank,
    read_dates,
    read_email,
    read_id,
)

from .site import Site, number_of

JOINED = "joined"

_COLUMNS = {
    "number": ("id", "user id", "user_id", "userid", "member id", "source_user_id", "wp user id"),
    "login": (
        *("user_login", "user login", "username", "user name", "login", "identifiant"),
        *("nombre de usuario", "usuario", "nom d'utilisateur"),
    ),
    "email": (
        *("user_email", "user email", "email", "e-mail", "email address", "e-mail address"),
        *("correo electrónico", "correo", "adresse e-mail", "courriel"),
    ),
    "name": (
        *("display_name", "display name", "name", "full name", "nickname", "member name"),
        *("nombre", "nombre para mostrar", "nom", "nom à afficher"),
    ),
    "first": ("first_name", "first name", "firstname", "prénom"),
    "last": ("last_name", "last name", "lastname", "surname", "apellidos", "nom de famille"),
    "joined": (
        *("user_registered", "user registered", "registered", "registration date"),
        *("date registered", "registered date", "registered_date", "joined", "join date"),
        *("date joined", "joined on", "member since", "signup date", "created_at"),
        *("fecha de registro", "fecha de alta", "date d'inscription", "inscrit le"),
    ),
}
_MEMBERS = Shape(name="members", columns=_COLUMNS, required=("email", "joined"))


def read_members(body: bytes, site: Site, *, zone: str) -> Iterator[Activity | Failed]:
    """A row a member; WordPress itself writes the date of joining in UTC.

    :raises BadReport: it has no such table; with what was there.
    """
    for table in find_sheets(body, [_MEMBERS]).tables:
        written = [
            (one.number, one["joined"]) for one in table.lines if not is_blank(one["joined"])
        ]
        dates = read_dates(written, zone=zone)
        for one in table.lines:
            yield _read(one, site, dates)


def _read(one: Line, site: Site, dates: Dates) -> Activity | Failed:
    try:
        return _member(one, site, dates)
    except BadCell as bad:
        return Failed(row=one.number, why=bad.why, mend=bad.mend)


def _member(one: Line, site: Site, dates: Dates) -> Activity:
    number, email = number_of(read_id(one["number"], row=one.number)), read_email(one["email"])
    known = number or one["login"] or email
    if not known:
        raise BadCell("The row names nobody.", "Export the members with their addresses.")
    return Activity(
        rows=(one.number,),
        keys=(f"member:{known}",),
        actor=site.member(number or one["login"], name=_name(one), email=email or ""),
        verb=JOINED,
        type="community",
        url=site.url,
        title=site.title,
        at=_moment(one["joined"], dates),
    )


def _name(one: Line) -> str:
    return one["name"] or " ".join(filter(None, (one["first"], one["last"]))) or one["login"]


def _moment(written: str, dates: Dates) -> datetime:
    """A day alone is taken from its beginning."""
    if is_blank(written):
        raise BadCell("The date of joining is missing.", "Export the members with that column.")
    day = dates.day(written)
    return dates.at(f"{day} 00:00:00" if day == " ".join(written.split()) else written)
