"""Runs: where each problem is, when it was seen, how long raw input is kept, what is replayed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("run", sa.Column("things", sa.Integer()))
    # No foreign key: SQLite would have to copy the table for it.
    op.add_column("run_problem", sa.Column("delivery_id", sa.Integer()))
    op.add_column("run_problem", sa.Column("places", sa.JSON()))
    _add_known_problem()
    _add_raw_keeping()
    _add_replayed()


def _add_known_problem() -> None:
    op.create_table(
        "known_problem",
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("fingerprint", sa.Uuid(), nullable=False),
        sa.Column("first_at", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["source_id"], ["source.id"], name=op.f("fk_known_problem_source_id")
        ),
        sa.PrimaryKeyConstraint("source_id", "fingerprint", name=op.f("pk_known_problem")),
    )


def _add_raw_keeping() -> None:
    op.create_table(
        "raw_keeping",
        sa.Column("source_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["source_id"], ["source.id"], name=op.f("fk_raw_keeping_source_id")
        ),
        sa.PrimaryKeyConstraint("source_id", name=op.f("pk_raw_keeping")),
    )


def _add_replayed() -> None:
    op.create_table(
        "replayed",
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("delivery_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_replayed_run_id")),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["delivery.id"], name=op.f("fk_replayed_delivery_id")
        ),
        sa.PrimaryKeyConstraint("run_id", "delivery_id", name=op.f("pk_replayed")),
    )
