"""What the record would make of statements that somebody shows it: nothing of them is stored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from engine import intake
from engine.competencies import frameworks, projector, rulesets
from engine.competencies.reading import agent_key
from engine.db import db
from engine.moments import iso, now_us
from engine.people import service as people
from engine.people.models import Person
from xapi.attachments import described
from xapi.errors import StatementRefused
from xapi.rows import Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Why a statement would be refused; or the version it keeps and what it would be found by.

    `terms` are those of the walk, (kind, key); `lacks_bytes` says that attachments have to come
    with it.
    """

    place: str
    refusal: StatementRefused | None = None
    statement: Mapping[str, Any] = field(default_factory=dict)
    version: str = ""
    terms: tuple[tuple[str, str], ...] = ()
    lacks_bytes: bool = False

    @property
    def learner(self) -> str | None:
        """The identifier of whoever did it; None of a group or of nobody."""
        return agent_key(self.statement)


def judge(rows: Iterable[Row], version: str | None) -> list[Verdict]:
    """Check each row on its own.

    :param version: whose rules count; by default those of the version each statement claims.
    """
    return [_verdict(row, version) for row in rows]


def _verdict(row: Row, version: str | None) -> Verdict:
    if row.refusal is not None:
        return Verdict(place=row.place, refusal=row.refusal)
    try:
        walked, kept = intake.checked(row.value, version)
    except StatementRefused as refusal:
        return Verdict(place=row.place, refusal=refusal)
    return Verdict(
        place=row.place,
        statement=row.value,
        version=kept,
        terms=tuple(sorted(walked.terms)),
        lacks_bytes=any("fileUrl" not in one for _, one in described(row.value)),
    )


def names_behind(verdicts: Iterable[Verdict]) -> dict[str, str]:
    """The names of the people behind the learners' identifiers, as far as they are known."""
    owners = people.owners([one.learner for one in verdicts if one.learner])
    query = select(Person.id, Person.name).where(Person.id.in_(set(owners.values())))
    names = {row.id: row.name for row in db.session.execute(query)}
    return {key: names[owner] for key, owner in owners.items() if owner in names}


def competencies(verdicts: Sequence[Verdict]) -> list[tuple[str, ...]]:
    """For each verdict the names of the competencies that the newest rules count it towards."""
    row, stored = rulesets.current(), iso(now_us())
    ruleset, framework = projector.ruleset_of(row.id), frameworks.in_force(row.config)
    weighed = [ruleset.weigh({"stored": stored, **one.statement}) for one in verdicts]
    return [tuple(sorted({framework.name(row.competency) for row in one.rows})) for one in weighed]
