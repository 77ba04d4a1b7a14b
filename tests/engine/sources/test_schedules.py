"""When sources are asked: in their rhythm, less often while they fail, by one at a time."""

from __future__ import annotations

import pytest
from flask import Flask
from instance_making import a_polled_toy, answers, care, fails, instance, set_care
from looking import state_of
from pytest_httpserver import HTTPServer
from toy import add_toy, did

from engine.api import Unanswered
from engine.db import transaction
from engine.errors import Conflict, Refused
from engine.moments import now_us
from engine.sources import doors, instances, schedules
from engine.sources.reading import Turn

pytestmark = pytest.mark.usefixtures("toys")
SECOND = 1_000_000
HOUR = 3600 * SECOND


def within(moment: int, seconds: float) -> bool:
    """Whether a moment is this far ahead, with the tenth by which sources are spread."""
    ahead = moment - now_us()
    return seconds * SECOND - 60 * SECOND <= ahead <= seconds * SECOND * 1.1 + SECOND


def set_rhythm(rhythm: str, name: str = "s") -> None:
    with transaction():
        schedules.set_rhythm(instances.get(name), rhythm)


def test_a_source_with_an_address_is_due_at_once() -> None:
    add_toy("u", url="https://toy.example.org", account="u")
    assert schedules.due() == ["u"]


def test_a_source_is_due_when_a_clock_that_was_ahead_put_it_off() -> None:
    add_toy("u", url="https://toy.example.org", account="u")
    set_care("u", next_at=now_us() + 8 * 24 * HOUR - 60 * SECOND)
    assert schedules.due() == []
    set_care("u", next_at=now_us() + 400 * 24 * HOUR)
    assert (schedules.due(), schedules.is_due(care("u"))) == (["u"], True)


def test_after_it_was_asked_it_is_due_an_hour_later(httpserver: HTTPServer) -> None:
    a_polled_toy(httpserver)
    answers(httpserver, did("a"))
    doors.poll("s")
    assert schedules.due() == []
    assert within(care().next_at, 3600)


@pytest.mark.parametrize(
    ("rhythm", "seconds"),
    [
        pytest.param("quarter", 900, id="every quarter of an hour"),
        pytest.param("hour", 3600, id="every hour"),
        pytest.param("day", 86_400, id="every day"),
    ],
)
def test_each_source_has_its_rhythm(httpserver: HTTPServer, rhythm: str, seconds: int) -> None:
    a_polled_toy(httpserver)
    answers(httpserver, did("a"))
    set_rhythm("never")
    set_rhythm(rhythm)
    doors.poll("s")
    assert within(care().next_at, seconds)


def test_a_source_that_is_never_asked_by_itself_can_be_by_hand(httpserver: HTTPServer) -> None:
    a_polled_toy(httpserver)
    answers(httpserver, did("a"))
    set_rhythm("never")
    assert schedules.due() == []
    assert schedules.of(instance()).next_at is None
    assert doors.poll("s").counts["new"] == 1


def test_a_rhythm_that_is_none_is_refused_with_those_there_are() -> None:
    with pytest.raises(Refused, match="quarter, hour, day, never"):
        set_rhythm("fortnight", "t")


def test_another_rhythm_counts_from_when_it_was_asked_last(httpserver: HTTPServer) -> None:
    a_polled_toy(httpserver)
    answers(httpserver, did("a"))
    set_rhythm("day")
    doors.poll("s")
    set_rhythm("quarter")
    assert within(care().next_at, 900)


@pytest.mark.parametrize(
    ("failures", "seconds"),
    [
        pytest.param(1, 900, id="the first time"),
        pytest.param(2, 1800, id="twice as long"),
        pytest.param(5, 14_400, id="and so on"),
        pytest.param(8, 86_400, id="up to a day"),
        pytest.param(5000, 86_400, id="and never more"),
    ],
)
def test_a_system_that_fails_is_left_alone(failures: int, seconds: int) -> None:
    assert schedules.pause_s(failures) == seconds


def test_failures_are_counted_and_put_the_next_time_off(httpserver: HTTPServer) -> None:
    a_polled_toy(httpserver)
    fails(httpserver)
    set_care(failures=2)
    with pytest.raises(Refused):
        doors.poll("s")
    assert care().failures == 3
    assert within(care().next_at, 3600)
    assert schedules.of(instance()).later == schedules.FAILS


def test_an_answer_ends_the_failures(httpserver: HTTPServer) -> None:
    a_polled_toy(httpserver)
    set_care(failures=7, fault="server", later="It failed.")
    answers(httpserver, did("a"))
    doors.poll("s")
    assert (care().failures, care().fault, care().later) == (0, None, None)


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [
        pytest.param(7200, 7200, id="longer than our own pause"),
        pytest.param(5, 900, id="shorter than our own pause"),
        pytest.param(10**9, 7 * 86_400, id="longer than anybody means"),
    ],
)
def test_a_pause_that_is_asked_for_is_kept(asked: int, seconds: int) -> None:
    with transaction() as session:
        refusal = Unanswered("rate", "Too often.", seconds=asked)
        schedules.failed(session, instances.get("t").id, refusal)
    assert within(care("t").next_at, seconds)


def test_sources_that_began_together_do_not_ask_together() -> None:
    spread = {schedules._spread(number, 3600) for number in range(50)}
    assert len(spread) > 40
    assert HOUR <= min(spread) <= max(spread) <= 1.1 * HOUR


def test_a_changed_setting_is_tried_soon(httpserver: HTTPServer) -> None:
    a_polled_toy(httpserver)
    fails(httpserver)
    with pytest.raises(Refused):
        doors.poll("s")
    with transaction():
        instances.change(instances.get("s"), {"hours": 1})
    assert schedules.due() == ["s"]


def test_two_workers_ask_once(httpserver: HTTPServer) -> None:
    a_polled_toy(httpserver)
    answers(httpserver, did("a"))
    doors.poll_due("s")
    assert doors.poll_due("s").run is None
    assert len(httpserver.log) == 1


def test_nobody_asks_while_somebody_else_does(httpserver: HTTPServer) -> None:
    a_polled_toy(httpserver)
    answers(httpserver, did("a"))
    with Turn(instance().system), pytest.raises(Conflict):
        doors.poll_due("s")
    assert httpserver.log == []
    assert care().failures == 0


def test_a_source_that_is_paused_is_not_asked(httpserver: HTTPServer) -> None:
    a_polled_toy(httpserver)
    with transaction():
        instances.pause(instances.get("s"))
    assert schedules.due() == []
    with pytest.raises(Refused, match="is paused"):
        doors.poll("s")
    assert httpserver.log == []


def test_a_source_that_goes_on_is_asked_soon_and_keeps_what_it_brought(
    httpserver: HTTPServer,
) -> None:
    a_polled_toy(httpserver)
    answers(httpserver, did("a"))
    run = doors.poll("s").run
    with transaction():
        instances.pause(instances.get("s"))
        instances.resume(instances.get("s"))
    assert schedules.due() == ["s"]
    assert state_of(run or 0).stands


def test_a_paused_source_takes_no_calls(toys: Flask) -> None:
    with transaction():
        instances.pause(instances.get("t"))
    answer = toys.test_client().post("/sources/t/hook", data=b"[]", headers={"X-Secret": ""})
    assert (answer.status_code, answer.json["error"]) == (503, "The source t is paused.")
