"""The doors that open by themselves: polling a system, and taking what it sends."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select, update

from engine.api import Answer, Delivery, HookRequest
from engine.config import settings
from engine.db import db, transaction
from engine.errors import NotFound, Refused
from engine.moments import now_us
from engine.pipeline import host
from engine.sources import deliveries, instances
from engine.sources.fetcher import fetcher
from engine.sources.models import Run, SourceInstance
from engine.sources.reading import Reading
from engine.sources.runs import Progress, Report, open_run, process

POLL_EVERY_US = 3600 * 1_000_000


def poll(name: str, *, by: str = "", progress: Progress | None = None) -> Report:
    """Ask a system for what is new and read it; a report without a run when there is nothing."""
    instance = instances.get(name)
    reading = Reading.of(instance)
    if not reading.source.has_door("poll"):
        raise Refused(f"{reading.source.title} cannot be polled.", "Give a file.")
    cursor, source_id = instance.cursor, instance.id
    db.session.rollback()
    fetch = fetcher(allow_private=settings().allow_private_fetch)
    try:
        brought = list(reading.source.poll(cursor, fetch, reading.settings))
    except Refused as refusal:
        _note(source_id, trouble=str(refusal))
        raise
    if not brought:
        _note(source_id, trouble=None)
        return Report()
    run_id = _keep(reading, brought, by)
    try:
        return process(run_id, progress=progress)
    except Refused as refusal:
        _note(source_id, trouble=str(refusal))
        raise


def _keep(reading: Reading, brought: list[Delivery], by: str) -> int:
    """Keep what a poll brought together with the cursor that follows it."""
    with transaction() as session:
        run = open_run(reading.source_id, "poll", reading.generation, by=by)
        for delivery in brought:
            deliveries.keep_delivery(run, delivery)
        cursors = [delivery.cursor for delivery in brought if delivery.cursor is not None]
        values = {"polled_at": now_us(), "trouble": None}
        if cursors:
            values["cursor"] = cursors[-1]
        mine = SourceInstance.id == reading.source_id
        session.execute(update(SourceInstance).where(mine).values(**values))
        return run.id


def _note(source_id: int, *, trouble: str | None) -> None:
    with transaction() as session:
        mine = SourceInstance.id == source_id
        values = {"polled_at": now_us(), "trouble": trouble}
        session.execute(update(SourceInstance).where(mine).values(**values))


def receive(
    name: str, headers: Mapping[str, str], query: Mapping[str, str], body: bytes
) -> int | Answer:
    """Take one webhook call: check it, keep it, and leave the reading to the worker.

    The run's number, the answer a handshake asks for, or the earlier run when the system sends
    the same delivery again.
    """
    instance = instances.get(name)
    source = host().source(instance.plugin)
    if not source.has_door("receive"):
        raise NotFound(f"{source.title} takes no webhooks.", "Upload a file or poll it.")
    lower = {key.lower(): value for key, value in headers.items()}
    request = HookRequest(headers=lower, query=query, body=body)
    taken = source.receive(request, instances.settings_of(instance))
    if isinstance(taken, Answer):
        return taken
    source_id, generation = instance.id, instance.generation
    with transaction():
        before = deliveries.known(source_id, taken.uid) if taken.uid else None
        if before is not None:
            return before.run_id
        run = open_run(source_id, "hook", generation)
        deliveries.keep_delivery(run, taken)
        return run.id


def due() -> list[str]:
    """The instances whose time to be polled has come."""
    before = now_us() - POLL_EVERY_US
    query = select(SourceInstance).where(
        SourceInstance.polled_at.is_(None) | (SourceInstance.polled_at < before)
    )
    return [
        one.name
        for one in db.session.scalars(query)
        if one.plugin in host().sources
        and host().sources[one.plugin].has_door("poll")
        and instances.settings_of(one).get("url")
    ]


def unfinished() -> list[int]:
    """Runs that wait, or were interrupted; in order."""
    query = select(Run.id).where(Run.state.in_(("waiting", "running"))).order_by(Run.id)
    return list(db.session.scalars(query))
