"""An instance's life: made, brought to the newest schema, and looked over."""

from __future__ import annotations

from pathlib import Path

import yaml
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask_migrate import upgrade as migrate
from sqlalchemy import select

from engine.competencies import frameworks, projector, rulesets
from engine.competencies.models import Projection
from engine.config import settings
from engine.db import db, reading, transaction
from engine.errors import Refused
from engine.lrs.keys import own_origin

MIGRATIONS = Path(__file__).parent / "migrations"
SHIPPED = Path(__file__).parent / "competencies" / "shipped"


def upgrade() -> None:
    """Bring the schema up to this version, and put in place what every instance needs."""
    migrate(directory=str(MIGRATIONS))
    with transaction():
        own_origin(settings().public_url)
        if not frameworks.every():
            frameworks.keep(yaml.safe_load(_shipped("framework.yaml")))
    if db.session.scalar(select(Projection.generation)) is None:
        with transaction():
            row = rulesets.publish(_shipped("ruleset.yaml"), title="Public service learning")
        rulesets.bring_into_force(row)
    projector.sweep()


def _shipped(name: str) -> str:
    return (SHIPPED / name).read_text(encoding="utf-8")


def schema() -> tuple[str | None, str]:
    """The schema the database has, and the one this version needs."""
    with reading() as connection:
        here = MigrationContext.configure(connection).get_current_revision()
    script = ScriptDirectory(str(MIGRATIONS))
    return here, str(script.get_current_head())


def require_schema() -> None:
    """Refuse to serve a database of another schema."""
    here, needed = schema()
    if here != needed:
        raise Refused(
            f"The database has schema {here or 'none'}, and this version needs {needed}.",
            "Run `byway upgrade`.",
        )
