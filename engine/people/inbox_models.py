"""The tables of the identity inbox: what was put aside or trusted, and what reports say."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, Index, String
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


class SaidTogether(db.Model):  # type: ignore[name-defined,misc]
    """A run's report gave an account and an address as one person's, both as handles.

    It counts while the run stands; nobody is linked by it. Rows are only ever added, so who has
    seen one has seen those with smaller numbers.
    """

    __tablename__ = "said_together"

    id: Mapped[int] = mapped_column(primary_key=True)
    account: Mapped[str] = mapped_column(String(600))
    address: Mapped[str] = mapped_column(String(600), index=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id"))
    origin_id: Mapped[int] = mapped_column(ForeignKey("origin.id"))

    __table_args__ = (
        Index(
            "uq_said_together_account_address_run_id", "account", "address", "run_id", unique=True
        ),
    )
