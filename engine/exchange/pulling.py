"""Pulling: what another record store stored after a time, page after page, into ours.

How far we are is written once a page is stored. We ask for a little more than what comes after
it, since several statements may share one stored time; what is known already is stored once.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urljoin

from sqlalchemy import Update, select, update

from engine.db import db, holder_name, reading, writing
from engine.errors import Conflict, Refused
from engine.exchange import turns
from engine.exchange.client import Client, Trouble
from engine.exchange.pages import Page, read_page, stored_at
from engine.exchange.remotes import place_of, remote_of
from engine.exchange.taking import Door, Pulled, take_in
from engine.lrs.models import Origin, PullRow
from engine.lrs.origins import authority_of
from engine.moments import EPOCH, from_us, iso, now_us, to_us
from xapi.times import read_timestamp

LIMIT = 100
PAGES = 20
"""How many pages make a stretch, where the other store's order lets us go on from there."""
ENDLESS = 20_000
OVERLAP = timedelta(seconds=1)

_PULL = PullRow.__table__
log = logging.getLogger(__name__)


def advance(holder: str) -> int:
    """Take each pull that is due a stretch further; how many statements were new.

    Why another store could not be read is kept with its pull, which waits for a while.
    """
    return sum(_advance_one(pull_id, holder) for pull_id in _due())


def _due() -> list[int]:
    may = _PULL.c.enabled & (_PULL.c.not_before <= now_us())
    with reading() as connection:
        return list(connection.execute(select(_PULL.c.id).where(may)).scalars())


def _advance_one(pull_id: int, holder: str) -> int:
    try:
        return pull(pull_id, holder).new
    except Conflict:  # another worker is at it, or it was changed meanwhile
        return 0
    except Refused:
        log.warning("pull %d does not go on; the reason is kept with it", pull_id)
        return 0


def run(pull_id: int) -> Iterator[Pulled]:
    """Fetch everything that is new, whether it is due or not; stretch by stretch."""
    finished, holder = False, holder_name()
    while not finished:
        pulled = pull(pull_id, holder)
        finished = pulled.finished
        yield pulled


def pull(pull_id: int, holder: str) -> Pulled:
    """One stretch of one pull.

    :raises Trouble: the other store cannot be read now; kept with the pull.
    :raises Conflict: somebody else is at it.
    """
    lease = f"pull:{pull_id}"
    with turns.held(lease, holder):
        try:
            return _Turn(pull_id, lease, holder).run()
        except Conflict:
            raise
        except Refused as refusal:
            turns.failed(_PULL, pull_id, refusal)
            raise


@dataclass(slots=True, kw_only=True)
class _Order:
    """In which order statements come; only a rising one lets us go on from where we are."""

    first: datetime | None = None
    last: datetime | None = None
    highest: datetime | None = None
    rising: bool = True

    def see(self, stamps: Iterable[datetime | None]) -> None:
        """Note the stored times of a page as they came."""
        for stamp in stamps:
            if stamp is None or (self.last is not None and stamp < self.last):
                self.rising = False
            if stamp is not None:
                self.first, self.last = self.first or stamp, stamp
                self.highest = max(self.highest or stamp, stamp)

    @property
    def proven(self) -> bool:
        """Whether it has risen so far; one stored time alone says nothing."""
        return self.rising and self.first != self.last


class _Turn:
    """One worker's stretch of one pull."""

    def __init__(self, pull_id: int, lease: str, holder: str) -> None:
        self._id, self._lease, self._holder = pull_id, lease, holder
        db.session.rollback()
        row = db.session.get(PullRow, pull_id)
        if row is None:
            raise Conflict("The pull was removed.")
        self._remote = remote_of(row)
        self._client = Client(self._remote)
        self._every, self._since, self._failed = row.every, row.since, row.failures > 0
        self._limit = max(1, LIMIT >> row.failures)  # its pages may be too large, or too slow
        self._start = read_timestamp(row.since) if row.since else None
        origin = db.session.get_one(Origin, row.origin_id)
        self._door = Door(
            authority=authority_of(origin), version=self._remote.version, after=self._start
        )
        self._order, self._pulled = _Order(), Pulled()
        db.session.rollback()

    def run(self) -> Pulled:
        """Page after page, to the end or to where a later stretch can go on."""
        address, seen = self._address(), set[str]()
        while len(seen) < ENDLESS and address not in seen:
            seen.add(address)
            page = read_page(self._client.page(address))
            self._keep(page)
            if self._pulled.finished or (len(seen) >= PAGES and self._moved()):
                return self._pulled
            address = self._next(address, page.more)
        raise Trouble("Its pages have no end.", "Ask whoever runs that store.")

    def _address(self) -> str:
        """Where to begin: `since` is exclusive (xAPI 1.0.3 Communication 2.1.3)."""
        asked = {"ascending": "true", "limit": str(self._limit), "attachments": "true"}
        if self._start is not None:
            asked["since"] = iso(to_us(self._start - OVERLAP))
        return f"{self._remote.url}/statements?{urlencode(asked)}"

    def _next(self, address: str, more: str) -> str:
        """`more` is relative to the host; the key is for that host alone."""
        mend = "Give the address by which that store knows itself."
        try:
            url = urljoin(address, more)
        except ValueError as error:
            raise Trouble("The link to its next page is no address.", mend) from error
        if place_of(url) != place_of(self._remote.url):
            raise Trouble("The link to its next page leads to another server.", mend)
        return url

    def _moved(self) -> bool:
        """Whether a new stretch would begin later than this one did."""
        if self._since is None or self._start is None:
            return self._since is not None
        return read_timestamp(self._since) - self._start > OVERLAP

    def _keep(self, page: Page) -> None:
        """Store a page, and then how far we are and what it came to."""
        self._order.see(map(stored_at, page.statements))
        since = self._reached(last=not page.more)
        brought = take_in(page, self._door)
        pulled = self._pulled.plus(brought)
        with writing() as connection:
            turns.hold(connection, self._lease, self._holder)
            if connection.execute(self._update(brought, pulled, since)).rowcount != 1:
                raise Conflict("The pull was changed meanwhile.", "It goes on by itself.")
        self._since, self._pulled = since, pulled

    def _reached(self, *, last: bool) -> str | None:
        """How far we are, once this page is stored; a time to come is none to go on from."""
        highest = self._order.highest
        if highest is None or not (last or self._order.proven):
            return self._since
        reached = min(highest, from_us(now_us()))
        return iso(to_us(max(reached, self._start or EPOCH)))

    def _update(self, brought: Pulled, pulled: Pulled, since: str | None) -> Update:
        """What is written down, unless somebody set the pull elsewhere meanwhile."""
        values: dict[str, Any] = {
            "since": since,
            "new": _PULL.c.new + brought.new,
            "known": _PULL.c.known + brought.known,
            "refused": _PULL.c.refused + brought.refused,
        }
        if pulled.finished:
            values |= {"failures": 0, "not_before": now_us() + self._every * 1_000_000}
        news = pulled.new or pulled.known or self._failed
        if pulled.refused or (pulled.finished and news):
            values["trouble"] = pulled.trouble
        here = _PULL.c.since.is_not_distinct_from(self._since)
        return update(_PULL).where(_PULL.c.id == self._id, here).values(**values)
