"""Activities that would count if somebody said for what: which are listed, and aligning them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from factories import a_person, a_statement
from flask import Flask

from engine import profiles
from engine.competencies import projector
from engine.db import db, transaction
from engine.errors import Refused
from engine.lrs.keys import authority_of, create_origin
from engine.pipeline import entry_of, reader, record
from engine.sources import decisions, unaligned

PUBLIC_SERVICE = "https://w3id.org/byway/frameworks/public-service-learning/"
DATA = PUBLIC_SERVICE + "data-literacy"
WEBINAR = "http://id.tincanapi.com/activitytype/webinar"
TAGS = "https://w3id.org/byway/ext/tags"
HOLDER = "test:0:0"


def attended(number: int, title: str | None = "Leading teams", *tags: str) -> dict[str, Any]:
    """Somebody attended the webinar of this number."""
    named = {"name": {"en": title}} if title else {}
    thing = {
        "objectType": "Activity",
        "id": f"https://events.example.org/{number}",
        "definition": {"type": WEBINAR, **named},
    }
    context = {"context": {"extensions": {TAGS: list(tags)}}} if tags else {}
    return a_statement(object=thing, **context)


def stored(*statements: dict[str, Any]) -> None:
    """Have them recorded and projected."""
    with transaction():
        authority = authority_of(create_origin("source", "toy", home_page="http://byway.example"))
    record([entry_of(one, authority=authority) for one in statements])
    profiles.catch_up()


def weigh_anew() -> None:
    """What the worker does by itself."""
    while projector.advance(reader(), holder=HOLDER):
        pass
    projector.release(HOLDER)
    db.session.rollback()


def listed() -> list[tuple[str | None, int]]:
    return [(thing.title, thing.count) for thing in unaligned.across_log().shown]


def test_what_has_no_tag_the_rules_know_is_listed(app: Flask) -> None:
    stored(attended(1), attended(2, "Open data", "open-data"), attended(3, "Hats", "hats"))

    assert listed() == [("Hats", 1), ("Leading teams", 1)]


def test_one_title_is_one_thing_biggest_first(app: Flask) -> None:
    stored(attended(1, "Hats"), attended(2), attended(3), attended(3))

    assert listed() == [("Leading teams", 3), ("Hats", 1)]


def test_what_has_no_title_is_told_apart_by_its_object(app: Flask) -> None:
    stored(attended(1, None), attended(2, None))

    assert [thing.only_object for thing in unaligned.across_log().shown] == [
        "https://events.example.org/1",
        "https://events.example.org/2",
    ]


def test_a_title_too_short_to_align_by_gathers_nothing(app: Flask) -> None:
    stored(attended(1, "Q&A"), attended(2, "Q&A"))

    assert listed() == [("Q&A", 1), ("Q&A", 1)]


def test_tags_of_the_source_are_shown(app: Flask) -> None:
    stored(attended(1, "Hats", "hats", "felt"))

    assert unaligned.across_log().shown[0].tags == ("hats", "felt")


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param(
            attended(1) | {"verb": {"id": "http://adlnet.gov/expapi/verbs/registered"}},
            id="a verb no rule asks for",
        ),
        pytest.param(
            attended(1) | {"object": {"objectType": "StatementRef", "id": a_statement()["id"]}},
            id="a word on a statement",
        ),
        pytest.param(a_statement(), id="a kind of thing no rule asks for"),
    ],
)
def test_what_no_alignment_could_make_count_is_not_listed(
    app: Flask, statement: dict[str, Any]
) -> None:
    stored(statement)

    assert listed() == []


def test_learners_own_notes_are_not_listed(app: Flask) -> None:
    at = datetime(2026, 9, 8, tzinfo=UTC)
    decisions.note(a_person(), decisions.Note(title="My doubts", kind="conversation", at=at))
    profiles.catch_up()

    assert listed() == []


def test_a_voided_activity_is_not_listed(app: Flask) -> None:
    note = attended(1)
    void = {"objectType": "StatementRef", "id": note["id"]}
    stored(note, a_statement(verb="http://adlnet.gov/expapi/verbs/voided", object=void))

    assert listed() == []


def test_the_list_is_bounded_and_says_what_is_left_out(app: Flask) -> None:
    stored(
        *(attended(number, f"Webinar {number}") for number in range(5)), attended(0, "Webinar 0")
    )

    found = unaligned.across_log(limit=2)

    assert [thing.count for thing in found.shown] == [2, 1]
    assert (found.things, found.activities) == (3, 3)


def test_an_alignment_by_title_reaches_the_profile(app: Flask) -> None:
    bo = a_person()
    stored(attended(1))

    unaligned.align(by_title="leading TEAMS", competency=DATA, by="odile@example.org")
    weigh_anew()

    assert DATA in profiles.profile_of(bo.id).standings
    assert listed() == []


def test_an_alignment_by_object_leaves_others_alone(app: Flask) -> None:
    stored(attended(1), attended(2))

    unaligned.align(object_id="https://events.example.org/1", competency=DATA, by="x")
    weigh_anew()

    assert [thing.only_object for thing in unaligned.across_log().shown] == [
        "https://events.example.org/2"
    ]


def test_what_is_aligned_leaves_the_list_before_the_log_is_weighed_anew(app: Flask) -> None:
    stored(attended(1))

    unaligned.align(by_title="Leading teams", competency=DATA, by="x")

    assert listed() == []
    assert unaligned.weighing() == unaligned.Weighing(done=0, of=1)


def test_once_it_is_weighed_pages_read_the_newest_rules(app: Flask) -> None:
    stored(attended(1))
    unaligned.align(by_title="Leading teams", competency=DATA, by="x")

    weigh_anew()

    assert unaligned.weighing() is None


def test_two_alignments_in_a_row_both_hold(app: Flask) -> None:
    stored(attended(1), attended(2, "Felt hats"))

    unaligned.align(by_title="Leading teams", competency=DATA, by="x")
    unaligned.align(by_title="Felt hats", competency=DATA, by="x")
    weigh_anew()

    assert listed() == []


@pytest.mark.parametrize(
    "given",
    [
        pytest.param({"by_title": "Teams", "competency": ""}, id="no competency"),
        pytest.param({"by_title": "Teams", "competency": "urn:none"}, id="unknown competency"),
        pytest.param({"by_title": "it", "competency": DATA}, id="keyword too short"),
        pytest.param({"object_id": "*", "competency": DATA}, id="everything"),
        pytest.param({"competency": DATA}, id="nothing"),
    ],
)
def test_a_wrong_alignment_changes_nothing(app: Flask, given: dict[str, str]) -> None:
    stored(attended(1))

    with pytest.raises(Refused):
        unaligned.align(**given, by="x")

    assert unaligned.weighing() is None
    assert listed() == [("Leading teams", 1)]


def test_competencies_are_named_and_in_order(app: Flask) -> None:
    names = [name for _, name in unaligned.competencies()]

    assert "Data literacy" in names
    assert names == sorted(names, key=str.casefold)
