"""Policies of the identity inbox: domains whose addresses make people by themselves.

A policy looks at addresses and accounts, never at names, and leaves alone what was ever decided by
hand.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlalchemy import func, select

from engine.db import db, portions
from engine.errors import NotFound, Refused
from engine.moments import now_us
from engine.people import inbox, service
from engine.people.inbox_models import TrustedDomain
from engine.people.models import Identifier

BY = "trusted domain "
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN = re.compile(rf"(?:{_LABEL}\.)+[a-z][a-z0-9-]*[a-z0-9]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trusted:
    """A domain that is trusted, by whom and since when (microseconds)."""

    domain: str
    by: str
    at: int


def trusted() -> list[Trusted]:
    """The domains that are trusted now, in their order; none until somebody says so."""
    newest = select(func.max(TrustedDomain.id)).group_by(TrustedDomain.domain)
    rows = db.session.scalars(
        select(TrustedDomain)
        .where(TrustedDomain.id.in_(newest), TrustedDomain.trusted)
        .order_by(TrustedDomain.domain)
    )
    return [Trusted(domain=row.domain, by=row.by, at=row.at) for row in rows]


def trust(text: str, *, by: str) -> str:
    """Trust a domain from now on, and no other below or above it; the domain as it is compared."""
    domain = _clean(text)
    if domain not in {one.domain for one in trusted()}:
        db.session.add(TrustedDomain(domain=domain, trusted=True, by=by, at=now_us()))
        db.session.flush()
    return domain


def distrust(text: str, *, by: str) -> str:
    """Trust a domain no more; people it made stay."""
    domain = _clean(text)
    if domain not in {one.domain for one in trusted()}:
        raise NotFound(f"{domain} is not trusted.", "Nothing needs doing.", where="domain")
    db.session.add(TrustedDomain(domain=domain, trusted=False, by=by, at=now_us()))
    db.session.flush()
    return domain


def _clean(text: str) -> str:
    domain = text.strip().removeprefix("@").rstrip(".").lower()
    if len(domain) > 253 or not _DOMAIN.fullmatch(domain):
        raise Refused(
            f'"{text[:80]}" is not a domain.',
            "Write what stands after the @ of the addresses, such as example.org.",
            where="domain",
        )
    return domain


def create_trusted(handles: Collection[str]) -> int:
    """Make people of the addresses among these handles whose domain is trusted; how many.

    Left alone is an address that is, or ever was, somebody's, and one that was put aside.
    """
    domains = {one.domain for one in trusted()}
    fresh = _unseen(key for key in handles if _domain(key) in domains)
    for key in fresh:
        email = key.removeprefix("mailto:")
        service.create_person(name="", email=email, by=f"{BY}{_domain(key)}")
    return len(fresh)


def _domain(handle: str) -> str:
    """The domain of an address; nothing for any other handle, or one that is no address."""
    try:
        whole = handle.startswith("mailto:") and service.read_key(handle) == handle
    except Refused:
        whole = False
    return handle.rpartition("@")[2] if whole else ""


def _unseen(handles: Iterable[str]) -> list[str]:
    """Handles about which nobody ever decided anything."""
    found = set(handles)
    for part in portions(sorted(found)):
        query = select(Identifier.key).where(Identifier.key.in_(part))
        found -= set(db.session.scalars(query)) | inbox.ignored(part)
    return sorted(found)
