"""The tables of competencies. Evidence and lines can be thrown away and worked out again."""

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
    String,
    Table,
    Text,
)
from sqlalchemy.orm import Mapped, mapped_column

from engine.db import Base, db


class FrameworkRow(db.Model):  # type: ignore[name-defined,misc]
    """A competency framework in Byway's own form; the newest of a URI is the one in force."""

    __tablename__ = "framework"

    id: Mapped[int] = mapped_column(primary_key=True)
    uri: Mapped[str] = mapped_column(String(500), index=True)
    title: Mapped[str] = mapped_column(String(300))
    sha256: Mapped[str] = mapped_column(String(64))
    document: Mapped[dict[str, Any]] = mapped_column(JSON)
    imported_at: Mapped[int] = mapped_column(BigInteger)


class RulesetRow(db.Model):  # type: ignore[name-defined,misc]
    """A version of the rules: the config that scores, and its hash, which is its name."""

    __tablename__ = "ruleset"

    id: Mapped[int] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    title: Mapped[str] = mapped_column(String(300))
    config: Mapped[dict[str, Any]] = mapped_column(JSON)
    by: Mapped[str] = mapped_column(String(320), default="")
    published_at: Mapped[int] = mapped_column(BigInteger)


class Projection(db.Model):  # type: ignore[name-defined,misc]
    """One working out of the log under one ruleset: how far it got, and whether pages read it.

    `state`: serving; building (a new ruleset catching up); rebuilding (filled stretch by stretch,
    in any order) and then checking (it follows the log, to be compared); retired (going).
    `engine`: the version of the engine that rebuilds it; another one begins anew.
    """

    __tablename__ = "projection"

    generation: Mapped[int] = mapped_column(primary_key=True)
    ruleset_id: Mapped[int] = mapped_column(ForeignKey("ruleset.id"))
    state: Mapped[str] = mapped_column(String(10))
    cursor: Mapped[int] = mapped_column(BigInteger, default=0)
    statements: Mapped[int] = mapped_column(BigInteger, default=0)
    engine: Mapped[str | None] = mapped_column(String(40))


class SnapshotDay(db.Model):  # type: ignore[name-defined,misc]
    """The snapshot of one day: who claims it makes this row, and says in it how far it got.

    `as_of` is the UTC date's ordinal; `after` the last identifier that is done.
    """

    __tablename__ = "snapshot_day"

    as_of: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    ruleset_id: Mapped[int] = mapped_column(ForeignKey("ruleset.id"))
    after: Mapped[str] = mapped_column(String(1000), default="")
    learners: Mapped[int] = mapped_column(default=0)
    started_at: Mapped[int] = mapped_column(BigInteger)
    finished_at: Mapped[int | None] = mapped_column(BigInteger)


class Exclusion(db.Model):  # type: ignore[name-defined,misc]
    """A learner leaves one item out of scoring, or takes it back in; append-only, the last counts.

    `root` is the first revision's statement id.
    """

    __tablename__ = "exclusion"

    id: Mapped[int] = mapped_column(primary_key=True)
    root: Mapped[str] = mapped_column(String(36), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    excluded: Mapped[bool]
    at: Mapped[int] = mapped_column(BigInteger)


evidence = Table(
    "evidence",
    Base.metadata,
    Column("generation", Integer, primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("rule", String(100), primary_key=True),
    Column("competency", String(500), primary_key=True),
    Column("statement_id", String(36), nullable=False),
    Column("actor", String(1000), nullable=False),
    Column("kind", String(60), nullable=False),
    Column("polarity", Integer, nullable=False),
    Column("assurance", String(20), nullable=False),
    Column("base", BigInteger, nullable=False),
    Column("split", Integer, nullable=False),
    Column("object_key", Text, nullable=False),
    Column("day", Integer, nullable=False),
    Column("at", String(40), nullable=False),
    Column("stated", Integer),
    Column("instructor", String(1000)),
    Column("origin", Integer, nullable=False),
    Column("replaces", String(36)),
    sqlite_with_rowid=False,
)
Index("ix_evidence_generation_actor", evidence.c.generation, evidence.c.actor)
Index("ix_evidence_generation_statement_id", evidence.c.generation, evidence.c.statement_id)

validation = Table(
    "validation",
    Base.metadata,
    Column("generation", Integer, primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("statement_id", String(36), nullable=False),
    Column("target", String(36), nullable=False),
    Column("validator", String(1000), nullable=False),
    Column("verdict", Integer, nullable=False),
    Column("level", Integer),
    Column("day", Integer, nullable=False),
    Column("at", String(40), nullable=False),
    Column("origin", Integer, nullable=False),
)
Index("ix_validation_generation_target", validation.c.generation, validation.c.target)

line = Table(
    "line",
    Base.metadata,
    Column("generation", Integer, primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("sid", LargeBinary(16), nullable=False),
    Column("actor", String(1000), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("verb", Text, nullable=False),
    Column("object_id", Text, nullable=False),
    Column("object_type", Text),
    Column("title", Text),
    Column("tags", JSON, nullable=False),
    Column("origin", Integer, nullable=False),
)
Index("ix_line_generation_actor_at", line.c.generation, line.c.actor, line.c.at)
Index("ix_line_generation_sid", line.c.generation, line.c.sid)

revision = Table(
    "revision",
    Base.metadata,
    Column("generation", Integer, primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("sid", String(36), nullable=False),
    Column("replaces", String(36), nullable=False),
    Column("origin", Integer, nullable=False),
)
Index("ix_revision_generation_sid", revision.c.generation, revision.c.sid)
Index("ix_revision_generation_replaces", revision.c.generation, revision.c.replaces)

# What a rebuild has weighed by now: the statements after a position up to another one.
stretch = Table(
    "stretch",
    Base.metadata,
    Column("generation", Integer, primary_key=True, autoincrement=False),
    Column("after", BigInteger, primary_key=True, autoincrement=False),
    Column("until", BigInteger, nullable=False),
    Column("statements", Integer, nullable=False),
)

# Everybody's levels on a day. `actor` is the first of the learner's identifiers that has evidence,
# `person_id` who stands behind it then; score in milli-levels, confidence in millionths.
snapshot = Table(
    "snapshot",
    Base.metadata,
    Column("as_of", Integer, primary_key=True, autoincrement=False),
    Column("actor", String(1000), primary_key=True),
    Column("competency", String(500), primary_key=True),
    Column("person_id", Integer, ForeignKey("person.id")),
    Column("ruleset_id", Integer, ForeignKey("ruleset.id"), nullable=False),
    Column("level", Integer, nullable=False),
    Column("score", Integer, nullable=False),
    Column("confidence", Integer, nullable=False),
    Column("digest", String(64), nullable=False),
    sqlite_with_rowid=False,
)
Index("ix_snapshot_as_of_competency", snapshot.c.as_of, snapshot.c.competency)
Index("ix_snapshot_person_id", snapshot.c.person_id)
