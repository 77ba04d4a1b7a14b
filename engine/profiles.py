"""Profiles on read: people, evidence and decisions put together and scored; the digest of it all.

Nothing here is kept. A profile is a function of the evidence rows, the people map, the roles, the
exclusions and consents, and the day.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Connection, select

from engine.competencies import projector
from engine.competencies.config import config_hash
from engine.competencies.counting import Record
from engine.competencies.evidence import EvidenceRow, Ruleset
from engine.competencies.exclusions import excluded_roots
from engine.competencies.models import Projection
from engine.competencies.rollup import roll_up
from engine.competencies.scoring import Standing, standings
from engine.db import db, drop_lease, holder_name, reading, take_lease, writing
from engine.errors import Conflict
from engine.lrs.keys import origins
from engine.people import service as people
from engine.pipeline import reader
from engine.profile_rows import Loader, root_of
from xapi import text

WAIT_SECONDS = 120
PAUSE = 0.05
REBUILD = "rebuild"
REBUILD_SECONDS = 3600


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
    statements: Iterable[str] | None = None,
) -> Record:
    """Everything one person's levels follow from: rows that may count, and the words on them.

    :param statements: only what these statements give, for a page that shows no levels.
    """
    with reading() as connection:
        view = projection or projector.serving_in(connection)
        loader = Loader(connection, view.generation, view.ruleset_id)
        return _record(loader, frozenset(keys), words, decisions, statements)


def _record(
    loader: Loader,
    own: frozenset[str],
    words: Mapping[int, str],
    decisions: Decisions,
    statements: Iterable[str] | None = None,
) -> Record:
    rows = loader.evidence(own, statements)
    formers = loader.formers(rows)
    rows = _allowed(rows, formers, words, decisions)
    validations = loader.validations(rows, formers)
    others = {word.validator for word in validations}
    others |= {row.instructor for row in rows if row.instructor}
    return Record(
        rows=rows,
        validations=validations,
        ruleset=projector.ruleset_of(loader.ruleset_id),
        roles=dict.fromkeys(others & decisions.experts, "expert"),
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilt:
    """A rebuild's digest, how many statements it read, and whether it equals what pages show."""

    digest: str
    statements: int
    equal: bool


def rebuild(*, check: bool, progress: Callable[[int], None] | None = None) -> Rebuilt:
    """Work everything out again from the log beside what is served, compare, and serve it.

    With `check` the result is thrown away. Pages read the old rows until the new are whole.

    :raises Conflict: another rebuild is under way, or a ruleset was published meanwhile.
    """
    with _alone() as holder:
        catch_up()
        generation = projector.start(projector.serving().ruleset_id, "checking")
        result = _compared(generation, holder, progress)
        while not check and not projector.serve(generation):
            _step(generation, holder)
    return result


@contextmanager
def _alone() -> Iterator[str]:
    """One rebuild at a time; what one that died has left is cleared away by the next."""
    holder = holder_name()
    with writing() as connection:
        lease = take_lease(connection, REBUILD, holder, seconds=REBUILD_SECONDS)
    if lease is None:
        raise Conflict("Another rebuild is under way.", "Wait until it has ended.")
    try:
        projector.sweep("checking")
        yield holder
    finally:
        projector.sweep("checking")
        projector.release(holder)
        with writing() as connection:
            drop_lease(connection, lease)


def _compared(generation: int, holder: str, progress: Callable[[int], None] | None) -> Rebuilt:
    """Follow the log until both projections stand at the same place, then compare digests.

    Both are read in one view of the database, so statements may keep coming meanwhile.
    """
    end = reader().last()
    while True:
        with reading() as connection:
            mine, served = _both(connection, generation)
            if mine.cursor == served.cursor >= end:
                return _rebuilt(connection, mine, served)
        if progress:
            progress(mine.statements)
        _step(generation, holder)


def _step(generation: int, holder: str) -> None:
    """One stretch further, by us or by a worker."""
    if not projector.advance(reader(), holder=holder):
        time.sleep(PAUSE)
    with reading() as connection:
        _both(connection, generation)


def _both(connection: Connection, generation: int) -> tuple[Any, Any]:
    table = Projection.__table__
    mine = connection.execute(select(table).where(table.c.generation == generation)).one_or_none()
    served = projector.serving_in(connection)
    if mine is None or served.ruleset_id != mine.ruleset_id:
        raise Conflict("A ruleset was published meanwhile.", "Start the rebuild again.")
    return mine, served


def _rebuilt(connection: Connection, mine: Any, served: Any) -> Rebuilt:
    db.session.rollback()  # the decisions of now, for both
    day, decisions = today(), Decisions.load()
    digests = [
        _whole(_digests(Loader(connection, one.generation, one.ruleset_id), decisions, day))
        for one in (mine, served)
    ]
    return Rebuilt(digest=digests[0], statements=mine.statements, equal=digests[0] == digests[1])


def digest_of(as_of: date, projection: Projection | None = None) -> str:
    """One digest over everybody's, in a fixed order."""
    return _whole(person_digests(as_of, projection))


def _whole(digests: Mapping[str, str]) -> str:
    whole = hashlib.sha256()
    for one in sorted(digests.values()):
        whole.update(one.encode())
    return whole.hexdigest()


def person_digests(as_of: date, projection: Projection | None = None) -> dict[str, str]:
    """The digest of everybody with evidence: people, and identifiers that nobody owns."""
    with reading() as connection:
        view = projection or projector.serving_in(connection)
        loader = Loader(connection, view.generation, view.ruleset_id)
        return _digests(loader, Decisions.load(), as_of)


def _digests(loader: Loader, decisions: Decisions, as_of: date) -> dict[str, str]:
    return {
        name: person_digest(_record(loader, keys, words, decisions), as_of)
        for name, keys, words in _everybody(loader.actors())
    }


def _everybody(actors: Sequence[str]) -> Iterable[tuple[str, frozenset[str], dict[int, str]]]:
    owners = people.owners(actors)
    for person in sorted(set(owners.values())):
        yield f"person:{person}", people.keys_of(person), people.words_of(person)
    for key in actors:
        if key not in owners:
            yield key, frozenset([key]), {}


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
