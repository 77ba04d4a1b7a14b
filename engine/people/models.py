"""The tables of people; the log, roles and consents are only ever added to."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from engine.db import db


class Person(db.Model):  # type: ignore[name-defined,misc]
    """A learner, officer or operator. `merged_into` is set while two records are taken for one."""

    __tablename__ = "person"

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(36), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    email: Mapped[str] = mapped_column(String(320), unique=True)
    zone: Mapped[str] = mapped_column(String(64), default="UTC")
    created_at: Mapped[int] = mapped_column(BigInteger)
    merged_into: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)


class Identifier(db.Model):  # type: ignore[name-defined,misc]
    """One way a source names somebody, as `xapi.actors.key` writes it, and whose it is now."""

    __tablename__ = "identifier"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(1000), unique=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    verified: Mapped[bool] = mapped_column(default=True)


class PeopleLog(db.Model):  # type: ignore[name-defined,misc]
    """Every decision about who is who: linked, unlinked, merged, unmerged. Append-only."""

    __tablename__ = "people_log"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[int] = mapped_column(BigInteger)
    act: Mapped[str] = mapped_column(String(20))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    other_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    keys: Mapped[list[str]] = mapped_column(JSON, default=list)
    by: Mapped[str] = mapped_column(String(320), default="")


class Role(db.Model):  # type: ignore[name-defined,misc]
    """A role somebody has from `granted_at` on, until `revoked_at`."""

    __tablename__ = "role"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    role: Mapped[str] = mapped_column(String(20))
    granted_at: Mapped[int] = mapped_column(BigInteger)
    revoked_at: Mapped[int | None] = mapped_column(BigInteger)


class Community(db.Model):  # type: ignore[name-defined,misc]
    """A community of practice; its slug names it in audiences."""

    __tablename__ = "community"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(200))


class Membership(db.Model):  # type: ignore[name-defined,misc]
    """Somebody belongs to a community."""

    __tablename__ = "membership"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"), primary_key=True)


class ManagerOf(db.Model):  # type: ignore[name-defined,misc]
    """Somebody's manager, who sees what is shared with "manager" and nothing else."""

    __tablename__ = "manager_of"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    manager_id: Mapped[int] = mapped_column(ForeignKey("person.id"))


class Consent(db.Model):  # type: ignore[name-defined,misc]
    """What a person said about one origin: "given", "withdrawn" or "objected". Append-only."""

    __tablename__ = "consent"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    origin_id: Mapped[int] = mapped_column(ForeignKey("origin.id"))
    word: Mapped[str] = mapped_column(String(20))
    at: Mapped[int] = mapped_column(BigInteger)


class SigninLink(db.Model):  # type: ignore[name-defined,misc]
    """A one-time sign-in link; the token is kept as a hash, and used up by the first POST."""

    __tablename__ = "signin_link"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    token_sha256: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    expires_at: Mapped[int] = mapped_column(BigInteger)
    used_at: Mapped[int | None] = mapped_column(BigInteger)


def log(act: str, at: int, **members: Any) -> None:
    """Write one decision about people down."""
    db.session.add(PeopleLog(act=act, at=at, **members))
