"""Forwards: which record stores statements are sent on to, and what of the log may leave."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, func, select, update

from engine.db import db
from engine.errors import Conflict, NotFound, Refused
from engine.exchange.gates import Match
from engine.exchange.remotes import checked_name, checked_version, endpoint, sealed
from engine.lrs.models import DeadLetter, ForwardRow, Origin, statement
from engine.moments import iso, now_us
from engine.people.service import read_key
from xapi.shapes import is_iri

OPEN = "public"
_AUDIENCE = re.compile(r"public|manager|private|community:[a-z0-9-]{1,60}")
MATCHED = ("verbs", "activities", "agents", "origins")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What an operator says of a forward; what is None stays as it is.

    `match` holds the filters that are to change, by the names in MATCHED.
    """

    url: str | None = None
    username: str | None = None
    secret: str | None = None
    version: str | None = None
    audiences: Sequence[str] | None = None
    match: Mapping[str, Sequence[str]] | None = None
    enabled: bool | None = None
    from_start: bool = False


def add(name: str, wish: Wish, *, after: int) -> ForwardRow:
    """A new forward of what is stored from now on, or of everything.

    :param after: the position of the newest statement.
    """
    checked_name(name, "forward")
    if find(name) is not None:
        raise Conflict(f'There is a forward "{name}" already.', "Choose another name.")
    if not (wish.url and wish.username and wish.secret and wish.version):
        raise Refused("A forward needs an address, a key, its secret and a version.", "Give all.")
    row = ForwardRow(
        name=name, audiences=[OPEN], match={}, cursor=after, created_at=now_us(), enabled=True
    )
    change(row, wish)
    db.session.add(row)
    db.session.flush()
    return row


def change(row: ForwardRow, wish: Wish) -> None:
    """Change what is wished; whatever the trouble was, it is tried again at once."""
    if wish.url is not None:
        row.url = endpoint(wish.url)
    if wish.username is not None:
        row.username = wish.username
    if wish.secret is not None:
        row.secret = sealed(wish.secret)
    if wish.version is not None:
        row.version = checked_version(wish.version)
    if wish.audiences is not None:
        row.audiences = [_checked_audience(one) for one in wish.audiences]
    if wish.match is not None:
        row.match = {**(row.match or {}), **_checked_match(wish.match)}
    if wish.enabled is not None:
        row.enabled = wish.enabled
    if wish.from_start:
        row.cursor = 0
    row.failures, row.not_before, row.trouble = 0, 0, None


def _checked_audience(audience: str) -> str:
    if not _AUDIENCE.fullmatch(audience):
        raise Refused(
            f'"{audience}" is no audience.', "Use public, manager, private or community:SLUG."
        )
    return audience


def _checked_match(given: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Filters in the spelling they are compared in; one without values lets everything pass."""
    checked = {name: [value for value in values if value] for name, values in given.items()}
    for value in (*checked.get("verbs", ()), *checked.get("activities", ())):
        if not is_iri(value):
            raise Refused(f'"{value}" is not an IRI.', "Write it whole, with its scheme.")
    if "agents" in checked:
        checked["agents"] = [read_key(value) for value in checked["agents"]]
    for value in checked.get("origins", ()):
        if not _origins_named([value]):
            known = ", ".join(sorted(db.session.scalars(select(Origin.name))))
            raise Refused(f'No key or source has the name "{value}".', f"There are: {known}.")
    return checked


def match_of(row: ForwardRow) -> Match:
    """The filters of a forward, as they are applied."""
    given = {name: frozenset((row.match or {}).get(name, ())) for name in MATCHED}
    named = given["origins"]
    return Match(
        verbs=given["verbs"],
        activities=given["activities"],
        agents=given["agents"],
        # a name that nobody has any more lets nothing pass
        origins=(_origins_named(named) or frozenset({0})) if named else frozenset(),
    )


def _origins_named(names: Iterable[str]) -> frozenset[int]:
    return frozenset(db.session.scalars(select(Origin.id).where(Origin.name.in_(list(names)))))


def find(name: str) -> ForwardRow | None:
    """The forward of this name."""
    return db.session.scalar(select(ForwardRow).where(ForwardRow.name == name))


def get(name: str) -> ForwardRow:
    """The forward of this name, refused with the names there are."""
    row = find(name)
    if row is None:
        names = ", ".join(one.name for one in every()) or "none yet"
        raise NotFound(f'There is no forward "{name}".', f"There are: {names}.")
    return row


def every() -> list[ForwardRow]:
    """All forwards in the order of their names."""
    return list(db.session.scalars(select(ForwardRow).order_by(ForwardRow.name)))


def remove(row: ForwardRow) -> int:
    """Forget a forward and its dead letters; how many of these there were."""
    gone = delete(DeadLetter).where(DeadLetter.forward_id == row.id)
    count = db.session.connection().execute(gone).rowcount
    db.session.delete(row)
    return count


def behind(row: ForwardRow, most: int = 10_000) -> int:
    """How many statements of the log it has still to look at, counted up to `most`."""
    ahead = select(statement.c.seq).where(statement.c.seq > row.cursor).limit(most).subquery()
    return db.session.scalar(select(func.count()).select_from(ahead)) or 0


def count_letters(row: ForwardRow) -> int:
    """How many statements the other store refused that have not been taken since."""
    mine = (DeadLetter.forward_id == row.id) & (DeadLetter.attempts > 0)
    return db.session.scalar(select(func.count()).select_from(DeadLetter).where(mine)) or 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A statement that the other store refused; without a status we did not send it at all."""

    id: int
    statement: str
    status: int | None
    why: str
    attempts: int
    resend: bool
    first_at: str
    last_at: str


def letters(row: ForwardRow) -> list[Letter]:
    """What the other store refused, oldest first."""
    query = (
        select(DeadLetter, statement.c.sid)
        .join(statement, statement.c.seq == DeadLetter.seq)
        .where(DeadLetter.forward_id == row.id, DeadLetter.attempts > 0)
        .order_by(DeadLetter.seq)
    )
    return [
        Letter(
            id=letter.id,
            statement=str(uuid.UUID(bytes=bytes(sid))),
            status=letter.status,
            why=letter.why,
            attempts=letter.attempts,
            resend=letter.resend,
            first_at=iso(letter.first_at),
            last_at=iso(letter.last_at),
        )
        for letter, sid in db.session.execute(query)
    ]


def resend(row: ForwardRow, ids: Sequence[int] | None = None) -> int:
    """Ask that letters are sent again, these or all; how many will be."""
    mine = (DeadLetter.forward_id == row.id) & (DeadLetter.attempts > 0)
    if ids is not None:
        known = set(db.session.scalars(select(DeadLetter.id).where(mine)))
        for one in ids:
            if one not in known:
                raise NotFound(f"{row.name} has no letter {one}.", "See `byway forwards letters`.")
        mine &= DeadLetter.id.in_(ids)
    row.failures, row.not_before, row.trouble = 0, 0, None
    asked = update(DeadLetter).where(mine).values(resend=True)
    return db.session.connection().execute(asked).rowcount
