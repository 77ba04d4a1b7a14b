"""Uploads between preview and record: whose they are, and when they go."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from flask import Flask

from engine.api import Delivery
from engine.errors import NotFound
from engine.sources import previews
from engine.sources.previews import Upload

DAY = 24 * 3600


@pytest.fixture
def upload(app: Flask) -> Upload:
    return previews.keep(Delivery(body=b"a\n\nb", name="a.csv"), source="zoom", by="odile")


def files(instance_dir: Path) -> list[Path]:
    return list((instance_dir / "previews").iterdir())


def age(instance_dir: Path, seconds: float) -> None:
    """Make the kept file so old."""
    (file,) = files(instance_dir)
    then = time.time() - seconds
    os.utime(file, (then, then))


def test_what_was_uploaded_comes_back_whole(upload: Upload) -> None:
    assert previews.find(upload.token, source="zoom", by="odile") == upload


@pytest.mark.parametrize(
    ("source", "by"),
    [pytest.param("zoom", "ruth", id="another person"), pytest.param("hub", "odile", id="source")],
)
def test_nobody_else_finds_it(upload: Upload, source: str, by: str) -> None:
    with pytest.raises(NotFound):
        previews.find(upload.token, source=source, by=by)


def test_it_is_found_for_a_day(upload: Upload, instance_dir: Path) -> None:
    age(instance_dir, DAY - 60)

    assert previews.find(upload.token, source="zoom", by="odile").delivery.name == "a.csv"


def test_after_a_day_it_is_gone(upload: Upload, instance_dir: Path) -> None:
    age(instance_dir, DAY + 60)

    with pytest.raises(NotFound):
        previews.find(upload.token, source="zoom", by="odile")


def test_the_next_upload_sweeps_old_ones_away(upload: Upload, instance_dir: Path) -> None:
    age(instance_dir, DAY + 60)

    previews.keep(upload.delivery, source="zoom", by="odile")

    assert len(files(instance_dir)) == 1


def test_one_that_somebody_else_sweeps_away_meanwhile_is_no_trouble(
    upload: Upload, instance_dir: Path
) -> None:
    (instance_dir / "previews" / "gone").symlink_to("nowhere")

    previews.keep(upload.delivery, source="zoom", by="odile")

    assert previews.find(upload.token, source="zoom", by="odile") == upload


def test_nothing_in_the_file_or_its_name_is_readable(upload: Upload, instance_dir: Path) -> None:
    (file,) = files(instance_dir)

    assert upload.token not in file.name
    assert b"a.csv" not in file.read_bytes()


def test_somebody_else_cannot_discard_it(upload: Upload, instance_dir: Path) -> None:
    with pytest.raises(NotFound):
        previews.discard(upload.token, source="zoom", by="ruth")

    assert len(files(instance_dir)) == 1
