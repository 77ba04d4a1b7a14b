"""The tables of disputes; the steps are only ever added to."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from engine.db import db


class Dispute(db.Model):  # type: ignore[name-defined,misc]
    """One dispute as it stands; `about` is an item's root or a competency's id.

    `left_out`: accepting it left the item out of her levels.
    """

    __tablename__ = "dispute"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    kind: Mapped[str] = mapped_column(String(10))
    about: Mapped[str] = mapped_column(String(500))
    text: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(10))
    left_out: Mapped[bool] = mapped_column(default=False)
    opened_at: Mapped[int] = mapped_column(BigInteger)
    resolution: Mapped[str | None] = mapped_column(Text)
    resolved_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    resolved_at: Mapped[int | None] = mapped_column(BigInteger)


_STANDS = text("state IN ('open', 'answered')")
Index(
    "uq_dispute_person_id_kind_about",
    Dispute.person_id,
    Dispute.kind,
    Dispute.about,
    unique=True,
    sqlite_where=_STANDS,
    postgresql_where=_STANDS,
)
Index("ix_dispute_state_opened_at", Dispute.state, Dispute.opened_at)


class DisputeStep(db.Model):  # type: ignore[name-defined,misc]
    """What somebody did about a dispute: opened it, or another step. Append-only."""

    __tablename__ = "dispute_step"

    id: Mapped[int] = mapped_column(primary_key=True)
    dispute_id: Mapped[str] = mapped_column(ForeignKey("dispute.id"), index=True)
    at: Mapped[int] = mapped_column(BigInteger)
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    act: Mapped[str] = mapped_column(String(10))
    words: Mapped[str] = mapped_column(Text, default="")
