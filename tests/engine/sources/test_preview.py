"""A preview is the run that follows it, with nothing written."""

from __future__ import annotations

from typing import Any

import pytest
from looking import change, ended, run, table_sizes
from toy import accepted, did, fail, file, gone, refuse, skip

from engine.errors import BadReport
from engine.sources import runs

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
