"""Origins: where statements come from, the account each signs as, and what becomes of its word."""

from __future__ import annotations

import secrets
from typing import Any

from sqlalchemy import select

from engine.db import db
from engine.errors import Refused
from engine.lrs.models import Origin
from engine.lrs.store import Authority
from engine.moments import now_us

OWN = "byway"
BASES = ("notice", "consent")
ACCOUNT_RULES = ("username", "external_id", "email")


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


def authority_of(origin: Origin) -> Authority:
    """What the store needs to know of an origin."""
    return Authority(origin=origin.id, agent=origin.authority, may_void=origin.may_void)


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
