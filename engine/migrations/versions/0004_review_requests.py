"""Requests for review: who asked whom to look at which item."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "review_request",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("root", sa.String(length=36), nullable=False),
        sa.Column("learner_id", sa.Integer(), nullable=False),
        sa.Column("reviewer_id", sa.Integer(), nullable=False),
        sa.Column("question", sa.String(length=300), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("withdrawn_at", sa.BigInteger()),
        sa.Column("declined_at", sa.BigInteger()),
        sa.Column("answered_at", sa.BigInteger()),
        sa.Column("word", sa.String(length=36)),
        sa.Column("said", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["learner_id"], ["person.id"], name=op.f("fk_review_request_learner_id")
        ),
        sa.ForeignKeyConstraint(
            ["reviewer_id"], ["person.id"], name=op.f("fk_review_request_reviewer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_request")),
        sa.UniqueConstraint(
            "learner_id",
            "root",
            "reviewer_id",
            name=op.f("uq_review_request_learner_id_root_reviewer_id"),
        ),
    )
    op.create_index("ix_review_request_reviewer_id", "review_request", ["reviewer_id"])
