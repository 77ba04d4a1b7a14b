"""The doors that open by themselves: polling a system, and taking what it sends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select, update

from engine.api import Answer, Delivery, HookRequest, Source
from engine.config import settings
from engine.db import db, transaction
from engine.errors import BadReport, Conflict, NotFound, Refused
from engine.fetcher import fetcher
from engine.host import calling, iterating
from engine.moments import now_us
from engine.pipeline import host
from engine.sources import deliveries, instances
from engine.sources.models import Run, SourceInstance
from engine.sources.reading import PATIENCE, Reading
from engine.sources.runs import UNFINISHED, Progress, Report, open_run, process

POLL_EVERY_US = 3600 * 1_000_000


def poll(name: str, *, by: str = "", progress: Progress | None = None) -> Report:
    """Ask a system for what is new and read it; a report without a run when there is nothing."""
    instance = instances.get(name)
    source, cursor, source_id = host().source(instance.plugin), instance.cursor, instance.id
    if not source.has_door("poll"):
        raise Refused(f"{source.title} cannot be polled.", "Give a file.")
    try:
        reading = Reading.of(instance)
        db.session.rollback()
        run_id = _keep(reading, _brought(reading, cursor), by)
        if run_id is None:
            return Report()
        return process(run_id, progress=progress, patience=PATIENCE)
    except Conflict:
        raise  # somebody else reads this system; the worker reads what was kept
    except Refused as refusal:
        _note(source_id, trouble=str(refusal))
        raise


def _brought(reading: Reading, cursor: str | None) -> list[Delivery]:
    """Everything that is new, or nothing at all if asking breaks off."""
    source, own = reading.source, dict(reading.settings)
    fetch = fetcher(allow_private=settings().allow_private_fetch)
    brought = iterating(source.name, lambda: source.poll(cursor, fetch, own))
    return [_sound(delivery, source) for delivery in brought]


def _sound(delivery: object, source: Source) -> Delivery:
    """A delivery as a plugin must make it."""
    if isinstance(delivery, Delivery) and isinstance(delivery.body, bytes):
        words = (delivery.bundle, delivery.uid, delivery.cursor)
        if all(word is None or isinstance(word, str) for word in words):
            return delivery
    raise BadReport(
        f"The plugin {source.name} brought something that is no delivery.",
        "Tell its author: a Delivery holds bytes, and texts for what names it.",
    )


def _keep(reading: Reading, brought: list[Delivery], by: str) -> int | None:
    """Keep what a poll brought together with the cursor that follows it; None without news."""
    with transaction() as session:
        news = _news(reading.source_id, brought)
        values: dict[str, Any] = {"polled_at": now_us(), "trouble": None}
        cursors = [delivery.cursor for delivery in brought if delivery.cursor is not None]
        if cursors:
            values["cursor"] = cursors[-1]
        if not news:
            values["trouble"] = _still_refused(reading.source_id)
        mine = SourceInstance.id == reading.source_id
        session.execute(update(SourceInstance).where(mine).values(**values))
        if not news:
            return None
        run = open_run(reading.source_id, "poll", reading.generation, by=by)
        for delivery in news:
            deliveries.keep_delivery(run, delivery)
        return run.id


def _news(source_id: int, brought: list[Delivery]) -> list[Delivery]:
    """What is not there already by the system's own id, each id once."""
    news: dict[str | int, Delivery] = {}
    for place, delivery in enumerate(brought):
        if deliveries.known(source_id, delivery.uid) is None:
            news.setdefault(place if delivery.uid is None else delivery.uid, delivery)
    return list(news.values())


def _still_refused(source_id: int) -> str | None:
    """Why the last thing a poll brought could not be read; no news does not mend that."""
    mine = (Run.source_id == source_id) & (Run.door == "poll")
    last = db.session.scalars(select(Run).where(mine).order_by(Run.id.desc()).limit(1)).first()
    if last is None or last.state != "refused":
        return None
    return " ".join(filter(None, (last.why, last.mend)))


def _note(source_id: int, *, trouble: str) -> None:
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
    own = instances.settings_of(instance)
    taken = calling(source.name, lambda: source.receive(request, own))
    if isinstance(taken, Answer):
        return taken
    taken = _sound(taken, source)
    source_id, generation = instance.id, instance.generation
    with transaction():
        before = deliveries.known(source_id, taken.uid)
        if before is not None:
            return before.run_id
        run = open_run(source_id, "hook", generation)
        deliveries.keep_delivery(run, taken)
        return run.id


def due() -> list[str]:
    """The instances whose time to be polled has come: those with an address to ask."""
    before = now_us() - POLL_EVERY_US
    query = select(SourceInstance).where(
        SourceInstance.polled_at.is_(None) | (SourceInstance.polled_at < before)
    )
    return [
        one.name
        for one in db.session.scalars(query)
        if one.plugin in host().sources
        and host().sources[one.plugin].has_door("poll")
        and one.settings.get("url")
    ]


def unfinished() -> list[int]:
    """Runs that wait, or were interrupted; in order. Those undone, or without plugin, rest."""
    query = (
        select(Run.id)
        .join(SourceInstance, SourceInstance.id == Run.source_id)
        .where(Run.state.in_(UNFINISHED), Run.stands)
        .where(SourceInstance.plugin.in_(list(host().sources)))
        .order_by(Run.id)
    )
    return list(db.session.scalars(query))
