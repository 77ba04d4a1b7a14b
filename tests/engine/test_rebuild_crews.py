"""Crews: one process, a pool and a cluster come to the same, also when a worker dies half-way."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from factories import a_person
from flask import Flask
from live_log import projected
from rebuilding_making import (
    a_cluster,
    a_log,
    kill_one_process,
    once,
    place,
    pool,
    short_stretches,
)

from engine import __version__, profiles
from engine.errors import Conflict, Refused
from engine.rebuilding import cluster
from engine.rebuilding.crews import Crew, crew_of
from engine.rebuilding.rebuild import Rebuilt, rebuild
from engine.rebuilding.workplace import Workplace


@pytest.fixture
def followed(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Rebuilt:
    """A log of several stretches that was followed, and what one process makes of it."""
    short_stretches(monkeypatch)
    a_person()
    a_log()
    profiles.catch_up()
    return rebuild(check=True)


@pytest.fixture
def two(followed: Rebuilt) -> Iterator[Crew]:
    with pool() as crew:
        yield crew


@pytest.mark.both_databases
def test_a_pool_serves_the_same_rows(followed: Rebuilt, two: Crew) -> None:
    before = projected()
    assert rebuild(check=False, crew=two) == followed
    assert projected() == before


@pytest.mark.both_databases
def test_a_pool_of_which_a_process_is_killed_comes_to_the_same(
    followed: Rebuilt, two: Crew
) -> None:
    before = projected()
    assert rebuild(check=False, crew=two, progress=once(kill_one_process)) == followed
    assert projected() == before


def test_a_pool_that_dies_again_and_again_is_given_up(two: Crew) -> None:
    with pytest.raises(Refused, match="die one after the other"):
        list(two.each(os._exit, [1]))


def test_a_pool_is_whole_again_after_it_was_given_up(two: Crew) -> None:
    with pytest.raises(Refused):
        list(two.each(os._exit, [1]))
    assert list(two.each(abs, [-1])) == [1]


def test_every_task_of_a_pool_is_done_once(two: Crew) -> None:
    assert sorted(two.each(abs, range(-50, 0))) == list(range(1, 51))


def test_what_a_process_refuses_is_said_with_its_mend(followed: Rebuilt) -> None:
    elsewhere = Workplace(database_url=place().database_url, version="0.0.1")
    with crew_of(2, None, elsewhere) as crew, pytest.raises(Conflict) as refusal:
        list(crew.each(abs, [-1]))
    assert refusal.value.mend == "Install the same version everywhere."


def test_other_versions_of_the_engine_do_not_mix(app: Flask) -> None:
    elsewhere = Workplace(database_url=place().database_url, version="0.0.1")
    with pytest.raises(Conflict, match=f"Byway {__version__}, and the rebuild 0.0.1"):
        elsewhere.work(abs, -1)


@pytest.mark.only_sqlite
def test_a_cluster_on_a_file_is_refused(app: Flask) -> None:
    with pytest.raises(Refused, match="SQLite"), crew_of(1, "tcp://127.0.0.1:1", place()):
        raise AssertionError


@pytest.mark.only_postgresql
@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "nowhere://x", "tcp://127.0.0.1:port"])
def test_a_cluster_that_does_not_answer_is_refused(
    app: Flask, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "CONNECT_S", 0.5)
    with pytest.raises(Refused, match="No cluster"), crew_of(1, address, place()):
        raise AssertionError


@pytest.mark.only_postgresql
def test_a_cluster_comes_to_the_same_though_a_worker_dies(followed: Rebuilt) -> None:
    before = projected()
    with a_cluster() as (address, workers), crew_of(1, address, place()) as crew:
        assert rebuild(check=True, crew=crew) == followed
        assert rebuild(check=False, crew=crew, progress=once(workers[0].kill)) == followed
    assert projected() == before
