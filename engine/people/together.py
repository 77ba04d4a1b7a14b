"""Accounts and addresses that reports give together: one person's, in the source's own words.

A pair is a reason to link the account to whom the address belongs, and never a link by itself. It
counts while a run that said it stands.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from sqlalchemy import Boolean, ColumnElement, Integer, String, column, func, select, table
from sqlalchemy.orm import InstrumentedAttribute

from engine.activity import agent_of
from engine.api import Actor
from engine.db import db, portions, reading
from engine.errors import Refused
from engine.people import service
from engine.people.inbox_models import SaidTogether
from xapi import actors

MOST_BYTES = 2000
"""Of both keys together; PostgreSQL takes little more into an index."""
_OURS = "urn:byway:"
# A layer above has the runs; of them this one needs no more than this.
_RUN = table("run", column("id", Integer), column("stands", Boolean), column("by", String))


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """The addresses that standing runs give an account, and the origins whose reports do.

    `is_shared` where they give one of these to another account at the same site too.
    """

    addresses: tuple[str, ...]
    origins: frozenset[int]
    is_shared: bool

    @property
    def one(self) -> str | None:
        """The only address that can be meant; None in any doubt."""
        return self.addresses[0] if len(self.addresses) == 1 and not self.is_shared else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """How far somebody has heard: `last` is the newest pair; undo and redo change `fallen`."""

    last: int = 0
    fallen: int = 0


def pair_of(actor: Actor) -> tuple[str, str] | None:
    """The keys of somebody's account and address; None unless each can be linked to a person."""
    if not (actor.email and actor.account):
        return None
    account, address = _key(replace(actor, email=None)), _key(replace(actor, account=None))
    if account is None or address is None or account.startswith(_OURS):
        return None
    return (account, address) if len(f"{account}{address}".encode()) <= MOST_BYTES else None


def _key(actor: Actor) -> str | None:
    agent = agent_of(actor)
    key = actors.key(agent) if agent else None
    try:
        return key if key is not None and service.read_key(key) == key else None
    except Refused:
        return None


def given_to(accounts: Iterable[str]) -> dict[str, Given]:
    """What standing runs give these accounts; those that are given nothing are left out."""
    addresses, origins = defaultdict[str, set[str]](set), defaultdict[str, set[int]](set)
    for account, address, origin in _rows(SaidTogether.account, accounts):
        addresses[account].add(address)
        origins[account].add(origin)
    shared = _shared({one for some in addresses.values() for one in some})
    return {
        account: Given(
            addresses=tuple(sorted(some)),
            origins=frozenset(origins[account]),
            is_shared=any((_site(account), one) in shared for one in some),
        )
        for account, some in addresses.items()
    }


def _shared(addresses: Iterable[str]) -> set[tuple[str, str]]:
    """The sites at which more than one account is given an address, with that address."""
    rows = _rows(SaidTogether.address, addresses)
    having = Counter((_site(one), address) for one, address in {row[:2] for row in rows})
    return {place for place, accounts in having.items() if accounts > 1}


def _site(account: str) -> str:
    return str(actors.parse_key(account)["account"]["homePage"])


def _rows(
    named: InstrumentedAttribute[str], values: Iterable[str]
) -> Iterator[tuple[str, str, int]]:
    """Accounts, addresses and origins of the pairs that count and have one of these values."""
    pair = select(SaidTogether.account, SaidTogether.address, SaidTogether.origin_id).distinct()
    for part in portions(sorted(set(values))):
        rows = db.session.execute(pair.join(_RUN, _stands()).where(named.in_(part)))
        yield from ((row.account, row.address, row.origin_id) for row in rows)


def told_by(account: str, address: str) -> frozenset[str]:
    """Who started the standing runs that give an account this address; "" where nobody did."""
    query = select(_RUN.c.by).distinct().join(SaidTogether, _stands())
    same = (SaidTogether.account == account) & (SaidTogether.address == address)
    return frozenset(db.session.scalars(query.where(same)))


def _stands() -> ColumnElement[bool]:
    return _RUN.c.stands & (_RUN.c.id == SaidTogether.run_id)


def mark() -> Mark:
    """How far one can have heard by now."""
    fallen = select(func.coalesce(func.sum(_RUN.c.id), 0)).where(~_RUN.c.stands)
    with reading() as connection:
        last = connection.execute(select(func.max(SaidTogether.id))).scalar() or 0
        return Mark(last=last, fallen=int(connection.execute(fallen).scalar_one()))


def accounts_after(last: int) -> list[str]:
    """The accounts that were given an address after this pair."""
    query = select(SaidTogether.account).distinct().where(SaidTogether.id > last)
    with reading() as connection:
        return sorted(connection.execute(query).scalars())
