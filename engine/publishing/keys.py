"""The keys badges are signed with: made at first use, kept encrypted, changed without a break.

RS256 with 2048 bits, which every verifier of Open Badges 3.0 has to know (Open Badges 3.0,
JSON Web Token proof format). A retired key signs no more; what it signed stays verifiable.
"""

from __future__ import annotations

from typing import Any

import orjson
from joserfc.jwk import KeySet, RSAKey
from sqlalchemy import select, update

from engine.config import keyring, settings
from engine.db import db, transaction
from engine.errors import NotFound
from engine.moments import now_us
from engine.publishing.models import IssuerKey

ALGORITHM = "RS256"
BITS = 2048


def address_of(kid: str) -> str:
    """Where a key can be fetched; it is also what badges and our key set call it.

    Open Badges 3.0 wants a `kid` that leads to the key itself.
    """
    return f"{settings().public_url}/badges/keys/{kid}"


def signing_key() -> tuple[str, RSAKey]:
    """The address of the key that signs now, and the key; the first time it is made."""
    row = _standing() or _first()
    return address_of(row.kid), RSAKey.import_key(orjson.loads(keyring().open(row.sealed)))


def new_key() -> str:
    """Make the key that signs from now on and retire the one before; its address."""
    made = _made()
    with transaction() as session:
        standing = update(IssuerKey).where(IssuerKey.retired_at.is_(None))
        session.execute(standing.values(retired_at=now_us()))
        session.add(made)
    return address_of(made.kid)


def _first() -> IssuerKey:
    """The first key, by us or by who was faster."""
    made = _made()
    with transaction() as session:
        standing = _standing()
        if standing is None:
            session.add(made)
    return standing or made


def _made() -> IssuerKey:
    key = RSAKey.generate_key(BITS, private=True)
    return IssuerKey(
        kid=key.thumbprint(),
        public=key.as_dict(private=False),
        sealed=keyring().seal(orjson.dumps(key.as_dict(private=True))),
        created_at=now_us(),
    )


def key_set() -> dict[str, Any]:
    """The public halves of every key there ever was, as a JWK set (RFC 7517)."""
    rows = db.session.scalars(select(IssuerKey).order_by(IssuerKey.created_at.desc()))
    return {"keys": [_public(row) for row in rows]}


def public_key(kid: str) -> dict[str, Any]:
    """The public half of one key.

    :raises NotFound: no badge was ever signed with such a key here.
    """
    row = db.session.get(IssuerKey, kid[:64])
    if row is None:
        raise NotFound("There is no such key.", "See /.well-known/jwks.json.")
    return _public(row)


def verifying_keys() -> KeySet:
    """The same as a set to verify with."""
    return KeySet([RSAKey.import_key(one) for one in key_set()["keys"]])


def _standing() -> IssuerKey | None:
    standing = select(IssuerKey).where(IssuerKey.retired_at.is_(None))
    return db.session.scalars(standing.order_by(IssuerKey.created_at.desc())).first()


def _public(row: IssuerKey) -> dict[str, Any]:
    return {**row.public, "kid": address_of(row.kid), "use": "sig", "alg": ALGORITHM}
