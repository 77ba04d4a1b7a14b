"""What tests of sources look at: the record as it stands, and how much there is of everything."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import func, select, text
from toy import file

from engine.api import Delivery
from engine.db import Base, db, transaction
from engine.lrs.models import statement
from engine.pipeline import reader
from engine.sources import instances, runs
from engine.sources.models import OUTCOMES, Item, ItemKey, Run
from xapi import text as json_text


def run(*said: dict[str, Any], name: str = "t", **more: Any) -> runs.Report:
    """Read a toy file for good."""
    return runs.run_file(name, file(*said, **more))


def run_delivery(delivery: Delivery, name: str = "t") -> runs.Report:
    return runs.run_file(name, delivery)


def ended(report: runs.Report) -> dict[str, int]:
    """The outcomes that occurred."""
    return {name: count for name in OUTCOMES if (count := report.counts[name])}


def adds_up(report: runs.Report) -> bool:
    """Whether each row ended in exactly one outcome."""
    return sum(report.counts.values()) == report.rows


def item(key: str, name: str = "t") -> Item:
    """The item a key of a source's system names, as stored."""
    db.session.rollback()
    system = instances.get(name).system
    query = select(Item).join(ItemKey, ItemKey.item_id == Item.id)
    return db.session.scalars(query.where(ItemKey.system == system, ItemKey.key == key)).one()


def says(key: str, name: str = "t") -> dict[str, Any] | None:
    """The statement that stands for an item; None when none does."""
    sid = item(key, name).sid
    return None if sid is None else statement_of(sid)


def statement_of(sid: uuid.UUID | str) -> dict[str, Any]:
    found = reader().many([uuid.UUID(str(sid))])[uuid.UUID(str(sid))]
    return dict(json_text.parse(found.payload))


def voided(sid: uuid.UUID | str) -> bool:
    return reader().many([uuid.UUID(str(sid))])[uuid.UUID(str(sid))].voided


def minutes(key: str, name: str = "t") -> str | None:
    """How long the standing statement says it took; "gone" when none stands."""
    found = says(key, name)
    return "gone" if found is None else found.get("result", {}).get("duration")


def standing() -> set[tuple[str, str | None]]:
    """What the record says: each standing item's statement in essence."""
    db.session.rollback()
    items = db.session.scalars(select(Item).where(Item.sid.is_not(None)))
    return {(one.key, one.essence) for one in items}


def count_statements() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(statement)) or 0


def live_statements() -> int:
    """Statements that are neither voided nor voiding."""
    db.session.rollback()
    live = (statement.c.voided == 0) & (statement.c.voids == 0)
    return db.session.scalar(select(func.count()).select_from(statement).where(live)) or 0


def table_sizes() -> dict[str, int]:
    """How many rows every table has."""
    db.session.rollback()
    return {
        name: db.session.execute(text(f'select count(*) from "{name}"')).scalar_one()
        for name in Base.metadata.tables
    }


def state_of(run_id: int) -> Run:
    db.session.rollback()
    return db.session.get_one(Run, run_id, populate_existing=True)


def change(name: str = "t", **settings: Any) -> None:
    with transaction():
        instances.change(instances.get(name), settings)
