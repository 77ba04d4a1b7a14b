"""Profiles on read: people, evidence and decisions put together and scored; the digest of it all.

Nothing here is kept. A profile is a function of the evidence rows, the people map, the roles, the
exclusions and consents, and the day.
"""

from __future__ import annotations

import hashlib
import time
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any, TypeVar

from engine.competencies import projector
from engine.competencies.config import config_hash
from engine.competencies.counting import Record, revisions
from engine.competencies.evidence import EvidenceRow, Ruleset, Validation
from engine.competencies.exclusions import excluded_roots
from engine.competencies.models import Projection
from engine.competencies.rollup import roll_up
from engine.competencies.scoring import Standing, standings
from engine.db import db, holder_name, reading
from engine.errors import Conflict
from engine.lrs.keys import origins
from engine.people import service as people
from engine.pipeline import reader
from engine.profile_rows import Loader, root_of
from xapi import text

V = TypeVar("V")

WAIT_SECONDS = 120
PAUSE = 0.05


def today() -> date:
    """The day profiles are worked out for unless another is asked for, in UTC."""
    return datetime.now(UTC).date()


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """How far each origin's word goes, by its id."""

    table: Mapping[int, Mapping[str, Any]]

    def ceiling(self, authority: Hashable | None) -> str:
        """The strongest class that evidence of this origin may have by itself."""
        return str(self._of(authority).get("ceiling", "self"))

    def lifts_to(self, authority: Hashable | None) -> str | None:
        """The strongest class its validations lift to; None when they do not count."""
        found = self._of(authority).get("attests")
        return None if found is None else str(found)

    def _of(self, authority: Hashable | None) -> Mapping[str, Any]:
        return self.table.get(authority, {}) if isinstance(authority, int) else {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Decisions:
    """What people decided, loaded once for many profiles."""

    experts: frozenset[str]
    origins: Mapping[int, Mapping[str, Any]]

    @classmethod
    def load(cls) -> Decisions:
        """The decisions as they are now."""
        return cls(experts=people.keys_with_role("expert"), origins=origins())


@dataclass(frozen=True, slots=True, kw_only=True)
class Learner:
    """Whose record is wanted: all her identifiers, and her last word about each origin."""

    own: frozenset[str]
    words: Mapping[int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Where somebody stands on a day, and the record it was worked out from."""

    as_of: date
    ruleset_sha256: str
    standings: Mapping[str, Standing]
    nodes: Mapping[str, Any]
    record: Record


def profile_of(person_id: int, as_of: date | None = None) -> Profile:
    """A person's profile over all her identifiers."""
    record = record_of(
        people.keys_of(person_id), words=people.words_of(person_id), decisions=Decisions.load()
    )
    return profile_from(record, as_of or today())


def profile_from(record: Record, as_of: date) -> Profile:
    """The profile that a record gives on a day."""
    found = standings(record, as_of)
    return Profile(
        as_of=as_of,
        ruleset_sha256=ruleset_hash(record.ruleset),
        standings=found,
        nodes=roll_up(found, record.policy.nodes),
        record=record,
    )


@lru_cache(maxsize=8)
def ruleset_hash(ruleset: Ruleset) -> str:
    """The hash that names a ruleset."""
    return config_hash(ruleset.config)


def record_of(
    keys: Iterable[str],
    *,
    words: Mapping[int, str],
    decisions: Decisions,
    projection: Projection | None = None,
    statements: Iterable[str] | None = None,
) -> Record:
    """Everything one person's levels follow from: rows that may count, and the words on them.

    :param statements: only what these statements give, for a page that shows no levels.
    """
    with reading() as connection:
        view = projection or projector.serving_in(connection)
        loader = Loader(connection, view.generation, view.ruleset_id)
        return record_in(loader, frozenset(keys), words, decisions, statements)


def record_in(
    loader: Loader,
    own: frozenset[str],
    words: Mapping[int, str],
    decisions: Decisions,
    statements: Iterable[str] | None = None,
) -> Record:
    """The same in one projection and one view of the database."""
    (record,) = records_in(loader, [Learner(own=own, words=words)], decisions, statements)
    return record


def records_in(
    loader: Loader,
    learners: Sequence[Learner],
    decisions: Decisions,
    statements: Iterable[str] | None = None,
) -> list[Record]:
    """The records of several learners, in their order; what they all need is read once."""
    found = loader.evidence(frozenset[str]().union(*(one.own for one in learners)), statements)
    formers = loader.formers(found)
    excluded = excluded_roots({root_of(row.statement_id, formers) for row in found})
    by_actor = _grouped(found, lambda row: row.actor)
    rows = []
    for one in learners:
        hers = [row for key in sorted(one.own) for row in by_actor.get(key, ())]
        told = {row.authority for row in hers}
        allowed = {origin for origin in told if _is_allowed(origin, one.words, decisions)}
        rows.append(
            [
                row
                if row.replaces is None or row.statement_id in formers
                else row._replace(replaces=None)
                for row in hers
                if row.authority in allowed and root_of(row.statement_id, formers) not in excluded
            ]
        )
    words = loader.validations([row for hers in rows for row in hers], formers)
    gathered = _Gathered(
        decisions=decisions,
        ruleset=projector.ruleset_of(loader.ruleset_id),
        formers=formers,
        validations=_grouped(words, lambda word: word.target),
        owners=people.owners(
            {word.validator for word in words}
            | {row.instructor for row in found if row.instructor}
            | {key for one in learners for key in one.own}
        ),
    )
    return [gathered.record(one, hers) for one, hers in zip(learners, rows, strict=True)]


def _grouped(values: Iterable[V], key: Callable[[V], str]) -> dict[str, list[V]]:
    groups: dict[str, list[V]] = defaultdict(list)
    for value in values:
        groups[key(value)].append(value)
    return groups


def _is_allowed(authority: Hashable | None, words: Mapping[int, str], decisions: Decisions) -> bool:
    """Whether an origin has its legal basis with her."""
    origin = authority if isinstance(authority, int) else 0
    basis = str(decisions.origins.get(origin, {}).get("basis", "notice"))
    return people.allows(basis, words.get(origin))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Gathered:
    """What was read for several learners."""

    decisions: Decisions
    ruleset: Ruleset
    formers: Mapping[str, str]
    validations: Mapping[str, Sequence[Validation]]
    owners: Mapping[str, int]

    def record(self, learner: Learner, rows: Sequence[EvidenceRow]) -> Record:
        """The part of it that is hers."""
        trust = Trust(table=self.decisions.origins)
        about = dict.fromkeys(id_ for row in rows for id_ in revisions(row, self.formers))
        # who may not attest leaves no trace, not even in the digest
        validations = [
            word
            for id_ in about
            for word in self.validations.get(id_, ())
            if trust.lifts_to(word.authority) is not None
        ]
        others = {word.validator for word in validations}
        others |= {
            row.instructor
            for row in rows
            if row.instructor and trust.lifts_to(row.authority) is not None
        }
        known = {key: self.owners[key] for key in others | learner.own if key in self.owners}
        return Record(
            rows=rows,
            validations=validations,
            ruleset=self.ruleset,
            roles=dict.fromkeys(others & self.decisions.experts, "expert"),
            trust=trust,
            own=learner.own,
            persons=known,
            formers=self.formers,
        )


def catch_up() -> None:
    """Bring the serving projection to the end of the log as it is now, by us or by a worker."""
    end, holder = reader().last(), holder_name()
    try:
        _follow(end, holder)
    finally:
        projector.release(holder)


def _follow(end: int, holder: str) -> None:
    stood, since = _cursor(), time.monotonic()
    while stood < end:
        if not projector.advance(reader(), holder=holder):
            time.sleep(PAUSE)
        now = _cursor()
        if now != stood:
            stood, since = now, time.monotonic()
        elif time.monotonic() - since > WAIT_SECONDS:
            raise Conflict(
                "The projector is held by another process and does not get on.",
                "See `byway doctor`; restart the worker.",
            )


def _cursor() -> int:
    db.session.rollback()
    return projector.serving().cursor


def digest_of(as_of: date, projection: Projection | None = None) -> str:
    """One digest over everybody's, whatever the order."""
    return whole(int(one, 16) for one in person_digests(as_of, projection).values())


def whole(digests: Iterable[int]) -> str:
    """Digests as one: their sum, so that shards can be added up in any order."""
    return f"{sum(digests) % (1 << 256):064x}"


def person_digests(as_of: date, projection: Projection | None = None) -> dict[str, str]:
    """The digest of everybody with evidence: people, and identifiers that nobody owns."""
    with reading() as connection:
        view = projection or projector.serving_in(connection)
        loader = Loader(connection, view.generation, view.ruleset_id)
        decisions = Decisions.load()
        return {
            name: person_digest(profile_from(record_in(loader, keys, words, decisions), as_of))
            for name, keys, words in _everybody(loader.actors())
        }


def _everybody(actors: Sequence[str]) -> Iterable[tuple[str, frozenset[str], dict[int, str]]]:
    owners = people.owners(actors)
    for person in sorted(set(owners.values())):
        yield f"person:{person}", people.keys_of(person), people.words_of(person)
    for key in actors:
        if key not in owners:
            yield key, frozenset([key]), {}


def person_digest(profile: Profile) -> str:
    """sha256 over ruleset hash, day, identifiers and roles, and the level rows.

    Statement ids, positions and stored times are not in it, so a rebuild, another order of
    arrival or a revision that says the same leaves it as it was.
    """
    rows = [
        {
            "competency": one.competency,
            "level": one.level,
            "lifetime": one.lifetime_level,
            "positive": list(one.positive),
            "negative": list(one.negative),
            "confidence": one.confidence_ppm,
            "basis": one.basis,
            "newest": one.newest,
        }
        for one in profile.standings.values()
    ]
    told = {
        "ruleset": profile.ruleset_sha256,
        "as_of": profile.as_of.isoformat(),
        "identifiers": sorted(profile.record.own),
        "roles": dict(profile.record.roles),
        "levels": rows,
    }
    return hashlib.sha256(text.canonical(told)).hexdigest()
