"""Results that flow back: decisions, what is published, levels that people confirm, keys."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _add_decisions()
    _add_publications()
    _add_grants()
    _add_keys()


def _add_decisions() -> None:
    op.create_table(
        "results_policy",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("publishes", sa.Boolean(), nullable=False),
        sa.Column("badge_level", sa.Integer(), nullable=False),
        sa.Column("issuer", sa.String(length=200), nullable=False),
        sa.Column("by", sa.String(length=320), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_results_policy")),
    )
    op.create_table(
        "publication_choice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("competency", sa.String(length=500), nullable=False),
        sa.Column("publishes", sa.Boolean(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_publication_choice_person_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_publication_choice")),
    )
    op.create_index("ix_publication_choice_person_id", "publication_choice", ["person_id"])


def _add_publications() -> None:
    op.create_table(
        "publication",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("competency", sa.String(length=500), nullable=False),
        sa.Column("target", sa.String(length=40), nullable=False),
        sa.Column("ext_id", sa.String(length=36), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_publication_person_id")
        ),
        sa.PrimaryKeyConstraint("person_id", "competency", "target", name=op.f("pk_publication")),
    )
    op.create_table(
        "publication_look",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_publication_look_person_id")
        ),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_publication_look")),
    )


def _add_grants() -> None:
    op.create_table(
        "level_grant",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(length=36), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("competency", sa.String(length=500), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("wants_badge", sa.Boolean(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("shared", sa.JSON(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("decided_at", sa.BigInteger()),
        sa.Column("decided_by", sa.Integer()),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("statement", sa.String(length=36)),
        sa.Column("token", sa.Text()),
        sa.Column("valid_until", sa.BigInteger()),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_level_grant_person_id")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["person.id"], name=op.f("fk_level_grant_decided_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_level_grant")),
        sa.UniqueConstraint("uid", name=op.f("uq_level_grant_uid")),
    )
    op.create_index("ix_level_grant_person_id", "level_grant", ["person_id"])
    op.create_index("ix_level_grant_state", "level_grant", ["state"])


def _add_keys() -> None:
    op.create_table(
        "issuer_key",
        sa.Column("kid", sa.String(length=64), nullable=False),
        sa.Column("public", sa.JSON(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("retired_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("kid", name=op.f("pk_issuer_key")),
    )
