"""Deliveries that belong together are read together each time one more comes.

A run of a bundle accounts for every row of the whole bundle, since all of it is read: what was
said before ends as `known` or `corrected`, rows of one item as `merged`.
"""

from __future__ import annotations

import pytest
from looking import adds_up, ended, live_statements, minutes, run, table_sizes
from toy import did

from engine.sources import undo

pytestmark = pytest.mark.usefixtures("toys")


def test_growth_becomes_a_correction() -> None:
    run(did("a", minutes=30), bundle="session 1")
    run(did("a", minutes=15), bundle="session 1")
    assert minutes("a") == "PT45M"
    assert live_statements() == 1


def test_a_run_of_a_bundle_accounts_for_all_its_rows() -> None:
    run(did("a", minutes=30), did("b"), bundle="session 1")
    report = run(did("a", minutes=15), did("c"), bundle="session 1")
    assert ended(report) == {"new": 1, "corrected": 1, "known": 1, "merged": 1}
    assert (report.rows, adds_up(report)) == (4, True)


def test_another_bundle_is_none_of_it() -> None:
    run(did("a", minutes=30), bundle="session 1")
    run(did("b", minutes=15), bundle="session 2")
    assert (minutes("a"), minutes("b")) == ("PT30M", "PT15M")


def test_undo_of_the_growth_restores() -> None:
    run(did("a", minutes=30), bundle="session 1")
    grown = run(did("a", minutes=15), bundle="session 1")
    undo.undo(grown.run or 0)
    assert minutes("a") == "PT30M"


def test_a_delivery_that_came_already_is_not_read_again() -> None:
    first = run(did("a", minutes=30), bundle="session 1", uid="17")
    before = table_sizes()
    again = run(did("a", minutes=30), bundle="session 1", uid="17")
    assert again.as_json() == first.as_json() | {"statements": []}
    assert (minutes("a"), table_sizes()) == ("PT30M", before)


@pytest.mark.parametrize("name", ["uid", "bundle"])
def test_names_of_any_length_tell_apart(name: str) -> None:
    run(did("a", minutes=30), **{name: "x" * 600})
    run(did("b", minutes=15), **{name: "x" * 600 + "y"})
    assert (minutes("a"), minutes("b")) == ("PT30M", "PT15M")
