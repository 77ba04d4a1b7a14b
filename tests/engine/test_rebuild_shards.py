"""Shards: everybody is scored in exactly one of them, whatever their size."""

from __future__ import annotations

import pytest
from factories import a_person
from flask import Flask
from live_log import an_origin, answered, put
from rebuilding_making import a_log

from engine import profiles
from engine.competencies import projector
from engine.competencies.models import Projection
from engine.db import db, reading, transaction
from engine.errors import Conflict
from engine.people import service as people
from engine.rebuilding import shards
from engine.rebuilding.rebuild import rebuild
from engine.rebuilding.shards import Comparison

pytestmark = pytest.mark.both_databases


@pytest.fixture(autouse=True)
def log(app: Flask) -> None:
    """Bo with three identifiers, the first and the last in the order of all; two nobody owns."""
    bo = a_person()
    put(an_origin("more"), answered("aa@example.org"), answered("zz@example.org"))
    a_log()
    with transaction():
        person = people.get_person(bo.email)
        people.link(person, "aa@example.org")
        people.link(person, "zz@example.org")
    profiles.catch_up()


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_everybody_is_in_one_shard_of_any_size(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = profiles.digest_of(profiles.today())
    monkeypatch.setattr(shards, "SIZE", size)
    done = rebuild(check=True)
    assert (done.digest, done.learners, done.equal) == (whole, 3, True)


def test_shards_hold_every_identifier_there_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shards, "SIZE", 2)
    found = list(shards.shards(projector.serving().generation))
    assert [one.after for one in found] == ["", *(one.until for one in found[:-1])]
    assert found[-1].until is None


def test_without_evidence_there_is_one_shard_of_nobody() -> None:
    with reading() as connection:
        assert shards.next_shard(connection, 99, "") == shards.Shard(after="", until=None)


def test_a_rebuild_that_never_meets_what_is_served_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shards, "PATIENCE_S", 0.2)
    generation = projector.start(projector.serving().ruleset_id, "checking")
    task = Comparison(
        generation=generation, as_of=profiles.today(), shard=shards.Shard(after="", until=None)
    )
    with pytest.raises(Conflict, match="never stood at the same place"):
        shards.compare(task)


def test_what_a_shard_reads_is_let_go_of() -> None:
    rebuild(check=True)
    assert not db.session().in_transaction()
    assert db.session.get_one(Projection, projector.serving().generation)
