"""`byway rebuild` and `byway snapshot`: what they print, refuse, and go on with after a kill."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import pytest
from cli_running import Byway, command, environment, until
from factories import a_person
from flask import Flask
from live_log import an_origin, answered
from rebuilding_making import a_log
from sqlalchemy import func, select, update

from engine import profiles
from engine.competencies.models import Projection, evidence, stretch
from engine.db import db, reading, writing
from engine.pipeline import entry_of, record
from engine.rebuilding import cluster

pytestmark = pytest.mark.both_databases


@pytest.fixture(autouse=True)
def log(app: Flask) -> None:
    a_person()
    a_log()
    profiles.catch_up()


def test_a_check_prints_what_it_found(byway: Byway) -> None:
    done = byway("rebuild", "--check", "--json")
    assert (done.code, done.json["equal"], done.json["learners"]) == (0, True, 3)


def test_several_processes_print_the_same(byway: Byway) -> None:
    alone = byway("rebuild", "--check", "--json").json
    assert byway("rebuild", "--shards", "2", "--json").json == alone


def test_a_check_that_finds_a_difference_is_refused_with_the_mend(byway: Byway) -> None:
    with writing() as connection:
        connection.execute(update(evidence).values(base=1))
    done = byway("rebuild", "--check")
    assert (done.code, "equal: False" in done.out) == (1, True)
    assert "Mend it with `byway rebuild`" in done.err


@pytest.mark.parametrize("shards", ["0", "65", "many"])
def test_strange_numbers_of_shards_are_wrong_usage(byway: Byway, shards: str) -> None:
    assert byway("rebuild", "--shards", shards).code == 2


def test_a_cluster_that_is_not_there_is_refused(
    byway: Byway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "CONNECT_S", 0.5)
    done = byway("rebuild", "--cluster", "tcp://127.0.0.1:1")
    assert done.code == 1
    assert "cluster" in done.err


def test_a_snapshot_says_how_many_are_in_it(byway: Byway) -> None:
    done = byway("snapshot", "--as-of", "2026-09-09", "--json")
    assert done.json == {"as_of": "2026-09-09", "learners": 3}


def stretches() -> int:
    with reading() as connection:
        return connection.execute(select(func.count()).select_from(stretch)).scalar_one()


def states() -> list[str]:
    db.session.rollback()
    return list(db.session.scalars(select(Projection.state).order_by(Projection.generation)))


@pytest.mark.parametrize("shards", ["1", "2"])
def test_killed_half_way_it_is_gone_on_with(instance_dir: Path, byway: Byway, shards: str) -> None:
    origin = an_origin("busy")
    record([entry_of(answered(thing=str(at)), authority=origin) for at in range(100, 6100)])
    words = command("rebuild", "--shards", shards)
    process = subprocess.Popen(words, env=environment(instance_dir))
    until(stretches)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert states() == ["serving", "rebuilding"]
    assert byway("rebuild", "--json").json["equal"]
    assert states() == ["serving"]
