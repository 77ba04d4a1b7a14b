"""Every row of a run ends in exactly one of the eight outcomes."""

from __future__ import annotations

from typing import Any

import pytest
from looking import adds_up, ended, live_statements, run, state_of
from toy import accepted, did, fail, gone, skip

pytestmark = pytest.mark.usefixtures("toys")


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        pytest.param([did("a")], {"new": 1}, id="one row"),
        pytest.param([did("a", rows=[1, 2, 3])], {"new": 1, "merged": 2}, id="rows of one thing"),
        pytest.param([did("a"), did("a")], {"new": 1, "merged": 1}, id="the same thing twice"),
        pytest.param(
            [did("a", rows=[1, 2]), did("a", rows=[3, 4])],
            {"new": 1, "merged": 3},
            id="the same thing twice in several rows",
        ),
        pytest.param([skip(), fail()], {"skipped": 1, "failed": 1}, id="left out and failed"),
        pytest.param(
            [did("a", email=None, name="Bo", rows=[1, 2])], {"unmatched": 2}, id="a name alone"
        ),
        pytest.param([gone("never")], {"skipped": 1}, id="nobody knew it"),
        pytest.param([did("a"), gone("a")], {"skipped": 2}, id="made and gone in one file"),
        pytest.param([gone("a"), did("a")], {"new": 1, "merged": 1}, id="gone and back at once"),
        pytest.param([did("a"), accepted("yes", "a")], {"new": 2}, id="with a reference"),
        pytest.param([accepted("yes", "a")], {"unmatched": 1}, id="a reference to nothing"),
        pytest.param(
            [did("a"), did("a", "b"), did("b")], {"new": 1, "merged": 2}, id="one by its keys"
        ),
        pytest.param([did("a", verb="not an IRI", rows=[1, 2])], {"failed": 2}, id="no statement"),
    ],
)
def test_the_outcomes_add_up_to_the_rows(
    said: list[dict[str, Any]], expected: dict[str, int]
) -> None:
    report = run(*said)
    assert ended(report) == expected
    assert adds_up(report)


def test_a_run_keeps_what_its_report_says() -> None:
    report = run(did("a", rows=[1, 2]), skip(), fail(), accepted("yes", "a"))
    stored = state_of(report.run or 0)
    assert (stored.state, stored.rows, stored.counts) == ("done", 5, dict(report.counts))


@pytest.mark.parametrize(
    ("again", "expected"),
    [
        pytest.param([did("a")], {"known": 1}, id="the same"),
        pytest.param([did("a", minutes=9)], {"corrected": 1}, id="other facts"),
        pytest.param([gone("a")], {"corrected": 1}, id="gone"),
        pytest.param([gone("a"), did("a")], {"known": 1, "merged": 1}, id="gone and back"),
        pytest.param([did("a"), gone("a")], {"corrected": 1, "merged": 1}, id="back and gone"),
        pytest.param([did("a", "b"), did("b")], {"known": 1, "merged": 1}, id="under another key"),
    ],
)
def test_what_is_there_already_is_known_or_corrected(
    again: list[dict[str, Any]], expected: dict[str, int]
) -> None:
    run(did("a"))
    report = run(*again)
    assert ended(report) == expected
    assert adds_up(report)


def test_problems_name_their_rows_and_the_mend() -> None:
    report = run(did("a"), fail("The time is missing."), did("b", email=None, name="Bo"))
    assert [problem["where"] for problem in report.problems] == ["row 2", "row 3"]
    assert report.problems[0] == {
        "where": "row 2",
        "why": "The time is missing.",
        "mend": "Write it again.",
    }


def test_one_statement_for_one_item() -> None:
    run(did("a"), did("a", minutes=20), did("a", minutes=40))
    assert live_statements() == 1


def test_the_fixed_form_has_every_outcome() -> None:
    told = run(did("a")).as_json()
    outcomes = "new corrected known merged skipped unmatched failed withheld"
    assert list(told) == ["run", "rows", *outcomes.split(), "problems", "statements"]
