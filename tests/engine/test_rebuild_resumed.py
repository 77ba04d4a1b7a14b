"""A rebuild that was broken off goes on where it stood, and loses nothing that came meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import TypeVar

import pytest
from factories import a_person
from flask import Flask
from live_log import an_origin, answered, projected, put
from rebuilding_making import (
    BrokenOff,
    Impatient,
    Interrupted,
    Told,
    a_log,
    short_stretches,
)
from sqlalchemy import func, select

from engine import profiles
from engine.competencies import projector, rulesets
from engine.competencies.models import Projection, stretch
from engine.db import db, holder_name, reading, transaction
from engine.errors import Conflict
from engine.pipeline import reader
from engine.rebuilding import rebuild as rebuilding
from engine.rebuilding.rebuild import rebuild
from engine.rebuilding.stretches import Stretch, weigh

pytestmark = pytest.mark.both_databases

T = TypeVar("T")
R = TypeVar("R")


@pytest.fixture(autouse=True)
def log(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Told:
    """A log of nine stretches, followed to its end."""
    short_stretches(monkeypatch)
    a_person()
    told = a_log()
    profiles.catch_up()
    return told


def broken_off(after: int, *, backwards: bool = False) -> list[Stretch]:
    """A rebuild that did so many tasks."""
    crew = Impatient(after, backwards=backwards)
    with pytest.raises(BrokenOff):
        rebuild(check=False, crew=crew)
    return crew.done


def states() -> list[str]:
    db.session.rollback()
    return list(db.session.scalars(select(Projection.state).order_by(Projection.generation)))


def kept() -> int:
    """How many stretches are written down as done."""
    with reading() as connection:
        return connection.execute(select(func.count()).select_from(stretch)).scalar_one()


def test_it_goes_on_where_it_stood() -> None:
    first, crew = broken_off(3), Impatient(999)
    done = rebuild(check=True, crew=crew)
    rest = [task for task in crew.done if isinstance(task, Stretch)]
    assert done.equal
    assert [one.generation for one in rest] == [first[0].generation] * 6
    assert min(one.after for one in rest) == max(one.until for one in first)


def test_it_goes_on_in_the_gaps_too() -> None:
    before = projected()
    broken_off(2, backwards=True)
    broken_off(2)
    broken_off(2, backwards=True)
    done = rebuild(check=False)
    assert (done.equal, done.statements) == (True, reader().count())
    assert projected() == before


def test_what_is_served_is_there_all_the_while() -> None:
    before = projected()
    broken_off(3)
    assert states() == ["serving", "rebuilding"]
    assert projected() == before


def test_the_projector_leaves_it_alone_until_it_is_weighed() -> None:
    broken_off(3)
    count = kept()
    put(an_origin("later"), answered())
    profiles.catch_up()
    assert kept() == count


def test_broken_off_while_comparing_it_weighs_nothing_again() -> None:
    broken_off(9)
    crew = Impatient(999)
    assert rebuild(check=True, crew=crew).equal
    assert not [task for task in crew.done if isinstance(task, Stretch)]


def test_nothing_of_it_is_left_when_it_is_done() -> None:
    broken_off(3)
    rebuild(check=False)
    assert (states(), kept()) == (["serving"], 0)


@pytest.mark.parametrize("target", [0, 11], ids=["weighed before", "not weighed yet"])
def test_a_void_that_comes_in_between_is_not_lost(log: Told, target: int) -> None:
    broken_off(3)
    log.void(target)
    profiles.catch_up()
    after = projected()
    assert rebuild(check=False).equal
    assert projected() == after


@pytest.mark.parametrize("target", [0, 11], ids=["weighed before", "not weighed yet"])
def test_a_void_that_comes_while_the_log_is_weighed_is_not_lost(log: Told, target: int) -> None:
    assert rebuild(check=False, crew=Interrupted(lambda: log.void(target))).equal
    rows = projected()["evidence"]
    assert [row for row in rows if log.sids[target] in row] == []


def test_many_statements_that_come_meanwhile_are_weighed_by_the_crew(
    log: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuilding, "NEAR", 3)
    late = [answered(thing=f"late-{at}") for at in range(6)]
    done = rebuild(check=False, crew=Interrupted(lambda: put(log.forum, *late)))
    assert (done.equal, done.statements) == (True, reader().count())


def test_another_version_of_the_engine_begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    (first, *_) = broken_off(3)
    monkeypatch.setattr(rebuilding, "__version__", "99.0")
    crew = Impatient(999)
    assert rebuild(check=True, crew=crew).equal
    assert crew.done[0].after == 0
    assert crew.done[0].generation != first.generation


def publish_another() -> None:
    match = {"object_id": "https://forum.example.org/t/9"}
    with transaction():
        competency = next(iter(rulesets.current().config["competencies"]))
        row = rulesets.align(match=match, competency=competency, by="test")
    rulesets.bring_into_force(row)
    projector.advance(reader(), holder=holder_name())


def test_a_new_ruleset_makes_an_end_of_it() -> None:
    with pytest.raises(Conflict, match="A ruleset was published"):
        rebuild(check=False, crew=Interrupted(publish_another))
    assert (states(), kept()) == (["serving"], 0)


def test_after_a_new_ruleset_it_begins_anew() -> None:
    broken_off(3)
    publish_another()
    assert rebuild(check=False).equal
    assert states() == ["serving"]


def test_what_a_worker_of_an_earlier_rebuild_brings_is_refused() -> None:
    (late, *_) = broken_off(1)
    broken_off(1)
    count = kept()
    with pytest.raises(Conflict, match="taken over"):
        weigh(replace(late, after=late.until, until=late.until + 10**12))
    assert kept() == count


def test_a_stretch_that_comes_twice_is_kept_once(log: Told) -> None:
    class Twice(Impatient):
        def each(self, work: Callable[[T], R], tasks: Iterable[T]) -> Iterator[R]:
            return super().each(lambda task: [work(task), work(task)][0], tasks)

    assert rebuild(check=True, crew=Twice(999)).statements == reader().count()
