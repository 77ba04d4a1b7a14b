"""Definitions of activities: kept per origin, merged, read as far as the reader may see."""

from __future__ import annotations

from typing import Any

import pytest
from factories import a_statement
from flask import Flask
from lrs_making import EVERYTHING, an_authority
from sqlalchemy import select
from sqlalchemy.exc import ResourceClosedError

from engine.db import db, reading, writing
from engine.lrs.definitions import LARGEST, Definitions
from engine.lrs.models import activity
from engine.lrs.reader import Access
from engine.lrs.store import Authority, Entry
from engine.lrs.terms import TermIndex
from engine.pipeline import entry_of

THING = "https://events.example.org/1"
OTHER = "https://events.example.org/2"
EN, FR = {"name": {"en": "Maps"}}, {"name": {"fr": "Cartes"}}
BOTH = {"name": {"en": "Maps", "fr": "Cartes"}}
MINUTE = 60_000_000


@pytest.fixture
def lms(app: Flask) -> Authority:
    return an_authority()


@pytest.fixture
def definitions(app: Flask) -> Definitions:
    return Definitions(db.engine, TermIndex(b"a key of these tests"))


def said(authority: Authority, definition: dict[str, Any], thing: str = THING) -> Entry:
    """A statement that says this of an activity."""
    told = {"objectType": "Activity", "id": thing, "definition": definition}
    return entry_of(a_statement(object=told), authority=authority)


def note(definitions: Definitions, *entries: Entry, at: int = 1) -> None:
    """Keep what statements say, in a transaction of their own."""
    with writing() as connection:
        definitions.note(connection, entries, at)


def known(definitions: Definitions, *iris: str, access: Access = EVERYTHING) -> dict[str, Any]:
    with reading() as connection:
        return definitions.read(connection, iris or [THING], access)


def moments() -> list[int]:
    """When each row was written."""
    with reading() as connection:
        rows = connection.execute(select(activity.c.updated_at).order_by(activity.c.updated_at))
        return list(rows.scalars())


def note_unasked(definitions: Definitions, *entries: Entry, at: int = 5) -> None:
    """Note statements where nothing can be looked up: ResourceClosedError where it would be."""
    with db.engine.connect() as closed:
        pass
    definitions.note(closed, entries, at)


def test_what_was_said_is_known(definitions: Definitions, lms: Authority) -> None:
    note(definitions, said(lms, EN))
    assert known(definitions) == {THING: EN}


def test_what_nobody_spoke_of_is_left_out(definitions: Definitions, lms: Authority) -> None:
    note(definitions, said(lms, EN))
    assert known(definitions, OTHER) == {}


def test_languages_add_up_over_statements(definitions: Definitions, lms: Authority) -> None:
    note(definitions, said(lms, EN))
    note(definitions, said(lms, FR))
    assert known(definitions) == {THING: BOTH}


def test_languages_add_up_inside_a_batch(definitions: Definitions, lms: Authority) -> None:
    note(definitions, said(lms, EN), said(lms, FR))
    assert known(definitions) == {THING: BOTH}


def test_of_one_language_the_later_word_counts(definitions: Definitions, lms: Authority) -> None:
    note(definitions, said(lms, EN), said(lms, {"name": {"en": "Plans"}}), said(lms, EN))
    assert known(definitions) == {THING: EN}


def test_context_activities_are_kept_too(definitions: Definitions, lms: Authority) -> None:
    course = {"id": OTHER, "definition": EN}
    context = {"contextActivities": {"parent": [course]}}
    note(definitions, entry_of(a_statement(context=context), authority=lms))
    assert known(definitions, THING, OTHER) == {OTHER: EN}


def test_many_activities_at_once(definitions: Definitions, lms: Authority) -> None:
    things = [f"https://events.example.org/{number}" for number in range(1000)]
    note(definitions, *(said(lms, EN, thing) for thing in things))
    assert known(definitions, *things) == dict.fromkeys(things, EN)


def test_who_may_not_define_is_passed_over(definitions: Definitions, app: Flask) -> None:
    quiet = an_authority()
    quiet = Authority(origin=quiet.origin, agent=quiet.agent, may_define=False)
    note(definitions, said(quiet, EN))
    assert known(definitions) == {}


def test_the_same_again_writes_nothing(definitions: Definitions, lms: Authority) -> None:
    note(definitions, said(lms, EN), at=1)
    note(definitions, said(lms, EN), at=2)
    assert moments() == [1]


def test_a_part_of_what_is_known_writes_nothing(definitions: Definitions, lms: Authority) -> None:
    note(definitions, said(lms, BOTH), at=1)
    note(definitions, said(lms, EN), said(lms, FR), at=2)
    assert moments() == [1]


def test_what_was_found_unchanged_is_not_looked_up_again(
    definitions: Definitions, lms: Authority
) -> None:
    note(definitions, said(lms, BOTH))
    note(definitions, said(lms, EN), said(lms, FR))
    note_unasked(definitions, said(lms, FR), said(lms, EN))


def test_a_change_is_seen_although_the_former_was_remembered(
    definitions: Definitions, lms: Authority
) -> None:
    note(definitions, said(lms, EN))
    note(definitions, said(lms, EN))
    note(definitions, said(lms, {"name": {"en": "Plans"}}))
    note(definitions, said(lms, EN))
    assert known(definitions) == {THING: EN}


def test_what_was_taken_back_at_once_is_not_taken_for_known(
    definitions: Definitions, lms: Authority
) -> None:
    plans = said(lms, {"name": {"en": "Plans"}})
    note(definitions, said(lms, EN))
    note(definitions, plans, said(lms, EN))
    note(definitions, plans)
    assert known(definitions) == {THING: {"name": {"en": "Plans"}}}


def test_a_write_taken_back_is_not_believed(definitions: Definitions, lms: Authority) -> None:
    with db.engine.connect() as connection:
        definitions.note(connection, [said(lms, EN)], 1)
        connection.rollback()
    note(definitions, said(lms, EN))
    assert known(definitions) == {THING: EN}


def test_another_process_is_heard_within_a_minute(definitions: Definitions, lms: Authority) -> None:
    elsewhere = Definitions(db.engine, TermIndex(b"a key of these tests"))
    note(definitions, said(lms, EN), at=1)
    note(definitions, said(lms, EN), at=2)
    note(elsewhere, said(lms, {"name": {"en": "Plans"}}), at=3)
    note(definitions, said(lms, EN), at=3 + MINUTE)
    assert known(definitions) == {THING: EN}


def test_everybody_has_a_word_of_her_own(definitions: Definitions, lms: Authority) -> None:
    other = an_authority("other")
    note(definitions, said(lms, EN))
    note(definitions, said(other, {"name": {"en": "Plans"}}))
    assert known(definitions, access=Access(origin=lms.origin)) == {THING: EN}


@pytest.mark.parametrize("audiences", [(), ("public",)])
def test_who_does_not_read_everything_hears_her_own_origin_only(
    definitions: Definitions, lms: Authority, audiences: tuple[str, ...]
) -> None:
    note(definitions, said(lms, EN))
    reader = Access(origin=an_authority("other").origin, audiences=audiences)
    assert known(definitions, access=reader) == {}


@pytest.mark.parametrize(
    ("first", "second"),
    [pytest.param(1, 2, id="in the order of origins"), pytest.param(2, 1, id="the other way")],
)
def test_who_reads_everything_hears_all_and_the_newest_word_counts(
    definitions: Definitions, lms: Authority, first: int, second: int
) -> None:
    other = an_authority("other")
    note(definitions, said(lms, {"name": {"en": "Maps", "fr": "Cartes"}}), at=first)
    note(definitions, said(other, {"name": {"en": "Plans", "es": "Mapas"}}), at=second)
    newest = {1: "Plans", 2: "Maps"}[first]
    found = known(definitions)[THING]["name"]
    assert found == {"en": newest, "fr": "Cartes", "es": "Mapas"}


def test_a_definition_never_grows_beyond_its_limit(
    definitions: Definitions, lms: Authority
) -> None:
    half = "m" * (LARGEST // 2)
    note(definitions, said(lms, {"name": {"en": half}}))
    note(definitions, said(lms, {"name": {"fr": half}}))
    assert known(definitions) == {THING: {"name": {"en": half}}}


def test_one_that_is_too_large_from_the_beginning_stays_in_its_statement(
    definitions: Definitions, lms: Authority
) -> None:
    note(definitions, said(lms, {"name": {"en": "m" * LARGEST}}))
    assert known(definitions) == {}


def test_numbers_keep_their_digits(definitions: Definitions, lms: Authority) -> None:
    huge = {"extensions": {"urn:huge": 2**70}}
    note(definitions, said(lms, huge))
    assert known(definitions) == {THING: huge}


def test_true_is_not_the_number_one(definitions: Definitions, lms: Authority) -> None:
    note(definitions, said(lms, {"extensions": {"urn:e": 1}}))
    note(definitions, said(lms, {"extensions": {"urn:e": True}}))
    assert known(definitions)[THING]["extensions"]["urn:e"] is True


def test_what_is_new_has_to_be_looked_up(definitions: Definitions, lms: Authority) -> None:
    with pytest.raises(ResourceClosedError):
        note_unasked(definitions, said(lms, EN))


def test_memory_is_bounded_by_the_length_of_a_name(
    definitions: Definitions, lms: Authority
) -> None:
    entry = said(lms, EN, THING + "/" + "a" * 1000)
    note(definitions, entry)
    note(definitions, entry)
    with pytest.raises(ResourceClosedError):
        note_unasked(definitions, entry)


def test_memory_is_bounded_by_the_number_of_activities(
    definitions: Definitions, lms: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.lrs.definitions._REMEMBERED", 2)
    entries = [said(lms, EN, f"{THING}/{number}") for number in range(3)]
    note(definitions, *entries)
    note(definitions, *entries)
    note_unasked(definitions, entries[2])
    with pytest.raises(ResourceClosedError):
        note_unasked(definitions, entries[0])


def test_memory_is_bounded_by_the_ways_to_say_it(definitions: Definitions, lms: Authority) -> None:
    tags = [f"en-x-{number}" for number in range(17)]
    entries = [said(lms, {"name": {tag: "Maps"}}) for tag in tags]
    note(definitions, *entries)
    note(definitions, *entries[:16])
    note(definitions, entries[16])
    note_unasked(definitions, entries[16])
    with pytest.raises(ResourceClosedError):
        note_unasked(definitions, entries[0])
