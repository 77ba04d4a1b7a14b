"""Sources in care: when each is asked, who called it, what its team is told."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# Every source there is goes on as before: asked every hour, an hour after it was asked last.
FILL = """
INSERT INTO source_care
    (source_id, paused, notice, every_s, next_at, failures, fault, later,
    silent_days, awake_at)
SELECT id, :no, '', 3600, COALESCE(polled_at + 3600000000, 0), 0, NULL, NULL, NULL, created_at
FROM source
"""


def upgrade() -> None:
    _add_care()
    _add_calls()
    _add_alerts()
    op.execute(sa.text(FILL).bindparams(sa.bindparam("no", False, sa.Boolean())))


def _add_care() -> None:
    op.create_table(
        "source_care",
        sa.Column("source_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("notice", sa.Text(), nullable=False),
        sa.Column("every_s", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("fault", sa.String(length=20)),
        sa.Column("later", sa.Text()),
        sa.Column("silent_days", sa.Integer()),
        sa.Column("awake_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["source_id"], ["source.id"], name=op.f("fk_source_care_source_id")
        ),
        sa.PrimaryKeyConstraint("source_id", name=op.f("pk_source_care")),
    )


def _add_calls() -> None:
    op.create_table(
        "hook_call",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("why", sa.String(length=500), nullable=False),
        sa.Column("run_id", sa.Integer()),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_hook_call_source_id")),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_hook_call_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hook_call")),
    )
    op.create_index("ix_hook_call_source_id_id", "hook_call", ["source_id", "id"])


def _add_alerts() -> None:
    op.create_table(
        "source_alert",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("told_at", sa.BigInteger()),
        sa.Column("told_to", sa.String(length=320)),
        sa.Column("ended_at", sa.BigInteger()),
        sa.ForeignKeyConstraint(
            ["source_id"], ["source.id"], name=op.f("fk_source_alert_source_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source_alert")),
    )
    op.create_index("ix_source_alert_source_id", "source_alert", ["source_id"])
    op.create_index(
        "uq_source_alert_open",
        "source_alert",
        ["source_id", "kind"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
