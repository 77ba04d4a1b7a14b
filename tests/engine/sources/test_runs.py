"""What importing again, later and otherwise does to the record."""

from __future__ import annotations

from typing import Any

import pytest
from looking import (
    change,
    count_statements,
    ended,
    live_statements,
    minutes,
    run,
    says,
    standing,
    statement_of,
    voided,
)
from toy import accepted, did, gone

from engine import profiles
from xapi.vocabulary import Extension

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("toys")]

EARLY, LATE = "2026-09-09T08:00:00+00:00", "2026-09-09T20:00:00+00:00"


@pytest.mark.parametrize(
    "said",
    [
        pytest.param([did("a"), did("b", minutes=4)], id="plain"),
        pytest.param([did("a", minutes=4), did("a", minutes=8)], id="contradicting itself"),
        pytest.param([did("a"), gone("a"), did("b")], id="made and gone"),
        pytest.param([accepted("yes", "a"), did("a")], id="a reference before its target"),
        pytest.param([did("a"), did("b"), did("a", "b")], id="two that are one"),
        pytest.param([did("a", reported=LATE), did("a", reported=EARLY)], id="two reports"),
    ],
)
def test_three_times_is_once(said: list[dict[str, Any]]) -> None:
    first = run(*said)
    before = standing(), count_statements()
    profiles.catch_up()
    digest = profiles.digest_of(profiles.today())
    run(*said)
    third = run(*said)
    profiles.catch_up()
    assert (standing(), count_statements()) == before
    assert profiles.digest_of(profiles.today()) == digest
    assert third.counts["new"] == third.counts["corrected"] == 0
    assert third.counts["known"] == first.counts["new"]


def test_a_longer_report_corrects_and_says_what_it_replaces() -> None:
    (first,) = run(did("a", minutes=30)).statements
    run(did("a", minutes=45))
    extensions = says("a")["context"]["extensions"]
    assert minutes("a") == "PT45M"
    assert extensions[Extension.REPLACES] == first["id"]
    assert voided(first["id"])


def test_an_older_report_after_a_newer_one_is_known_and_changes_nothing() -> None:
    run(did("a", minutes=45, reported=LATE))
    before = count_statements()
    report = run(did("a", minutes=30, reported=EARLY))
    assert ended(report) == {"known": 1}
    assert (minutes("a"), count_statements()) == ("PT45M", before)


def test_without_a_date_the_later_arrival_counts() -> None:
    run(did("a", minutes=45))
    run(did("a", minutes=30))
    assert minutes("a") == "PT30M"


def test_of_two_reports_of_one_moment_the_later_run_counts() -> None:
    run(did("a", minutes=45, reported=LATE))
    run(did("a", minutes=30, reported=LATE))
    assert minutes("a") == "PT30M"


def test_a_corrected_clock_corrects_what_was_read_before() -> None:
    report = [did("a", reported=EARLY)]
    run(did("a", reported=LATE))
    change(hours=5)
    assert ended(run(*report)) == {"corrected": 1}
    assert says("a")["timestamp"] == "2026-09-08T07:00:00.000Z"


def test_corrected_settings_outrank_a_later_report_under_the_old_ones() -> None:
    run(did("a", minutes=45, reported=LATE))
    change(hours=5)
    run(did("a", minutes=30, reported=EARLY))
    assert minutes("a") == "PT30M"


def test_default_tags_that_change_correct() -> None:
    run(did("a", tags=["Open Data"]))
    change(tags="policy")
    run(did("a", tags=["Open Data"]))
    assert says("a")["context"]["extensions"][Extension.TAGS] == ["open-data", "policy"]


def test_times_less_than_a_second_apart_are_one() -> None:
    run(did("a", at="2026-09-08T12:00:00.100+00:00"))
    assert ended(run(did("a", at="2026-09-08T12:00:00.900+00:00"))) == {"known": 1}


def test_another_title_is_no_other_fact() -> None:
    run(did("a", title="Open data"))
    assert ended(run(did("a", title="Open Data!"))) == {"known": 1}


def test_an_object_without_address_keeps_its_identifier() -> None:
    (first,) = run(did("a", minutes=30)).statements
    run(did("a", minutes=45))
    assert says("a")["object"]["id"] == first["object"]["id"]


def test_a_run_lists_the_statements_it_stored() -> None:
    listed = [one["id"] for one in run(did("a"), did("b")).statements]
    assert [statement_of(sid)["id"] for sid in listed] == listed


def test_ids_follow_from_the_key_the_verb_and_the_revision() -> None:
    run(did("a"), did("b"))
    run(gone("a"))
    run(did("a"))
    assert live_statements() == 2
    assert says("a")["context"]["extensions"][Extension.REPLACES]
