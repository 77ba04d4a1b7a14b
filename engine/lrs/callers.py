"""Who calls the xAPI endpoint: a key is checked in microseconds, and what it may do is worked out.

What a key may do is remembered for two seconds in each process; its secret and its expiry are
checked on every request.
"""

from __future__ import annotations

import hashlib
import hmac
import uuid
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from flask import current_app
from sqlalchemy import Select, bindparam, event, func, select
from sqlalchemy.exc import OperationalError

from engine.config import keyring
from engine.db import db, reading, writing
from engine.errors import Forbidden, Unauthorized
from engine.lrs.models import Key, Origin
from engine.lrs.reader import Access
from engine.lrs.store import Authority
from engine.moments import now_us

PROFILES = "profiles/read"
"""To ask for levels and the reasons for them."""
SCOPES = (
    "all",
    "all/read",
    "statements/read",
    "statements/read/mine",
    "statements/write",
    "statements/void",
    "state",
    "profile",
    "define",
    PROFILES,
)
COVERED = {
    "all": frozenset(SCOPES),
    "all/read": frozenset({"statements/read", "statements/read/mine"}),
    "statements/read": frozenset({"statements/read/mine"}),
}
USED_EVERY_US = 60_000_000
REMEMBERED_US = 2_000_000
MOST_REMEMBERED = 10_000
_MEMORY = "byway.callers"
_NOBODYS = bytes(32)

_HOLDER = select(
    Key.id,
    Key.origin_id,
    Key.username,
    Key.secret_sha256,
    Key.scopes,
    Key.reads,
    Key.communities,
    Key.expires_at,
    Key.last_used_at,
    Origin.authority,
    Origin.may_void,
    Origin.dedupe,
).join(Origin, Origin.id == Key.origin_id)
_BY_NAME = _HOLDER.where(Key.username == bindparam("name"))
_BY_ID = _HOLDER.where(Key.id == bindparam("name"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who is calling the xAPI endpoint, and what she may do.

    `dedupe_namespace` is set where a statement with a timestamp and no id gets one made of its
    content: a UUID5 in this namespace.
    """

    key_id: int
    scopes: frozenset[str]
    authority: Authority
    access: Access
    dedupe_namespace: uuid.UUID | None = None

    def require(self, *scopes: str) -> None:
        """Refuse unless the key has one of the scopes; "all" stands for every one of them."""
        if self.scopes.isdisjoint({"all", *scopes}):
            raise Forbidden(
                f"This key may not do that: it needs the scope {' or '.join(scopes)}.",
                "Ask the operator for a key with that scope.",
            )

    def narrowed(self, scopes: Iterable[str]) -> Caller:
        """The same caller with some of the scopes only; what the key does not give is left out."""
        given = self.scopes.union(*(COVERED.get(scope, ()) for scope in self.scopes))
        kept = given.intersection(scopes)
        authority = replace(
            self.authority,
            may_void=self.authority.may_void and gives(kept, "statements/void"),
            may_define=self.authority.may_define and gives(kept, "define"),
        )
        return replace(self, scopes=kept, authority=authority)


@dataclass(slots=True, kw_only=True)
class _Held:
    """A key as it was looked up a moment ago."""

    caller: Caller
    secret_sha256: bytes
    expires_at: int | None
    last_used_at: int | None
    looked_up_at: int


def gives(scopes: Iterable[str], scope: str) -> bool:
    """Whether scopes hold this one or the one that stands for all."""
    return not {"all", scope}.isdisjoint(scopes)


def digest(secret: str) -> bytes:
    """A secret as it is kept; it has 256 random bits, so a plain hash is enough."""
    return hashlib.sha256(secret.encode(errors="surrogatepass")).digest()


def authenticate(username: str, secret: str) -> Caller:
    """Who holds this key; the secret is compared in constant time, known user name or not."""
    held = _held(username, _BY_NAME) if _is_name(username) else None
    right = hmac.compare_digest(held.secret_sha256 if held else _NOBODYS, digest(secret))
    if held is None or not right:
        raise Unauthorized("No key with this name and secret.", "Check both, or ask for a new key.")
    return _let_in(held)


def caller_of(key_id: int) -> Caller:
    """Who holds the key of this id, for whom a token has proven that she had its secret."""
    held = _held(key_id, _BY_ID)
    if held is None:
        raise Unauthorized("This key is gone.", "Ask the operator for a new one.")
    return _let_in(held)


def forget_on_commit() -> None:
    """Keys are being changed: once that is committed, this process looks them up anew."""
    memory = _memory()
    event.listen(db.session(), "after_commit", lambda _session: memory.clear(), once=True)


def _is_name(username: str) -> bool:
    """Whether it can be a key's at all; a database refuses some texts, and need not be asked."""
    return username.isascii() and username.isalnum() and len(username) <= 64


def _memory() -> dict[str | int, _Held]:
    """What this application remembers, by user name and by id."""
    memory: dict[str | int, _Held] = current_app.extensions.setdefault(_MEMORY, {})
    return memory


def _held(name: str | int, query: Select[Any]) -> _Held | None:
    """A key from memory or the database; who is unknown leaves nothing in memory."""
    memory, now = _memory(), now_us()
    found = memory.get(name)
    if found is not None and 0 <= now - found.looked_up_at < REMEMBERED_US:
        return found
    with reading() as connection:
        row = connection.execute(query, {"name": name}).one_or_none()
    if row is None:
        memory.pop(name, None)
        return None
    if len(memory) >= MOST_REMEMBERED:
        memory.clear()
    held = memory[row.username] = memory[row.id] = _hold(row, now)
    return held


def _hold(row: Any, now: int) -> _Held:
    return _Held(
        caller=_caller(row),
        secret_sha256=row.secret_sha256,
        expires_at=row.expires_at,
        last_used_at=row.last_used_at,
        looked_up_at=now,
    )


def _caller(row: Any) -> Caller:
    scopes = frozenset(row.scopes)
    return Caller(
        key_id=row.id,
        scopes=scopes,
        authority=Authority(
            origin=row.origin_id,
            agent=row.authority,
            may_void=row.may_void and gives(scopes, "statements/void"),
            may_define=gives(scopes, "define"),
        ),
        access=_access(row.reads, row.origin_id, row.communities),
        dedupe_namespace=keyring().namespace(f"dedupe {row.origin_id}") if row.dedupe else None,
    )


def _access(reads: str, origin: int, communities: Sequence[str]) -> Access:
    if reads == "all":
        return Access(everything=True)
    shared = ("public", *(f"community:{slug}" for slug in communities))
    return Access(origin=origin, audiences=shared if reads == "shared" else ())


def _let_in(held: _Held) -> Caller:
    """The caller, unless her key has expired by now; that she came is noted once a minute."""
    now = now_us()
    if held.expires_at is not None and held.expires_at <= now:
        raise Unauthorized("This key has expired.", "Ask the operator for a new one.")
    if held.last_used_at is None or now - held.last_used_at >= USED_EVERY_US:
        held.last_used_at = now  # tried once for each look-up, whether it can be written or not
        _note_use(held.caller.key_id, now)
    return held.caller


def _note_use(key_id: int, now: int) -> None:
    """Write the last use; left for next time while somebody else writes, so nobody waits for it."""
    table = Key.__table__
    fresh = (table.c.id == key_id) & (func.coalesce(table.c.last_used_at, 0) < now)
    with suppress(OperationalError), writing(waiting=False) as connection:
        connection.execute(table.update().where(fresh).values(last_used_at=now))
