"""Profiles on read: people, evidence and decisions put together and scored; the digest of it all.

Nothing here is kept. A profile is a function of the evidence rows, the people map, the roles, the
exclusions and consents, and the day.
"""

from __future__ import annotations

import hashlib
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Connection, Table, select

from engine.competencies import projector
from engine.competencies.config import config_hash
from engine.competencies.counting import Record
from engine.competencies.evidence import EvidenceRow, Ruleset, Validation
from engine.competencies.exclusions import excluded_roots
from engine.competencies.models import Projection, evidence, revision, validation
from engine.competencies.rollup import roll_up
from engine.competencies.scoring import Standing, standings
from engine.db import db, holder_name, reading
from engine.errors import Conflict
from engine.lrs.keys import origins
from engine.people import service as people
from engine.pipeline import reader
from xapi import text

CHUNK = 400
WAIT_SECONDS = 120
HOPS = 255


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


def ruleset_hash(ruleset: Ruleset) -> str:
    """The hash that names a ruleset."""
    return config_hash(ruleset.config)


def record_of(
    keys: Iterable[str],
    *,
    words: Mapping[int, str],
    decisions: Decisions,
    projection: Projection | None = None,
) -> Record:
    """Everything one person's levels follow from: rows that may count, and the words on them."""
    projection = projection or projector.serving()
    own = frozenset(keys)
    with reading() as connection:
        loader = _Loader(connection, projection.generation)
        rows = loader.evidence(own)
        formers = loader.formers(rows)
        rows = _allowed(rows, formers, words, decisions)
        validations = loader.validations(rows, formers)
    others = {word.validator for word in validations}
    others |= {row.instructor for row in rows if row.instructor}
    return Record(
        rows=rows,
        validations=validations,
        ruleset=projector.ruleset_of(projection.ruleset_id),
        roles={key: "expert" for key in others & decisions.experts},
        trust=Trust(table=decisions.origins),
        own=own,
        persons=dict(people.owners(others | own)),
        formers=formers,
    )


def _allowed(
    rows: Sequence[EvidenceRow],
    formers: Mapping[str, str],
    words: Mapping[int, str],
    decisions: Decisions,
) -> list[EvidenceRow]:
    """Rows whose origin has its legal basis and whose item the learner has not left out."""
    excluded = excluded_roots({root_of(row.statement_id, formers) for row in rows})
    kept = []
    for row in rows:
        origin = row.authority if isinstance(row.authority, int) else 0
        basis = str(decisions.origins.get(origin, {}).get("basis", "notice"))
        if not people.allows(basis, words.get(origin)):
            continue
        if root_of(row.statement_id, formers) not in excluded:
            kept.append(row if row.statement_id in formers else replace(row, replaces=None))
    return kept


def root_of(statement_id: str, formers: Mapping[str, str]) -> str:
    """The first revision of the item a statement speaks for; decisions are kept under it."""
    seen = {statement_id}
    while (former := formers.get(statement_id)) is not None and former not in seen:
        statement_id = former
        seen.add(former)
    return statement_id


class _Loader:
    """Reads one person's rows of one projection."""

    def __init__(self, connection: Connection, generation: int) -> None:
        self._connection = connection
        self._generation = generation

    def _rows(self, table: Table, column: str, values: Iterable[str]) -> list[Any]:
        found = []
        for part in _chunks(sorted(values)):
            here = (table.c.generation == self._generation) & table.c[column].in_(part)
            found += self._connection.execute(select(table).where(here)).all()
        return found

    def evidence(self, keys: Iterable[str]) -> list[EvidenceRow]:
        """The evidence of some identifiers."""
        return [
            EvidenceRow(
                statement_id=row.statement_id,
                actor=row.actor,
                rule=row.rule,
                competency=row.competency,
                kind=row.kind,
                polarity=row.polarity,
                assurance=row.assurance,
                base=row.base,
                split=row.split,
                object_key=row.object_key,
                day=row.day,
                at=row.at,
                stated=row.stated,
                instructor=row.instructor,
                authority=row.origin,
                replaces=row.replaces,
            )
            for row in self._rows(evidence, "actor", keys)
        ]

    def formers(self, rows: Sequence[EvidenceRow]) -> dict[str, str]:
        """What each revision replaced, down to the first, within one origin only."""
        found: dict[str, str] = {}
        level = {row.statement_id for row in rows if row.replaces}
        for _ in range(HOPS):
            links = [row for row in self._rows(revision, "sid", level) if row.sid not in found]
            if not links:
                break
            sources = _origins_of([row.replaces for row in links])
            same = [row for row in links if sources.get(row.replaces, row.origin) == row.origin]
            found.update({row.sid: row.replaces for row in same})
            level = {row.replaces for row in same}
        return found

    def validations(
        self, rows: Sequence[EvidenceRow], formers: Mapping[str, str]
    ) -> list[Validation]:
        """The words on these statements and on what they replaced."""
        targets = {row.statement_id for row in rows} | set(formers) | set(formers.values())
        return [
            Validation(
                statement_id=row.statement_id,
                target=row.target,
                validator=row.validator,
                verdict=row.verdict,
                day=row.day,
                at=row.at,
                level=row.level,
                authority=row.origin,
            )
            for row in self._rows(validation, "target", targets)
        ]


def _origins_of(sids: Iterable[str]) -> dict[str, int]:
    """The origin of each of these statements that is stored."""
    valid = [uuid.UUID(sid) for sid in set(sids) if _is_uuid(sid)]
    return {str(sid): stored.origin for sid, stored in reader().many(valid).items()}


def _is_uuid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


def catch_up() -> None:
    """Bring the serving projection to the end of the log as it is now, by us or by a worker."""
    end, holder = reader().last(), holder_name()
    deadline = time.monotonic() + WAIT_SECONDS
    while _cursor() < end:
        if projector.advance(reader(), holder=holder):
            continue
        if time.monotonic() > deadline:
            raise Conflict(
                "The projector is held by another process and does not get on.",
                "See `byway doctor`; restart the worker.",
            )
        time.sleep(0.05)
    projector.release(holder)


def _cursor() -> int:
    db.session.rollback()
    return projector.serving().cursor


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilt:
    """A rebuild's digest, how many statements it read, and whether it equals what pages show."""

    digest: str
    statements: int
    equal: bool


def rebuild(*, check: bool, progress: Callable[[int], None] | None = None) -> Rebuilt:
    """Work everything out again from the log beside what is served, compare, and serve it.

    With `check` the result is thrown away. Pages read the old rows until the new are whole.
    """
    catch_up()
    ruleset_id = projector.serving().ruleset_id
    generation = projector.start(ruleset_id, "checking")
    try:
        result = _compared(generation, progress)
    except BaseException:
        projector.drop(generation)
        raise
    if check:
        projector.drop(generation)
    else:
        projector.serve(generation)
    return result


def _compared(generation: int, progress: Callable[[int], None] | None) -> Rebuilt:
    """Follow the log until both projections stand at the same place, then compare digests."""
    holder = holder_name()
    while True:
        db.session.rollback()
        both = {p.generation: p for p in db.session.scalars(select(Projection))}
        mine, served = both[generation], projector.serving()
        if progress:
            progress(mine.statements)
        if mine.cursor == served.cursor == reader().last():
            break
        if not projector.advance(reader(), holder=holder):
            time.sleep(0.05)
    projector.release(holder)
    day = today()
    digest = digest_of(day, mine)
    return Rebuilt(
        digest=digest, statements=mine.statements, equal=digest == digest_of(day, served)
    )


def digest_of(as_of: date, projection: Projection | None = None) -> str:
    """One digest over everybody's, in a fixed order."""
    whole = hashlib.sha256()
    for one in sorted(person_digests(as_of, projection).values()):
        whole.update(one.encode())
    return whole.hexdigest()


def person_digests(as_of: date, projection: Projection | None = None) -> dict[str, str]:
    """For everybody with evidence (people, and identifiers nobody owns) the digest of her levels."""
    projection = projection or projector.serving()
    decisions = Decisions.load()
    return {
        name: person_digest(
            record_of(keys, words=words, decisions=decisions, projection=projection), as_of
        )
        for name, keys, words in _everybody(projection.generation)
    }


def _everybody(generation: int) -> list[tuple[str, frozenset[str], dict[int, str]]]:
    with reading() as connection:
        here = evidence.c.generation == generation
        query = select(evidence.c.actor).where(here).distinct()
        actors = [row.actor for row in connection.execute(query)]
    owners = people.owners(actors)
    owned: dict[int, set[str]] = defaultdict(set)
    for key, person in owners.items():
        owned[person].add(key)
    found = [
        (f"person:{person}", people.keys_of(person), people.words_of(person)) for person in owned
    ]
    return found + [(key, frozenset([key]), {}) for key in actors if key not in owners]


def person_digest(record: Record, as_of: date) -> str:
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
        for one in standings(record, as_of).values()
    ]
    told = {
        "ruleset": ruleset_hash(record.ruleset),
        "as_of": as_of.isoformat(),
        "identifiers": sorted(record.own),
        "roles": dict(record.roles),
        "levels": rows,
    }
    return hashlib.sha256(text.canonical(told)).hexdigest()


def _chunks(values: Sequence[str]) -> Iterable[Sequence[str]]:
    for start in range(0, len(values), CHUNK):
        yield values[start : start + CHUNK]
