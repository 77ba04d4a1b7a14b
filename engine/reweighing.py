"""Somebody's statements weighed anew with any version of the rules; nothing is written.

The projection that pages read says which statements are hers; what they are worth comes from the
log. So a version needs no projection of its own, and old levels come out as they were.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy import Connection, select

from engine import profiles
from engine.competencies import projector
from engine.competencies.counting import Record
from engine.competencies.evidence import EvidenceRow, Ruleset, Validation
from engine.competencies.models import line
from engine.db import portions, reading
from engine.lrs.models import statement
from engine.people import service as people
from engine.pipeline import reader
from engine.profile_rows import Loader
from engine.profiles import Decisions, Profile

Row = Mapping[str, Any]


def profile_under(person_id: int, ruleset: Ruleset, as_of: date) -> Profile:
    """A person's profile on a day as these rules would have it, whichever are in force."""
    with reading() as connection:
        record = record_under(
            connection,
            projector.serving_in(connection),
            people.keys_of(person_id),
            words=people.words_of(person_id),
            decisions=Decisions.load(),
            rulesets=[ruleset],
        )
    return profiles.profile_from(record[0], as_of)


def record_under(
    connection: Connection,
    view: Any,
    keys: frozenset[str],
    *,
    words: Mapping[int, str],
    decisions: Decisions,
    rulesets: Sequence[Ruleset],
) -> list[Record]:
    """Everything that the levels of one person follow from, under each of these rules.

    :param view: the projection that pages read, as a row.
    """
    found = _weighed(connection, view.generation, keys, rulesets)
    loaders = [
        _Reweighed(connection, view, ruleset, rows)
        for ruleset, rows in zip(rulesets, found, strict=True)
    ]
    return [
        replace(profiles.record_in(loader, keys, words, decisions), ruleset=loader.ruleset)
        for loader in loaders
    ]


class _Reweighed(Loader):
    """A loader whose rows are not those of a projection: they were weighed just now."""

    def __init__(
        self, connection: Connection, view: Any, ruleset: Ruleset, rows: list[EvidenceRow]
    ) -> None:
        super().__init__(connection, view.generation, view.ruleset_id)
        self.ruleset = ruleset
        self._weighed = rows

    def evidence(
        self, keys: frozenset[str], statements: Iterable[str] | None = None
    ) -> list[EvidenceRow]:
        """What her statements give."""
        return [row for row in self._weighed if row.actor in keys]

    def validations(
        self, rows: Sequence[EvidenceRow], formers: Mapping[str, str]
    ) -> list[Validation]:
        """The words on these statements and on what they replaced, as these rules read them."""
        targets = {row.statement_id for row in rows} | set(formers) | set(formers.values())
        words = _referring(self._connection, targets)
        found = _rows_of(words, self.ruleset, self._generation, "validation")
        return [_validation(row) for row in found if row["target"] in targets]


def _weighed(
    connection: Connection, generation: int, keys: frozenset[str], rulesets: Sequence[Ruleset]
) -> list[list[EvidenceRow]]:
    """The evidence of her statements under each of the rules; statements are read once."""
    found: list[list[EvidenceRow]] = [[] for _ in rulesets]
    for sids in portions(_statements(connection, generation, keys)):
        entries = list(reader().many(sids).values())
        for rows, ruleset in zip(found, rulesets, strict=True):
            weighed = _rows_of(entries, ruleset, generation, "evidence")
            rows += [_evidence(row) for row in weighed]
    return found


def _statements(connection: Connection, generation: int, keys: frozenset[str]) -> list[uuid.UUID]:
    """Every statement of hers that is in force, whether it counts for anything or not."""
    found: list[uuid.UUID] = []
    for part in portions(sorted(keys)):
        hers = (line.c.generation == generation) & line.c.actor.in_(part)
        query = select(line.c.sid).where(hers).order_by(line.c.seq)
        found += [uuid.UUID(bytes=bytes(sid)) for sid in connection.execute(query).scalars()]
    return found


def _referring(connection: Connection, targets: Iterable[str]) -> Iterator[Any]:
    """The statements about these, as the log has them."""
    valid = sorted(uuid.UUID(target).bytes for target in targets)
    for part in portions(valid):
        query = select(statement.c.sid).where(statement.c.target.in_(part))
        sids = [uuid.UUID(bytes=bytes(sid)) for sid in connection.execute(query).scalars()]
        yield from reader().many(sids).values()


def _rows_of(
    entries: Iterable[Any], ruleset: Ruleset, generation: int, table: str
) -> Sequence[Row]:
    """The rows that the projector would write into one table."""
    batch = projector.project(reader(), list(entries), ruleset, generation)
    return batch.rows.get(table, [])


def _evidence(row: Row) -> EvidenceRow:
    told = {name: value for name, value in row.items() if name not in _PLACED}
    return EvidenceRow(authority=row["origin"], **told)


def _validation(row: Row) -> Validation:
    told = {name: value for name, value in row.items() if name not in _PLACED}
    return Validation(authority=row["origin"], **told)


_PLACED = ("generation", "seq", "origin")
