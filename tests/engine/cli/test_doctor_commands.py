"""`byway doctor` from the shell: a look, a thorough one, and the mend."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from cli_running import Byway
from flask import Flask
from sqlalchemy import true
from upkeep_making import Filled, change, drop, file, filled, postings

pytestmark = pytest.mark.both_databases


@pytest.fixture
def here(app: Flask) -> Filled:
    """A filled store."""
    return filled()


@pytest.mark.parametrize("option", ["", "--index", "--rebuild-index"])
def test_a_filled_store_is_well(here: Filled, byway: Byway, option: str) -> None:
    ran = byway("doctor", *option.split())
    assert (ran.code, ran.err) == (0, "")
    assert f"ok   index: {here.count} statements looked at, each filed as it must be" in ran.out


def test_what_is_wrong_comes_with_its_mend(here: Filled, byway: Byway) -> None:
    drop(true())
    ran = byway("doctor")
    assert ran.code == 1
    assert "BAD  index: " in ran.out
    assert "\n     Run `byway doctor --rebuild-index`" in ran.out


def test_what_is_too_much_is_found_when_all_is_looked_at(here: Filled, byway: Byway) -> None:
    file((4711, 1))
    assert [byway("doctor").code, byway("doctor", "--index").code] == [0, 1]


def test_the_index_is_mended(here: Filled, byway: Byway) -> None:
    before = postings()
    drop(true())
    file((4711, 1))
    ran = byway("doctor", "--rebuild-index")
    assert (ran.code, postings()) == (0, before)
    assert f"{len(before)} postings added, 1 postings removed" in ran.out
    assert byway("doctor", "--index").code == 0


def test_mending_the_index_leaves_the_log_as_bad_as_it_is(here: Filled, byway: Byway) -> None:
    change(here.plain, payload=b"{")
    ran = byway("doctor", "--rebuild-index")
    assert ran.code == 1
    assert f"BAD  log: statement {here.plain.sid} cannot be read" in ran.out


def test_a_finding_is_given_as_json(here: Filled, byway: Byway) -> None:
    drop(true())
    ran = byway("doctor", "--index", "--json")
    [index] = [check for check in ran.json["checks"] if check["what"] == "index"]
    assert (ran.code, ran.json["well"], index["well"]) == (1, False, False)


@pytest.mark.only_sqlite
def test_a_database_that_cannot_keep_a_log_of_its_own_is_told_of(
    byway: Byway, instance_dir: Path
) -> None:
    path = instance_dir / "byway.sqlite3"
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
    connection.close()
    ran = byway("doctor", BYWAY_DATABASE_URL=f"sqlite:///file:{path}?nolock=1&uri=true")
    assert (ran.code, "BAD  database: sqlite, journal_mode delete" in ran.out) == (1, True)
