"""Snapshots: everybody's levels on a day, made shard by shard, once a night and on demand."""

from __future__ import annotations

import socket
import threading
from datetime import UTC, date, datetime

import pytest
from cli_running import until
from factories import a_person
from flask import Flask
from live_log import DATA, DAY, answered, here, put
from rebuilding_making import Told, a_log
from sqlalchemy import func, select

from engine import profiles, snapshots
from engine.competencies import projector, rulesets
from engine.competencies.models import SnapshotDay, snapshot
from engine.db import db, holder_name, reading, take_lease, transaction, writing
from engine.jobs import worker
from engine.people import service as people
from engine.pipeline import reader
from engine.rebuilding import shards
from engine.snapshots import Level, levels, take

pytestmark = pytest.mark.both_databases

NIGHT = datetime(2026, 9, 10, 1, 0, tzinfo=UTC)
"""An hour after the day of the tests has ended."""

DEAD = f"{socket.gethostname()}:{1 << 22}:a"
"""A holder of leases whose process is no more."""


@pytest.fixture(autouse=True)
def log(app: Flask) -> Told:
    a_person()
    a_person("Ines", "ines@example.org")
    told = a_log()
    profiles.catch_up()
    return told


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shards of one identifier: three learners are four shards, the last one empty."""
    monkeypatch.setattr(shards, "SIZE", 1)


def of(email: str, as_of: date = DAY) -> Level | None:
    """Somebody's level in the snapshot of a day."""
    person = people.get_person(email).id
    return next((one for one in levels(as_of, DATA) if one.person_id == person), None)


def rows() -> int:
    with reading() as connection:
        return connection.execute(select(func.count()).select_from(snapshot)).scalar_one()


@pytest.mark.parametrize("size", [1, 2, 200])
def test_everybody_has_the_level_of_her_profile(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shards, "SIZE", size)
    done = take(DAY)
    assert (done.learners, done.finished) == (3, True)
    standing, level = here("bo@example.org"), of("bo@example.org")
    assert level is not None
    assert standing is not None
    assert (level.level, level.score) == (standing.level, standing.score_milli)
    assert level.confidence == standing.confidence_ppm


def test_it_keeps_the_digest_of_the_profile() -> None:
    take(DAY)
    digests = profiles.person_digests(DAY)
    person = people.get_person("bo@example.org").id
    assert getattr(of("bo@example.org"), "digest", None) == digests[f"person:{person}"]


def test_an_identifier_that_nobody_owns_is_in_it() -> None:
    take(DAY)
    (nobody,) = [one for one in levels(DAY, DATA) if one.person_id is None]
    assert nobody.actor == "mailto:olu@example.org"


def test_what_happened_later_is_not_in_it() -> None:
    before = take(date(2026, 9, 7))
    assert (before.learners, levels(date(2026, 9, 7), DATA)) == (0, [])


@pytest.mark.usefixtures("small")
def test_taken_again_it_says_what_is_so_now(log: Told) -> None:
    take(DAY)
    for at in (2, 5, 8, 11):
        log.void(at)
    assert take(DAY).learners == 2
    assert [one.actor for one in levels(DAY, DATA) if one.person_id is None] == []


@pytest.mark.usefixtures("small")
def test_taken_again_nothing_is_there_twice() -> None:
    take(DAY)
    before = rows()
    take(DAY)
    assert rows() == before


@pytest.mark.usefixtures("small")
def test_people_who_were_merged_are_one() -> None:
    take(DAY)
    with transaction():
        people.merge(people.get_person("bo@example.org"), people.get_person("ines@example.org"))
    assert take(DAY).learners == 2
    assert len(levels(DAY, DATA)) == 2


@pytest.mark.usefixtures("small")
def test_somebody_who_changes_meanwhile_is_there_once(log: Told) -> None:
    put(log.forum, answered("aa@example.org"))
    profiles.catch_up()
    bo = people.get_person("bo@example.org")
    with transaction():
        people.link(bo, "aa@example.org")
    snapshots._claim(DAY, anew=True)
    snapshots.advance(DAY, DEAD)
    with transaction():
        people.unlink(bo, "aa@example.org")
    take(DAY)
    assert len([one for one in levels(DAY, DATA) if one.person_id == bo.id]) == 1


@pytest.mark.usefixtures("small")
def test_what_was_broken_off_is_gone_on_with() -> None:
    snapshots._claim(DAY, anew=True)
    assert snapshots.advance(DAY, DEAD)
    assert take(DAY).finished
    assert len(levels(DAY, DATA)) == 3


@pytest.mark.usefixtures("small")
def test_under_a_ruleset_that_came_meanwhile_the_day_begins_anew() -> None:
    snapshots._claim(DAY, anew=True)
    snapshots.advance(DAY, DEAD)
    publish_another()
    done = take(DAY)
    assert (done.learners, done.ruleset_id) == (3, projector.serving().ruleset_id)
    assert {one.ruleset_id for one in levels(DAY, DATA)} == {done.ruleset_id}


def publish_another() -> None:
    match = {"object_id": "https://forum.example.org/t/9"}
    with transaction():
        row = rulesets.align(match=match, competency=DATA, by="test")
    rulesets.bring_into_force(row)
    projector.advance(reader(), holder=holder_name())


def test_only_one_works_at_it() -> None:
    snapshots._claim(DAY, anew=True)
    with writing() as connection:
        take_lease(connection, snapshots.LEASE, "elsewhere:1:a", seconds=60)
    assert not snapshots.advance(DAY, holder_name())


def nights() -> list[tuple[date, bool]]:
    """The days that have a snapshot, and whether it is whole."""
    db.session.rollback()
    days = db.session.scalars(select(SnapshotDay).order_by(SnapshotDay.as_of))
    return [(date.fromordinal(one.as_of), one.finished_at is not None) for one in days]


def test_in_the_night_the_day_that_ended_is_taken() -> None:
    assert snapshots.advance_night(holder_name(), NIGHT)
    assert nights() == [(DAY, True)]
    assert len(levels(DAY, DATA)) == 3


def test_it_waits_for_the_hour() -> None:
    assert not snapshots.advance_night(holder_name(), NIGHT.replace(hour=0, minute=59))
    assert nights() == []


def test_a_night_is_taken_once() -> None:
    snapshots.advance_night(holder_name(), NIGHT)
    assert not snapshots.advance_night(holder_name(), NIGHT.replace(hour=23))
    assert nights() == [(DAY, True)]


def test_a_night_that_was_missed_is_made_up_for_during_the_day() -> None:
    assert snapshots.advance_night(holder_name(), NIGHT.replace(hour=17))


def test_the_newest_whole_one_is_found() -> None:
    take(DAY)
    snapshots._claim(date(2026, 9, 10), anew=True)
    found = snapshots.newest(date(2026, 9, 30))
    assert found is not None
    assert found.as_of == DAY
    assert snapshots.newest(date(2026, 9, 8)) is None


def test_the_worker_takes_it(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshots, "HOUR", 0)
    stop = threading.Event()
    thread = worker._started(worker.take_snapshots, app, stop)
    until(lambda: [whole for _, whole in nights()] == [True])
    stop.set()
    thread.join(20)
    assert not thread.is_alive()
