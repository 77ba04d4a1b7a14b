"""A ruleset tried on history before it is published: who would move, by how much, and why.

Nothing is written. One person after another is weighed under the rules in force and under the
candidate, from the log, so memory grows neither with the log nor with the number of people who stay
where they are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Connection, func, select

from engine import movements, profiles, reweighing
from engine.competencies import projector, rulesets
from engine.competencies.config import config_hash
from engine.competencies.differences import Difference, differences
from engine.competencies.evidence import Ruleset
from engine.competencies.models import line
from engine.db import db, reading
from engine.movements import Move
from engine.people import service as people
from engine.profiles import Decisions

TALLIED = ("up", "down", "new", "lost", "within", "same")


@dataclass(frozen=True, slots=True, kw_only=True)
class Learner:
    """Whose levels these are: a person, or an identifier that nobody owns."""

    keys: frozenset[str]
    person_id: int | None = None
    uid: str | None = None
    name: str | None = None

    @property
    def told(self) -> str:
        """Her name, or the identifier."""
        return self.name or min(self.keys)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """One learner's moves: competencies whose level changes, or that she gains or loses."""

    learner: Learner
    moves: tuple[Move, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """What publishing the candidate would change on a day.

    `people` counts everybody who was weighed, `statements` what they did; `tallies` says for each
    competency and node how many go up, down, gain it, lose it, move within their level, and stay.
    """

    before: str
    after: str
    as_of: date
    people: int
    statements: int
    moved: tuple[Moved, ...]
    tallies: Mapping[str, Mapping[str, int]]
    differences: Sequence[Difference]

    def count(self, direction: str) -> int:
        """How many levels go this way: one of `TALLIED`."""
        return sum(tally[direction] for tally in self.tallies.values())


@dataclass(slots=True)
class _Count:
    """What adds up while one learner follows another."""

    as_of: date
    moved: list[Moved] = field(default_factory=list)
    tallies: dict[str, Counter[str]] = field(default_factory=dict)
    people: int = 0

    def take(self, learner: Learner, found: Sequence[Move]) -> None:
        for move in found:
            self.tallies.setdefault(move.competency, Counter())[move.direction] += 1
        told = tuple(move for move in found if move.direction not in ("within", "same"))
        if told:
            self.moved.append(Moved(learner=learner, moves=told))
        self.people += 1


def simulate(
    source: str | Mapping[str, Any],
    as_of: date | None = None,
    progress: Callable[[int], None] | None = None,
) -> Simulation:
    """Weigh history with a candidate ruleset; outside any transaction, which it would end.

    :param source: the candidate, as YAML, its mapping, or a config.
    :param progress: told how many statements are done.
    :raises Refused: the candidate does not compile, or lint finds an error.
    """
    candidate = Ruleset(rulesets.checked(source))
    decisions, count, done = Decisions.load(), _Count(as_of or profiles.today()), 0
    with reading() as connection:
        served = projector.ruleset_of(projector.serving_in(connection).ruleset_id)
        learners = _learners(connection)
    for learner, statements in learners:
        count.take(learner, _moves(learner, (served, candidate), decisions, count.as_of))
        done += statements
        if progress:
            progress(done)
    return Simulation(
        before=config_hash(served.config),
        after=config_hash(candidate.config),
        as_of=count.as_of,
        people=count.people,
        statements=done,
        moved=tuple(count.moved),
        tallies={id_: _tally(one) for id_, one in sorted(count.tallies.items())},
        differences=differences(served.config, candidate.config),
    )


def _tally(found: Counter[str]) -> dict[str, int]:
    return {direction: found[direction] for direction in TALLIED}


def _moves(
    learner: Learner, both: tuple[Ruleset, Ruleset], decisions: Decisions, as_of: date
) -> Sequence[Move]:
    db.session.rollback()  # neither an old view of decisions nor their rows stay
    with reading() as connection:
        records = reweighing.record_under(
            connection,
            projector.serving_in(connection),
            learner.keys,
            words=people.words_of(learner.person_id) if learner.person_id else {},
            decisions=decisions,
            rulesets=both,
        )
    before, after = (profiles.profile_from(record, as_of) for record in records)
    return movements.between(before, after)


def _learners(connection: Connection) -> Iterator[tuple[Learner, int]]:
    """Everybody who did anything, with the number of her statements; people first."""
    generation = projector.serving_in(connection).generation
    here = line.c.generation == generation
    query = select(line.c.actor, func.count()).where(here).group_by(line.c.actor)
    counts = {row.actor: row[1] for row in connection.execute(query)}
    owners = people.owners(counts)
    statements: Counter[int] = Counter()
    for actor, person in owners.items():
        statements[person] += counts[actor]
    unowned = sorted(counts.keys() - owners.keys())
    return _each(statements, {actor: counts[actor] for actor in unowned})


def _each(
    statements: Mapping[int, int], unowned: Mapping[str, int]
) -> Iterator[tuple[Learner, int]]:
    for person_id in sorted(statements):
        person = people.get_by_id(person_id)
        found = Learner(
            keys=people.keys_of(person_id), person_id=person_id, uid=person.uid, name=person.name
        )
        yield found, statements[person_id]
    for actor, number in unowned.items():
        yield Learner(keys=frozenset([actor])), number
