"""What very many older statements refer to is filed to its end, however many they are."""

from __future__ import annotations

import pytest
from flask import Flask
from lrs_making import a_reference, add_each, an_authority, an_entry, found

from engine.lrs import references
from engine.pipeline import reader, store

THING = "urn:thing:1"


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    """Each of the two."""
    return str(request.param)


def test_a_whole_number_of_stretches_ends(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(references, "MOST_AT_ONCE", 1)
    authority = an_authority()
    target = an_entry(authority, thing=THING)
    add_each(*(a_reference(authority, target.sid) for _ in range(2)), target)
    filed = [store().file_late_references() for _ in range(3)]
    assert (filed, reader().is_behind(), len(found(activity=THING))) == ([1, 1, 1], False, 3)
