"""Pulls: which record stores statements are fetched from, how often, and on which legal basis."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from engine.config import settings
from engine.db import db
from engine.errors import Conflict, NotFound, Refused
from engine.exchange.remotes import checked_name, checked_version, endpoint, sealed
from engine.lrs.models import Origin, PullRow
from engine.lrs.origins import create_origin
from engine.moments import EPOCH, iso, now_us, to_us
from xapi.times import read_timestamp

SHORTEST, LONGEST = 10, 30 * 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What an operator says of a pull; what is None stays as it is.

    `every` is in seconds; `since` the stored time there after which to begin, "" for everything.
    """

    url: str | None = None
    username: str | None = None
    secret: str | None = None
    version: str | None = None
    every: int | None = None
    since: str | None = None
    enabled: bool | None = None


def add(name: str, wish: Wish, *, basis: str) -> PullRow:
    """A new pull; what it brings is of an origin of its own."""
    checked_name(name, "pull")
    if find(name) is not None:
        raise Conflict(f'There is a pull "{name}" already.', "Choose another name.")
    if not (wish.url and wish.username and wish.secret and wish.version):
        raise Refused("A pull needs an address, a key, its secret and a version.", "Give all.")
    row = PullRow(name=name, created_at=now_us(), enabled=True)
    change(row, wish)
    origin = create_origin("pull", name, home_page=settings().public_url, basis=basis)
    row.origin_id = origin.id
    db.session.add(row)
    db.session.flush()
    return row


def change(row: PullRow, wish: Wish) -> None:
    """Change what is wished; whatever the trouble was, it is tried again at once."""
    if wish.url is not None:
        row.url = endpoint(wish.url)
    if wish.username is not None:
        row.username = wish.username
    if wish.secret is not None:
        row.secret = sealed(wish.secret)
    if wish.version is not None:
        row.version = checked_version(wish.version)
    if wish.every is not None:
        row.every = max(SHORTEST, min(wish.every, LONGEST))
    if wish.since is not None:
        row.since = _checked_since(wish.since)
    if wish.enabled is not None:
        row.enabled = wish.enabled
    row.failures, row.not_before, row.trouble = 0, 0, None


def _checked_since(text: str) -> str | None:
    if not text:
        return None
    try:
        return iso(to_us(max(read_timestamp(text), EPOCH)))
    except ValueError as error:
        raise Refused(f'"{text}" is no date and time.', "Write 2027-01-31T08:00:00Z.") from error


def find(name: str) -> PullRow | None:
    """The pull of this name."""
    return db.session.scalar(select(PullRow).where(PullRow.name == name))


def get(name: str) -> PullRow:
    """The pull of this name, refused with the names there are."""
    row = find(name)
    if row is None:
        names = ", ".join(one.name for one in every()) or "none yet"
        raise NotFound(f'There is no pull "{name}".', f"There are: {names}.")
    return row


def every() -> list[PullRow]:
    """All pulls in the order of their names."""
    return list(db.session.scalars(select(PullRow).order_by(PullRow.name)))


def origin_of(row: PullRow) -> Origin:
    """The origin of everything a pull brings."""
    return db.session.get_one(Origin, row.origin_id)


def remove(row: PullRow) -> None:
    """Pull no more; what came stays, with its origin."""
    db.session.delete(row)
