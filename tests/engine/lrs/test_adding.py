"""Storing: all or nothing, once, in order, with the rows that belong to it."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from factories import a_statement
from flask import Flask
from lrs_making import EVERYTHING, add, add_each, an_authority, an_entry, found
from sqlalchemy import bindparam, delete, insert, update

from engine.db import lease_table, writing
from engine.errors import Conflict
from engine.lrs.models import statement
from engine.lrs.store import Outdated, Write
from engine.moments import iso, now_us
from engine.pipeline import entry_of, reader, store
from xapi import text


def lease(name: str, fence: int = 1) -> dict[str, Any]:
    return {"name": name, "holder": "somebody", "fence": fence, "expires": 0}


def raise_fence(*names: str, expects: int | None) -> Write:
    """A planned change of several rows, each named."""
    mine = lease_table.c.name == bindparam("b_name")
    change = update(lease_table).where(mine).values(fence=bindparam("fence"))
    rows = [{"b_name": name, "fence": 9} for name in names]
    return Write(statement=change, values=rows, expects=expects)


def test_what_is_stored_has_the_servers_fields(app: Flask) -> None:
    authority = an_authority()
    entry = an_entry(authority)
    add(entry)
    stored = reader().get(entry.sid, EVERYTHING)
    assert stored is not None
    kept = text.parse(stored.payload)
    assert kept["stored"] == iso(stored.seq)
    assert kept["authority"] == authority.agent
    assert kept["timestamp"] == entry.statement["timestamp"]


def test_a_missing_timestamp_becomes_the_stored_time(app: Flask) -> None:
    sent = a_statement()
    del sent["timestamp"]
    new = add(entry_of(sent, authority=an_authority())).new[0]
    assert new["timestamp"] == new["stored"]


def test_positions_rise_inside_a_batch_and_between_batches(app: Flask) -> None:
    authority = an_authority()
    first = [an_entry(authority) for _ in range(5)]
    second = [an_entry(authority) for _ in range(5)]
    add(*first)
    add(*second)
    log = reader().log(0, 100)
    assert [entry.sid for entry in log] == [entry.sid for entry in first + second]
    assert [entry.seq for entry in log] == sorted({entry.seq for entry in log})


def test_positions_rise_when_the_clock_goes_back(app: Flask) -> None:
    authority = an_authority()
    add(an_entry(authority))
    ahead = now_us() + 3_600_000_000
    with writing() as connection:
        connection.execute(update(statement).values(seq=ahead))
    add(an_entry(authority))
    assert reader().last() == ahead + 1


def test_the_same_statement_again_is_left_alone(app: Flask) -> None:
    entry = an_entry(an_authority())
    add(entry)
    again = add(entry)
    assert again.new == []
    assert again.known == [entry.sid]
    assert reader().count() == 1


def test_the_same_id_with_other_content_is_a_conflict_and_nothing_is_stored(app: Flask) -> None:
    authority = an_authority()
    entry = an_entry(authority)
    add(entry)
    other = an_entry(authority, id=str(entry.sid), thing="https://events.example.org/other")
    with pytest.raises(Conflict) as refusal:
        add(an_entry(authority), other)
    assert str(entry.sid) in str(refusal.value)
    assert reader().count() == 1


def test_one_statement_twice_in_a_batch_is_stored_once(app: Flask) -> None:
    entry = an_entry(an_authority())
    added = add(entry, entry)
    assert [one["id"] for one in added.new] == [str(entry.sid)]
    assert added.known == [entry.sid]
    assert reader().count() == 1


def test_one_id_with_two_contents_in_a_batch_is_a_conflict(app: Flask) -> None:
    authority = an_authority()
    entry = an_entry(authority)
    other = an_entry(authority, id=str(entry.sid), thing="https://events.example.org/other")
    with pytest.raises(Conflict):
        add(entry, other)
    assert reader().count() == 0


def test_nothing_to_store_is_nothing_done(app: Flask) -> None:
    assert store().add([]).new == []
    assert reader().last() == 0


def test_rows_are_stored_with_the_statements(app: Flask) -> None:
    entry = an_entry(an_authority())
    store().add([entry], [Write(statement=insert(lease_table), values=[lease("a"), lease("b")])])
    store().add([], [raise_fence("a", "b", expects=2)])
    assert reader().count() == 1


def test_rows_without_statements_are_stored_too(app: Flask) -> None:
    store().add([], [Write(statement=insert(lease_table), values=[lease("a")], expects=1)])
    store().add([], [raise_fence("a", expects=1)])


def test_a_write_of_no_rows_writes_none(app: Flask) -> None:
    store().add([], [Write(statement=insert(lease_table), values=[])])
    store().add([], [Write(statement=delete(lease_table), values=[], expects=0)])


@pytest.mark.parametrize(
    "names",
    [
        pytest.param(["a", "gone"], id="one of two is missing"),
        pytest.param(["gone", "a"], id="the first of two is missing"),
        pytest.param(["gone"], id="the only one is missing"),
    ],
)
def test_rows_that_touch_less_than_expected_store_nothing(app: Flask, names: list[str]) -> None:
    store().add([], [Write(statement=insert(lease_table), values=[lease("a")])])
    with pytest.raises(Outdated):
        store().add([an_entry(an_authority())], [raise_fence(*names, expects=len(names))])
    assert reader().count() == 0
    store().add([], [raise_fence("a", expects=1)])


def test_a_row_that_somebody_else_made_first_is_outdated_not_an_error(app: Flask) -> None:
    made = Write(statement=insert(lease_table), values=[lease("a")])
    store().add([], [made])
    with pytest.raises(Outdated):
        store().add([an_entry(an_authority())], [made])
    assert reader().count() == 0


def test_ten_thousand_statements_are_one_batch(app: Flask) -> None:
    authority = an_authority()
    sids = [uuid.uuid4() for _ in range(10_000)]
    entries = [an_entry(authority, id=str(sid)) for sid in sids]
    assert len(add(*entries).new) == 10_000
    assert [entry.sid for entry in reader().log(0, 20_000)] == sids
    assert found(limit="2") == [sids[-1], sids[-2]]


def test_statements_and_rows_of_one_thread_do_not_wait_for_each_other(app: Flask) -> None:
    authority = an_authority()
    add_each(*(an_entry(authority) for _ in range(20)))
    assert reader().count() == 20
