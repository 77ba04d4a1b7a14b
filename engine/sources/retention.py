"""How long raw input is kept: per source in days, after which only what was recorded stays.

A bundle counts as one: its time begins with the last delivery of it. Once it is over the bundle
is closed, and its rows cannot be tried, replayed or downloaded any more.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, delete, exists, select, update
from sqlalchemy.orm import aliased

from engine.db import db, transaction
from engine.errors import Refused
from engine.moments import now_us
from engine.sources import deliveries, instances, previews, problems
from engine.sources.models import DeliveryRow, Run, SourceInstance, Waiting
from engine.sources.run_models import RawKeeping

DAYS = 400
LEAST, MOST = 1, 3650
DAY_US = 24 * 3600 * 1_000_000
AT_ONCE = 500


def days_of(name: str) -> int:
    """For how many days a source's raw input is kept."""
    kept = db.session.get(RawKeeping, instances.get(name).id)
    return DAYS if kept is None else kept.days


def keep_for(name: str, days: int) -> None:
    """Decide in the open transaction for how many days a source's raw input is kept."""
    if not LEAST <= days <= MOST:
        raise Refused(
            f"Raw input cannot be kept for {days} days.",
            f"Give a number of days between {LEAST} and {MOST}.",
            where="days",
        )
    db.session.merge(RawKeeping(source_id=instances.get(name).id, days=days))


def sweep() -> int:
    """Let go of all raw input whose time is over; how many deliveries that were."""
    db.session.rollback()
    previews.sweep()
    with transaction():
        problems.sweep()
    gone = 0
    for source_id in db.session.scalars(select(SourceInstance.id)).all():
        while part := _over(source_id):
            _let_go(part)
            gone += len(part)
    return gone


def _over(source_id: int) -> list[int]:
    """Some deliveries of a source whose time is over."""
    kept = db.session.get(RawKeeping, source_id)
    before = now_us() - (DAYS if kept is None else kept.days) * DAY_US
    query = (
        select(DeliveryRow.id)
        .join(Run, Run.id == DeliveryRow.run_id)
        .where(DeliveryRow.source_id == source_id, DeliveryRow.arrived_at < before)
        .where(Run.state.in_(("done", "refused")), deliveries.is_kept(), ~_grown_since(before))
        .limit(AT_ONCE)
    )
    return list(db.session.scalars(query))


def _grown_since(before: int) -> ColumnElement[bool]:
    """Whether more has come of a delivery's bundle since."""
    later = aliased(DeliveryRow)
    same = (later.source_id == DeliveryRow.source_id) & (later.bundle == DeliveryRow.bundle)
    return exists().where(same, later.arrived_at >= before)


def _let_go(delivery_ids: list[int]) -> None:
    """Keep of deliveries only that they came; statements and their runs stay."""
    with transaction() as session:
        its = DeliveryRow.id.in_(delivery_ids)
        session.execute(update(DeliveryRow).where(its).values(sealed=b"", headers={}))
        session.execute(delete(Waiting).where(Waiting.delivery_id.in_(delivery_ids)))
