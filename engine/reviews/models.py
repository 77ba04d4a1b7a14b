"""The table of requests for review; an item is named by its first revision's statement."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from engine.db import db

LONGEST_QUESTION = 300


class ReviewRow(db.Model):  # type: ignore[name-defined,misc]
    """One learner, one reviewer, one item; asked again after an end, it is the same row.

    `word` is the statement in which the reviewer accepts or rejects the item now; `said` counts
    every statement the two made under this request, taken back or not.
    """

    __tablename__ = "review_request"
    __table_args__ = (UniqueConstraint("learner_id", "root", "reviewer_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    root: Mapped[str] = mapped_column(String(36))
    learner_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    reviewer_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    question: Mapped[str] = mapped_column(String(LONGEST_QUESTION))
    asked_at: Mapped[int] = mapped_column(BigInteger)
    withdrawn_at: Mapped[int | None] = mapped_column(BigInteger)
    declined_at: Mapped[int | None] = mapped_column(BigInteger)
    answered_at: Mapped[int | None] = mapped_column(BigInteger)
    word: Mapped[str | None] = mapped_column(String(36))
    said: Mapped[int] = mapped_column(default=0)
