"""Origins and the keys that speak for them: making, checking, and what each may do."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlalchemy.exc import OperationalError

from engine.db import db, reading, writing
from engine.errors import Forbidden, Refused, Unauthorized
from engine.lrs.models import Key, Origin
from engine.lrs.reader import Access
from engine.lrs.store import Authority
from engine.moments import now_us

SCOPES = (
    "all",
    "all/read",
    "statements/read",
    "statements/read/mine",
    "statements/write",
    "statements/void",
)
READS = ("mine", "shared", "all")
BASES = ("notice", "consent")
DEFAULT_SCOPES = ("statements/write", "statements/read/mine")
OWN = "byway"
USED_EVERY_US = 60_000_000

_HOLDER = (
    select(
        Key.id,
        Key.origin_id,
        Key.secret_sha256,
        Key.scopes,
        Key.reads,
        Key.communities,
        Key.expires_at,
        Key.last_used_at,
        Origin.authority,
        Origin.may_void,
    )
    .join(Origin, Origin.id == Key.origin_id)
    .where(Key.username == bindparam("username"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey:
    """A key as it is shown once: `key` and `secret` are the user name and password of Basic."""

    key: str
    secret: str
    origin: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who is calling the xAPI endpoint, and what she may do."""

    key_id: int
    scopes: frozenset[str]
    authority: Authority
    access: Access

    def require(self, *scopes: str) -> None:
        """Refuse unless the key has one of the scopes; "all" stands for every one of them."""
        if self.scopes.isdisjoint({"all", *scopes}):
            raise Forbidden(
                f"This key may not do that: it needs the scope {' or '.join(scopes)}.",
                "Ask the operator for a key with that scope.",
            )


def create_origin(
    kind: str,
    name: str,
    *,
    home_page: str,
    basis: str = "notice",
    ceiling: str = "system",
    attests: str | None = None,
    may_void: bool = False,
) -> Origin:
    """A new origin; the account it signs as never changes, whatever keys come and go."""
    if basis not in BASES:
        raise Refused(f'"{basis}" is not a legal basis.', "Use notice or consent.")
    account = {"homePage": home_page, "name": f"{kind}:{secrets.token_hex(8)}"}
    origin = Origin(
        kind=kind,
        name=name,
        authority={"objectType": "Agent", "name": name, "account": account},
        basis=basis,
        ceiling=ceiling,
        attests=attests,
        may_void=may_void,
        created_at=now_us(),
    )
    db.session.add(origin)
    db.session.flush()
    return origin


def own_origin(home_page: str = "") -> Origin:
    """Byway itself as an origin: learners speak for themselves there, and experts as experts.

    :param home_page: given when it may have to be made.
    """
    found = db.session.scalar(select(Origin).where(Origin.kind == OWN))
    if found is None and not home_page:
        raise Refused("This instance is not set up.", "Run `byway upgrade`.")
    return found or create_origin(
        OWN, "Byway", home_page=home_page, ceiling="self", attests="expert"
    )


def create_key(
    name: str,
    *,
    scopes: Sequence[str],
    reads: str,
    may_attest: bool,
    basis: str,
    home_page: str,
) -> NewKey:
    """A key with an origin of its own; the secret (256 random bits) is kept as a hash only."""
    for scope in scopes:
        if scope not in SCOPES:
            raise Refused(f'"{scope}" is not a scope.', f"Choose from {', '.join(SCOPES)}.")
    if reads not in READS:
        raise Refused(f'"{reads}" is not something a key can read.', "Use mine, shared or all.")
    origin = create_origin(
        "key",
        name,
        home_page=home_page,
        basis=basis,
        ceiling="expert" if may_attest else "system",
        attests="expert" if may_attest else None,
        may_void="statements/void" in scopes or "all" in scopes,
    )
    username, secret = secrets.token_hex(16), secrets.token_urlsafe(32)
    db.session.add(
        Key(
            origin_id=origin.id,
            name=name,
            username=username,
            secret_sha256=_digest(secret),
            scopes=list(scopes or DEFAULT_SCOPES),
            reads=reads,
            communities=[],
            created_at=now_us(),
        )
    )
    return NewKey(key=username, secret=secret, origin=origin.id)


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def authenticate(username: str, secret: str) -> Caller:
    """Who holds this key; the secret is compared in constant time, known user name or not."""
    with reading() as connection:
        row = connection.execute(_HOLDER, {"username": username}).one_or_none()
    right = hmac.compare_digest(row.secret_sha256 if row else bytes(32), _digest(secret))
    if row is None or not right:
        raise Unauthorized("No key with this name and secret.", "Check both, or ask for a new key.")
    now = now_us()
    if row.expires_at is not None and row.expires_at <= now:
        raise Unauthorized("This key has expired.", "Ask the operator for a new one.")
    if row.last_used_at is None or now - row.last_used_at >= USED_EVERY_US:
        _note_use(row.id, now)
    return Caller(
        key_id=row.id,
        scopes=frozenset(row.scopes),
        authority=Authority(origin=row.origin_id, agent=row.authority, may_void=row.may_void),
        access=_access(row.reads, row.origin_id, row.communities),
    )


def authority_of(origin: Origin) -> Authority:
    """What the store needs to know of an origin."""
    return Authority(origin=origin.id, agent=origin.authority, may_void=origin.may_void)


def _access(reads: str, origin: int, communities: Sequence[str]) -> Access:
    if reads == "all":
        return Access(everything=True)
    shared = ("public", *(f"community:{slug}" for slug in communities))
    return Access(origin=origin, audiences=shared if reads == "shared" else ())


def _note_use(key_id: int, now: int) -> None:
    """Write the last use; left for next time while somebody else writes, so nobody waits for it."""
    table = Key.__table__
    fresh = (table.c.id == key_id) & (func.coalesce(table.c.last_used_at, 0) < now)
    with suppress(OperationalError), writing(waiting=False) as connection:
        connection.execute(table.update().where(fresh).values(last_used_at=now))


def origins() -> dict[int, dict[str, Any]]:
    """Every origin's kind, name, basis and trust, by its id."""
    return {
        origin.id: {
            "kind": origin.kind,
            "name": origin.name,
            "basis": origin.basis,
            "ceiling": origin.ceiling,
            "attests": origin.attests,
        }
        for origin in db.session.scalars(select(Origin))
    }
