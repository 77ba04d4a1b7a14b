"""How many items of each other two people accept: both ways, and only what still stands."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from live_log import ACCEPTED, an_origin, on, put
from review_making import BO, EVE, INES, accepted, an_item, the_cast, who

from engine import profiles
from engine.db import transaction
from engine.people import service as people
from engine.reviews import dialogue, reciprocity
from engine.sources import decisions
from engine.sources.decisions import Correction

pytestmark = pytest.mark.both_databases


@pytest.fixture(autouse=True)
def cast(app: Flask) -> None:
    the_cast()


def counts() -> tuple[int, int]:
    """How many of Bo's items Ines accepts, and he of hers."""
    profiles.catch_up()
    bo, ines = who(BO).id, who(INES).id
    found = reciprocity.accepted([bo, ines])
    return found[ines, bo], found[bo, ines]


def both_ways() -> None:
    """Ines accepts two items of Bo's, he one of hers."""
    for thing in ("1", "2"):
        accepted(an_item(BO, thing))
    accepted(an_item(INES, "3"), BO, INES)


def test_both_directions_are_counted() -> None:
    both_ways()

    assert counts() == (2, 1)


def test_nobody_else_is_counted() -> None:
    both_ways()
    accepted(an_item(BO, "4"), EVE)

    assert counts() == (2, 1)


def test_who_accepted_nothing_is_not_there() -> None:
    an_item()

    assert counts() == (0, 0)
    assert reciprocity.accepted([]) == Counter()


def test_a_word_that_was_taken_back_is_not_counted() -> None:
    both_ways()
    request = accepted(an_item(BO, "4"))
    before = counts()
    dialogue.take_back(who(INES), request.id)

    assert (before, counts()) == ((3, 1), (2, 1))


def test_a_rejection_afterwards_is_not_counted() -> None:
    request = accepted(an_item())
    dialogue.judge(who(INES), request.id, dialogue.REJECTED, "I looked again.")

    assert counts() == (0, 0)


def test_an_item_that_is_accepted_twice_counts_once() -> None:
    item = an_item()
    put(an_origin("forum", kind="source", attests="peer"), on(str(item), ACCEPTED, INES))
    accepted(item)

    assert counts() == (1, 0)


def test_an_item_counts_over_its_revisions() -> None:
    item = an_item()
    accepted(item)
    decisions.correct(who(BO), item, Correction(duration=timedelta(minutes=5)))

    assert counts() == (1, 0)


def test_a_note_that_was_taken_back_is_not_counted() -> None:
    note = decisions.Note(title="A talk", kind="conversation", at=datetime.now(UTC))
    noted = decisions.note(who(BO), note)
    profiles.catch_up()
    accepted(noted)
    before = counts()
    decisions.take_back(who(BO), noted)

    assert (before, counts()) == ((1, 0), (0, 0))


def test_what_an_ordinary_key_says_is_not_counted() -> None:
    put(an_origin("lms"), on(str(an_item()), ACCEPTED, INES))

    assert counts() == (0, 0)


def test_a_person_is_one_over_all_her_identifiers() -> None:
    item = an_item()
    source = an_origin("forum", kind="source", attests="peer")
    put(source, on(str(item), ACCEPTED, "roy@elsewhere.example"))
    before = counts()
    with transaction():
        people.link(people.get_person(INES), "mailto:roy@elsewhere.example")

    assert (before, counts()) == ((0, 0), (1, 0))


def test_ones_own_items_are_not_counted() -> None:
    item = an_item()
    put(an_origin("forum", kind="source", attests="peer"), on(str(item), ACCEPTED, BO))
    bo = who(BO).id
    profiles.catch_up()

    assert reciprocity.accepted([bo])[bo, bo] == 0
