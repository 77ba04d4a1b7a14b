"""Levels that changed, published as `asserted` statements: for whom consents, on change only.

The statement carries the category of our own profile, so it is never evidence: no level follows
from a level. What was published last is kept beside the log, in the same transaction.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import delete, insert, select, update

from engine import profiles
from engine.competencies import frameworks
from engine.competencies.framework_documents import Framework
from engine.competencies.scoring import Standing
from engine.config import keyring
from engine.db import Lease, db, drop_lease, take_lease, writing
from engine.errors import Refused
from engine.lrs.keys import authority_of, own_origin
from engine.lrs.store import Authority, Entry, Write
from engine.moments import now_us
from engine.people import service as people
from engine.people.merged import records_of
from engine.people.models import Person
from engine.pipeline import entry_of, reader, record
from engine.profiles import Profile
from engine.publishing.consents import Choice, choice_of, consenting
from engine.publishing.models import Publication, PublicationLook
from engine.publishing.policy import policy
from engine.publishing.vocabulary import (
    AS_OF,
    CONFIDENCE,
    EVIDENCE,
    LEVEL,
    OURS,
    RULESET,
    competency_of,
    learner_of,
)
from xapi import statements, text
from xapi.shapes import is_iri
from xapi.vocabulary import Extension

TARGET = "xapi"
"""The target of a publication that is our own record store."""
AUDIENCE = "public"
"""Consent to publishing is consent to what is published being read."""
TAKEN_BACK = -1
"""In place of a level: the statement was voided, and nothing is out."""
MOST_EVIDENCE = 10
"""How many statements an assertion names: those that carried most."""
LEASE, LEASE_S = "publishing", 120
AT_ONCE = 20

log = logging.getLogger(__name__)
_TABLE, _LOOKED = Publication.__table__, PublicationLook.__table__


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What is out about one competency: under which record, the statement, and its level."""

    person_id: int
    competency: str
    sid: uuid.UUID
    level: int
    at: int

    @property
    def stands(self) -> bool:
        """Whether it was not taken back."""
        return self.level != TAKEN_BACK


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    """A level that is another one than what is out; 0 where it fell below the first."""

    competency: str
    level: int
    standing: Standing | None
    former: Published | None


# ---- One learner ---------------------------------------------------------------------------


def publish(person: Person, as_of: date) -> int:
    """Publish what changed of a learner's levels up to a day; how many statements that took.

    Nothing for whom has not consented, and while the L&D team publishes nothing.

    :raises Conflict: somebody else published her levels at the same moment; nothing is stored.
    """
    choice = choice_of(person.id)
    if not choice or not policy().publishes:
        return 0
    profile = profiles.profile_of(person.id, as_of)
    out = published_of(person.id)
    framework = frameworks.in_force(profile.record.ruleset.config)
    own = authority_of(own_origin())
    told = [
        _Telling(person=person, profile=profile, framework=framework, change=change)
        for change in _changes(profile, out, choice)
    ]
    stored = [(one.entries(own), one.row()) for one in told]
    db.session.rollback()  # what was read is released before the store takes its lock
    for entries, row in stored:
        record(entries, [row])
    return len(stored)


def published_of(person_id: int) -> dict[str, Published]:
    """What is out about somebody, by competency: the latest of all records that are hers."""
    return {one.competency: one for one in _published(person_id)}


def _published(person_id: int) -> list[Published]:
    """What went out about each record of hers, the latest last."""
    mine = _TABLE.c.person_id.in_(records_of(person_id)) & (_TABLE.c.target == TARGET)
    return [
        Published(
            person_id=row.person_id,
            competency=row.competency,
            sid=uuid.UUID(row.ext_id),
            level=row.level,
            at=row.at,
        )
        for row in db.session.execute(select(_TABLE).where(mine).order_by(_TABLE.c.at))
    ]


def take_back(person: Person) -> int:
    """Void everything that is out about a learner; how many statements that were.

    While she consents, her levels are published anew at the next look.
    """
    out = [one for one in _published(person.id) if one.stands]
    own, mine = authority_of(own_origin()), _TABLE.c.person_id.in_(records_of(person.id))
    entries = [_voiding(one.sid, own) for one in out]
    db.session.rollback()
    if out:
        record(entries, [Write(statement=update(_TABLE).where(mine).values(level=TAKEN_BACK))])
    return len(out)


def _changes(profile: Profile, out: Mapping[str, Published], choice: Choice) -> Iterator[_Change]:
    for competency in sorted(filter(is_iri, {*profile.standings, *out})):
        standing, former = profile.standings.get(competency), out.get(competency)
        level = standing.level if standing else 0
        if competency in choice and level != (max(former.level, 0) if former else 0):
            yield _Change(competency=competency, level=level, standing=standing, former=former)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Telling:
    """One change about to be told."""

    person: Person
    profile: Profile
    framework: Framework
    change: _Change

    def entries(self, own: Authority) -> list[Entry]:
        """The assertion; before it the void of one that rested on what was taken back since."""
        former = self.change.former
        replaced = former is not None and _rests_on_voided(former.sid)
        said = entry_of(self._statement(replaced), authority=own, audience=AUDIENCE)
        return [_voiding(former.sid, own), said] if former and replaced else [said]

    def row(self) -> Write:
        """What is out from now on, if nothing else went out meanwhile."""
        former = self.change.former
        values = {
            "ext_id": str(self._sid()),
            "level": self.change.level,
            "hash": self.profile.ruleset_sha256,
            "at": now_us(),
        }
        if former is None:
            key = {"person_id": self.person.id, "competency": self.change.competency}
            return Write(statement=insert(_TABLE).values(**key, target=TARGET, **values))
        here = (_TABLE.c.person_id == former.person_id) & (_TABLE.c.target == TARGET)
        here &= (_TABLE.c.competency == former.competency) & (_TABLE.c.ext_id == str(former.sid))
        return Write(statement=update(_TABLE).where(here).values(**values), expects=1)

    def _sid(self) -> uuid.UUID:
        """The same change has the same id, whoever tells it and however often."""
        change, profile = self.change, self.profile
        after = change.former.sid if change.former else ""
        parts = (self.person.uid, change.competency, change.level, profile.ruleset_sha256)
        named = "|".join(map(str, (*parts, profile.as_of.isoformat(), after)))
        return uuid.uuid5(keyring().namespace("assertions"), named)

    def _statement(self, replaced: bool) -> dict[str, Any]:
        # TLA profile, template "asserted": evidence and confidence in the context, no result.
        change, standing = self.change, self.change.standing
        scale = self.profile.record.policy.scale
        level = {"raw": change.level, "min": 0, "max": len(scale.scepticism)}
        label = self.framework.level(change.level)
        extensions = {
            EVIDENCE: _weightiest(standing),
            CONFIDENCE: (standing.confidence_ppm if standing else 0) / 1_000_000,
            LEVEL: level | ({"label": label} if label else {}),
            RULESET: self.profile.ruleset_sha256,
            AS_OF: self.profile.as_of.isoformat(),
        }
        if replaced and change.former:
            extensions[Extension.REPLACES] = str(change.former.sid)
        name = self.framework.name(change.competency)
        return statements.build(
            sid=self._sid(),
            actor=learner_of(self.person),
            verb="asserted",
            obj=competency_of(change.competency, name),
            at=datetime.now(UTC),
            context={"contextActivities": {"category": [OURS]}, "extensions": extensions},
        )


def _weightiest(standing: Standing | None) -> list[str]:
    """The statements that carried most of a level, the heaviest first."""
    shares = standing.explain if standing else ()
    heaviest = sorted(shares, key=lambda one: (-one.contribution, one.statement))
    return list(dict.fromkeys(one.statement for one in heaviest))[:MOST_EVIDENCE]


def _rests_on_voided(sid: uuid.UUID) -> bool:
    """Whether something that an assertion named as its evidence has been taken back since."""
    stored = reader().many([sid]).get(sid)
    if stored is None or stored.voided:
        return False
    named = text.parse(stored.payload)["context"]["extensions"].get(EVIDENCE, [])
    return bool(reader().voided([uuid.UUID(one) for one in named]))


def _voiding(sid: uuid.UUID, own: Authority) -> Entry:
    void = uuid.uuid5(keyring().namespace("assertions"), f"void|{sid}")
    said = statements.voiding(void, sid, own.agent, datetime.now(UTC))
    return entry_of(said, authority=own, audience=AUDIENCE)


# ---- Everybody ------------------------------------------------------------------------------


def advance(holder: str, as_of: date | None = None) -> int:
    """Look at some of those whose levels were not looked at today; how many, 0 when all were.

    Does nothing while somebody else is at it.
    """
    day = as_of or profiles.today()
    waiting = _waiting(day)[:AT_ONCE]
    lease = _lease(holder) if waiting else None
    if lease is None:
        return 0
    for person_id in waiting:
        _look(person_id, day)
    with writing() as connection:
        drop_lease(connection, lease)
    return len(waiting)


def _lease(holder: str) -> Lease | None:
    with writing() as connection:
        return take_lease(connection, LEASE, holder, seconds=LEASE_S)


def publish_all(as_of: date | None = None) -> int:
    """Look at everybody who consents, today's looks or not; how many statements that took."""
    day, found = as_of or profiles.today(), set[int]()
    db.session.rollback()
    for record_id in consenting():
        found.add(people.get_by_id(record_id).id)
    return sum(_look(person_id, day) for person_id in sorted(found))


def _waiting(day: date) -> list[int]:
    """Who consents and was not looked at on this day; nobody while nothing is published."""
    db.session.rollback()
    if not policy().publishes:
        return []
    done = set(
        db.session.scalars(select(_LOOKED.c.person_id).where(_LOOKED.c.day >= day.toordinal()))
    )
    return sorted({people.get_by_id(one).id for one in consenting()} - done)


def _look(person_id: int, day: date) -> int:
    """Publish one learner's changes, and note that she was looked at; how many statements.

    What cannot be told today is told tomorrow; it stops nobody else's.
    """
    told = 0
    try:
        told = publish(people.get_by_id(person_id), day)
    except Refused:
        log.warning("levels of a learner could not be published; tried again tomorrow")
        db.session.rollback()
    with writing() as connection:
        connection.execute(delete(_LOOKED).where(_LOOKED.c.person_id == person_id))
        connection.execute(insert(_LOOKED).values(person_id=person_id, day=day.toordinal()))
    return told
