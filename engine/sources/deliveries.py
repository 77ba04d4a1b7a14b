"""Deliveries: bytes that arrived, kept encrypted, and the bundles they belong to."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from sqlalchemy import ColumnElement, Select, func, select

from engine.api import Bundle, Delivery
from engine.config import keyring
from engine.db import db
from engine.errors import BadReport
from engine.moments import now_us
from engine.sources.models import DeliveryRow, Run
from engine.sources.run_models import Replayed

ID = 500
CLOSED = "What came before it belongs to it and is not kept any more, so it can grow no further."
OVER = "What arrived is not kept any more: the time for which this source keeps it is over."


class ClosedBundle(Bundle):
    """A delivery whose bundle cannot be read whole: what came before it is not kept any more."""


def keep_delivery(run: Run, delivery: Delivery) -> DeliveryRow:
    """Keep what arrived for the run that reads it."""
    row = DeliveryRow(
        source_id=run.source_id,
        run_id=run.id,
        bundle=None if delivery.bundle is None else _short(delivery.bundle),
        uid=None if delivery.uid is None else _short(delivery.uid),
        name=delivery.name[:ID],
        media_type=delivery.media_type[:200],
        headers=dict(delivery.headers),
        sealed=keyring().seal(delivery.body),
        arrived_at=now_us(),
    )
    db.session.add(row)
    db.session.flush()
    return row


def is_kept() -> ColumnElement[bool]:
    """Whether what arrived is still there; told without loading it."""
    return func.length(DeliveryRow.sealed) > 0


def delivery_of(row: DeliveryRow) -> Delivery:
    """A kept delivery as it arrived.

    :raises BadReport: it is not kept any more.
    """
    if not row.sealed:
        raise BadReport(OVER, "Export the report again and upload it.", where=row.name)
    return Delivery(
        body=keyring().open(row.sealed),
        name=row.name,
        media_type=row.media_type,
        headers=row.headers,
        bundle=row.bundle,
        uid=row.uid,
    )


def stored_bundle(row: DeliveryRow) -> Bundle:
    """A kept delivery with all that belongs to it and came before, oldest first."""
    if row.bundle is None:
        return Bundle(key=None, deliveries=(delivery_of(row),))
    rows = db.session.scalars(_of_bundle(row.source_id, row.bundle).where(DeliveryRow.id < row.id))
    return _bundle(row.bundle, rows.all(), delivery_of(row))


def bundle_with(source_id: int, delivery: Delivery) -> Bundle:
    """A delivery that is not kept yet, behind what is kept of its bundle."""
    if delivery.bundle is None:
        return Bundle(key=None, deliveries=(delivery,))
    rows = db.session.scalars(_of_bundle(source_id, _short(delivery.bundle)))
    return _bundle(delivery.bundle, rows.all(), delivery)


def _bundle(key: str, before: Sequence[DeliveryRow], newest: Delivery) -> Bundle:
    """A delivery behind those before it; alone, and closed, where one of them is gone."""
    if not all(row.sealed for row in before):
        return ClosedBundle(key=key, deliveries=(newest,))
    return Bundle(key=key, deliveries=(*map(delivery_of, before), newest))


def known(source_id: int, uid: str | None) -> DeliveryRow | None:
    """The delivery the system already sent under this id."""
    if uid is None:
        return None
    mine = (DeliveryRow.source_id == source_id) & (DeliveryRow.uid == _short(uid))
    return db.session.scalar(select(DeliveryRow).where(mine))


def _short(name: str) -> str:
    """A system's own id, however long, as it is kept and compared."""
    if len(name) <= ID:
        return name
    return f"{name[: ID - 65]}#{hashlib.sha256(name.encode()).hexdigest()}"


def of_run(run_id: int) -> list[int]:
    """The deliveries a run reads, in the order in which they arrived; those that are kept."""
    replayed = select(Replayed.delivery_id).where(Replayed.run_id == run_id)
    its = (DeliveryRow.run_id == run_id) | DeliveryRow.id.in_(replayed)
    query = select(DeliveryRow.id).where(its, is_kept()).order_by(DeliveryRow.id)
    return list(db.session.scalars(query))


def _of_bundle(source_id: int, bundle: str) -> Select[DeliveryRow]:
    mine = (DeliveryRow.source_id == source_id) & (DeliveryRow.bundle == bundle)
    return select(DeliveryRow).where(mine).order_by(DeliveryRow.id)
