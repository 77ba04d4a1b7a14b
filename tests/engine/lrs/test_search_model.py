"""Any log, any query, any pages: what is found is what the standard's rules find one by one.

Windows are so small that their edges are met all the time.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from search_model import ASKED, TOLD, Asked, Shelf, Told

from engine.lrs import references, search

LOGS = st.lists(TOLD, min_size=24, max_size=40)


@pytest.fixture
def shelf(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Shelf:
    """An empty store that searches in small steps and files late what two statements refer to."""
    monkeypatch.setattr(search, "WINDOWS", (11, 12))  # one statement has fewer entries
    monkeypatch.setattr(search, "PROBE", 5)
    monkeypatch.setattr(references, "MOST_AT_ONCE", 1)
    shelf = Shelf()
    shelf.open()
    return shelf


@given(told=LOGS, asked=st.lists(ASKED, min_size=1, max_size=8), filing=st.booleans())
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_pages_join_to_what_matches_in_order(
    shelf: Shelf, told: Sequence[Told], asked: Sequence[Asked], filing: bool
) -> None:
    shelf.fill(told, filing=filing)
    found = [shelf.found(one) for one in asked]
    assert found == [shelf.wanted(one) for one in asked]
