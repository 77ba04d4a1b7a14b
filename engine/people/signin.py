"""Signing in without passwords: a link that works once and not for long."""

from __future__ import annotations

import hashlib
import secrets

from sqlalchemy import select, update

from engine.db import db
from engine.errors import Refused
from engine.moments import now_us
from engine.people.models import Person, SigninLink
from engine.people.service import standing

VALID_US = 24 * 3600 * 1_000_000


class LinkSpent(Refused):
    """The link was used before, is too old, or never was one."""

    status = 410

    def __init__(self) -> None:
        super().__init__(
            "This sign-in link has been used or is too old.",
            "Ask for a new one; it works once, within a day.",
        )


def make_link(person: Person, *, public_url: str) -> str:
    """A fresh one-time address that signs this person in."""
    token = secrets.token_urlsafe(32)
    expires = now_us() + VALID_US
    db.session.add(SigninLink(person_id=person.id, token_sha256=_digest(token), expires_at=expires))
    return f"{public_url}/sign-in/{token}"


def peek(token: str) -> Person:
    """Whose link this is, without using it up (a mail scanner may follow links)."""
    link = _valid(token)
    person = db.session.get(Person, link.person_id) if link else None
    if person is None:
        raise LinkSpent
    return standing(person)


def use(token: str) -> Person:
    """Use a link up and say who is signing in; of two at once only one gets in."""
    person = peek(token)
    unused = (SigninLink.token_sha256 == _digest(token)) & SigninLink.used_at.is_(None)
    spend = update(SigninLink).where(unused).values(used_at=now_us()).returning(SigninLink.id)
    if db.session.scalar(spend) is None:
        raise LinkSpent
    return person


def _valid(token: str) -> SigninLink | None:
    query = select(SigninLink).where(
        SigninLink.token_sha256 == _digest(token),
        SigninLink.used_at.is_(None),
        SigninLink.expires_at > now_us(),
    )
    return db.session.scalar(query)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
