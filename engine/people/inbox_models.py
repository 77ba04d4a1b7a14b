"""The tables of the identity inbox: handles that were put aside, and domains that are trusted."""

from __future__ import annotations

from sqlalchemy import BigInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from engine.db import db


class IgnoredHandle(db.Model):  # type: ignore[name-defined,misc]
    """A handle that is not shown as open; taking it back deletes the row, the log has both."""

    __tablename__ = "ignored_handle"

    key: Mapped[str] = mapped_column(String(1000), primary_key=True)
    at: Mapped[int] = mapped_column(BigInteger)
    by: Mapped[str] = mapped_column(String(320))


class TrustedDomain(db.Model):  # type: ignore[name-defined,misc]
    """What was decided about an email domain; append-only, its last row counts.

    An address of a trusted domain that turns up in the record makes a person by itself.
    """

    __tablename__ = "trusted_domain"

    id: Mapped[int] = mapped_column(primary_key=True)
    domain: Mapped[str] = mapped_column(String(255), index=True)
    trusted: Mapped[bool]
    by: Mapped[str] = mapped_column(String(320))
    at: Mapped[int] = mapped_column(BigInteger)
