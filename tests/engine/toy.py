"""A toy source whose files are JSON lists of what it shall say, a row each, and how to write them.

file(did("a", minutes=30), did("b", email="ines@example.org"), gone("a"))
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from engine.api import (
    Account,
    Activity,
    Actor,
    Answer,
    BadReport,
    Bundle,
    Delivery,
    Failed,
    Gone,
    HookRequest,
    ItemRef,
    Privacy,
    Refused,
    Skipped,
    Source,
    SourceSettings,
    Thing,
    Unauthorized,
    fields,
    hookimpl,
)
from engine.db import transaction
from engine.sources import instances

BO = "bo@example.org"
NOON = "2026-09-08T12:00:00+00:00"
HOME = "https://toy.example.org"
"""The home page of accounts, unless told otherwise."""


def did(*keys: str, **more: Any) -> dict[str, Any]:
    """Bo attended something, unless told otherwise."""
    return {"say": "did", "keys": list(keys), "email": BO, "at": NOON, **more}


def gone(key: str, **more: Any) -> dict[str, Any]:
    """The item of this key was deleted."""
    return {"say": "gone", "key": key, **more}


def accepted(key: str, answer: str, **more: Any) -> dict[str, Any]:
    """Ines accepted Bo's answer."""
    return did(key, email="ines@example.org", verb="accepted", about=answer, **more)


def skip(why: str = "Not present.") -> dict[str, Any]:
    return {"say": "skip", "why": why}


def fail(why: str = "The time is missing.") -> dict[str, Any]:
    return {"say": "fail", "why": why}


def refuse(why: str = "The header is missing.") -> dict[str, Any]:
    """The whole file is refused."""
    return {"say": "refuse", "why": why}


def crash(error: str = "boom") -> dict[str, Any]:
    """The plugin has a bug."""
    return {"say": "crash", "why": error}


def file(*said: dict[str, Any], **more: Any) -> Delivery:
    """A delivery that says this; a row's number is its place in the list."""
    return Delivery(body=json.dumps(said).encode(), name="toy.json", **more)


class ToySettings(SourceSettings):
    """The account, how far its clock is off, and a secret."""

    account = fields.String(load_default="", metadata={"identity": True})
    hours = fields.Integer(load_default=0)
    secret = fields.String(load_default="", metadata={"secret": True})
    url = fields.String(load_default="")


class Toy(Source):
    """Says what its files tell it to say."""

    name = "toy"
    title = "Toy"
    settings = ToySettings
    vouches = "peer"
    privacy = Privacy(reads=("email",), keeps=("email",))

    def activities(
        self, bundle: Bundle, settings: Mapping[str, Any]
    ) -> Iterator[Activity | Gone | Skipped | Failed]:
        """Read the bundle; stays in one thing in several deliveries of a bundle add up."""
        so_far: dict[str, int] = {}
        for delivery in bundle.deliveries:
            for row, one in enumerate(json.loads(delivery.body), start=1):
                if bundle.key and one.get("minutes"):
                    one["minutes"] += so_far.get(one["keys"][0], 0)
                    so_far[one["keys"][0]] = one["minutes"]
                yield read(one, tuple(one.get("rows", [row])), settings)

    def poll(
        self, cursor: str | None, fetch: Any, settings: Mapping[str, Any]
    ) -> Iterator[Delivery]:
        """Fetch the one address; the body's tag is the cursor."""
        page = fetch(settings["url"], headers={"If-None-Match": cursor} if cursor else {})
        if page.status == 304:
            return
        if page.status != 200:
            raise Refused(f"It answered {page.status}.", "Try again later.")
        yield Delivery(body=page.body, cursor=page.headers["etag"], uid=page.headers.get("x-uid"))

    def receive(self, request: HookRequest, settings: Mapping[str, Any]) -> Delivery | Answer:
        """Take a call that knows the secret; other headers name the delivery."""
        if request.headers.get("x-secret") != settings["secret"]:
            raise Unauthorized("Wrong secret.", "Set the right one.")
        if request.body == b"crash":
            raise ZeroDivisionError
        uid, bundle = request.headers.get("x-uid"), request.headers.get("x-bundle")
        return Delivery(body=request.body, uid=uid, bundle=bundle)


def read(one: dict[str, Any], rows: tuple[Any, ...], settings: Mapping[str, Any]) -> Any:
    """One thing said."""
    match one["say"]:
        case "did":
            return activity(one, rows, timedelta(hours=settings["hours"]))
        case "gone":
            return Gone(key=one["key"], rows=rows, reported_at=moment(one.get("reported")))
        case "skip":
            return Skipped(row=rows[0], why=one["why"])
        case "fail":
            return Failed(row=rows[0], why=one["why"], mend="Write it again.")
        case "refuse":
            raise BadReport(one["why"], "Export it again.", where=f"row {rows[0]}")
        case "crash":
            raise KeyError(one["why"])
        case _:
            return one


def activity(one: dict[str, Any], rows: tuple[Any, ...], ahead: timedelta) -> Activity:
    at = moment(one["at"])
    minutes = one.get("minutes")
    return Activity(
        rows=rows,
        keys=tuple(one["keys"]),
        actor=doer(one),
        verb=one.get("verb", "attended"),
        type=one.get("type", "webinar"),
        url=one.get("url"),
        object=ItemRef(one["about"]) if "about" in one else None,
        within=ItemRef(one["within"]) if "within" in one else None,
        title=one.get("title", "Open data"),
        language=one.get("language"),
        at=at - ahead if at else at,  # type: ignore[arg-type]
        duration=None if minutes is None else timedelta(minutes=minutes),
        result=one.get("result", {}),
        parent=Thing(url=one["parent"]) if "parent" in one else None,
        tags=tuple(one.get("tags", ())),
        excerpt=one.get("excerpt"),
        reported_at=moment(one.get("reported")),
    )


def doer(one: dict[str, Any]) -> Actor | ItemRef:
    if "by" in one:
        return ItemRef(one["by"])
    account = one.get("account")
    return Actor(
        name=one.get("name"),
        email=one.get("email"),
        account=Account(home_page=one.get("home", HOME), name=account) if account else None,
    )


def moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


@hookimpl
def register_sources() -> list[Source]:
    return [Toy()]


def add_toy(name: str, basis: str = "notice", **settings: Any) -> None:
    with transaction():
        instances.add("toy", name, settings, basis=basis)
