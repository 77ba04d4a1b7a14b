"""Voiding: decided once, when the later of the two arrives (xAPI 1.0.3 Data 2.3.2)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from lrs_making import (
    EVERYTHING,
    a_reference,
    a_void,
    add,
    add_each,
    an_authority,
    an_entry,
    found,
)
from sqlalchemy import update

from engine.db import transaction
from engine.lrs.models import Origin
from engine.lrs.store import Entry
from engine.pipeline import reader

Arrival = Callable[[Entry, Entry], object]

ARRIVALS = pytest.mark.parametrize(
    "arrive",
    [
        pytest.param(lambda target, void: add_each(target, void), id="target first"),
        pytest.param(lambda target, void: add_each(void, target), id="void first"),
        pytest.param(lambda target, void: add(target, void), id="one batch, target first"),
        pytest.param(lambda target, void: add(void, target), id="one batch, void first"),
    ],
)


def is_voided(entry: Entry) -> bool:
    return reader().voided([entry.sid]) == {entry.sid}


@ARRIVALS
def test_a_void_hides_its_target(app: Flask, arrive: Arrival) -> None:
    authority = an_authority()
    target = an_entry(authority)
    void = a_void(authority, target.sid)
    arrive(target, void)
    assert is_voided(target)
    assert found() == [void.sid]


@ARRIVALS
def test_a_void_by_another_authority_has_no_effect(app: Flask, arrive: Arrival) -> None:
    target = an_entry(an_authority("lms"))
    arrive(target, a_void(an_authority("stranger"), target.sid))
    assert not is_voided(target)


@ARRIVALS
def test_a_void_by_an_authority_with_the_right_has_effect(app: Flask, arrive: Arrival) -> None:
    target = an_entry(an_authority("lms"))
    arrive(target, a_void(an_authority("operator", may_void=True), target.sid))
    assert is_voided(target)


@ARRIVALS
def test_a_voiding_statement_cannot_be_voided(app: Flask, arrive: Arrival) -> None:
    authority = an_authority()
    void = a_void(authority, an_entry(authority).sid)
    arrive(void, a_void(authority, void.sid))
    assert not is_voided(void)


def test_only_its_target_is_voided(app: Flask) -> None:
    authority = an_authority()
    target, other = an_entry(authority), an_entry(authority)
    referrer = a_reference(authority, target.sid)
    add_each(target, other, referrer, a_void(authority, target.sid))
    assert not is_voided(other)
    assert not is_voided(referrer)


def test_a_voided_statement_is_found_as_voided_only(app: Flask) -> None:
    authority = an_authority()
    target = an_entry(authority)
    add(target, a_void(authority, target.sid))
    assert reader().get(target.sid, EVERYTHING) is None
    voided = reader().get(target.sid, EVERYTHING, voided=True)
    assert voided is not None
    assert voided.sid == target.sid


def test_a_statement_that_is_not_voided_is_not_found_as_voided(app: Flask) -> None:
    entry = an_entry(an_authority())
    add(entry)
    assert reader().get(entry.sid, EVERYTHING, voided=True) is None


def test_a_voided_statement_sent_again_stays_voided(app: Flask) -> None:
    authority = an_authority()
    target = an_entry(authority)
    add_each(target, a_void(authority, target.sid))
    assert add(target).known == [target.sid]
    assert is_voided(target)


def test_a_second_void_changes_nothing(app: Flask) -> None:
    authority = an_authority()
    target = an_entry(authority)
    add_each(target, a_void(authority, target.sid), a_void(authority, target.sid))
    assert is_voided(target)
    assert reader().count() == 3


def test_the_right_to_void_counts_when_the_later_of_the_two_arrives(app: Flask) -> None:
    target = an_entry(an_authority("lms"))
    operator = an_authority("operator", may_void=True)
    add(a_void(operator, target.sid))
    with transaction() as session:
        session.execute(update(Origin).where(Origin.id == operator.origin).values(may_void=False))
    add(target)
    assert not is_voided(target)


def test_a_void_without_effect_does_not_hide_one_that_has(app: Flask) -> None:
    authority = an_authority("lms")
    target = an_entry(authority)
    add_each(a_void(an_authority("stranger"), target.sid), a_void(authority, target.sid), target)
    assert is_voided(target)


def test_a_void_is_an_entry_of_the_log(app: Flask) -> None:
    authority = an_authority()
    target = an_entry(authority)
    add_each(target, a_void(authority, target.sid))
    assert [(entry.voided, entry.voids) for entry in reader().log(0, 9)] == [
        (True, False),
        (False, True),
    ]
