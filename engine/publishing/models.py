"""The tables of results: who decided that what is published, what was, and what was granted."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    ForeignKey,
    LargeBinary,
    String,
    Text,
)
from sqlalchemy.orm import Mapped, mapped_column

from engine.db import db


class ResultsPolicy(db.Model):  # type: ignore[name-defined,misc]
    """What the L&D team decided about results; append-only, the last row counts.

    `badge_level` is the lowest level there are badges for, 0 for no badges.
    """

    __tablename__ = "results_policy"

    id: Mapped[int] = mapped_column(primary_key=True)
    publishes: Mapped[bool]
    badge_level: Mapped[int]
    issuer: Mapped[str] = mapped_column(String(200))
    by: Mapped[str] = mapped_column(String(320))
    at: Mapped[int] = mapped_column(BigInteger)


class PublicationChoice(db.Model):  # type: ignore[name-defined,misc]
    """What a learner says about publishing her levels; append-only, her last word counts.

    `competency` is empty for all of them.
    """

    __tablename__ = "publication_choice"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    competency: Mapped[str] = mapped_column(String(500))
    publishes: Mapped[bool]
    at: Mapped[int] = mapped_column(BigInteger)


class Publication(db.Model):  # type: ignore[name-defined,misc]
    """The last that was published of a learner's level in a competency, and where.

    `ext_id` is what the target knows it by: in the record store the statement's id. `hash` is the
    ruleset's.
    """

    __tablename__ = "publication"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    competency: Mapped[str] = mapped_column(String(500), primary_key=True)
    target: Mapped[str] = mapped_column(String(40), primary_key=True)
    ext_id: Mapped[str] = mapped_column(String(36))
    level: Mapped[int]
    hash: Mapped[str] = mapped_column(String(64))
    at: Mapped[int] = mapped_column(BigInteger)


class PublicationLook(db.Model):  # type: ignore[name-defined,misc]
    """The day, as an ordinal, on which somebody's levels were last compared with what is out."""

    __tablename__ = "publication_look"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    day: Mapped[int]


class Grant(db.Model):  # type: ignore[name-defined,misc]
    """A learner asks that somebody confirms her level; what became of it, and of its badge.

    `state`: open, confirmed, declined, withdrawn, revoked. `shared` are the statements she lets
    whoever decides see. `token` is the badge as it was signed, with the end of its validity.
    """

    __tablename__ = "level_grant"

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(36), unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    competency: Mapped[str] = mapped_column(String(500))
    level: Mapped[int]
    wants_badge: Mapped[bool]
    words: Mapped[str] = mapped_column(Text)
    shared: Mapped[list[str]] = mapped_column(JSON)
    asked_at: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(String(20), index=True)
    decided_at: Mapped[int | None] = mapped_column(BigInteger)
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    reason: Mapped[str] = mapped_column(Text, default="")
    statement: Mapped[str | None] = mapped_column(String(36))
    token: Mapped[str | None] = mapped_column(Text)
    valid_until: Mapped[int | None] = mapped_column(BigInteger)


class IssuerKey(db.Model):  # type: ignore[name-defined,misc]
    """A key that badges are signed with; the newest that is not retired signs.

    `kid` is its thumbprint (RFC 7638); `sealed` its private half, encrypted.
    """

    __tablename__ = "issuer_key"

    kid: Mapped[str] = mapped_column(String(64), primary_key=True)
    public: Mapped[dict[str, Any]] = mapped_column(JSON)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[int] = mapped_column(BigInteger)
    retired_at: Mapped[int | None] = mapped_column(BigInteger)
