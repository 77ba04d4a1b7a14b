"""Transactions and leases: written whole or not at all; done by one at a time."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import Connection, func, select, text
from sqlalchemy.exc import OperationalError

from engine import db as database
from engine.db import (
    Lease,
    db,
    drop_lease,
    holder_name,
    lease_table,
    may_take_lease,
    reading,
    take_lease,
    transaction,
    writing,
)

pytestmark = pytest.mark.both_databases
NOW = 1_790_000_000_000_000
SECOND = 1_000_000


def take(holder: str, *, at: int = NOW, name: str = "work") -> Lease | None:
    """Take a lease for ten seconds in a transaction of its own."""
    with writing() as connection:
        return take_lease(connection, name, holder, seconds=10, clock=lambda: at)


def leases() -> int:
    with reading() as connection:
        return connection.execute(select(func.count()).select_from(lease_table)).scalar_one()


def elsewhere(name: str) -> str:
    """A holder on another machine, whose life cannot be looked up."""
    return f"another-host:1:{name}"


def test_a_free_lease_is_taken(app: Flask) -> None:
    lease = take(elsewhere("a"))
    assert lease == Lease(name="work", holder=elsewhere("a"), fence=1, expires=NOW + 10 * SECOND)


def test_a_held_lease_is_not_given_to_another(app: Flask) -> None:
    take(elsewhere("a"))
    assert take(elsewhere("b"), at=NOW + 10 * SECOND - 1) is None


def test_a_holder_renews_with_the_same_fence(app: Flask) -> None:
    take(elsewhere("a"))
    lease = take(elsewhere("a"), at=NOW + 5 * SECOND)
    assert lease is not None
    assert (lease.fence, lease.expires) == (1, NOW + 15 * SECOND)


def test_an_expired_lease_goes_to_the_next_with_a_higher_fence(app: Flask) -> None:
    take(elsewhere("a"))
    lease = take(elsewhere("b"), at=NOW + 10 * SECOND)
    assert lease is not None
    assert lease.fence == 2


def test_a_lease_that_was_lost_comes_back_with_a_higher_fence(app: Flask) -> None:
    take(elsewhere("a"))
    take(elsewhere("b"), at=NOW + 10 * SECOND)
    lease = take(elsewhere("a"), at=NOW + 20 * SECOND)
    assert lease is not None
    assert lease.fence == 3


def test_a_dropped_lease_is_free(app: Flask) -> None:
    lease = take(elsewhere("a"))
    assert lease is not None
    with writing() as connection:
        drop_lease(connection, lease)
    assert take(elsewhere("b")) is not None


def test_a_lease_somebody_else_took_is_not_dropped(app: Flask) -> None:
    lost = take(elsewhere("a"))
    assert lost is not None
    take(elsewhere("b"), at=NOW + 10 * SECOND)
    with writing() as connection:
        drop_lease(connection, lost)
    assert take(elsewhere("c"), at=NOW + 11 * SECOND) is None


@pytest.mark.parametrize(
    ("holder", "at", "may"),
    [
        pytest.param("a", NOW, True, id="the holder"),
        pytest.param("b", NOW, False, id="another"),
        pytest.param("b", NOW + 10 * SECOND, True, id="another, later"),
    ],
)
def test_looking_whether_a_lease_is_free_takes_nothing(
    app: Flask, holder: str, at: int, may: bool
) -> None:
    take(elsewhere("a"))
    with reading() as connection:
        free = may_take_lease(connection, "work", elsewhere(holder), clock=lambda: at)
    assert free is may
    assert take(elsewhere("a")) is not None


def test_leases_of_two_names_are_two(app: Flask) -> None:
    take(elsewhere("a"))
    assert take(elsewhere("b"), name="other") is not None


def test_a_living_holder_on_this_machine_keeps_its_lease(app: Flask) -> None:
    take(holder_name())
    assert take(elsewhere("b")) is None


def test_a_dead_holder_on_this_machine_has_lost_it_at_once(app: Flask) -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    take(f"{socket.gethostname()}:{process.pid}:x")
    lease = take(elsewhere("b"))
    assert lease is not None
    assert lease.fence == 2


@pytest.mark.parametrize(
    "holder",
    [
        pytest.param(f"{socket.gethostname()}:1:x", id="a process of somebody else"),
        pytest.param(f"{socket.gethostname()}:none:x", id="no process"),
        pytest.param("a name", id="just a name"),
        pytest.param(f"{socket.gethostname()}:{10**30}:x", id="no possible process"),
    ],
)
def test_a_holder_whose_life_is_unknown_counts_as_alive(app: Flask, holder: str) -> None:
    take(holder)
    assert take(elsewhere("b")) is None


def test_two_at_once_get_one_lease(app: Flask) -> None:
    taken: list[Lease | None] = []

    def try_it(name: str) -> None:
        with app.app_context():
            taken.append(take(elsewhere(name)))

    threads = [threading.Thread(target=try_it, args=(str(number),)) for number in range(8)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert sum(lease is not None for lease in taken) == 1


def test_holders_have_names_of_their_own(app: Flask) -> None:
    assert holder_name() != holder_name()
    assert holder_name().startswith(f"{socket.gethostname()}:{os.getpid()}:")


def write_and_fail() -> None:
    with transaction() as session:
        session.execute(lease_table.insert().values(name="a", holder="", fence=1, expires=0))
        raise ZeroDivisionError


def test_a_transaction_that_fails_writes_nothing(app: Flask) -> None:
    with pytest.raises(ZeroDivisionError):
        write_and_fail()
    assert leases() == 0


def test_a_transaction_is_written_when_it_ends(app: Flask) -> None:
    with transaction() as session:
        session.execute(lease_table.insert().values(name="a", holder="", fence=1, expires=0))
    assert leases() == 1


def test_a_transaction_sees_what_was_written_before_it(app: Flask) -> None:
    db.session.scalar(select(func.count()).select_from(lease_table))
    take(elsewhere("a"))
    with transaction() as session:
        assert session.scalar(select(func.count()).select_from(lease_table)) == 1


@pytest.fixture
def locked(app: Flask) -> Iterator[None]:
    """The write lock, held by somebody else for the whole test."""
    with writing():
        yield


def test_reading_goes_on_while_somebody_writes(locked: None) -> None:
    assert leases() == 0


def test_writing_that_can_be_left_out_does_not_wait(locked: None) -> None:
    with pytest.raises(OperationalError), writing(waiting=False):
        raise AssertionError("got the lock")


def answer_in(connection: Connection, question: str) -> object:
    return connection.execute(text(question)).scalar_one()


@pytest.mark.only_sqlite
def test_a_writer_waits_for_nothing_but_another_writer(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database.time, "sleep", lambda _: pytest.fail("it waits"))
    with db.engine.connect() as connection:
        driver = connection.connection
        driver.cursor().execute("BEGIN")
        with pytest.raises(OperationalError, match="within a transaction"):
            database._begin_to_write(connection, 30_000)
        driver.rollback()


@pytest.mark.only_sqlite
def test_after_it_was_left_out_writers_of_sqlite_wait_again(app: Flask) -> None:
    with writing(waiting=False) as connection:
        assert answer_in(connection, "PRAGMA busy_timeout") == database.WAIT_MS


@pytest.mark.only_postgresql
def test_after_it_was_left_out_writers_of_postgresql_wait_again(app: Flask) -> None:
    with writing(waiting=False) as connection:
        assert answer_in(connection, "SHOW lock_timeout") == f"{database.WAIT_MS // 1000}s"


@pytest.mark.only_sqlite
@pytest.mark.parametrize(
    ("pragma", "value"),
    [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("busy_timeout", 30_000)],
)
def test_every_connection_is_durable(app: Flask, pragma: str, value: object) -> None:
    with reading() as connection:
        assert answer_in(connection, f"PRAGMA {pragma}") == value


@pytest.mark.only_postgresql
@pytest.mark.parametrize(
    ("name", "value"),
    [("lock_timeout", "30s"), ("statement_timeout", "2min"), ("timezone", "UTC")],
)
def test_no_connection_waits_for_ever(app: Flask, name: str, value: str) -> None:
    with reading() as connection:
        assert answer_in(connection, f"SHOW {name}") == value


@pytest.mark.only_postgresql
def test_who_reads_sees_one_moment_and_who_writes_what_came_before(app: Flask) -> None:
    with reading() as connection:
        assert answer_in(connection, "SHOW transaction_isolation") == "repeatable read"
    with writing() as connection:
        assert answer_in(connection, "SHOW transaction_isolation") == "read committed"
