"""Accounts and addresses that a run's report gave as one person's."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "said_together",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account", sa.String(600), nullable=False),
        sa.Column("address", sa.String(600), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("origin_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_said_together_run_id")),
        sa.ForeignKeyConstraint(
            ["origin_id"], ["origin.id"], name=op.f("fk_said_together_origin_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_said_together")),
    )
    op.create_index(
        "uq_said_together_account_address_run_id",
        "said_together",
        ["account", "address", "run_id"],
        unique=True,
    )
    op.create_index("ix_said_together_address", "said_together", ["address"])
