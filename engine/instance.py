"""An instance's life: made, brought to the newest schema, and looked over."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask_migrate import upgrade as migrate
from sqlalchemy import select

from engine.competencies import frameworks, projector, rulesets
from engine.competencies.models import Projection
from engine.config import settings
from engine.db import db, reading, transaction, writing
from engine.errors import Refused
from engine.lrs.callers import gives
from engine.lrs.models import Key, Origin
from engine.lrs.origins import own_origin
from engine.lrs.store import Authority
from engine.pipeline import definitions, reader
from xapi import text

MIGRATIONS = Path(__file__).parent / "migrations"
SHIPPED = Path(__file__).parent / "competencies" / "shipped"
FIRST = "0001"
AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """A stored statement, and who said it."""

    statement: dict[str, Any]
    authority: Authority


def upgrade() -> None:
    """Bring the schema up to this version, and put in place what every instance needs."""
    before, _ = schema()
    migrate(directory=str(MIGRATIONS))
    if before == FIRST:
        _define_activities()
    with transaction():
        own_origin(settings().public_url)
        if not frameworks.every():
            frameworks.keep(yaml.safe_load(_shipped("framework.yaml")))
    if db.session.scalar(select(Projection.generation)) is None:
        with transaction():
            row = rulesets.publish(_shipped("ruleset.yaml"), title="Public service learning")
        rulesets.bring_into_force(row)
    projector.sweep()


def _define_activities() -> None:
    """Merge what statements of the first schema say of activities, as storing does now."""
    speakers, after = _speakers(), 0
    while page := reader().log(after, AT_ONCE):
        told = [
            _Told(statement=text.parse(one.payload), authority=speakers[one.origin]) for one in page
        ]
        with writing() as connection:
            definitions().note(connection, told, page[0].seq)
        after = page[-1].seq


def _speakers() -> dict[int, Authority]:
    """Every origin; that of a key may define activities where one of its keys may."""
    with reading() as connection:
        origins = connection.execute(select(Origin.id, Origin.kind, Origin.authority)).all()
        keys = connection.execute(select(Key.origin_id, Key.scopes)).all()
    defining = {key.origin_id for key in keys if gives(key.scopes, "define")}
    return {
        one.id: Authority(
            origin=one.id,
            agent=one.authority,
            may_define=one.kind != "key" or one.id in defining,
        )
        for one in origins
    }


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
