"""From the sixth schema to the seventh: the identity inbox, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from schema_making import content, filled, to

from engine.db import reading
from engine.people.inbox_models import IgnoredHandle, TrustedDomain

pytestmark = pytest.mark.both_databases
FRESH = {"ignored_handle", "trusted_domain"}


@pytest.fixture
def sixth(empty_url: str, tmp_path: Path) -> Iterator[Flask]:
    """An instance at work with the sixth schema."""
    with filled(empty_url, tmp_path / "sixth", "0006") as app:
        yield app


@pytest.mark.usefixtures("sixth")
def test_every_row_is_what_it_was() -> None:
    before = content(FRESH)
    to("0007")
    assert content(FRESH) == before


@pytest.mark.usefixtures("sixth")
@pytest.mark.parametrize("model", [IgnoredHandle, TrustedDomain])
def test_a_table_is_what_its_model_says(model: type[IgnoredHandle | TrustedDomain]) -> None:
    to("0007")
    table = sa.inspect(model).local_table
    with reading() as connection:
        found = sa.inspect(connection).get_columns(table.name)
    assert {one["name"]: one["nullable"] for one in found} == {
        column.name: bool(column.nullable) for column in table.columns
    }
