"""Rulesets in force: published, weighed while the old one serves, and switched."""

from __future__ import annotations

from typing import Any

import pytest
from factories import a_person, a_statement
from flask import Flask
from live_log import DATA, an_origin, answered, put
from sqlalchemy import select

from engine import instance, profiles
from engine.competencies import projector, rulesets
from engine.competencies.models import Projection, RulesetRow
from engine.db import db, reading, transaction
from engine.errors import Refused
from engine.people import service as people
from engine.pipeline import reader
from xapi.vocabulary import BYWAY

HOLDER = "here:1:a"
UNTAGGED = "https://events.example.org/open-day"
MATCH = {"object_id": "https://events.example.org/*"}


@pytest.fixture(autouse=True)
def history(app: Flask) -> None:
    """An answer that counts, and a webinar that reaches no competency."""
    a_person()
    kind = {"definition": {"type": "http://id.tincanapi.com/activitytype/webinar"}}
    webinar = a_statement(object={"id": UNTAGGED, **kind})
    put(an_origin(), answered(), webinar)
    profiles.catch_up()


def states() -> dict[str, int]:
    db.session.rollback()
    return {one.state: one.ruleset_id for one in db.session.scalars(select(Projection))}


def counted() -> int:
    """How many statements of hers count as pages read it."""
    db.session.rollback()
    found = profiles.profile_of(people.get_person("bo@example.org").id).standings
    return sum(one.evidence_count for one in found.values())


def aligned(match: dict[str, str] | None = None) -> RulesetRow:
    with transaction():
        return rulesets.align(match=match or MATCH, competency=DATA, by="odile@example.org")


def follow() -> int:
    done = projector.advance(reader(), holder=HOLDER)
    db.session.rollback()
    return done and done + follow()


def test_pages_serve_the_old_one_until_the_new_has_weighed_the_log() -> None:
    old, new = rulesets.current(), aligned()
    rulesets.bring_into_force(new)
    assert (states(), counted()) == ({"serving": old.id, "building": new.id}, 1)
    follow()
    assert (states(), counted()) == ({"serving": new.id}, 2)


def test_a_new_ruleset_is_served_although_statements_keep_coming() -> None:
    origin, new = an_origin("busy"), aligned()
    rulesets.bring_into_force(new)
    put(origin, answered(thing="2"))
    projector.advance(reader(), holder=HOLDER)
    assert states() == {"serving": new.id}


def test_the_rows_of_the_old_one_go() -> None:
    old = projector.serving().generation
    rulesets.bring_into_force(aligned())
    follow()
    with reading() as connection:
        kept = [
            connection.execute(select(table.c.generation).where(table.c.generation == old)).all()
            for table in projector.ROWS
        ]
    assert kept == [[], [], [], []]


def test_publishing_the_same_twice_changes_nothing() -> None:
    rulesets.bring_into_force(aligned())
    follow()
    before = (rulesets.current().id, projector.serving().generation)
    with transaction():
        row = rulesets.publish(rulesets.current().config, title="again")
    rulesets.bring_into_force(row)
    assert (rulesets.current().id, projector.serving().generation) == before


def test_what_is_being_built_already_goes_on() -> None:
    new = aligned()
    rulesets.bring_into_force(new)
    before = {p.generation for p in db.session.scalars(select(Projection))}
    rulesets.bring_into_force(new)
    db.session.rollback()
    assert {p.generation for p in db.session.scalars(select(Projection))} == before


def test_going_back_before_the_new_one_serves() -> None:
    old = rulesets.current()
    rulesets.bring_into_force(aligned())
    rulesets.bring_into_force(old)
    follow()
    assert states() == {"serving": old.id}
    assert counted() == 1


def test_a_third_one_overtakes_the_second() -> None:
    rulesets.bring_into_force(aligned())
    third = aligned({"title": "open day"})
    rulesets.bring_into_force(third)
    follow()
    assert states() == {"serving": third.id}


def test_alignments_add_up() -> None:
    rulesets.bring_into_force(aligned())
    third = aligned({"title": "open day"})
    assert [set(one) for one in third.config["alignments"]] == [
        {"competencies", "object_id"},
        {"competencies", "title"},
    ]


def test_the_same_alignment_twice_is_one() -> None:
    rulesets.bring_into_force(aligned())
    before = rulesets.current().id
    assert aligned().id == before


@pytest.mark.parametrize(
    ("match", "competency"),
    [
        pytest.param(MATCH, "https://nowhere.example/competency", id="no such competency"),
        pytest.param({"title": "a"}, DATA, id="a keyword too short"),
        pytest.param({"title": "    "}, DATA, id="a blank keyword"),
        pytest.param({"object_id": "*"}, DATA, id="everything"),
        pytest.param({"object_id": " "}, DATA, id="a blank pattern"),
        pytest.param({}, DATA, id="nothing"),
    ],
)
def test_an_alignment_that_cannot_be_is_refused(match: dict[str, str], competency: str) -> None:
    with transaction(), pytest.raises(Refused):
        rulesets.align(match=match, competency=competency, by="odile@example.org")


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"scale": None}, id="no scale"),
        pytest.param({"rules": [{"id": "x"}]}, id="a rule of no kind"),
        pytest.param({"surprise": 1}, id="an unknown key"),
    ],
)
def test_a_ruleset_with_an_error_is_not_published(change: dict[str, Any]) -> None:
    before = db.session.query(RulesetRow).count()
    with transaction(), pytest.raises(Refused):
        rulesets.publish(rulesets.current().config | change, title="broken")
    assert db.session.query(RulesetRow).count() == before


def test_a_ruleset_keeps_its_hash_through_the_database() -> None:
    found = profiles.profile_of(people.get_person("bo@example.org").id)
    assert found.ruleset_sha256 == rulesets.current().sha256


def test_our_own_published_results_are_never_evidence() -> None:
    category = {"contextActivities": {"category": [{"id": BYWAY + "profile/v1"}]}}
    echo = answered(thing="2")
    put(an_origin("echo"), echo | {"context": echo["context"] | category})
    follow()
    assert counted() == 1


def test_upgrading_again_leaves_the_ruleset_in_force() -> None:
    rulesets.bring_into_force(aligned())
    follow()
    before = states()
    instance.upgrade()
    assert states() == before
