"""Levels that others are asked for, and disputes with what became of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _add_requests()
    _add_disputes()
    _add_steps()


def _add_requests() -> None:
    op.create_table(
        "level_request",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("asked_id", sa.Integer(), nullable=False),
        sa.Column("competency", sa.String(length=500), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("withdrawn_at", sa.BigInteger()),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_level_request_person_id")
        ),
        sa.ForeignKeyConstraint(
            ["asked_id"], ["person.id"], name=op.f("fk_level_request_asked_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_level_request")),
        sa.UniqueConstraint(
            "person_id",
            "asked_id",
            "competency",
            name=op.f("uq_level_request_person_id_asked_id_competency"),
        ),
    )
    op.create_index("ix_level_request_person_id", "level_request", ["person_id"])
    op.create_index("ix_level_request_asked_id", "level_request", ["asked_id"])


def _add_disputes() -> None:
    op.create_table(
        "dispute",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("about", sa.String(length=500), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("left_out", sa.Boolean(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("resolution", sa.Text()),
        sa.Column("resolved_by", sa.Integer()),
        sa.Column("resolved_at", sa.BigInteger()),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_dispute_person_id")),
        sa.ForeignKeyConstraint(
            ["resolved_by"], ["person.id"], name=op.f("fk_dispute_resolved_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispute")),
    )
    op.create_index("ix_dispute_person_id", "dispute", ["person_id"])
    op.create_index("ix_dispute_state_opened_at", "dispute", ["state", "opened_at"])
    standing = sa.text("state IN ('open', 'answered')")
    op.create_index(
        "uq_dispute_person_id_kind_about",
        "dispute",
        ["person_id", "kind", "about"],
        unique=True,
        sqlite_where=standing,
        postgresql_where=standing,
    )


def _add_steps() -> None:
    op.create_table(
        "dispute_step",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("dispute_id", sa.String(length=36), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("act", sa.String(length=10), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dispute_id"], ["dispute.id"], name=op.f("fk_dispute_step_dispute_id")
        ),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_dispute_step_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispute_step")),
    )
    op.create_index("ix_dispute_step_dispute_id", "dispute_step", ["dispute_id"])
