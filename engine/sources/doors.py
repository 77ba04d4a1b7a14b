"""The doors that open by themselves: polling a system, and taking what it sends."""

from __future__ import annotations

import math
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from typing import Any

from sqlalchemy import select, update

from engine.api import Answer, Delivery, Fetch, Fetched, HookRequest, Source
from engine.db import db, transaction
from engine.errors import BadReport, Conflict, NotFound, Refused
from engine.host import calling, iterating
from engine.moments import now_us
from engine.pipeline import host
from engine.sources import deliveries, hook_log, instances, schedules
from engine.sources.asking import fetch_for
from engine.sources.models import DeliveryRow, Run, SourceInstance
from engine.sources.reading import PATIENCE, Reading, Turn
from engine.sources.reports import Report
from engine.sources.runs import AT_ONCE, UNFINISHED, Progress, open_run, process
from engine.sources.secrecy import unspoken


class Paused(Refused):
    """A source that its team lets rest; who calls it may try again later."""

    status = 503


def poll(name: str, *, by: str = "", progress: Progress | None = None) -> Report:
    """Ask a system for what is new and read it; a report without a run when there is nothing."""
    return _polled(instances.get(name), by, progress, patience=PATIENCE)


def poll_briefly(name: str, *, by: str) -> Report:
    """The same for a page: what is too long to wait for is kept and left to the worker."""
    return _polled(instances.get(name), by, None, patience=PATIENCE, most=AT_ONCE)


def poll_due(name: str) -> Report:
    """The same by the schedule: nothing when somebody else asked meanwhile.

    :raises Conflict: somebody else is asking, or reading, this system.
    """
    return _polled(instances.get(name), "schedule", None, only_if_due=True)


def _polled(
    instance: SourceInstance,
    by: str,
    progress: Progress | None,
    *,
    patience: float = 0,
    only_if_due: bool = False,
    most: float = math.inf,
) -> Report:
    source, source_id = host().source(instance.plugin), instance.id
    if not source.has_door("poll"):
        raise Refused(f"{source.title} cannot be polled.", "Give a file.")
    _refuse_paused(instance)
    try:
        own = instances.settings_of(instance)
        with unspoken(source, own):
            reading = Reading.of(instance)
            with Turn(reading.system, patience=patience) as turn:
                if only_if_due and not schedules.is_due(instances.care_of(_now(source_id))):
                    return Report()
                brought = _brought(reading, turn)
                run_id = _keep(reading, brought, by)
            if run_id is None or sum(len(one.body) for one in brought) > most:
                return Report(run=run_id)
            return process(run_id, progress=progress, patience=PATIENCE)
    except Conflict:
        raise  # somebody else reads this system; the worker reads what was kept
    except Refused as refusal:
        if refusal.where in source.settings().fields:  # nobody set it up to be asked: no failure
            _put_off(source_id)
        else:
            _note(source_id, refusal)
        raise


def _refuse_paused(instance: SourceInstance) -> None:
    if instances.care_of(instance).paused:
        raise Paused(
            f"The source {instance.name} is paused.",
            f"Resume it on its page, or with `byway sources resume {instance.name}`.",
        )


def _now(source_id: int) -> SourceInstance:
    """An instance as it is now, whoever changed it meanwhile."""
    db.session.rollback()
    return db.session.get_one(SourceInstance, source_id, populate_existing=True)


def _brought(reading: Reading, turn: Turn) -> list[Delivery]:
    """Everything that is new, or nothing at all if asking breaks off."""
    source, own = reading.source, dict(reading.settings)
    cursor, fetch = _now(reading.source_id).cursor, _renewing(fetch_for(source, own), turn)
    db.session.rollback()
    brought = iterating(source.name, lambda: source.poll(cursor, fetch, own))
    return [sound(delivery, source) for delivery in brought]


def _renewing(fetch: Fetch, turn: Turn) -> Fetch:
    """A fetcher that keeps the turn while a system is asked for page after page."""

    def fetch_in_turn(*args: Any, **members: Any) -> Fetched:
        turn.renew()
        return fetch(*args, **members)

    return fetch_in_turn


def sound(delivery: object, source: Source) -> Delivery:
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
        news = news_among(reading.source_id, brought)
        values: dict[str, Any] = {"polled_at": now_us(), "trouble": None}
        cursors = [delivery.cursor for delivery in brought if delivery.cursor is not None]
        if cursors:
            values["cursor"] = cursors[-1]
        if not news:
            values["trouble"] = _still_refused(reading.source_id)
        mine = SourceInstance.id == reading.source_id
        session.execute(update(SourceInstance).where(mine).values(**values))
        schedules.worked(session, reading.source_id)
        if not news:
            return None
        run = open_run(reading.source_id, "poll", reading.generation, by=by)
        for delivery in news:
            deliveries.keep_delivery(run, delivery)
        return run.id


def news_among(source_id: int, brought: list[Delivery]) -> list[Delivery]:
    """What is not there already by the system's own id, each id once."""
    news: dict[str | int, Delivery] = {}
    for place, delivery in enumerate(brought):
        if deliveries.known(source_id, delivery.uid) is None:
            news.setdefault(place if delivery.uid is None else delivery.uid, delivery)
    return list(news.values())


def _still_refused(source_id: int) -> str | None:
    """Why the last thing a poll brought could not be read; no news does not mend that."""
    last = last_run(source_id, "poll")
    if last is None or last.state != "refused":
        return None
    return " ".join(filter(None, (last.why, last.mend)))


def last_run(source_id: int, door: str) -> Run | None:
    """The newest run of a source's door."""
    mine = (Run.source_id == source_id) & (Run.door == door)
    return db.session.scalars(select(Run).where(mine).order_by(Run.id.desc()).limit(1)).first()


def _put_off(source_id: int) -> None:
    with transaction() as session:
        schedules.put_off(session, source_id)


def _note(source_id: int, refusal: Refused) -> None:
    """Keep with a source why it could not be asked or read, and leave its system alone."""
    with transaction() as session:
        mine = SourceInstance.id == source_id
        values = {"polled_at": now_us(), "trouble": str(refusal)}
        session.execute(update(SourceInstance).where(mine).values(**values))
        schedules.failed(session, source_id, refusal)


def receive(
    name: str, headers: Mapping[str, str], query: Mapping[str, str], body: bytes
) -> int | Answer:
    """Take one webhook call: check it, keep it, and leave the reading to the worker.

    The run's number, the answer a handshake asks for, or the earlier run when the system sends
    the same delivery again. How it ended is written down, what it said is not.
    """
    instance = instances.get(name)
    source, noted = host().source(instance.plugin), partial(hook_log.note_quietly, instance.id)
    if not source.has_door("receive"):
        raise NotFound(f"{source.title} takes no webhooks.", "Upload a file or poll it.")
    try:
        taken = _checked(instance, source, headers, query, body)
    except Refused as refusal:
        noted(status=refusal.status, outcome="refused", size=len(body), why=str(refusal))
        raise
    if isinstance(taken, Answer):
        noted(status=taken.status, outcome="answered", size=len(body))
        return taken
    return _received(instance, taken)


def _checked(
    instance: SourceInstance,
    source: Source,
    headers: Mapping[str, str],
    query: Mapping[str, str],
    body: bytes,
) -> Delivery | Answer:
    """What a call is, once its plugin has checked who calls."""
    _refuse_paused(instance)
    lower = {key.lower(): value for key, value in headers.items()}
    request = HookRequest(headers=lower, query=query, body=body)
    own = instances.settings_of(instance)
    with unspoken(source, own):
        taken = calling(source.name, lambda: source.receive(request, own))
        return taken if isinstance(taken, Answer) else sound(taken, source)


def _received(instance: SourceInstance, taken: Delivery) -> int:
    source_id, generation, size = instance.id, instance.generation, len(taken.body)
    with transaction() as session:
        before = deliveries.known(source_id, taken.uid)
        run_id = before.run_id if before else open_run(source_id, "hook", generation).id
        if before is None:
            deliveries.keep_delivery(session.get_one(Run, run_id), taken)
        outcome = "kept" if before is None else "again"
        hook_log.note(session, source_id, status=202, outcome=outcome, size=size, run_id=run_id)
        return run_id


def read(run_id: int) -> Report:
    """Read a run that waits; first comes what its webhook call announced."""
    run = db.session.get(Run, run_id)
    if run is not None and run.door == "hook" and not run.done:
        with suppress(Refused):  # the call itself is read all the same
            _bring_announced(run)
    return process(run_id)


def _bring_announced(run: Run) -> None:
    """Keep what the call's source fetches because of it; what is there already comes once."""
    run_id, source_id = run.id, run.source_id
    instance = db.session.get_one(SourceInstance, source_id)
    source, own = host().source(instance.plugin), instances.settings_of(instance)
    if not source.has_door("follow"):
        return
    rows = [db.session.get_one(DeliveryRow, one) for one in deliveries.of_run(run_id)]
    calls, fetch = list(map(deliveries.delivery_of, rows)), fetch_for(source, own)
    db.session.rollback()
    with unspoken(source, own):
        follow = partial(iterating, source.name)
        found = [one for call in calls for one in follow(partial(source.follow, call, fetch, own))]
        brought = [sound(one, source) for one in found]
    with transaction() as session:
        for delivery in news_among(source_id, brought):
            deliveries.keep_delivery(session.get_one(Run, run_id), delivery)


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
