"""Reading the rows that one person's levels follow from, all in one view of the database."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table, select

from engine.competencies.evidence import EvidenceRow, Validation
from engine.competencies.models import evidence, revision, validation
from engine.db import among
from engine.pipeline import reader

HOPS = 255
_COLUMNS = {
    table: tuple(column.name for column in table.columns) for table in (revision, validation)
} | {evidence: tuple("origin" if name == "authority" else name for name in EvidenceRow._fields)}
"""Which columns are read, and in which order."""


def root_of(statement_id: str, formers: Mapping[str, str]) -> str:
    """The first revision of the item a statement speaks for; decisions are kept under it."""
    seen = {statement_id}
    while (former := formers.get(statement_id)) is not None and former not in seen:
        statement_id = former
        seen.add(former)
    return statement_id


class Loader:
    """Reads one person's rows of one projection, all in one view of the database."""

    def __init__(self, connection: Connection, generation: int, ruleset_id: int) -> None:
        self._connection = connection
        self._generation = generation
        self.ruleset_id = ruleset_id

    def actors(self) -> list[str]:
        """Every identifier that has evidence."""
        here = evidence.c.generation == self._generation
        query = select(evidence.c.actor).where(here).distinct().order_by(evidence.c.actor)
        return list(self._connection.execute(query).scalars())

    def _rows(self, table: Table, column: str, values: Iterable[str]) -> list[Any]:
        # as the driver takes it: thousands of values pass through here for every page
        query = (
            f"SELECT {', '.join(_COLUMNS[table])} FROM {table.name}"
            f" WHERE generation = ? AND {column} IN (*)"
        )
        return among(self._connection, query, values, self._generation)

    def evidence(
        self, keys: frozenset[str], statements: Iterable[str] | None = None
    ) -> list[EvidenceRow]:
        """The evidence of some identifiers, or what some of their statements give."""
        if statements is None:
            found = self._rows(evidence, "actor", keys)
        else:
            found = self._rows(evidence, "statement_id", set(statements))
        rows = map(EvidenceRow._make, found)
        return [row for row in rows if row.actor in keys]

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
