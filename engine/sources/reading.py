"""All that reading an instance's deliveries needs, and whose turn it is to read."""

from __future__ import annotations

import itertools
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from sqlalchemy import select

from engine.activity import agent_of
from engine.api import Activity, Actor, Bundle, Failed, Gone, ItemRef, Skipped, Source
from engine.db import Lease, db, drop_lease, holder_name, take_lease, writing
from engine.errors import BadReport, Conflict
from engine.host import iterating
from engine.lrs.keys import authority_of
from engine.lrs.models import Origin
from engine.lrs.store import Authority
from engine.moments import now_us
from engine.people import service as people
from engine.people.together import pair_of
from engine.pipeline import host
from engine.sources import instances
from engine.sources.arranging import Arrangement, Said
from engine.sources.checking import checked
from engine.sources.deliveries import CLOSED, ClosedBundle
from engine.sources.models import SourceInstance
from engine.sources.planner import Planner, Voice
from engine.sources.secrecy import forms_of, unspoken, without_secrets
from xapi import actors

BATCH = 1000
"""How many things a run records at once: as many as a large post of an LMS has."""
RETRIES = 5
LEASE_SECONDS = 300
PATIENCE = 20.0
"""Seconds that somebody who waits for an answer waits for another run to end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """All that reading an instance's deliveries needs, as values; no open transaction."""

    source: Source
    settings: dict[str, Any]
    source_id: int
    system: uuid.UUID
    origin_id: int
    basis: str
    generation: int
    authorities: dict[int, Authority]
    words: dict[int, str]

    @classmethod
    def of(cls, instance: SourceInstance) -> Reading:
        """Take what is needed of an instance."""
        origins = db.session.scalars(select(Origin)).all()
        return cls(
            source=host().source(instance.plugin),
            settings=instances.settings_of(instance),
            source_id=instance.id,
            system=instance.system,
            origin_id=instance.origin_id,
            basis=instances.origin_of(instance).basis,
            generation=instance.generation,
            authorities={origin.id: authority_of(origin) for origin in origins},
            words=people.words_about(instance.origin_id),
        )

    def said(self, bundle: Bundle) -> Iterator[Said]:
        """What the source says of a bundle, in its own order, each thing in a form to be taken.

        Of a bundle that is closed it is said that its rows are left out, and why.

        :raises BadReport: the source refuses it, or the plugin itself failed.
        """
        with unspoken(self.source, self.settings):
            if isinstance(bundle, ClosedBundle):
                for said in self._said(bundle):
                    rows = said.rows if isinstance(said, Activity | Gone) else (said.row,)
                    yield from (Skipped(row=row, why=CLOSED) for row in rows)
            else:
                yield from self._said(bundle)

    def _said(self, bundle: Bundle) -> Iterator[Said]:
        name, own = self.source.name, dict(self.settings)
        forms = forms_of(self.source, own)
        for said in iterating(name, lambda: self.source.activities(bundle, own)):
            for one in checked(said, plugin=name):
                yield _hushed(one, forms) if forms else one

    def arrange(self, bundle: Bundle) -> Arrangement:
        """The first pass, before anything is recorded: what refuses a file refuses it whole.

        A refusal that names no place is about the delivery itself.
        """
        return self.survey(bundle, set())

    def survey(self, bundle: Bundle, named: set[str]) -> Arrangement:
        """The first pass; the keys that something in it refers to are added to `named`."""
        try:
            return Arrangement.of(_noting(self.said(bundle), named))
        except BadReport as refusal:
            refusal.where = refusal.where or place_of(bundle)
            raise

    def in_order(self, bundle: Bundle, *, arrived_at: int) -> Iterator[Said]:
        """What the source says of a bundle: each item once, after what it refers to."""
        return self.arrange(bundle).apply(partial(self.said, bundle), arrived_at=arrived_at)

    def remarks(self, bundle: Bundle) -> list[str]:
        """What a person should know of how a bundle was read."""
        said = iterating(self.source.name, lambda: self.source.remarks(bundle))
        forms = forms_of(self.source, self.settings)
        return [without_secrets(remark, forms) for remark in said]

    def voice(self, *, run_id: int, delivery_id: int, arrived_at: int) -> Voice:
        """In whose name a planner speaks for one delivery."""
        return Voice(
            run_id=run_id,
            generation=self.generation,
            arrived_at=arrived_at,
            delivery_id=delivery_id,
            system=self.system,
            origin_id=self.origin_id,
            tags=tuple(self.settings["tags"]),
        )

    def planner(self, voice: Voice, batch: Sequence[Said]) -> Planner:
        """A planner for one batch, with its items and the people who withheld themselves."""
        planner = Planner(voice=voice, authorities=self.authorities, now=now_us())
        self.look_up(planner, batch)
        return planner

    def look_up(self, planner: Planner, batch: Sequence[Said]) -> None:
        """Load what a planner needs for its next batch."""
        planner.look_up(batch)
        planner.blocked = self._blocked(batch, planner)

    def _blocked(self, batch: Sequence[Said], planner: Planner) -> frozenset[str]:
        """The identifiers in a batch whose people do not allow this source."""
        if not self.words and self.basis != "consent":
            return frozenset()
        agents = [_doer(one, planner) for one in batch]
        keys = {key for agent in agents if agent and (key := actors.key(agent))}
        pairs = {pair for one in batch if (pair := _pair(one))}
        owners = people.owners(keys | {account for account, _ in pairs})
        refused = {key for key in keys if not self._allows(owners.get(key, 0))}
        refused |= {
            address
            for account, address in pairs
            if account in owners and not self._allows(owners[account])
        }
        return frozenset(refused)

    def _allows(self, person: int) -> bool:
        return people.allows(self.basis, self.words.get(person))


def batches(said: Iterator[Said], skip: int = 0) -> Iterator[list[Said]]:
    """What is read and stored at once, without the first things."""
    said = itertools.islice(said, skip, None)
    while batch := list(itertools.islice(said, BATCH)):
        yield batch


def _hushed(said: Said, forms: list[str]) -> Said:
    """What is said of a row, without the secrets that have these forms."""
    match said:
        case Skipped():
            return replace(said, why=without_secrets(said.why, forms))
        case Failed():
            why, mend = (without_secrets(text, forms) for text in (said.why, said.mend))
            return replace(said, why=why, mend=mend)
        case _:
            return said


def _noting(all_said: Iterator[Said], named: set[str]) -> Iterator[Said]:
    for said in all_said:
        if isinstance(said, Activity):
            refs = (said.actor, said.object, said.within)
            named.update(ref.key for ref in refs if isinstance(ref, ItemRef))
        yield said


def place_of(bundle: Bundle) -> str:
    """A bundle as a place to look at: its newest delivery's name."""
    return bundle.deliveries[-1].name or "the delivery"


def _pair(said: Said) -> tuple[str, str] | None:
    """The account and the address of whoever did it, where the source says both."""
    actor = said.actor if isinstance(said, Activity) else None
    return pair_of(actor) if isinstance(actor, Actor) else None


def _doer(said: Said, planner: Planner) -> dict[str, Any] | None:
    """Whom a thing said is about; of a reference whoever did the item it names."""
    if not isinstance(said, Activity):
        return None
    if isinstance(said.actor, ItemRef):
        state = planner.state_of(said.actor.key)
        return state.speaker.agent if state else None
    return agent_of(said.actor)


class Turn:
    """One run of a system at a time: the lease of whoever is reading, renewed as it goes on.

    :param patience: how many seconds to wait for whoever has it now.
    """

    def __init__(self, system: uuid.UUID, *, patience: float = 0) -> None:
        self._name = f"source:{system}"
        self._until = time.monotonic() + patience
        self._holder = holder_name()
        self._lease: Lease | None = None

    def __enter__(self) -> Turn:
        while not self._taken():
            if time.monotonic() >= self._until:
                raise Conflict(
                    "Another run of this source is under way.", "Wait until it has ended."
                )
            time.sleep(0.05)
        return self

    def __exit__(self, *_: object) -> None:
        if self._lease:
            with writing() as connection:
                drop_lease(connection, self._lease)

    def renew(self) -> None:
        """Keep the turn a while longer; refused when somebody else has it by now."""
        if not self._taken():
            raise Conflict("Another run of this source took over.", "Nothing is lost; look at it.")

    def _taken(self) -> bool:
        db.session.rollback()
        with writing() as connection:
            self._lease = take_lease(connection, self._name, self._holder, seconds=LEASE_SECONDS)
        return self._lease is not None
