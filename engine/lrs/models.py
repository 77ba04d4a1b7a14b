"""The tables of the record store; the first two are hot and only ever extended.

Every moment in every table of Byway is a count of microseconds since the epoch, in UTC.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
)
from sqlalchemy.orm import Mapped, mapped_column

from engine.db import Base, db

Seq = BigInteger().with_variant(Integer(), "sqlite")

statement = Table(
    "statement",
    Base.metadata,
    # Stored time in microseconds, unique and rising: order, cursor, since/until and log position.
    Column("seq", Seq, primary_key=True, autoincrement=False),
    Column("sid", LargeBinary(16), nullable=False, unique=True),
    Column("voided", SmallInteger, nullable=False, default=0),
    Column("voids", SmallInteger, nullable=False, default=0),
    Column("target", LargeBinary(16)),
    Column("origin", Integer, ForeignKey("origin.id"), nullable=False),
    Column("audience", String(80), nullable=False, default="private"),
    Column("payload", LargeBinary, nullable=False),
)
Index(
    "ix_statement_target",
    statement.c.target,
    sqlite_where=statement.c.target.is_not(None),
    postgresql_where=statement.c.target.is_not(None),
)
# What one origin sent, in order: a key's own page, the counts of its day.
Index("ix_statement_origin_seq", statement.c.origin, statement.c.seq)

posting = Table(
    "posting",
    Base.metadata,
    Column("term", BigInteger, primary_key=True, autoincrement=False),
    Column("pos", BigInteger, primary_key=True, autoincrement=False),  # seq << 8 | hop
    sqlite_with_rowid=False,
)


class Origin(db.Model):  # type: ignore[name-defined,misc]
    """Where statements come from: a key, a source instance, or Byway itself; also their authority.

    `ceiling` cuts the assurance of its evidence; `attests` is the strongest word it may pass on
    for others ("peer", "expert" or None); `basis` is "notice" or "consent".
    """

    __tablename__ = "origin"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(200))
    authority: Mapped[dict[str, Any]] = mapped_column(JSON)
    basis: Mapped[str] = mapped_column(String(20), default="notice")
    ceiling: Mapped[str] = mapped_column(String(20), default="system")
    attests: Mapped[str | None] = mapped_column(String(20))
    may_void: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[int] = mapped_column(BigInteger)


class Key(db.Model):  # type: ignore[name-defined,misc]
    """What an LMS or a script signs in with; the secret is kept as its sha256 only."""

    __tablename__ = "key"

    id: Mapped[int] = mapped_column(primary_key=True)
    origin_id: Mapped[int] = mapped_column(ForeignKey("origin.id"))
    name: Mapped[str] = mapped_column(String(200))
    username: Mapped[str] = mapped_column(String(64), unique=True)
    secret_sha256: Mapped[bytes] = mapped_column(LargeBinary(32))
    scopes: Mapped[list[str]] = mapped_column(JSON)
    reads: Mapped[str] = mapped_column(String(20), default="mine")
    communities: Mapped[list[str]] = mapped_column(JSON, default=list)
    created_at: Mapped[int] = mapped_column(BigInteger)
    expires_at: Mapped[int | None] = mapped_column(BigInteger)
    last_used_at: Mapped[int | None] = mapped_column(BigInteger)
