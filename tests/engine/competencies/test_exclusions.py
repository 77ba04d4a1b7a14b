"""Exclusions: the last word about an item counts."""

from __future__ import annotations

import pytest
from factories import a_person
from flask import Flask

from engine.competencies.exclusions import exclude, excluded_roots
from engine.db import transaction

pytestmark = pytest.mark.both_databases


@pytest.mark.parametrize(
    ("words", "out"),
    [
        pytest.param([], set(), id="nothing said"),
        pytest.param([True], {"a"}, id="left out"),
        pytest.param([True, True], {"a"}, id="left out twice"),
        pytest.param([True, False], set(), id="taken in again"),
        pytest.param([True, False, True], {"a"}, id="and left out again"),
    ],
)
def test_the_last_word_counts(app: Flask, words: list[bool], out: set[str]) -> None:
    person = a_person().id
    with transaction():
        [exclude("a", person, excluded=word) for word in words]
    assert excluded_roots(["a", "b"]) == out


def test_many_items_are_asked_for_at_once(app: Flask) -> None:
    person = a_person().id
    with transaction():
        exclude("root-899", person, excluded=True)
    assert excluded_roots(f"root-{n}" for n in range(900)) == {"root-899"}


def test_of_nothing_nothing_is_left_out(app: Flask) -> None:
    assert excluded_roots([]) == set()
