"""Alembic's entry: migrations run on the application's own engine, one at a time."""

from __future__ import annotations

from alembic import context

from engine.db import db, writing


def run() -> None:
    """Run what is missing inside one write transaction, which is also the lock."""
    with writing() as connection:
        context.configure(
            connection=connection,
            target_metadata=db.metadata,
            render_as_batch=connection.dialect.name == "sqlite",
        )
        context.run_migrations()


run()
