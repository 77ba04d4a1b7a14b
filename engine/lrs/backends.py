"""What the record store asks of a database, said to SQLite and to PostgreSQL each in its way.

The hot statements go through the driver's own cursor, inside SQLAlchemy's connection and
transaction; marks are written as `?` and translated. Everything else is the same for both.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from functools import lru_cache
from typing import Any, Protocol, cast

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, OperationalError

from engine.db import begin_at_once, writing_options
from engine.moments import now_us

Row = tuple[Any, ...]
Question = tuple[str, Sequence[Any]]

LOG = 0x6C6F67
"""The advisory lock that who appends to the log holds on PostgreSQL until the commit."""
_BEGIN = "BEGIN ISOLATION LEVEL READ COMMITTED"
_LOCK_AND_LOOK: tuple[Question, ...] = (
    # two statements: the second sees what was committed before the lock was given
    (f"SELECT pg_advisory_xact_lock({LOG})", ()),
    ("SELECT max(seq), extract(epoch FROM clock_timestamp()) FROM statement", ()),
)


class Cursor(Protocol):
    """A driver's cursor, as far as it is used here."""

    def execute(self, query: Any, values: Any = ..., /) -> Any:
        """Run one statement."""

    def executemany(self, query: Any, values: Any, /) -> Any:
        """Run one statement for each of these."""

    def fetchmany(self, size: int, /) -> list[Any]:
        """Some of the rows; none at the end."""

    def fetchall(self) -> list[Any]:
        """Every row."""

    def fetchone(self) -> Any:
        """The next row or None."""


class Backend:
    """The record store's way to talk to SQLite."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @contextmanager
    def appending(self, *, alone: bool) -> Iterator[Connection]:
        """A transaction that may append to the log, once it is `locked`.

        :param alone: also keep out every other writer, for the rows stored with the statements.
        """
        options = writing_options(self._engine)
        with (
            self._engine.connect().execution_options(**options) as connection,
            connection.begin(),
            self.translated(),
        ):
            yield connection

    @contextmanager
    def looking(self) -> Iterator[Connection]:
        """A connection for single questions, each answered as of its own moment."""
        with (
            self._engine.connect().execution_options(plain=True) as connection,
            self.translated(),
        ):
            yield connection

    @contextmanager
    def translated(self) -> Iterator[None]:
        """The driver's errors as SQLAlchemy's, as the rest of the engine knows them."""
        dialect = self._engine.dialect
        raised: type[Exception] = dialect.loaded_dbapi.Error
        try:
            yield
        except raised as error:
            wrapped = DBAPIError.instance(None, None, error, raised, dialect=dialect)
            raise wrapped from error

    def cursor(self, connection: Connection) -> Cursor:
        """The driver's own cursor inside a connection's transaction."""
        return cast(Cursor, connection.connection.cursor())

    def rows(self, connection: Connection, query: str, values: Sequence[Any] = ()) -> list[Row]:
        """All rows of a question."""
        cursor = self.cursor(connection)
        cursor.execute(self.sql(query), values)
        return cursor.fetchall()

    def each(self, connection: Connection, query: str, values: Sequence[Any] = ()) -> Iterator[Row]:
        """The rows of a question one by one; what is not wanted is not read."""
        cursor = self.cursor(connection)
        cursor.execute(self.sql(query), values)
        while rows := cursor.fetchmany(500):
            yield from rows

    def sql(self, query: str) -> str:
        """A query with this driver's marks."""
        return query

    def among(self, values: Sequence[Any]) -> tuple[str, list[Any]]:
        """What follows a column that is one of these, and the values that go with it."""
        return f"IN ({','.join('?' * len(values))})", list(values)

    def locked(
        self, connection: Connection, questions: Sequence[Question] = ()
    ) -> tuple[int, list[list[Row]]]:
        """Lock the log until the transaction ends; the first free position, and answers.

        The questions are answered with the log locked, so the answers stay true; on PostgreSQL all
        of it is one round trip.
        """
        [(last,)] = self.rows(connection, "SELECT max(seq) FROM statement")
        answers = [self.rows(connection, query, values) for query, values in questions]
        return max(now_us(), (last or 0) + 1), answers

    @contextmanager
    def piped(self, connection: Connection) -> Iterator[None]:
        """Statements that need no answer, sent together."""
        yield

    def settled(self, connection: Connection) -> int | None:
        """A moment before which nothing more will be stored; None while somebody is writing.

        Who writes takes the lock first and looks at the clock then. So when the lock is free after
        we looked, whoever comes next gets a later position.
        """
        now = now_us()
        try:
            begin_at_once(connection)
        except OperationalError:
            return None
        finally:
            connection.rollback()
        return now

    def append(self, connection: Connection, statements: Sequence[Row]) -> None:
        """Insert (seq, sid, voids, target, origin, audience, payload)."""
        self.cursor(connection).executemany(
            "INSERT INTO statement (seq, sid, voided, voids, target, origin, audience, payload)"
            " VALUES (?, ?, 0, ?, ?, ?, ?, ?)",
            statements,
        )

    def post(self, connection: Connection, postings: Sequence[tuple[int, int]]) -> None:
        """Insert (term, position); those that are there already stay."""
        self.cursor(connection).executemany(
            "INSERT INTO posting (term, pos) VALUES (?, ?) ON CONFLICT DO NOTHING", postings
        )


class Postgres(Backend):
    """The same for PostgreSQL: rows travel as arrays, statements in as few round trips as can be.

    A statement is sent at once and its answer awaited only where somebody asks for it.
    """

    @contextmanager
    def appending(self, *, alone: bool) -> Iterator[Connection]:
        """A transaction that may append to the log, once it is `locked`."""
        with super().appending(alone=True) if alone else self._unattended() as connection:
            yield connection

    @contextmanager
    def _unattended(self) -> Iterator[Connection]:
        """A transaction that begins with its first statement and ends with its last.

        The driver would wait for an answer after BEGIN, and again before COMMIT.
        """
        with (
            self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection,
            self.translated(),
        ):
            driver = cast(Any, connection.connection.driver_connection)
            try:
                with driver.pipeline():
                    self.cursor(connection).execute(_BEGIN)
                    yield connection
                    self.cursor(connection).execute("COMMIT")
            except BaseException:
                driver.rollback()
                raise

    @contextmanager
    def looking(self) -> Iterator[Connection]:
        """A connection for single questions, each answered as of its own moment."""
        options: dict[str, Any] = {"isolation_level": "AUTOCOMMIT"}
        with (
            self._engine.connect().execution_options(**options) as connection,
            self.translated(),
        ):
            yield connection

    def cursor(self, connection: Connection) -> Cursor:
        """A cursor that takes and gives bytes as they are; only one is in use at a time."""
        return self._cursors(connection, 1)[0]

    def _cursors(self, connection: Connection, count: int) -> list[Cursor]:
        """Cursors that stay with the connection, since they know how to write our types by now."""
        proxied = cast(Any, connection.connection)
        kept: list[Cursor] = proxied.info.setdefault("byway.cursors", [])
        while len(kept) < count:
            kept.append(proxied.driver_connection.cursor(binary=True))
        return kept[:count]

    def each(self, connection: Connection, query: str, values: Sequence[Any] = ()) -> Iterator[Row]:
        """The rows of a question, from a cursor of its own."""
        driver = cast(Any, connection.connection.driver_connection)
        with driver.cursor(binary=True) as cursor:
            cursor.execute(self.sql(query), values)
            while rows := cursor.fetchmany(500):
                yield from rows

    def sql(self, query: str) -> str:
        """A query with this driver's marks."""
        return _with_percent(query)

    def among(self, values: Sequence[Any]) -> tuple[str, list[Any]]:
        """One array, so that a list of any length is one prepared statement."""
        return "= ANY(?)", [_array(values)]

    def locked(
        self, connection: Connection, questions: Sequence[Question] = ()
    ) -> tuple[int, list[list[Row]]]:
        """The same; by the database's clock, which is one for all machines that write."""
        asked = (*_LOCK_AND_LOOK, *questions)
        cursors = self._cursors(connection, len(asked))
        with self.piped(connection):
            for cursor, (query, values) in zip(cursors, asked, strict=True):
                cursor.execute(self.sql(query), values)
            _, [(last, now)], *answers = [cursor.fetchall() for cursor in cursors]
        return max(int(now * 1_000_000), (last or 0) + 1), answers

    @contextmanager
    def piped(self, connection: Connection) -> Iterator[None]:
        """Statements that need no answer, sent together, with those around them where these are."""
        driver = cast(Any, connection.connection.driver_connection)
        with nullcontext() if driver.pgconn.pipeline_status else driver.pipeline():
            yield

    def settled(self, connection: Connection) -> int | None:
        """A moment before which nothing more will be stored; None while somebody is writing."""
        query = (
            f"SELECT extract(epoch FROM clock_timestamp()), pg_try_advisory_xact_lock_shared({LOG})"
        )
        [(now, free)] = self.rows(connection, query)
        return int(now * 1_000_000) if free else None

    def append(self, connection: Connection, statements: Sequence[Row]) -> None:
        """Insert (seq, sid, voids, target, origin, audience, payload)."""
        self.cursor(connection).execute(
            "INSERT INTO statement (seq, sid, voided, voids, target, origin, audience, payload)"
            " SELECT seq, sid, 0, voids, target, origin, audience, payload FROM unnest("
            "%s::bigint[], %s::bytea[], %s::smallint[], %s::bytea[], %s::int[], %s::text[],"
            " %s::bytea[])"
            " AS n (seq, sid, voids, target, origin, audience, payload)",
            [_array(column) for column in zip(*statements, strict=True)],
        )

    def post(self, connection: Connection, postings: Sequence[tuple[int, int]]) -> None:
        """Insert (term, position); those that are there already stay."""
        self.cursor(connection).execute(
            "INSERT INTO posting (term, pos) SELECT * FROM unnest(%s::bigint[], %s::bigint[])"
            " ON CONFLICT DO NOTHING",
            [_array(column) for column in zip(*postings, strict=True)],
        )


def _array(values: Iterable[Any]) -> str:
    """Values as PostgreSQL writes an array; the driver itself takes very long to do it."""
    return f"{{{','.join(map(_element, values))}}}"


def _element(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bytes):
        return f'"\\\\x{value.hex()}"'
    if isinstance(value, int):
        return str(value)
    escaped = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


@lru_cache(maxsize=512)
def _with_percent(query: str) -> str:
    return query.replace("?", "%s")


def backend_of(engine: Engine) -> Backend:
    """The way to talk to this engine's database."""
    return Backend(engine) if engine.dialect.name == "sqlite" else Postgres(engine)
