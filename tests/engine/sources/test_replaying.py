"""Reading again what came before, as a newer plugin reads it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import changing
import pytest
from changing import First, Second, Strict, a_file, row
from flask import Flask
from looking import (
    adds_up,
    count_statements,
    ended,
    minutes,
    run_delivery,
    says,
    standing,
    state_of,
    table_sizes,
)

from engine.db import db
from engine.errors import BadReport, NotFound, Refused
from engine.sources import replaying, undo
from engine.sources.replaying import Replay, Window
from engine.sources.reports import Report

pytestmark = pytest.mark.both_databases

EVER = Window(name="c", since=0, until=1 << 62)


@pytest.fixture(autouse=True)
def talks(make_app: Callable[..., Flask]) -> Iterator[Flask]:
    """An application with a source that has versions."""
    app = make_app([("changing", changing)])
    with app.app_context():
        changing.add()
        yield app
        db.session.remove()


def run(*rows: dict[str, Any], **more: Any) -> Report:
    return run_delivery(a_file(*rows, **more), "c")


def told(key: str) -> str | None:
    return minutes(key, "c")


def summary(replay: Replay) -> tuple[dict[str, int], int]:
    return ended(replay.report), replay.voided


def test_a_replay_of_unchanged_code_changes_nothing() -> None:
    run(row("a"), row("b", kind="pause"))
    run(row("a", minutes=45))
    before = standing(), count_statements()
    assert summary(replaying.replay(EVER)) == ({"known": 3}, 0)
    assert (standing(), count_statements()) == before


def test_a_newer_version_corrects_adds_and_voids() -> None:
    run(row("a", minutes=20), row("b"), row("c", kind="pause"), row("d", kind="lunch"))
    changing.become(Second)
    done = replaying.replay(EVER)
    assert summary(done) == ({"corrected": 1, "known": 1, "skipped": 1, "new": 1}, 1)
    assert adds_up(done.report)
    assert (told("a"), told("b"), told("c"), told("d")) == ("PT30M", "PT30M", "gone", "PT30M")


def test_the_preview_is_the_replay_that_follows() -> None:
    run(row("a", minutes=20), row("c", kind="pause"), row("d", kind="lunch"))
    run(row("a", minutes=40), row("e", kind="lunch"))
    changing.become(Second)
    shown = replaying.preview(EVER)
    done = replaying.replay(EVER)
    assert summary(shown) == summary(done)
    assert {one["id"] for one in done.report.statements} <= {
        one["id"] for one in shown.report.statements
    }


def test_a_preview_changes_no_table() -> None:
    run(row("a", minutes=20), row("c", kind="pause"))
    changing.become(Second)
    before = table_sizes()
    replaying.preview(EVER)
    assert table_sizes() == before


def test_undo_gives_back_what_stood() -> None:
    run(row("a", minutes=20), row("c", kind="pause"))
    before = standing()
    changing.become(Second)
    undo.undo(replaying.replay(EVER).report.run or 0)
    assert standing() == before


def test_a_second_replay_knows_everything() -> None:
    run(row("a", minutes=20), row("c", kind="pause"))
    changing.become(Second)
    replaying.replay(EVER)
    before = count_statements()
    assert summary(replaying.replay(EVER)) == ({"known": 1, "skipped": 1}, 0)
    assert count_statements() == before


def test_what_an_earlier_report_says_stands_again() -> None:
    run(row("a", minutes=20))
    second = run(row("a", minutes=40, kind="pause"))
    arrived = state_of(second.run or 0).started_at
    changing.become(Second)
    done = replaying.replay(Window(name="c", since=arrived, until=1 << 62))
    assert (done.deliveries, done.voided) == (1, 0)
    assert told("a") == "PT20M"


def test_what_a_later_report_says_goes_on_standing() -> None:
    first = run(row("a", minutes=20, kind="pause"))
    run(row("a", minutes=40))
    ended_at = state_of(first.run or 0).ended_at or 0
    changing.become(Second)
    assert replaying.replay(Window(name="c", since=0, until=ended_at)).voided == 0
    assert told("a") == "PT40M"


def test_a_row_that_cannot_be_read_any_more_takes_nothing_back() -> None:
    run(row("a", kind="broken"))
    changing.become(Second)
    assert summary(replaying.replay(EVER)) == ({"failed": 1}, 0)
    assert told("a") == "PT30M"


def test_of_a_bundle_the_whole_is_read_once() -> None:
    run(row("a", minutes=20), bundle="session")
    run(row("b", kind="pause"), bundle="session")
    changing.become(Second)
    done = replaying.replay(EVER)
    assert (done.deliveries, done.voided) == (1, 1)
    assert (told("a"), says("b", "c")) == ("PT30M", None)


def test_what_is_undone_is_not_read_again() -> None:
    undo.undo(run(row("a")).run or 0)
    with pytest.raises(NotFound, match="kept and stands"):
        replaying.replay(EVER)


def test_a_version_that_refuses_leaves_everything() -> None:
    run(row("a"))
    before = standing()
    changing.become(Strict)
    with pytest.raises(BadReport, match="reads nothing"):
        replaying.replay(EVER)
    assert standing() == before


def test_rows_that_wait_do_so_in_the_run_that_brought_them() -> None:
    run(row("a", email=None, name="Bo"))
    done = replaying.replay(EVER)
    assert (ended(done.report), done.report.problems) == ({"unmatched": 1}, [])


def test_whole_days_in_a_zone() -> None:
    window = Window.of_days("c", date(2026, 9, 8), date(2026, 9, 8), "America/Toronto")
    assert (window.since, window.until) == (1788840000000000, 1788926400000000)


def test_days_the_wrong_way_round_are_refused() -> None:
    with pytest.raises(Refused, match="lies before"):
        Window.of_days("c", date(2026, 9, 8), date(2026, 9, 7))


def test_a_last_day_with_none_after_it_is_refused() -> None:
    with pytest.raises(Refused, match="too far ahead"):
        Window.of_days("c", date(2026, 9, 8), date.max)


def test_the_first_version_reads_what_it_read() -> None:
    run(row("a", minutes=20))
    changing.become(Second)
    replaying.replay(EVER)
    changing.become(First)
    assert summary(replaying.replay(EVER)) == ({"corrected": 1}, 0)
    assert told("a") == "PT20M"
