"""Reading a webhook's call again, from what it brought, as its plugin reads it now."""

from __future__ import annotations

from sqlalchemy import func, select

from engine.db import db
from engine.errors import Conflict, NotFound
from engine.sources import deliveries, instances, replaying, retrying
from engine.sources.instance_models import HookCall
from engine.sources.models import DeliveryRow, Run
from engine.sources.replaying import Window


def read_again(name: str, call_id: int, *, by: str) -> int:
    """Read again what a call brought; the number of the run that says what came of it.

    One that was refused is tried again in its own run; another is read in a run of its own, which
    can be undone. Where nothing has changed since, everything in it is known.

    :raises NotFound: this source has no such call, or what it brought is not kept any more.
    :raises Conflict: its run is under way, or undone.
    """
    run = _run(name, call_id)
    if run.state == "refused":
        retrying.retry(run.id)
        return run.id
    if run.state != "done" or not run.stands:
        raise Conflict(
            "Only what was read to its end, and stands, can be read again.",
            "Wait until it is read, or let its run stand again.",
        )
    return replaying.replay(_window(name, run.id), by=by).report.run or run.id


def _run(name: str, call_id: int) -> Run:
    call = db.session.get(HookCall, call_id)
    if call is None or call.source_id != instances.get(name).id or call.run_id is None:
        raise NotFound("There is no such call with something in it.", "Look at the last calls.")
    return db.session.get_one(Run, call.run_id, populate_existing=True)


def _window(name: str, run_id: int) -> Window:
    """When the call arrived, and after it what it announced."""
    at = DeliveryRow.arrived_at
    kept = select(func.min(at), func.max(at)).where(
        DeliveryRow.run_id == run_id, deliveries.is_kept()
    )
    first, last = db.session.execute(kept).one()
    if first is None:
        raise NotFound("What this call brought is not kept any more.", "What it told stays.")
    return Window(name=name, since=first, until=last + 1, run=run_id)
