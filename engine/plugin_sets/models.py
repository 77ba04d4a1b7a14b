"""The tables of plugin sets: who enabled what, when and why, and what was found out about it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from engine.db import db


class PluginGeneration(db.Model):  # type: ignore[name-defined,misc]
    """One decision about the set; append-only, the highest number counts.

    `file_sha256` is that of the file of plugins it was made from, if it was.
    """

    __tablename__ = "plugin_generation"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[int] = mapped_column(BigInteger)
    by: Mapped[str] = mapped_column(String(320))
    why: Mapped[str] = mapped_column(String(500))
    file_sha256: Mapped[str | None] = mapped_column(String(64))


class PluginChoice(db.Model):  # type: ignore[name-defined,misc]
    """A plugin of a generation; `sha256` is that of its wheel, None where Byway brings it itself.

    Plugins that Byway brings and no generation names are enabled.
    """

    __tablename__ = "plugin_choice"

    generation: Mapped[int] = mapped_column(
        ForeignKey("plugin_generation.number"), primary_key=True
    )
    plugin: Mapped[str] = mapped_column(String(60), primary_key=True)
    version: Mapped[str] = mapped_column(String(60))
    sha256: Mapped[str | None] = mapped_column(String(64))
    enabled: Mapped[bool]


class PluginReport(db.Model):  # type: ignore[name-defined,misc]
    """What was found when a version was last tried: its card and its validation report."""

    __tablename__ = "plugin_report"

    plugin: Mapped[str] = mapped_column(String(60), primary_key=True)
    version: Mapped[str] = mapped_column(String(60), primary_key=True)
    at: Mapped[int] = mapped_column(BigInteger)
    card: Mapped[dict[str, Any]] = mapped_column(JSON)
    report: Mapped[dict[str, Any]] = mapped_column(JSON)
