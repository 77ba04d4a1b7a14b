"""From the fifth schema to the sixth: levels that are asked for, and disputes; nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import first_instance
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from flask import Flask
from live_log import DATA
from schema_making import content, filled, to

from engine import disputes
from engine.db import db, reading
from engine.disputes import LEVEL
from engine.people import service as people

pytestmark = pytest.mark.both_databases

NEW = {"level_request", "dispute", "dispute_step"}


@pytest.fixture
def fifth(empty_url: str, tmp_path: Path) -> Iterator[Flask]:
    """An instance at work with the fifth schema."""
    with filled(empty_url, tmp_path / "fifth", "0005") as app:
        yield app


def differences() -> list[Any]:
    """Where the new tables are not what the models say."""
    with reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        found = compare_metadata(context, db.metadata)
    return [one for one in found if any(name in repr(one) for name in NEW)]


@pytest.mark.usefixtures("fifth")
def test_every_row_is_what_it_was() -> None:
    before = content(NEW)
    to("0006")

    assert content(NEW) == before


@pytest.mark.usefixtures("fifth")
def test_the_new_tables_are_what_the_models_say() -> None:
    to("0006")

    assert differences() == []


@pytest.mark.usefixtures("fifth")
def test_the_learner_can_dispute_a_level_at_once() -> None:
    to("0006")
    who = people.who(people.get_person(first_instance.LEARNER))
    opened = disputes.open_(who, LEVEL, DATA, "It is older than this")

    assert [one.id for one in disputes.of_person(who.id)] == [str(opened)]
