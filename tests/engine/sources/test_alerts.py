"""Alerts: they open when a source fails or falls silent, and end when it works again."""

from __future__ import annotations

import pytest
from flask import Flask
from instance_making import (
    DAY_US,
    SECRET,
    a_polled_toy,
    a_run_of,
    alert_rows,
    answers,
    care,
    fails,
    instance,
    set_care,
)
from pytest_httpserver import HTTPServer
from toy import add_toy, did, file, refuse

from engine.db import transaction
from engine.errors import NotFound, Refused
from engine.jobs import tasks
from engine.moments import now_us
from engine.sources import alerts, doors, hook_log, instances

pytestmark = [pytest.mark.usefixtures("toys"), pytest.mark.both_databases]


def told() -> list[tuple[str, str]]:
    """What is open after looking."""
    alerts.sweep()
    return [(one.source, one.kind) for one in alerts.current()]


def poll_in_vain(times: int) -> None:
    for _ in range(times):
        with pytest.raises(Refused):
            doors.poll("s")


def add_quiet(**values: object) -> None:
    """A source that was added long ago and has an address."""
    add_toy("s", account="s", url="https://toy.example.org")
    set_care("s", awake_at=now_us() - 400 * DAY_US, **values)


def test_one_stumble_is_nothing_to_tell(httpserver: HTTPServer) -> None:
    a_polled_toy(httpserver)
    set_care(failures=2, fault="server")
    assert told() == []


def test_the_third_failure_in_a_row_is_told(httpserver: HTTPServer) -> None:
    a_polled_toy(httpserver)
    set_care(failures=2, fault="server")
    fails(httpserver)
    poll_in_vain(1)
    assert told() == [("s", "failing")]
    assert alerts.current()[0].why == "It answered 500. Try again later."


def test_what_needs_a_hand_is_told_at_once(httpserver: HTTPServer) -> None:
    a_polled_toy(httpserver)
    answers(httpserver, refuse("The header is missing."))
    poll_in_vain(1)
    assert told() == [("s", "failing")]


def test_a_source_whose_plugin_is_gone_is_told_until_it_rests() -> None:
    add_toy("s", account="s")
    with transaction():
        instances.get("s").plugin = "gone"
    assert told() == [("s", "failing")]
    assert 'No enabled plugin brings "gone"' in alerts.current()[0].why
    with transaction():
        instances.pause(instances.get("s"))
    assert told() == []


def test_a_clock_that_was_ahead_does_not_hide_that_nothing_comes() -> None:
    add_quiet()
    a_run_of(days_ago=200, counts={"new": 1})
    set_care("s", awake_at=now_us() + 400 * DAY_US)
    assert told() == [("s", "silent")]


def test_an_alert_ends_when_the_source_works_again(httpserver: HTTPServer) -> None:
    a_polled_toy(httpserver)
    set_care(failures=5)
    fails(httpserver)
    poll_in_vain(1)
    assert told() == [("s", "failing")]
    answers(httpserver, did("a"))
    doors.poll("s")
    assert told() == []
    assert alert_rows()[0].ended_at


def test_it_is_told_once_and_again_only_after_it_ended(httpserver: HTTPServer) -> None:
    a_polled_toy(httpserver)
    answers(httpserver, refuse())
    poll_in_vain(1)
    told()
    told()
    assert len(alert_rows()) == 1
    answers(httpserver, did("a"), etag="2")
    doors.poll("s")
    told()
    answers(httpserver, refuse(), etag="3")
    poll_in_vain(1)
    told()
    assert [one.ended_at is None for one in alert_rows()] == [False, True]


def refuse_calls(times: int) -> None:
    add_toy("s", account="s", secret=SECRET)
    with transaction() as session:
        for _ in range(times):
            hook_log.note(session, instances.get("s").id, status=401, outcome="refused", size=1)


@pytest.mark.parametrize(("times", "failing"), [(2, False), (3, True)])
def test_calls_that_are_refused_again_and_again_are_told(times: int, failing: bool) -> None:
    refuse_calls(times)
    assert told() == [("s", "failing")] * failing


def test_a_call_that_is_taken_ends_it(toys: Flask) -> None:
    refuse_calls(3)
    assert told() == [("s", "failing")]
    body = file(did("a")).body
    toys.test_client().post("/sources/s/hook", data=body, headers={"X-Secret": SECRET})
    assert told() == []


def test_a_call_that_cannot_be_read_is_told(toys: Flask) -> None:
    add_toy("s", account="s", secret=SECRET)
    body = file(refuse("No header.")).body
    toys.test_client().post("/sources/s/hook", data=body, headers={"X-Secret": SECRET})
    tasks.read_unfinished()
    assert told() == [("s", "failing")]
    assert alerts.current()[0].why == "row 1: No header. Export it again."


@pytest.mark.parametrize(
    ("days", "silent"),
    [pytest.param(29, False, id="not yet"), pytest.param(31, True, id="too long")],
)
def test_a_source_falls_silent_after_a_month(days: float, silent: bool) -> None:
    add_quiet()
    a_run_of(days_ago=days)
    assert told() == [("s", "silent")] * silent


def test_a_run_without_anything_new_is_no_news() -> None:
    add_quiet()
    a_run_of(days_ago=31)
    a_run_of(days_ago=1, counts={"known": 4})
    assert told() == [("s", "silent")]


def test_what_speaks_every_day_is_silent_sooner() -> None:
    add_quiet()
    [a_run_of(days_ago=days) for days in (9, 8, 7, 6, 5)]
    assert alerts.days_of(instance()) == 3
    assert told() == [("s", "silent")]


def test_what_speaks_every_other_month_is_silent_later() -> None:
    add_quiet()
    [a_run_of(days_ago=days) for days in (300, 240, 180, 120, 60)]
    assert alerts.days_of(instance()) == 90
    assert told() == []


@pytest.mark.parametrize(
    ("decided", "silent"),
    [
        pytest.param(0, False, id="never told"),
        pytest.param(10, True, id="told sooner"),
        pytest.param(50, False, id="told later"),
    ],
)
def test_its_team_decides_how_long_is_too_long(decided: int, silent: bool) -> None:
    add_quiet(silent_days=decided)
    a_run_of(days_ago=20)
    assert told() == [("s", "silent")] * silent


def test_a_webhook_falls_silent_too() -> None:
    add_toy("s", account="s", secret=SECRET)
    set_care(awake_at=now_us() - 31 * DAY_US)
    assert told() == [("s", "silent")]


def test_a_source_of_uploads_is_never_silent() -> None:
    set_care("t", awake_at=now_us() - 400 * DAY_US)
    assert told() == []


def test_a_source_that_rests_is_not_told_of() -> None:
    add_quiet()
    assert told() == [("s", "silent")]
    with transaction():
        instances.pause(instances.get("s"))
    assert told() == []


def test_what_was_seen_says_by_whom_and_stays_until_it_is_mended() -> None:
    add_quiet()
    told()
    (row,) = alert_rows()
    with transaction():
        assert alerts.mark_seen(row.id, by="odile@example.org") == "s"
        alerts.mark_seen(row.id, by="bo@example.org")
    (one,) = alerts.current()
    assert (one.told_to, one.ended_at) == ("odile@example.org", None)


def test_an_alert_that_is_not_there() -> None:
    with pytest.raises(NotFound):
        alerts.mark_seen(7, by="odile@example.org")


@pytest.mark.parametrize("days", [-1, 3651])
def test_a_number_of_days_that_is_none_is_refused(days: int) -> None:
    with pytest.raises(Refused), transaction():
        alerts.set_silence(instances.get("t"), days)
    assert care("t").silent_days is None
