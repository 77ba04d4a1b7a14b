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
    Text,
    UniqueConstraint,
    false,
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


# The bytes of attachments, each once, and which statements they came with.
attachment = Table(
    "attachment",
    Base.metadata,
    Column("sha2", String(128), primary_key=True),
    Column("content", LargeBinary, nullable=False),
)
statement_attachment = Table(
    "statement_attachment",
    Base.metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("sha2", String(128), ForeignKey("attachment.sha2"), primary_key=True),
)

# What each origin said of an activity, merged over its statements; `term` is the index's for it.
activity = Table(
    "activity",
    Base.metadata,
    Column("term", BigInteger, primary_key=True, autoincrement=False),
    Column("origin", Integer, ForeignKey("origin.id"), primary_key=True),
    Column("iri", Text, nullable=False),
    Column("definition", LargeBinary, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
)

# State and profiles; every origin has documents of its own. `slot` stands for all that names one
# document, `place` for what a list of them is asked by.
document = Table(
    "document",
    Base.metadata,
    Column("slot", LargeBinary(16), primary_key=True),
    Column("place", LargeBinary(16), nullable=False),
    Column("origin", Integer, ForeignKey("origin.id"), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("activity", Text),
    Column("agent", Text),
    Column("registration", String(36)),
    Column("name", Text, nullable=False),
    Column("content_type", Text, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("etag", String(40), nullable=False),
    Column("updated_at", BigInteger, nullable=False),
)
Index("ix_document_place_updated_at", document.c.place, document.c.updated_at)

# Statements whose terms are still to be filed under the many older ones that refer to them.
late_reference = Table(
    "late_reference",
    Base.metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("after", BigInteger, nullable=False),
)


class Origin(db.Model):  # type: ignore[name-defined,misc]
    """Where statements come from: a key, a source instance, or Byway itself; also their authority.

    `ceiling` cuts the assurance of its evidence; `attests` is the strongest word it may pass on
    for others ("peer", "expert" or None); `basis` is "notice" or "consent". `dedupe`: a statement
    with a timestamp and no id gets one made of its content, so sending it again stores nothing.
    `account_rule` ("username", "external_id", "email" or None) says what the names of accounts are
    that come from here, on `account_home_page` or on any home page.
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
    dedupe: Mapped[bool] = mapped_column(default=False, server_default=false())
    account_rule: Mapped[str | None] = mapped_column(String(20))
    account_home_page: Mapped[str | None] = mapped_column(Text)
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


class ForwardRow(db.Model):  # type: ignore[name-defined,misc]
    """Another record store that statements are sent on to; `cursor` is how far the log was sent.

    `match` holds filters, `audiences` what may leave; the secret is encrypted.
    """

    __tablename__ = "forward"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100), unique=True)
    url: Mapped[str] = mapped_column(Text)
    version: Mapped[str] = mapped_column(String(10))
    username: Mapped[str] = mapped_column(Text)
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    match: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    audiences: Mapped[list[str]] = mapped_column(JSON, default=list)
    enabled: Mapped[bool] = mapped_column(default=True)
    cursor: Mapped[int] = mapped_column(BigInteger, default=0)
    sent: Mapped[int] = mapped_column(BigInteger, default=0)
    withheld: Mapped[int] = mapped_column(BigInteger, default=0)
    failures: Mapped[int] = mapped_column(default=0)
    not_before: Mapped[int] = mapped_column(BigInteger, default=0)
    trouble: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[int] = mapped_column(BigInteger)


class DeadLetter(db.Model):  # type: ignore[name-defined,misc]
    """A statement that another record store refused, with its reason; `resend` asks for a retry."""

    __tablename__ = "dead_letter"
    __table_args__ = (UniqueConstraint("forward_id", "seq"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    forward_id: Mapped[int] = mapped_column(ForeignKey("forward.id"))
    seq: Mapped[int] = mapped_column(BigInteger)
    status: Mapped[int | None]
    why: Mapped[str] = mapped_column(Text)
    attempts: Mapped[int] = mapped_column(default=1)
    resend: Mapped[bool] = mapped_column(default=False)
    first_at: Mapped[int] = mapped_column(BigInteger)
    last_at: Mapped[int] = mapped_column(BigInteger)


class PullRow(db.Model):  # type: ignore[name-defined,misc]
    """Another record store that statements are fetched from; `since` is its own stored time."""

    __tablename__ = "pull"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100), unique=True)
    origin_id: Mapped[int] = mapped_column(ForeignKey("origin.id"))
    url: Mapped[str] = mapped_column(Text)
    version: Mapped[str] = mapped_column(String(10))
    username: Mapped[str] = mapped_column(Text)
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    since: Mapped[str | None] = mapped_column(String(40))
    every: Mapped[int] = mapped_column(default=300)
    enabled: Mapped[bool] = mapped_column(default=True)
    not_before: Mapped[int] = mapped_column(BigInteger, default=0)
    failures: Mapped[int] = mapped_column(default=0)
    trouble: Mapped[str | None] = mapped_column(Text)
    new: Mapped[int] = mapped_column(BigInteger, default=0)
    known: Mapped[int] = mapped_column(BigInteger, default=0)
    refused: Mapped[int] = mapped_column(BigInteger, default=0)
    created_at: Mapped[int] = mapped_column(BigInteger)
