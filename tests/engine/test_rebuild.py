"""Rebuilding: the same digest as following the log, compared or served, while the log grows."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from factories import a_person
from flask import Flask
from live_log import an_origin, answered, on, projected, put
from sqlalchemy import func, select, update

from engine import profiles
from engine.competencies import projector, rulesets
from engine.competencies.models import Projection, RulesetRow, evidence
from engine.db import db, holder_name, reading, take_lease, transaction, writing
from engine.errors import Conflict
from engine.pipeline import reader
from engine.rebuilding.rebuild import Rebuilt, rebuild
from engine.rebuilding.stretches import REBUILD

pytestmark = pytest.mark.both_databases


@pytest.fixture(autouse=True)
def history(app: Flask) -> None:
    a_person()
    forum = an_origin("forum", "source", attests="peer")
    (first,) = put(forum, answered())
    put(forum, answered("ines@example.org", "2"), on(first))


def projections() -> list[tuple[int, str]]:
    db.session.rollback()
    rows = db.session.scalars(select(Projection).order_by(Projection.generation))
    return [(row.generation, row.state) for row in rows]


def tamper() -> None:
    profiles.catch_up()
    with writing() as connection:
        connection.execute(update(evidence).values(base=evidence.c.base * 2))


def test_a_check_is_equal_and_leaves_things_as_they_are() -> None:
    profiles.catch_up()
    before = (projected(), projections())
    done = rebuild(check=True)
    assert (done.equal, done.statements) == (True, 3)
    assert (projected(), projections()) == before


def test_a_rebuild_serves_what_it_built() -> None:
    profiles.catch_up()
    ((before, _),) = projections()
    assert rebuild(check=False).equal
    assert projections() == [(before + 1, "serving")]
    assert rows_of(before) == 0


def rows_of(generation: int) -> int:
    with reading() as connection:
        query = select(func.count()).where(evidence.c.generation == generation)
        return connection.execute(query).scalar_one()


def test_both_ways_give_one_digest() -> None:
    assert rebuild(check=True).digest == rebuild(check=False).digest
    assert rebuild(check=True).digest == profiles.digest_of(profiles.today())


def test_a_check_finds_evidence_that_was_tampered_with() -> None:
    tamper()
    assert not rebuild(check=True).equal
    assert not rebuild(check=True).equal


def test_a_rebuild_mends_evidence_that_was_tampered_with() -> None:
    before = rebuild(check=True).digest
    tamper()
    assert rebuild(check=False) == Rebuilt(digest=before, statements=3, learners=2, equal=False)
    assert rebuild(check=True).equal


@contextmanager
def posting(app: Flask) -> Iterator[list[str]]:
    """Statements that keep coming, without a pause, from another thread."""
    stop, sids, origin = threading.Event(), list[str](), an_origin("busy")

    def post() -> None:
        with app.app_context():
            while not stop.is_set():
                sids.extend(put(origin, answered(thing=str(len(sids) + 10))))

    thread = threading.Thread(target=post)
    thread.start()
    yield sids
    stop.set()
    thread.join()


@contextmanager
def working(app: Flask) -> Iterator[None]:
    """A worker's projector beside us."""
    stop, holder = threading.Event(), holder_name()

    def follow() -> None:
        with app.app_context():
            while not stop.is_set():
                projector.advance(reader(), holder=holder) or stop.wait(0.02)
            projector.release(holder)

    thread = threading.Thread(target=follow)
    thread.start()
    yield
    stop.set()
    thread.join()


def test_a_check_ends_while_statements_keep_coming(app: Flask) -> None:
    with posting(app) as sids:
        assert rebuild(check=True).equal
        assert sids


def test_a_rebuild_ends_while_statements_keep_coming_and_a_worker_works(app: Flask) -> None:
    with posting(app), working(app):
        assert rebuild(check=True).equal
        assert rebuild(check=False).equal
    profiles.catch_up()
    assert rebuild(check=True).equal


def test_of_two_rebuilds_one_is_refused() -> None:
    with writing() as connection:
        take_lease(connection, REBUILD, "elsewhere:1:a", seconds=60)
    with pytest.raises(Conflict, match="Another rebuild"):
        rebuild(check=True)


def test_what_a_dead_rebuild_left_is_cleared_away() -> None:
    projector.start(projector.serving().ruleset_id, "checking")
    profiles.catch_up()
    rebuild(check=True)
    assert [state for _, state in projections()] == ["serving"]


def test_a_rebuild_never_brings_an_old_ruleset_back() -> None:
    profiles.catch_up()
    old = projector.serving().ruleset_id
    generation = projector.start(old, "checking")
    rulesets.bring_into_force(another_ruleset())
    projector.advance(reader(), holder=holder_name())
    db.session.rollback()
    assert not projector.serve(generation)
    assert projector.serving().ruleset_id != old


def another_ruleset() -> RulesetRow:
    match = {"object_id": "https://forum.example.org/t/9"}
    with transaction():
        competency = next(iter(rulesets.current().config["competencies"]))
        return rulesets.align(match=match, competency=competency, by="test")
