"""The tables of sources. An item is one happening; every run's word on it is kept beside it."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, LargeBinary, String, Text, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from engine.db import db

OUTCOMES = (
    "new",
    "corrected",
    "known",
    "merged",
    "skipped",
    "unmatched",
    "failed",
    "withheld",
)


class SourceInstance(db.Model):  # type: ignore[name-defined,misc]
    """One account at one system. `generation` counts changes of settings; `system` is the same
    for two instances of the same system, so their items meet."""

    __tablename__ = "source"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(60), unique=True)
    plugin: Mapped[str] = mapped_column(String(60))
    system: Mapped[uuid.UUID] = mapped_column(Uuid, index=True)
    origin_id: Mapped[int] = mapped_column(ForeignKey("origin.id"))
    settings: Mapped[dict[str, Any]] = mapped_column(JSON)
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    generation: Mapped[int] = mapped_column(default=1)
    cursor: Mapped[str | None] = mapped_column(Text)
    polled_at: Mapped[int | None] = mapped_column(BigInteger)
    trouble: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[int] = mapped_column(BigInteger)


class DeliveryRow(db.Model):  # type: ignore[name-defined,misc]
    """What arrived, kept encrypted, so that a line can be traced to its row and read again."""

    __tablename__ = "delivery"

    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("source.id"))
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id"), index=True)
    bundle: Mapped[str | None] = mapped_column(String(500))
    uid: Mapped[str | None] = mapped_column(String(500))
    name: Mapped[str] = mapped_column(String(500))
    media_type: Mapped[str] = mapped_column(String(200))
    headers: Mapped[dict[str, str]] = mapped_column(JSON)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    arrived_at: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (
        Index("uq_delivery_source_id_uid", "source_id", "uid", unique=True),
        Index("ix_delivery_source_id_bundle", "source_id", "bundle"),
    )


class Run(db.Model):  # type: ignore[name-defined,misc]
    """One reading of deliveries. Undo and redo change `stands`; the counts add up to `rows`.

    `state`: waiting, running, done, refused. `done` is how many things said have been recorded,
    so that a run goes on where it was interrupted; `things` how many there are, once it is known.
    """

    __tablename__ = "run"

    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("source.id"), index=True)
    door: Mapped[str] = mapped_column(String(10))
    state: Mapped[str] = mapped_column(String(10), index=True)
    stands: Mapped[bool] = mapped_column(default=True)
    generation: Mapped[int]
    by: Mapped[str] = mapped_column(String(320), default="")
    started_at: Mapped[int] = mapped_column(BigInteger)
    ended_at: Mapped[int | None] = mapped_column(BigInteger)
    why: Mapped[str | None] = mapped_column(Text)
    mend: Mapped[str | None] = mapped_column(Text)
    rows: Mapped[int] = mapped_column(default=0)
    done: Mapped[int] = mapped_column(default=0)
    things: Mapped[int | None]
    counts: Mapped[dict[str, int]] = mapped_column(JSON, default=dict)


class RunProblem(db.Model):  # type: ignore[name-defined,misc]
    """A row of a run that needs a hand, or was left out for a reason.

    `place` says in words where it is, `places` as the source told it; the delivery and its places
    are not known of problems that are older than these columns, and of remarks.
    """

    __tablename__ = "run_problem"

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id"), index=True)
    outcome: Mapped[str] = mapped_column(String(10))
    place: Mapped[str] = mapped_column(String(500))
    why: Mapped[str] = mapped_column(Text)
    mend: Mapped[str] = mapped_column(Text)
    delivery_id: Mapped[int | None]
    places: Mapped[list[int | str] | None] = mapped_column(JSON(none_as_null=True))


class Item(db.Model):  # type: ignore[name-defined,misc]
    """One happening, and which statement speaks for it now (`sid` is None when none does).

    `root` is the first revision's statement: decisions about the item are kept under it.
    `original` is what stands where no run speaks: a learner's own note, an LMS's statement.
    `version` counts changes of any kind: who changes an item names the one she has seen.
    """

    __tablename__ = "item"

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    system: Mapped[uuid.UUID] = mapped_column(Uuid, index=True)
    origin_id: Mapped[int] = mapped_column(ForeignKey("origin.id"))
    key: Mapped[str] = mapped_column(Text)
    revision: Mapped[int]
    version: Mapped[int]
    sid: Mapped[uuid.UUID | None] = mapped_column(Uuid, index=True)
    last_sid: Mapped[uuid.UUID] = mapped_column(Uuid, index=True)
    root: Mapped[uuid.UUID] = mapped_column(Uuid, index=True)
    essence: Mapped[str | None] = mapped_column(String(120))
    agent: Mapped[dict[str, Any]] = mapped_column(JSON)
    audience: Mapped[str] = mapped_column(String(80), default="private")
    within: Mapped[str | None] = mapped_column(String(1000))
    original: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    correction: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    corrected_at: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (Index("ix_item_system_within", "system", "within"),)


class ItemKey(db.Model):  # type: ignore[name-defined,misc]
    """Every name a system knows an item by; a merge changes none of them."""

    __tablename__ = "item_key"

    system: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    key: Mapped[str] = mapped_column(String(1000), primary_key=True)
    item_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("item.id"), index=True)


class RunItem(db.Model):  # type: ignore[name-defined,misc]
    """What one run said of one item; `facts` is None where the source said that it is gone.

    `generation` and `reported_at` are the order in which runs outrank each other.
    """

    __tablename__ = "run_item"

    run_id: Mapped[int] = mapped_column(ForeignKey("run.id"), primary_key=True)
    item_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("item.id"), primary_key=True, index=True)
    generation: Mapped[int]
    reported_at: Mapped[int] = mapped_column(BigInteger)
    outcome: Mapped[str] = mapped_column(String(10))
    delivery_id: Mapped[int] = mapped_column(ForeignKey("delivery.id"))
    places: Mapped[list[int | str]] = mapped_column(JSON)
    facts: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))


class ItemMerge(db.Model):  # type: ignore[name-defined,misc]
    """A run showed that two items are one: while it stands they have one statement between them,
    that of the oldest, and keys of either lead there."""

    __tablename__ = "item_merge"

    run_id: Mapped[int] = mapped_column(ForeignKey("run.id"), primary_key=True)
    other_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("item.id"), primary_key=True, index=True)
    kept_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("item.id"), index=True)


class Waiting(db.Model):  # type: ignore[name-defined,misc]
    """A delivery that has a row about an item that has not come yet; read again when it comes."""

    __tablename__ = "waiting"

    system: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    key: Mapped[str] = mapped_column(String(1000), primary_key=True)
    delivery_id: Mapped[int] = mapped_column(ForeignKey("delivery.id"), primary_key=True)
