"""Rebuilds that go on where they stood, and snapshots of everybody's levels."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _add_rebuilds()
    _add_snapshots()


def _add_rebuilds() -> None:
    op.add_column("projection", sa.Column("engine", sa.String(length=40)))
    op.create_table(
        "stretch",
        sa.Column("generation", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("after", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("statements", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("generation", "after", name=op.f("pk_stretch")),
    )


def _add_snapshots() -> None:
    op.create_table(
        "snapshot_day",
        sa.Column("as_of", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("ruleset_id", sa.Integer(), nullable=False),
        sa.Column("after", sa.String(length=1000), nullable=False),
        sa.Column("learners", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger()),
        sa.ForeignKeyConstraint(
            ["ruleset_id"], ["ruleset.id"], name=op.f("fk_snapshot_day_ruleset_id")
        ),
        sa.PrimaryKeyConstraint("as_of", name=op.f("pk_snapshot_day")),
    )
    op.create_table(
        "snapshot",
        sa.Column("as_of", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("actor", sa.String(length=1000), nullable=False),
        sa.Column("competency", sa.String(length=500), nullable=False),
        sa.Column("person_id", sa.Integer()),
        sa.Column("ruleset_id", sa.Integer(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("confidence", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_snapshot_person_id")),
        sa.ForeignKeyConstraint(
            ["ruleset_id"], ["ruleset.id"], name=op.f("fk_snapshot_ruleset_id")
        ),
        sa.PrimaryKeyConstraint("as_of", "actor", "competency", name=op.f("pk_snapshot")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_snapshot_as_of_competency", "snapshot", ["as_of", "competency"])
    op.create_index("ix_snapshot_person_id", "snapshot", ["person_id"])
