"""What tests of the identity inbox make: people, handles in the record, names that wait."""

from __future__ import annotations

from typing import Any

from live_log import an_origin, answered, put
from toy import did, file

from engine import profiles
from engine.db import db, transaction
from engine.people import inbox, matching, service
from engine.people.inbox import Decider
from engine.sources import handles, linking, named, runs
from engine.sources.handles import Wanted
from engine.sources.runs import Report

FORUM = "https://forum.example.org"
ODILE = Decider(name="odile@example.org", person_id=-1, roles=frozenset({"ld"}))
OPERATOR = Decider(name="byway people inbox")
HEADER = "name,email,username,external_id,identifiers\n"
BO = "Bo Lund,bo@example.org,blund,4711,\n"
INES = "Ines Roy,ines@example.org,iroy,4712,\n"
NAMED = "urn:byway:name-at:t::Bo Lund"


def people(*rows: str) -> None:
    """People as the team's CSV names them."""
    with transaction():
        matching.import_people((HEADER + "".join(rows)).encode(), by="byway people import")


def an_account(name: str, home: str = FORUM) -> dict[str, Any]:
    return {"account": {"homePage": home, "name": name}}


def seen(*actors: dict[str, Any], origin: str = "lms") -> None:
    """Each of these did something that speaks for data literacy, and the log was followed."""
    authority = an_origin(origin)
    put(authority, *(answered(thing=str(n)) | {"actor": one} for n, one in enumerate(actors)))
    followed()


def followed() -> None:
    profiles.catch_up()
    db.session.rollback()


def waits(*names: str, **more: Any) -> Report:
    """A run of the toy source t in which these attended, with a name and nothing else."""
    said = (did(f"{n}-{name}", email=None, name=name, **more) for n, name in enumerate(names))
    report = runs.run_file("t", file(*said))
    followed()
    return report


def open_handles(**wanted: Any) -> list[str]:
    """The handles that nobody owns, of the first page."""
    db.session.rollback()
    found, _ = handles.page(Wanted(**wanted))
    return [one.key for one in found]


def open_names(search: str = "", **wanted: Any) -> list[str]:
    """The names that wait, of the first page."""
    db.session.rollback()
    return [one.key for one in named.page(search, **wanted)[0]]


def link(handle: str, email: str = "bo@example.org", **more: Any) -> linking.Linked:
    """Odile links a handle."""
    done = linking.link(handle, email, more.pop("decider", ODILE), **more)
    followed()
    return done


def take_back(act: str = "linked") -> str:
    """Odile takes the newest decision of a kind back."""
    db.session.rollback()
    entry = next(one for one in inbox.history() if one.act == act)
    with transaction():
        return inbox.take_back(entry.id, ODILE)


def keys_of(email: str = "bo@example.org") -> frozenset[str]:
    """All identifiers of somebody."""
    db.session.rollback()
    return service.keys_of(service.get_person(email).id)
