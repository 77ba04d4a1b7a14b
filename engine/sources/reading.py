"""All that reading an instance's deliveries needs, and whose turn it is to read."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from engine.activity import agent_of
from engine.api import Activity, Actor, Bundle, Failed, Gone, Skipped, Source
from engine.db import Lease, db, drop_lease, holder_name, take_lease, writing
from engine.errors import BadReport, Conflict
from engine.lrs.keys import authority_of
from engine.lrs.models import Origin
from engine.lrs.store import Authority
from engine.moments import now_us
from engine.people import service as people
from engine.pipeline import host
from engine.sources import instances
from engine.sources.models import SourceInstance
from engine.sources.planner import Planner, Said, Voice
from xapi import actors

LEASE_SECONDS = 60


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
        """What the source says of a bundle, typed; a plugin's own failure refuses the delivery."""
        for said in self.source.activities(bundle, self.settings):
            if not isinstance(said, Activity | Gone | Skipped | Failed):
                raise BadReport(
                    f"The plugin {self.source.name} brought a {type(said).__name__}.",
                    "Tell its author: activities yields Activity, Gone, Skipped or Failed.",
                )
            yield said

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

    def first_pass(self, bundle: Bundle) -> None:
        """Exhaust the source before anything is recorded: what refuses a file refuses it whole."""
        for _ in self.said(bundle):
            pass

    def planner(self, voice: Voice, batch: Sequence[Said]) -> Planner:
        """A planner for one batch, with its items and the people who withheld themselves."""
        planner = Planner(
            voice=voice,
            authorities=self.authorities,
            now=now_us(),
            blocked=self.blocked(batch),
        )
        planner.look_up(batch)
        return planner

    def blocked(self, batch: Sequence[Said]) -> frozenset[str]:
        """The identifiers in a batch whose people do not allow this source."""
        agents = [
            agent_of(one.actor)
            for one in batch
            if isinstance(one, Activity) and isinstance(one.actor, Actor)
        ]
        keys = {key for agent in agents if agent and (key := actors.key(agent))}
        owners = people.owners(keys) if self.words or self.basis == "consent" else {}
        words = {key: self.words.get(owners.get(key, 0)) for key in keys}
        return frozenset(key for key, word in words.items() if not people.allows(self.basis, word))


class Turn:
    """One run of a system at a time: the lease of whoever is reading, renewed as it goes on."""

    def __init__(self, system: uuid.UUID) -> None:
        self._name = f"source:{system}"
        self._holder = holder_name()
        self._lease: Lease | None = None

    def __enter__(self) -> Turn:
        self.renew()
        return self

    def __exit__(self, *_: object) -> None:
        if self._lease:
            with writing() as connection:
                drop_lease(connection, self._lease)

    def renew(self) -> None:
        """Keep the turn a while longer; refused when somebody else has it."""
        db.session.rollback()
        with writing() as connection:
            self._lease = take_lease(
                connection, self._name, self._holder, seconds=LEASE_SECONDS
            )
        if self._lease is None:
            raise Conflict(
                "Another run of this source is under way.", "Wait until it has ended."
            )
