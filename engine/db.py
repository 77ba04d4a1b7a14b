"""The database: one engine, one way to open a transaction, and leases for work done once."""

from __future__ import annotations

import os
import socket
import sqlite3
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import BigInteger, Column, Connection, Engine, MetaData, String, Table, event
from sqlalchemy.orm import DeclarativeBase, Session

from engine.moments import now_us

T = TypeVar("T")
PORTION = 400

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


WAIT_MS = 30_000
"""How long a writer waits for another one."""
SOON_S, LATE_S = 0.001, 0.01
"""When a writer looks again whether another one is done."""
STATEMENT_MS = 120_000
"""How long PostgreSQL works on one statement before it gives up."""


class Base(DeclarativeBase):
    """The base of every model; constraint names are fixed, so migrations can name them."""

    metadata = MetaData(naming_convention=NAMING)


db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False})

lease_table = Table(
    "lease",
    Base.metadata,
    Column("name", String(200), primary_key=True),
    Column("holder", String(200), nullable=False),
    Column("fence", BigInteger, nullable=False),
    Column("expires", BigInteger, nullable=False),
)


WRITERS = 0x62797761
"""The advisory lock that stands for SQLite's write lock on PostgreSQL: one writer at a time."""


def prepare(engine: Engine) -> None:
    """Make every connection durable, and every transaction what it is on the other database too.

    A reading transaction sees one moment; writing ones come one after the other. So nothing else
    has to know which database it is.
    """
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _configure_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        event.listen(engine, "begin", _begin_postgres)


def engine_options(url: str) -> dict[str, Any]:
    """How the engine for this database is made."""
    common: dict[str, Any] = {
        "hide_parameters": True,  # they are personal data in a log
        "pool_use_lifo": True,  # the connection used last remembers most of what is asked next
    }
    if url.startswith("sqlite"):
        return common
    waits = f"-c lock_timeout={WAIT_MS} -c statement_timeout={STATEMENT_MS} -c timezone=UTC"
    return common | {
        "isolation_level": "REPEATABLE READ",
        "pool_pre_ping": False,
        "pool_size": 16,
        "max_overflow": 16,
        "connect_args": {"options": waits},
    }


def writing_options(engine: Engine, **more: Any) -> dict[str, Any]:
    """The execution options of a connection whose transaction is going to write."""
    if engine.dialect.name == "sqlite":
        return {"writing": True, **more}
    # what was committed before the lock was given is seen by every statement after it
    return {"writing": True, "isolation_level": "READ COMMITTED", **more}


def _begin_postgres(connection: Connection) -> None:
    options = connection.get_execution_options()
    if not options.get("writing"):
        return
    if not options.get("waiting", True):
        connection.exec_driver_sql("SET LOCAL lock_timeout = '1ms'")
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITERS})")
    if not options.get("waiting", True):
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{WAIT_MS}ms'")


def _configure_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    for pragma in (
        f"busy_timeout={WAIT_MS}",  # first, so that the others wait too
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "cache_size=-65536",
        "mmap_size=1073741824",  # pages are read from the memory that all connections share
        "wal_autocheckpoint=8000",  # 32 MB: the index's pages are written back less often
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    # A deferred transaction that turns to writing can fail half-way (SQLITE_BUSY_SNAPSHOT).
    options = connection.get_execution_options()
    if options.get("plain"):  # single statements, each a moment of its own
        return
    if not options.get("writing"):
        connection.exec_driver_sql("BEGIN")
    else:
        _begin_to_write(connection, WAIT_MS if options.get("waiting", True) else 0)


def begin_at_once(connection: Connection) -> None:
    """Begin to write on SQLite, or raise OperationalError while somebody else does."""
    _begin_to_write(connection, 0)


def _begin_to_write(connection: Connection, wait_ms: int) -> None:
    """Wait for the one who writes; SQLite itself would look again only every 100 ms in the end."""
    driver: Any = connection.connection.driver_connection
    driver.execute("PRAGMA busy_timeout=0")
    try:
        for pause in _pauses(wait_ms / 1000):
            try:
                driver.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                    break
            else:
                return
            time.sleep(pause)
        connection.exec_driver_sql("BEGIN IMMEDIATE")  # what stands in the way is said in the end
    finally:
        driver.execute(f"PRAGMA busy_timeout={WAIT_MS}")


def _pauses(wait_s: float) -> Iterator[float]:
    """A quarter of what was waited so far, within limits, as long as it is worth waiting."""
    begun = time.monotonic()
    while (waited := time.monotonic() - begun) < wait_s:
        yield min(max(waited / 4, SOON_S), LATE_S)


@contextmanager
def transaction() -> Iterator[Session]:
    """One unit of work of an entry point: all of it is stored, or nothing."""
    session = db.session
    session.rollback()
    session.connection(execution_options=writing_options(db.engine))
    try:
        yield session()
        session.commit()
    except BaseException:
        session.rollback()
        raise


@contextmanager
def writing(*, waiting: bool = True) -> Iterator[Connection]:
    """A connection with a write transaction of its own, beside the session.

    :param waiting: False for what can be left out while somebody else writes; OperationalError
        is raised then.
    """
    options = writing_options(db.engine, waiting=waiting)
    with db.engine.connect().execution_options(**options) as connection, connection.begin():
        yield connection


@contextmanager
def reading() -> Iterator[Connection]:
    """A connection with a read transaction: one consistent view, and no lock on writers."""
    with db.engine.connect() as connection, connection.begin():
        yield connection


def among(connection: Connection, query: str, values: Iterable[str], *before: Any) -> list[Any]:
    """The rows of a query for very many values, a portion at a time, as the driver takes it.

    :param query: with `?` for each value in `before`, then `IN (*)` for the many.
    """
    mark = "?" if connection.dialect.paramstyle == "qmark" else "%s"
    found: list[Any] = []
    for part in portions(sorted(values)):
        asked = query.replace("?", mark).replace("(*)", f"({', '.join([mark] * len(part))})")
        found += connection.exec_driver_sql(asked, (*before, *part)).all()
    return found


def portions(values: Iterable[T]) -> Iterator[list[T]]:
    """Values for an IN clause, no more at a time than every database takes."""
    listed = list(values)
    for start in range(0, len(listed), PORTION):
        yield listed[start : start + PORTION]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The right to do one piece of work until `expires` (microseconds); `fence` only ever grows."""

    name: str
    holder: str
    fence: int
    expires: int


def take_lease(
    connection: Connection,
    name: str,
    holder: str,
    *,
    seconds: float,
    clock: Callable[[], int] = now_us,
) -> Lease | None:
    """Take or renew a lease inside a write transaction; None while somebody else holds it."""
    table, now = lease_table, clock()
    row = _lease_row(connection, name)
    if not _free(row, holder, now):
        return None
    fence = 1 if row is None else row.fence + (row.holder != holder)
    lease = Lease(name=name, holder=holder, fence=fence, expires=now + int(seconds * 1e6))
    values = {"holder": holder, "fence": fence, "expires": lease.expires}
    if row is None:
        connection.execute(table.insert().values(name=name, **values))
    else:
        connection.execute(table.update().where(table.c.name == name).values(**values))
    return lease


def may_take_lease(
    connection: Connection, name: str, holder: str, *, clock: Callable[[], int] = now_us
) -> bool:
    """Whether `take_lease` would succeed now; looking takes nothing."""
    return _free(_lease_row(connection, name), holder, clock())


def _lease_row(connection: Connection, name: str) -> Any:
    table = lease_table
    return connection.execute(table.select().where(table.c.name == name)).one_or_none()


def _free(row: Any, holder: str, now: int) -> bool:
    mine = row is None or row.holder == holder
    return bool(mine or row.expires <= now or not _lives(row.holder))


def holder_name() -> str:
    """Who we are when we hold a lease: host, process, and a number of our own."""
    return f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4()}"


def _lives(holder: str) -> bool:
    """Whether a holder may still be at work; one that died on this host certainly is not."""
    host, pid, _ = (*holder.split(":"), "", "", "")[:3]
    if host != socket.gethostname() or not pid.isdigit():
        return True
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def drop_lease(connection: Connection, lease: Lease) -> None:
    """Give a lease back before it expires."""
    table = lease_table
    mine = (table.c.name == lease.name) & (table.c.holder == lease.holder)
    connection.execute(table.update().where(mine).values(expires=0))
