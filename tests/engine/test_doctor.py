"""The check-up: what each part of an instance looks like when it is well, and when it is not."""

from __future__ import annotations

from typing import Any

import pytest
from exchange_making import a_forward, a_pull
from flask import Flask
from lrs_making import add, an_authority, an_entry
from sqlalchemy import insert
from upkeep_making import change, drop, file, filled

from engine import doctor
from engine.db import db, transaction, writing
from engine.exchange import forwards, pulls
from engine.lrs.models import DeadLetter, late_reference, posting
from engine.lrs.upkeep import Upkeep
from engine.moments import now_us

pytestmark = pytest.mark.both_databases
ELSEWHERE = "http://lrs.example.org/xapi"


def look(what: str, **how: Any) -> dict[str, Any]:
    """One of the checks."""
    return next(check for check in doctor.examine(**how) if check["what"] == what)


def ill() -> set[str]:
    return {check["what"] for check in doctor.examine() if not check["well"]}


def test_a_filled_instance_is_well(app: Flask) -> None:
    filled()
    assert ill() == set()


def test_a_mend_is_told_where_it_is_needed(app: Flask) -> None:
    drop(posting.c.pos % 2 == 0)
    assert {bool(check["mend"]) == check["well"] for check in doctor.examine()} == {False}


@pytest.mark.only_sqlite
def test_sqlite_says_how_durable_it_is(app: Flask) -> None:
    assert look("database")["found"] == "sqlite, journal_mode wal, synchronous 2"


def test_a_database_that_forgets_is_told_of(app: Flask, database: str) -> None:
    weaken = {
        "sqlite": "PRAGMA synchronous=OFF",
        "postgresql": "SET synchronous_commit = off",
    }
    with db.engine.connect().execution_options(plain=True) as connection:
        connection.exec_driver_sql(weaken[database])
        connection.commit()
    assert not look("database")["well"]


def test_the_index_is_sampled(app: Flask) -> None:
    here = filled()
    found = look("index")
    assert found["found"] == f"{here.count} statements looked at, each filed as it must be"


def test_an_index_with_holes_is_told_of(app: Flask) -> None:
    here = filled()
    gone = drop(posting.c.pos % 2 == 0)
    found = look("index")
    assert (found["well"], f"{gone} postings missing: statement" in found["found"]) == (False, True)
    assert "--rebuild-index" in found["mend"]
    assert here.count > 0


def test_what_is_too_much_shows_when_all_is_looked_at(app: Flask) -> None:
    file((4711, 1))
    assert look("index")["well"]
    found = look("index", look=Upkeep.check)
    assert (found["well"], "1 postings too many" in found["found"]) == (False, True)


def test_mending_says_what_was_done(app: Flask) -> None:
    here = filled()
    gone = drop(posting.c.pos % 2 == 0)
    file((4711, 1))
    change(here.voided, voided=0)
    found = look("index", look=Upkeep.rebuild)
    assert f"{gone} postings added, 1 postings removed, 1 voids put right" in found["found"]
    assert found["found"].endswith("Run `byway rebuild`.")
    assert found["well"]


def test_a_damaged_log_is_not_mended_by_its_index(app: Flask) -> None:
    change(filled().plain, payload=b"{")
    assert look("index", look=Upkeep.rebuild)["well"]
    found = look("log", look=Upkeep.rebuild)
    assert (found["well"], "backup" in found["mend"]) == (False, True)


def test_only_the_first_few_are_told_of(app: Flask) -> None:
    entries = [an_entry(an_authority()) for _ in range(8)]
    add(*entries)
    [change(entry, payload=b"{") for entry in entries]
    assert look("log")["found"].endswith("; and 3 more")


@pytest.mark.parametrize(
    ("age", "well"),
    [
        pytest.param(0, True, id="a moment ago"),
        pytest.param(doctor.LATE_US + 1_000_000, False, id="long ago"),
    ],
)
def test_what_waits_too_long_to_be_filed_is_told_of(app: Flask, age: int, well: bool) -> None:
    with writing() as connection:
        connection.execute(insert(late_reference).values(seq=now_us() - age, after=0))
    found = look("late references")
    assert (found["well"], found["found"].startswith("1 statements")) == (well, True)


def test_a_forward_in_trouble_is_told_of(app: Flask) -> None:
    a_forward(ELSEWHERE)
    assert look("forward b")["found"] == "0 to go. Well."
    with transaction():
        forwards.get("b").trouble = "It answers 500."
    assert (look("forward b")["well"], ill()) == (False, {"forward b"})
    assert look("forward b")["found"] == "0 to go. It answers 500."


def test_the_letters_of_a_forward_are_counted(app: Flask) -> None:
    row = a_forward(ELSEWHERE)
    with transaction() as session:
        when = {"first_at": 1, "last_at": 1}
        session.add(DeadLetter(forward_id=row.id, seq=7, status=400, why="no", **when))
    found = look("forward b")
    assert (found["well"], "1 refused (`byway forwards letters b`)" in found["found"]) == (
        True,
        True,
    )


def test_a_pull_in_trouble_is_told_of(app: Flask) -> None:
    a_pull(ELSEWHERE)
    assert look("pull p")["well"]
    with transaction():
        pulls.get("p").trouble = "It answers 500."
    assert (look("pull p")["well"], look("pull p")["found"]) == (
        False,
        "0 new, 0 refused. It answers 500.",
    )


def test_a_paused_pull_is_well(app: Flask) -> None:
    a_pull(ELSEWHERE, enabled=False)
    assert (look("pull p")["well"], look("pull p")["found"]) == (True, "0 new, 0 refused. Paused.")
