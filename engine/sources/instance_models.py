"""The tables beside a source: what is decided of it, who called it, and what its team is told."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from engine.db import db

HOUR_S = 3600


class SourceCare(db.Model):  # type: ignore[name-defined,misc]
    """What is decided and known of a source beside its settings; a row for each.

    `every_s` seconds lie between two polls, 0 when it is asked by hand only. `failures` in a row,
    the last of kind `fault`, put `next_at` off, and `later` says why. `silent_days` is how long
    nothing may come before its team is told, 0 for never; None leaves it to the source's own
    rhythm, counted from `awake_at`. `notice` is what learners read of it.
    """

    __tablename__ = "source_care"

    source_id: Mapped[int] = mapped_column(
        ForeignKey("source.id"), primary_key=True, autoincrement=False
    )
    paused: Mapped[bool]
    notice: Mapped[str] = mapped_column(Text)
    every_s: Mapped[int]
    next_at: Mapped[int] = mapped_column(BigInteger)
    failures: Mapped[int]
    fault: Mapped[str | None] = mapped_column(String(20))
    later: Mapped[str | None] = mapped_column(Text)
    silent_days: Mapped[int | None]
    awake_at: Mapped[int] = mapped_column(BigInteger)


class HookCall(db.Model):  # type: ignore[name-defined,misc]
    """A call of a source's webhook: what was answered to it and why; never what it said.

    `outcome`: kept, again (kept before), answered (a handshake) or refused. `size` in bytes.
    """

    __tablename__ = "hook_call"

    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("source.id"))
    at: Mapped[int] = mapped_column(BigInteger)
    status: Mapped[int]
    outcome: Mapped[str] = mapped_column(String(10))
    size: Mapped[int] = mapped_column(BigInteger)
    why: Mapped[str] = mapped_column(String(500))
    run_id: Mapped[int | None] = mapped_column(ForeignKey("run.id"))

    __table_args__ = (Index("ix_hook_call_source_id_id", "source_id", "id"),)


class SourceAlert(db.Model):  # type: ignore[name-defined,misc]
    """Something that the team of a source should know; of each `kind` one at a time is open.

    `kind`: failing or silent. It ends by itself once the source works again. `told_at` and
    `told_to` say who marked it as seen.
    """

    __tablename__ = "source_alert"

    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("source.id"), index=True)
    kind: Mapped[str] = mapped_column(String(10))
    why: Mapped[str] = mapped_column(Text)
    since: Mapped[int] = mapped_column(BigInteger)
    told_at: Mapped[int | None] = mapped_column(BigInteger)
    told_to: Mapped[str | None] = mapped_column(String(320))
    ended_at: Mapped[int | None] = mapped_column(BigInteger)

    __table_args__ = (
        Index(
            "uq_source_alert_open",
            "source_id",
            "kind",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )
