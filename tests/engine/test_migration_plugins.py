"""From the seventh schema to the eighth: plugin sets, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from schema_making import content, filled, to

from engine.db import reading
from engine.plugin_sets.models import PluginChoice, PluginGeneration, PluginReport

pytestmark = pytest.mark.both_databases
FRESH = {"plugin_generation", "plugin_choice", "plugin_report"}


@pytest.fixture
def seventh(empty_url: str, tmp_path: Path) -> Iterator[Flask]:
    """An instance at work with the seventh schema, whose plugins are those that Byway brings."""
    with filled(empty_url, tmp_path / "seventh", "0007") as app:
        yield app


@pytest.mark.usefixtures("seventh")
def test_every_row_is_what_it_was() -> None:
    before = content(FRESH)
    to("0008")
    assert content(FRESH) == before


@pytest.mark.usefixtures("seventh")
@pytest.mark.parametrize("model", [PluginGeneration, PluginChoice, PluginReport])
def test_a_table_is_what_its_model_says(model: type[PluginGeneration]) -> None:
    to("0008")
    table = sa.inspect(model).local_table
    with reading() as connection:
        found = sa.inspect(connection).get_columns(table.name)
    assert {one["name"]: one["nullable"] for one in found} == {
        column.name: bool(column.nullable) for column in table.columns
    }


def test_the_plugins_of_byway_are_loaded_before_there_are_sets(seventh: Flask) -> None:
    assert "zoom" in seventh.extensions["byway.host"].sources
