"""Consistent-Through: true while others write, and moving on while nobody does."""

from __future__ import annotations

import threading

import pytest
from flask import Flask
from lrs_making import add, an_authority, an_entry

from engine.db import db
from engine.lrs import reader as reading_side
from engine.lrs.backends import backend_of
from engine.moments import now_us
from engine.pipeline import reader


@pytest.fixture(autouse=True)
def look_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is not from just now was long ago."""
    monkeypatch.setattr(reading_side, "LONG_AGO", 0)


def test_an_empty_store_is_consistent_through_now(app: Flask) -> None:
    before = now_us()
    assert before <= reader().consistent_through() <= now_us()


def test_what_is_stored_later_lies_after_it(app: Flask) -> None:
    authority = an_authority()
    told = reader().consistent_through()
    add(an_entry(authority))
    assert reader().last() > told


def test_while_somebody_writes_it_stays_behind_what_comes(app: Flask) -> None:
    authority = an_authority()
    add(an_entry(authority))
    last = reader().last()
    with backend_of(db.engine).appending(alone=False) as connection:
        coming, _ = backend_of(db.engine).locked(connection)
        assert last <= reader().consistent_through() < coming


def test_it_never_promises_what_is_not_there_yet(app: Flask) -> None:
    authority, store = an_authority(), reader()
    told: list[tuple[int, int]] = []
    stop = threading.Event()

    def look() -> None:
        while not stop.is_set():
            through = store.consistent_through()
            told.append((through, store.count()))

    watcher = threading.Thread(target=look)
    watcher.start()
    for _ in range(60):
        add(an_entry(authority))
    stop.set()
    watcher.join()
    stored = [entry.seq for entry in store.log(0, 100)]
    missing = [seen for through, seen in told if seen < sum(seq <= through for seq in stored)]
    assert told
    assert missing == []
