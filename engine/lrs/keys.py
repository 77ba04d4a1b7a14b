"""Keys, as the operator deals with them: made, changed, rotated, revoked and listed.

Many keys can speak for one origin, one after the other: its authority, its statements and
documents, its trust and its legal basis outlive each of them.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import or_, select

from engine.db import db
from engine.errors import Conflict, NotFound, Refused
from engine.lrs.callers import (
    SCOPES,
    Caller,
    authenticate,
    caller_of,
    digest,
    forget_on_commit,
)
from engine.lrs.models import Key, Origin
from engine.lrs.origins import (
    BASES,
    OWN,
    authority_of,
    create_origin,
    origins,
    own_origin,
)
from engine.lrs.rights import DEFAULT_SCOPES, Change, apply, usual_scopes
from engine.moments import now_us

__all__ = [
    "BASES",
    "DEFAULT_SCOPES",
    "OWN",
    "SCOPES",
    "Caller",
    "Listed",
    "NewKey",
    "authenticate",
    "authority_of",
    "caller_of",
    "change",
    "create_key",
    "create_origin",
    "listed",
    "origins",
    "own_origin",
    "require_free_name",
    "revoke",
    "rotate",
]

MAX_NAME = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey:
    """A key as it is shown once: `key` and `secret` are the user name and password of Basic."""

    key: str
    secret: str
    origin: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A key as it may be shown to the operator; never its secret."""

    name: str
    key: str
    in_use: bool
    scopes: tuple[str, ...]
    reads: str
    communities: tuple[str, ...]
    basis: str
    ceiling: str
    may_attest: bool
    dedupe: bool
    account_rule: str | None
    account_home_page: str | None
    created_at: int
    expires_at: int | None
    last_used_at: int | None


def create_key(
    name: str,
    *,
    scopes: Sequence[str],
    reads: str,
    may_attest: bool,
    basis: str,
    home_page: str,
    browser: bool = False,
    more: Change | None = None,
) -> NewKey:
    """A key with an origin of its own; the secret (256 random bits) is kept as a hash only.

    :param browser: its secret can be read by whoever opens the page, so nothing it brings is
        more than somebody's own word, and it may do little else.
    :param more: whatever else it is to be like.
    """
    if not name.strip() or len(name) > MAX_NAME or not name.isprintable():
        raise Refused(f"A key's name has 1 to {MAX_NAME} characters.", "Choose another one.")
    if browser and may_attest:
        raise Refused("A key in a browser attests nothing.", "Make two keys.")
    trusted, untrusted = "expert" if may_attest else "system", "self"
    origin = create_origin(
        "key",
        name,
        home_page=home_page,
        basis=basis,
        ceiling=untrusted if browser else trusted,
        attests="expert" if may_attest else None,
    )
    row = Key(origin_id=origin.id, name=name, communities=[], created_at=now_us())
    made = _give_secret(row)
    scopes = scopes or usual_scopes(reads, browser=browser)
    apply(replace(more or Change(), scopes=scopes, reads=reads), origin, [row])
    db.session.add(row)
    return made


def _give_secret(row: Key) -> NewKey:
    username, secret = secrets.token_hex(16), secrets.token_urlsafe(32)
    row.username, row.secret_sha256 = username, digest(secret)
    return NewKey(key=username, secret=secret, origin=row.origin_id)


def require_free_name(name: str) -> None:
    """Refuse a name that a key in use has: commands name keys by it."""
    if _in_use(db.session.scalars(select(Key).where(Key.name == name)).all()):
        raise Conflict(
            f"There is a key called {name}.",
            f"Choose another name, or give it a new secret with `byway keys rotate {name}`.",
        )


def rotate(name: str, *, overlap_us: int, expires_at: int | None = None) -> NewKey:
    """A new user name and secret for the same origin; those there were end after the overlap.

    :param name: a key's name or user name, also of one that has expired.
    :param expires_at: when the new one expires, or NEVER; must be given where the old one does.
    :raises NotFound: no such key.
    """
    now, found = now_us(), _find(name)
    last = found[0]
    if last.expires_at is not None and expires_at is None:
        raise Refused(
            "This key has an end, so the new one needs one too.",
            "Add --expires 90d, --expires 2027-01-31 or --expires never.",
        )
    if not _in_use(found):
        require_free_name(last.name)
    for one in _in_use(_of_origin(last.origin_id)):
        one.expires_at = min(one.expires_at or now + overlap_us, now + overlap_us)
    row = Key(
        origin_id=last.origin_id,
        name=last.name,
        scopes=last.scopes,
        reads=last.reads,
        communities=last.communities,
        created_at=now,
    )
    made = _give_secret(row)
    apply(Change(expires_at=expires_at), _origin(row), [row])
    db.session.add(row)
    return made


def revoke(name: str) -> list[Listed]:
    """End a key at once, by its name with all its secrets, or by one user name only that one.

    :raises NotFound: no key in use is called so.
    """
    held = _find_in_use(name)
    for one in held:
        one.expires_at = now_us()
    forget_on_commit()
    return [_listed(one, _origin(one)) for one in held]


def change(name: str, wanted: Change) -> Listed:
    """Change what a key may do, for every secret in use of its origin; its end, for the newest.

    :raises NotFound: no key in use is called so.
    """
    newest = _find_in_use(name)[0]
    origin = _origin(newest)
    held = [newest, *(one for one in _in_use(_of_origin(origin.id)) if one is not newest)]
    apply(wanted, origin, held)
    db.session.flush()
    return _listed(newest, origin)


def listed(*, every: bool = False) -> list[Listed]:
    """The keys in use by name, newest first where some share it; `every`: expired ones too."""
    query = select(Key, Origin).join(Origin, Origin.id == Key.origin_id)
    rows = db.session.execute(query.order_by(Key.name, Key.id.desc())).all()
    found = [_listed(key, origin) for key, origin in rows]
    return [one for one in found if every or one.in_use]


def _listed(key: Key, origin: Origin) -> Listed:
    return Listed(
        name=key.name,
        key=key.username,
        in_use=bool(_in_use([key])),
        scopes=tuple(key.scopes),
        reads=key.reads,
        communities=tuple(key.communities),
        basis=origin.basis,
        ceiling=origin.ceiling,
        may_attest=origin.attests is not None,
        dedupe=origin.dedupe,
        account_rule=origin.account_rule,
        account_home_page=origin.account_home_page,
        created_at=key.created_at,
        expires_at=key.expires_at,
        last_used_at=key.last_used_at,
    )


def _find(name: str) -> list[Key]:
    """The keys that a name or user name stands for, newest first; those in use before others."""
    query = select(Key).where(or_(Key.name == name, Key.username == name)).order_by(Key.id.desc())
    every = list(db.session.scalars(query))
    found = _in_use(every) or every
    if not found:
        raise NotFound(f"There is no key called {name}.", "See `byway keys list --all`.")
    if len({one.origin_id for one in found}) > 1:
        mend = "Name one by its key, see `byway keys list --all`."
        raise Conflict(f"Several keys are called {name}.", mend)
    return found


def _find_in_use(name: str) -> list[Key]:
    held = _in_use(_find(name))
    if not held:
        raise NotFound(f"The key {name} has ended.", "`byway keys rotate` gives it a new secret.")
    return held


def _in_use(held: Sequence[Key]) -> list[Key]:
    now = now_us()
    return [one for one in held if one.expires_at is None or one.expires_at > now]


def _of_origin(origin_id: int) -> Sequence[Key]:
    return db.session.scalars(select(Key).where(Key.origin_id == origin_id)).all()


def _origin(key: Key) -> Origin:
    return db.session.get_one(Origin, key.origin_id)
