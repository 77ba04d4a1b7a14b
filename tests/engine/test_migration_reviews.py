"""From the third schema to the fourth: requests for review, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from schema_making import content, filled, to

from engine.db import reading
from engine.reviews.models import ReviewRow

pytestmark = pytest.mark.both_databases


@pytest.fixture
def third(empty_url: str, tmp_path: Path) -> Iterator[Flask]:
    """An instance at work with the third schema."""
    with filled(empty_url, tmp_path / "third", "0003") as app:
        yield app


@pytest.mark.usefixtures("third")
def test_every_row_is_what_it_was() -> None:
    before = content({"review_request"})
    to("0004")

    assert content({"review_request"}) == before


@pytest.mark.usefixtures("third")
def test_the_table_is_what_the_model_says() -> None:
    to("0004")
    with reading() as connection:
        found = sa.inspect(connection)
        columns = {one["name"]: one["nullable"] for one in found.get_columns("review_request")}
        unique = found.get_unique_constraints("review_request")

    table = ReviewRow.__table__
    assert columns == {column.name: bool(column.nullable) for column in table.columns}
    assert [one["column_names"] for one in unique] == [["learner_id", "root", "reviewer_id"]]
