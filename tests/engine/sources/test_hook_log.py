"""The log of a webhook's calls: how each ended, bounded, and nothing of what it said."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from instance_making import SECRET, instance
from looking import state_of
from sqlalchemy import select, update
from toy import add_toy, did, file

from engine.db import db, reading, transaction
from engine.moments import now_us
from engine.sources import deliveries, doors, hook_log, hook_replays
from engine.sources.instance_models import HookCall
from engine.sources.models import Run

BODY = file(did("a")).body
DAY_US = 86_400_000_000


def call(app: Flask, body: bytes = BODY, secret: str = SECRET, **headers: str) -> Any:
    named = {f"X-{name}": value for name, value in headers.items()}
    return app.test_client().post(
        "/sources/s/hook", data=body, headers={"X-Secret": secret, **named}
    )


def calls() -> list[hook_log.Call]:
    return hook_log.calls_of(instance())


@pytest.fixture
def app(toys: Flask) -> Flask:
    """An application with a source that is called with a secret."""
    add_toy("s", account="s", secret=SECRET)
    return toys


def test_a_call_that_is_kept_is_there_with_its_run(app: Flask) -> None:
    run = call(app).json["run"]
    (one,) = calls()
    assert (one.status, one.outcome, one.size, one.run) == (202, "kept", len(BODY), run)


def test_the_same_call_again_names_the_same_run(app: Flask) -> None:
    run = call(app, uid="17").json["run"]
    call(app, uid="17")
    assert [(one.outcome, one.run) for one in calls()] == [("again", run), ("kept", run)]


def test_a_refused_call_says_why_and_not_what_it_said(app: Flask) -> None:
    call(app, b"whose-name-is-this", secret="wrong")
    (one,) = calls()
    assert (one.status, one.outcome, one.size) == (401, "refused", 18)
    assert one.why == "Wrong secret. Set the right one."
    with reading() as connection:
        assert "whose-name-is-this" not in repr(connection.execute(select(HookCall)).all())


def test_many_refused_calls_are_written_down_once_a_minute(app: Flask) -> None:
    [call(app, secret="wrong") for _ in range(20)]
    assert len(calls()) == 1


def test_refused_calls_do_not_hide_a_good_one(app: Flask) -> None:
    call(app, secret="wrong")
    call(app)
    assert [one.outcome for one in calls()] == ["kept", "refused"]


def test_a_bug_in_the_plugin_is_in_the_log(app: Flask) -> None:
    call(app, b"crash")
    (one,) = calls()
    assert (one.status, one.outcome) == (422, "refused")
    assert one.why.startswith("The plugin toy failed: ZeroDivisionError")


def test_only_the_last_calls_are_kept(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hook_log, "MOST", 3)
    runs = [call(app).json["run"] for _ in range(6)]
    assert [one.run for one in calls()] == runs[:2:-1]


def test_old_calls_go(app: Flask) -> None:
    call(app)
    with transaction() as session:
        session.execute(update(HookCall).values(at=now_us() - 31 * DAY_US))
    newest = call(app).json["run"]
    assert [one.run for one in calls()] == [newest]


def test_a_long_reason_is_cut(app: Flask) -> None:
    with transaction() as session:
        hook_log.note(session, instance().id, status=401, outcome="refused", size=1, why="x" * 9000)
    assert len(calls()[0].why) == hook_log.WHY
    db.session.rollback()


def test_what_a_call_announced_is_read_again_with_it(app: Flask) -> None:
    run = call(app).json["run"]
    with transaction() as session:
        deliveries.keep_delivery(session.get_one(Run, run), file(did("b")))
    doors.read(run)
    again = hook_replays.read_again("s", calls()[0].id, by="")
    assert (state_of(run).counts, state_of(again).counts) == ({"new": 2}, {"known": 2})
