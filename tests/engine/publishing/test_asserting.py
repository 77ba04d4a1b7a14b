"""Levels that flow back as statements: by consent, on change only, and never as evidence."""

from __future__ import annotations

import threading
import uuid
from datetime import date
from typing import Any

import pytest
from cli_running import until
from factories import a_key, headers
from flask import Flask
from live_log import DATA, DAY, an_origin, answered, here, put
from publishing_making import (
    ALL,
    LATER,
    a_learner,
    chosen,
    decided,
    out,
    published,
    stored,
)

from engine import profiles
from engine.competencies.evidence import OWN_PROFILE
from engine.db import db, holder_name, transaction, writing
from engine.db import take_lease as taken
from engine.jobs import worker
from engine.lrs.keys import authority_of, own_origin
from engine.people import service as people
from engine.people.service import Who
from engine.pipeline import entry_of, reader, record
from engine.publishing import asserting, consents
from engine.publishing.consents import Choice
from engine.rebuilding.rebuild import rebuild
from xapi import statements
from xapi.vocabulary import Extension

pytestmark = pytest.mark.both_databases

TLA = "https://w3id.org/xapi/tla/"


@pytest.fixture
def bo(app: Flask) -> Who:
    return a_learner()


@pytest.fixture
def consenting(bo: Who) -> Who:
    decided()
    chosen(bo)
    return bo


def voided(sid: str) -> None:
    """Byway takes a statement back, whoever said it."""
    origin = own_origin()
    void = statements.voiding(uuid.uuid4(), uuid.UUID(sid), origin.authority, statements_now())
    with transaction():
        origin.may_void = True
    record([entry_of(void, authority=authority_of(origin))])


def statements_now() -> Any:
    return statements.read_timestamp("2026-09-09T10:00:00Z")


@pytest.mark.usefixtures("consenting")
def test_a_level_is_published_as_the_profile_says() -> None:
    assert published() == 1
    said = out()
    assert said["verb"]["id"] == TLA + "verbs/asserted"
    assert said["object"]["id"] == DATA
    assert said["object"]["definition"]["type"] == TLA + "activity-types/competency"
    assert "result" not in said


@pytest.mark.usefixtures("consenting")
def test_it_says_how_sure_it_is_and_what_it_rests_on() -> None:
    published()
    standing, extensions = here(), out()["context"]["extensions"]
    assert standing is not None
    assert extensions[TLA + "extensions/confidence"] == standing.confidence_ppm / 1_000_000
    assert set(extensions[TLA + "extensions/evidence"]) <= {o.statement for o in standing.explain}
    assert extensions["https://w3id.org/byway/ext/level"]["raw"] == standing.level
    assert len(extensions["https://w3id.org/byway/ext/ruleset"]) == 64


@pytest.mark.usefixtures("consenting")
def test_it_names_no_more_evidence_than_a_few_statements(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asserting, "MOST_EVIDENCE", 2)
    published()
    assert len(out()["context"]["extensions"][TLA + "extensions/evidence"]) == 2


@pytest.mark.usefixtures("consenting")
def test_what_is_published_carries_our_profile_and_is_public() -> None:
    published()
    said = out()
    assert said["context"]["contextActivities"]["category"][0]["id"] == OWN_PROFILE
    assert stored(uuid.UUID(said["id"])).audience == "public"


@pytest.mark.usefixtures("consenting")
def test_published_twice_it_is_stored_once() -> None:
    published()
    before = reader().last()
    assert (published(), reader().last()) == (0, before)


@pytest.mark.usefixtures("consenting")
def test_a_day_later_without_a_change_nothing_is_said() -> None:
    published()
    assert published(as_of=LATER) == 0


@pytest.mark.usefixtures("consenting")
def test_a_level_that_faded_is_published_too() -> None:
    published()
    assert published(as_of=date(2036, 9, 9)) == 1
    assert out()["context"]["extensions"]["https://w3id.org/byway/ext/level"]["raw"] == 0


@pytest.mark.usefixtures("consenting")
def test_back_at_a_level_on_the_same_day_it_is_said_again() -> None:
    far = date(2036, 9, 9)
    assert (published(), published(as_of=far), published()) == (1, 1, 1)
    assert out()["context"]["extensions"]["https://w3id.org/byway/ext/level"]["raw"] > 0


@pytest.mark.usefixtures("consenting")
def test_what_rested_on_a_voided_statement_is_voided_and_replaced() -> None:
    published()
    first = out()
    standing = here()
    assert standing is not None
    for one in {piece.statement for piece in standing.explain}:
        voided(one)
    assert published() == 1
    assert stored(uuid.UUID(first["id"])).voided
    assert out()["context"]["extensions"][Extension.REPLACES] == first["id"]


@pytest.mark.parametrize(
    ("publishes", "choice"),
    [
        pytest.param(False, ALL, id="L&D publishes nothing"),
        pytest.param(True, Choice(), id="she agreed to nothing"),
        pytest.param(True, Choice(some=frozenset({"c:other"})), id="she agreed to another one"),
    ],
)
def test_without_both_words_nothing_leaves(bo: Who, publishes: bool, choice: Choice) -> None:
    decided(publishes=publishes)
    with transaction():
        consents.choose(bo, choice, known=frozenset({"c:other"}))
    assert published() == 0


def test_without_a_word_of_anybody_nothing_leaves(bo: Who) -> None:
    assert published(bo.email) == 0


def test_one_competency_alone_may_be_let_out(bo: Who) -> None:
    decided()
    chosen(bo, Choice(some=frozenset({DATA})))
    assert published() == 1


def test_consent_withdrawn_nothing_more_is_said(consenting: Who) -> None:
    published()
    chosen(consenting, Choice())
    assert published(as_of=date(2036, 9, 9)) == 0


def test_what_is_out_is_taken_back_and_may_go_out_again(consenting: Who) -> None:
    published()
    first = uuid.UUID(out()["id"])
    assert asserting.take_back(people.get_person(consenting.email)) == 1
    assert stored(first).voided
    assert asserting.take_back(people.get_person(consenting.email)) == 0
    assert published() == 1
    assert not stored(uuid.UUID(out()["id"])).voided


def test_merged_people_are_published_once_and_as_one(consenting: Who) -> None:
    published()
    with transaction():
        people.merge(people.get_person("ines@example.org"), people.get_person(consenting.email))
    assert published("ines@example.org") == 0


@pytest.mark.usefixtures("consenting")
def test_of_merged_people_everything_is_taken_back() -> None:
    published()
    ines = people.get_person("ines@example.org")
    with transaction():
        people.merge(ines, people.get_person("bo@example.org"))
    assert asserting.take_back(people.get_person("ines@example.org")) == 1


def digests(as_of: date = DAY) -> dict[str, str]:
    db.session.rollback()
    return profiles.person_digests(as_of)


@pytest.mark.usefixtures("consenting")
def test_publishing_changes_no_level_and_no_digest() -> None:
    before, level = digests(), here()
    published()
    profiles.catch_up()
    assert (digests(), here()) == (before, level)


@pytest.mark.usefixtures("consenting")
def test_what_comes_after_counts_as_if_nothing_had_been_published() -> None:
    put(an_origin("more"), answered(thing="more"))
    profiles.catch_up()
    without = digests()
    published()
    profiles.catch_up()
    assert digests() == without


@pytest.mark.usefixtures("consenting")
def test_a_rebuild_after_publishing_is_equal() -> None:
    before = digests()
    published()
    assert rebuild(check=False).equal
    assert digests() == before


def test_the_worker_looks_at_each_learner_once_a_day(consenting: Who) -> None:
    holder = holder_name()
    assert asserting.advance(holder, DAY) == 1
    assert asserting.advance(holder, DAY) == 0
    assert asserting.advance(holder, LATER) == 1
    assert out(consenting.email)["actor"]["mbox"] == "mailto:bo@example.org"


@pytest.mark.usefixtures("consenting")
def test_only_one_worker_is_at_it() -> None:
    with writing() as connection:
        taken(connection, asserting.LEASE, "elsewhere:1:a", seconds=60)
    assert asserting.advance(holder_name(), DAY) == 0


@pytest.mark.usefixtures("consenting")
def test_on_demand_everybody_is_looked_at_again() -> None:
    asserting.advance(holder_name(), DAY)
    assert asserting.publish_all(date(2036, 9, 9)) == 1


@pytest.mark.parametrize(
    ("reads", "status"),
    [pytest.param("shared", 200, id="what is public"), pytest.param("mine", 404, id="its own")],
)
def test_another_system_reads_what_she_let_out(
    app: Flask, consenting: Who, reads: str, status: int
) -> None:
    published(consenting.email)
    key = headers(a_key("lms", scopes=["all/read"], reads=reads))
    address = f"/xapi/statements?statementId={out()['id']}"
    assert app.test_client().get(address, headers=key).status_code == status


def test_the_worker_publishes_by_itself(app: Flask, bo: Who) -> None:
    decided()
    chosen(bo)
    stop = threading.Event()
    thread = worker._started(worker.publish_levels, app, stop)
    until(lambda: reader().log(0, 100)[-1].payload.find(b"tla/verbs/asserted") > 0)
    stop.set()
    thread.join(5)
    assert not thread.is_alive()
