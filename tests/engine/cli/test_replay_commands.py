"""Reading again from the shell, and how long raw input is kept."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_running import Byway

REPORT = Path(__file__).parents[2] / "data" / "zoom" / "webinar.csv"
EVER = ("--since", "2020-01-01")


@pytest.fixture(autouse=True)
def webinars(byway: Byway) -> None:
    """A source that has read a report, as run 1."""
    byway("sources", "add", "zoom", "webinars", "--set", "timezone=America/Toronto")
    byway("sources", "run", "webinars", str(REPORT))


def test_a_replay_says_what_it_changes(byway: Byway) -> None:
    ran = byway("sources", "replay", "webinars", *EVER)
    assert (ran.code, ran.err) == (0, "")
    assert "known" in ran.out
    assert "It is run 2: byway sources undo 2" in ran.out


def test_a_dry_run_is_no_run(byway: Byway) -> None:
    shown = byway("sources", "replay", "webinars", *EVER, "--dry-run", "--json").json
    assert (shown["run"], shown["deliveries"], shown["voided"]) == (None, 1, 0)
    assert shown["known"] > 0


def test_days_without_anything_are_refused(byway: Byway) -> None:
    ran = byway("sources", "replay", "webinars", *EVER, "--until", "2020-01-02", "--json")
    assert (ran.code, "in these days is kept" in ran.json["why"]) == (1, True)


def test_what_is_no_day_is_wrong_usage(byway: Byway) -> None:
    assert byway("sources", "replay", "webinars", "--since", "yesterday").code == 2


def test_rows_are_tried_again(byway: Byway) -> None:
    ran = byway("sources", "retry", "1")
    assert "rows read again, 0 of them need no hand any more." in ran.out


def test_the_rows_to_mend_come_out_as_a_file(byway: Byway, tmp_path: Path) -> None:
    out = tmp_path / "mend.csv"
    ran = byway("sources", "failed", "1", "--out", str(out))
    assert ran.out == f"Written to {out}.\n"
    assert 0 < out.stat().st_size < REPORT.stat().st_size


def test_a_run_that_is_not_there(byway: Byway) -> None:
    assert "There is no run 99" in byway("sources", "failed", "99").err


def test_raw_input_is_kept_as_long_as_somebody_says(byway: Byway) -> None:
    assert "kept for 400 days" in byway("sources", "keep", "webinars").out
    assert "kept for 30 days" in byway("sources", "keep", "webinars", "30").out
    assert "kept for 30 days" in byway("sources", "keep", "webinars").out


def test_not_for_ever(byway: Byway) -> None:
    ran = byway("sources", "keep", "webinars", "99999")
    assert (ran.code, "between 1 and 3650" in ran.err) == (1, True)
