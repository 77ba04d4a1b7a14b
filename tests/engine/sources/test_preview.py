"""A preview is the run that follows it, with nothing written."""

from __future__ import annotations

from typing import Any

import pytest
from looking import change, ended, run, table_sizes
from toy import accepted, did, fail, file, gone, refuse, skip

from engine.errors import BadReport
from engine.sources import runs
from engine.sources.reports import SAMPLE

pytestmark = pytest.mark.usefixtures("toys")

BEFORE = [did("old", minutes=1), did("gone"), did("x"), did("y")]
SAID = [
    did("old", minutes=2),
    did("new", rows=[2, 3]),
    gone("gone"),
    did("x", "y"),
    skip(),
    fail(),
    accepted("yes", "new"),
    accepted("waits", "never"),
    did("name", email=None, name="Bo"),
    did("new", minutes=9),
]


def ids(report: runs.Report) -> list[str]:
    return [one["id"] for one in report.statements]


def test_a_preview_is_the_run_that_follows() -> None:
    run(*BEFORE)
    told = runs.preview("t", file(*SAID))
    done = run(*SAID)
    assert ids(told) == ids(done)
    assert (told.rows, told.counts, told.problems) == (done.rows, done.counts, done.problems)


@pytest.mark.both_databases
def test_a_preview_changes_no_table() -> None:
    run(*BEFORE)
    before = table_sizes()
    runs.preview("t", file(*SAID))
    assert table_sizes() == before


def test_a_preview_lists_every_statement() -> None:
    said = [did(f"key {number}") for number in range(450)]
    assert len(runs.preview("t", file(*said)).statements) == 450


def test_a_preview_of_a_report_as_old_as_the_last_outranks_it_like_the_run() -> None:
    reported = "2026-09-09T08:00:00+00:00"
    run(did("a", minutes=30, reported=reported))
    again: list[dict[str, Any]] = [did("a", minutes=45, reported=reported)]
    assert ended(runs.preview("t", file(*again))) == ended(run(*again)) == {"corrected": 1}


def test_a_preview_uses_the_settings_of_now() -> None:
    run(did("a"))
    change(hours=2)
    assert ended(runs.preview("t", file(did("a")))) == {"corrected": 1}


def test_a_refusal_is_shown_in_the_preview() -> None:
    with pytest.raises(BadReport) as refusal:
        runs.preview("t", file(did("a"), refuse()))
    assert refusal.value.where == "row 2"


def test_a_preview_of_a_bundle_is_what_is_kept_and_what_is_new() -> None:
    run(did("a", minutes=30), bundle="session 1")
    told = runs.preview("t", file(did("a", minutes=15), bundle="session 1"))
    assert told.statements[-1]["result"]["duration"] == "PT45M"


def test_a_preview_says_what_each_row_becomes() -> None:
    outcomes = runs.preview("t", file(did("a"), skip())).outcomes
    assert [one.outcome for one in outcomes] == ["new", "skipped"]
    assert outcomes[0].state is not None
    assert outcomes[0].state.words[0].facts is not None


LONG = 2_500
"""More than a report holds."""


def many(number: int = LONG) -> list[dict[str, Any]]:
    return [did(f"key {one}", email=f"p{one % 700}@example.org") for one in range(number)]


def test_of_a_long_file_the_first_are_shown_and_all_are_counted() -> None:
    told = runs.preview("t", file(*many(), fail("At the end.")))
    assert (told.rows, told.stored, len(told.doers)) == (LONG + 1, LONG, 700)
    assert len(told.statements) == len(told.outcomes) == SAMPLE
    assert [one.why for one in told.firsts["failed"]] == ["At the end."]


def test_a_row_far_behind_is_shown_with_its_statement() -> None:
    run(did("old"))
    told = runs.preview("t", file(*many(), did("old", minutes=9)))
    (corrected,) = told.firsts["corrected"]
    assert corrected.state is not None
    assert str(corrected.state.sid) in ids(told)


def test_a_long_run_holds_no_more_than_its_preview() -> None:
    told = runs.preview("t", file(*many()))
    assert ids(run(*many())) == ids(told)


def test_what_something_later_refers_to_is_not_forgotten() -> None:
    said = [*many(600), accepted("yes", "key 1"), did("part", within="key 2", tags=["x"])]
    told = runs.preview("t", file(*said))
    assert ended(told) == ended(run(*said)) == {"new": 602}


def test_two_names_of_one_stored_item_are_told_as_the_run_tells_them() -> None:
    run(did("x", "y", minutes=1))
    said = [did("x", minutes=2), *many(450), did("y", minutes=3)]
    told = runs.preview("t", file(*said))
    done = run(*said)
    assert (ended(told), ids(told)) == (ended(done), ids(done))


def test_a_file_known_already_is_as_known_when_it_is_long() -> None:
    run(*many(450))
    assert ended(runs.preview("t", file(*many(450)))) == {"known": 450}
