"""From the ninth schema to the tenth: where problems are, and tables beside runs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from schema_making import content, filled, to

from engine.db import reading
from engine.sources.models import Run, RunProblem
from engine.sources.run_models import KnownProblem, RawKeeping, Replayed

pytestmark = pytest.mark.both_databases
FRESH = {"known_problem", "raw_keeping", "replayed"}
GROWN = {"run", "run_problem"}


@pytest.fixture
def ninth(empty_url: str, tmp_path: Path) -> Iterator[Flask]:
    """An instance at work with the ninth schema."""
    with filled(empty_url, tmp_path / "ninth", "0009") as app:
        yield app


def rows(table: str) -> list[dict[str, object]]:
    with reading() as connection:
        found = connection.execute(sa.text(f'SELECT * FROM "{table}" ORDER BY id')).mappings()
        return [dict(row) for row in found]


@pytest.mark.usefixtures("ninth")
def test_every_row_of_other_tables_is_what_it_was() -> None:
    before = content(FRESH | GROWN)
    to("0010")
    assert content(FRESH | GROWN) == before


@pytest.mark.usefixtures("ninth")
@pytest.mark.parametrize(
    ("table", "fresh"),
    [
        pytest.param("run", {"things": None}, id="run"),
        pytest.param("run_problem", {"delivery_id": None, "places": None}, id="problem"),
    ],
)
def test_what_has_grown_keeps_its_rows(table: str, fresh: dict[str, None]) -> None:
    before = rows(table)
    to("0010")
    assert rows(table) == [row | fresh for row in before]


@pytest.mark.usefixtures("ninth")
@pytest.mark.parametrize("model", [Run, RunProblem, KnownProblem, RawKeeping, Replayed])
def test_a_table_is_what_its_model_says(
    model: type[Run | RunProblem | KnownProblem | RawKeeping | Replayed],
) -> None:
    to("0010")
    table = sa.inspect(model).local_table
    with reading() as connection:
        found = sa.inspect(connection).get_columns(table.name)
    assert {one["name"]: one["nullable"] for one in found} == {
        column.name: bool(column.nullable) for column in table.columns
    }
