"""The tables beside runs: problems over time, how long raw input is kept, what is replayed."""

from __future__ import annotations

import uuid

from sqlalchemy import BigInteger, ForeignKey, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from engine.db import db


class KnownProblem(db.Model):  # type: ignore[name-defined,misc]
    """A problem that runs of a source met, in whichever rows: when it was met first and last."""

    __tablename__ = "known_problem"

    source_id: Mapped[int] = mapped_column(ForeignKey("source.id"), primary_key=True)
    fingerprint: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    first_at: Mapped[int] = mapped_column(BigInteger)
    last_at: Mapped[int] = mapped_column(BigInteger)


class RawKeeping(db.Model):  # type: ignore[name-defined,misc]
    """For how many days a source's raw input is kept, where somebody has decided on it."""

    __tablename__ = "raw_keeping"

    source_id: Mapped[int] = mapped_column(
        ForeignKey("source.id"), primary_key=True, autoincrement=False
    )
    days: Mapped[int]


class Replayed(db.Model):  # type: ignore[name-defined,misc]
    """A delivery of an earlier run that this run reads again."""

    __tablename__ = "replayed"

    run_id: Mapped[int] = mapped_column(ForeignKey("run.id"), primary_key=True)
    delivery_id: Mapped[int] = mapped_column(ForeignKey("delivery.id"), primary_key=True)
