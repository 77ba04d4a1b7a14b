"""An instance as the first schema had it: its rows, written down while its code was at work.

The demonstration's forum and newest webinar, with what people do over time: a longer report that
was undone, items that were merged, corrected, shared, left out and waited for; people linked and
merged; an LMS that sent, voided and accepted statements. Every table of the first schema has rows.
"""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import sqlalchemy as sa

DATA = Path(__file__).parents[1] / "data" / "first_instance.json"
FIRST: dict[str, Any] = json.loads(DATA.read_bytes())

SECRET = base64.b64decode(FIRST["secret"])
LEARNER: str = FIRST["learner"]
AS_OF = date.fromisoformat(FIRST["as_of"])
LEVELS: dict[str, int] = FIRST["levels"]
SPEAKER = '{"account": {"homePage": "http://byway.example", "name": "source:17dfb61ed18ad55d"}}'
"""The source of the webinars, which also speaks itself: it voids what was corrected."""
WEBINAR = "https://zoom.us/j/91234567890#11/17/2026%2011:00:00%20AM"

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Key:
    """The LMS's key, as it was told when it was made."""

    key: str = FIRST["key"]["key"]
    secret: str = FIRST["key"]["secret"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A table as it was, its columns with as much of a type as its values need."""

    table: sa.TableClause
    rows: list[Row]


READ: dict[str, tuple[sa.types.TypeEngine[Any], Callable[[Any], Any]]] = {
    "Boolean": (sa.Boolean(), bool),
    "JSON": (sa.JSON(none_as_null=True), lambda value: value),
    "LargeBinary": (sa.LargeBinary(), base64.b64decode),
    "Uuid": (sa.Uuid(), uuid.UUID),
}
AS_IT_IS = (sa.types.NULLTYPE, lambda value: value)


def tables() -> Iterator[Kept]:
    """Every table, those that others refer to first."""
    for name, kept in FIRST["tables"].items():
        read = [READ.get(kept["types"].get(column, ""), AS_IT_IS) for column in kept["columns"]]
        columns = zip(kept["columns"], read, strict=True)
        table = sa.table(name, *(sa.column(column, type_) for column, (type_, _) in columns))
        rows = [
            {
                column: None if value is None else made(value)
                for column, (_, made), value in zip(kept["columns"], read, row, strict=True)
            }
            for row in kept["rows"]
        ]
        yield Kept(table=table, rows=rows)


def fill(connection: sa.Connection) -> None:
    """Put the rows into an empty database of the first schema."""
    for kept in tables():
        connection.execute(sa.insert(kept.table), kept.rows)
        if connection.dialect.name == "postgresql" and isinstance(kept.rows[0].get("id"), int):
            _count_on(connection, kept.table.name)


def _count_on(connection: sa.Connection, name: str) -> None:
    """The next row's number follows the last one's, as where the rows came one by one."""
    counter = f"pg_get_serial_sequence('\"{name}\"', 'id')"
    connection.execute(sa.text(f'SELECT setval({counter}, max(id)) FROM "{name}"'))
