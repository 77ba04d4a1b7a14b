"""From the tenth schema to the eleventh: what came together, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from schema_making import content, filled, to

from engine.db import reading
from engine.people.inbox_models import SaidTogether

pytestmark = pytest.mark.both_databases
FRESH = {"said_together"}


@pytest.fixture
def tenth(empty_url: str, tmp_path: Path) -> Iterator[Flask]:
    """An instance at work with the tenth schema."""
    with filled(empty_url, tmp_path / "tenth", "0010") as app:
        yield app


@pytest.mark.usefixtures("tenth")
def test_every_row_is_what_it_was() -> None:
    before = content(FRESH)
    to("0011")
    assert content(FRESH) == before


@pytest.mark.usefixtures("tenth")
def test_the_table_is_what_its_model_says() -> None:
    to("0011")
    table = sa.inspect(SaidTogether).local_table
    with reading() as connection:
        inspector = sa.inspect(connection)
        columns = {one["name"]: one["nullable"] for one in inspector.get_columns(table.name)}
        indices = {one["name"]: one["unique"] for one in inspector.get_indexes(table.name)}
    assert columns == {column.name: bool(column.nullable) for column in table.columns}
    assert {name: bool(unique) for name, unique in indices.items()} == {
        index.name: index.unique for index in table.indexes
    }
