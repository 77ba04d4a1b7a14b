"""From the eighth schema to the ninth: sources in care, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from schema_making import content, filled, to

from engine.db import reading
from engine.sources.instance_models import HookCall, SourceAlert, SourceCare

pytestmark = pytest.mark.both_databases
FRESH = {"source_care", "hook_call", "source_alert"}


@pytest.fixture
def eighth(empty_url: str, tmp_path: Path) -> Iterator[Flask]:
    """An instance at work with the eighth schema."""
    with filled(empty_url, tmp_path / "eighth", "0008") as app:
        yield app


@pytest.mark.usefixtures("eighth")
def test_every_row_is_what_it_was() -> None:
    before = content(FRESH)
    to("0009")
    assert content(FRESH) == before


@pytest.mark.usefixtures("eighth")
def test_every_source_goes_on_as_before() -> None:
    to("0009")
    asked = "SELECT id, COALESCE(polled_at + 3600000000, 0), created_at FROM source ORDER BY id"
    care = "SELECT source_id, next_at, awake_at FROM source_care ORDER BY source_id"
    with reading() as connection:
        sources = connection.execute(sa.text(asked)).all()
        assert connection.execute(sa.text(care)).all() == sources
        decided = "SELECT DISTINCT paused, every_s, failures, silent_days FROM source_care"
        assert connection.execute(sa.text(decided)).all() == [(False, 3600, 0, None)]
    assert sources


@pytest.mark.usefixtures("eighth")
@pytest.mark.parametrize("model", [SourceCare, HookCall, SourceAlert])
def test_a_table_is_what_its_model_says(
    model: type[SourceCare | HookCall | SourceAlert],
) -> None:
    to("0009")
    table = sa.inspect(model).local_table
    with reading() as connection:
        found = sa.inspect(connection).get_columns(table.name)
    assert {one["name"]: one["nullable"] for one in found} == {
        column.name: bool(column.nullable) for column in table.columns
    }
