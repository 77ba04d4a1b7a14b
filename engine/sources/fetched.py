"""What asking a system now would bring, before anything of it is recorded.

It is asked from where the last poll ended, and what comes is read as a poll reads it. The cursor
stays where it is, so the next poll brings all of it again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from engine.api import Bundle, Delivery
from engine.db import db
from engine.errors import Refused
from engine.host import iterating
from engine.moments import now_us
from engine.pipeline import host
from engine.sources import deliveries, instances
from engine.sources.asking import fetch_for
from engine.sources.doors import news_among, sound
from engine.sources.reading import Reading
from engine.sources.reports import Report
from engine.sources.secrecy import unspoken
from engine.sources.trials import Arrival, tried

REQUESTS, MOST = 50, 20
"""Requests, and deliveries of one fetch: what somebody waits for at a page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """What came, by numbers from 1, and what recording it would do.

    `is_whole` is False where the system has more than was looked at.
    """

    report: Report
    deliveries: Mapping[int, Delivery]
    is_whole: bool


def preview(name: str) -> Brought:
    """Ask a source's system for what is new, and try it out; nothing is written."""
    instance = instances.get(name)
    source, cursor = host().source(instance.plugin), instance.cursor
    if not source.has_door("poll"):
        raise Refused(f"{source.title} cannot be asked for what is new.", "Upload its reports.")
    with unspoken(source, instances.settings_of(instance)):
        reading = Reading.of(instance)
        db.session.rollback()
        came, is_whole = _fetched(reading, cursor)
        brought = dict(enumerate(news_among(reading.source_id, came), start=1))
        report = tried(reading, _arrivals(reading.source_id, brought)).report
    db.session.rollback()
    return Brought(report=report, deliveries=brought, is_whole=is_whole)


def _fetched(reading: Reading, cursor: str | None) -> tuple[list[Delivery], bool]:
    """The first deliveries, and whether these are all; what used up its requests has more."""
    source, own = reading.source, dict(reading.settings)
    fetch, came = fetch_for(source, own, requests=REQUESTS), list[Delivery]()
    try:
        for one in iterating(source.name, lambda: source.poll(cursor, fetch, own)):
            if len(came) == MOST:
                return came, False
            came.append(sound(one, source))
    except Refused as refusal:
        if not came or getattr(refusal, "kind", "") != "budget":
            raise
        return came, False
    return came, True


def _arrivals(source_id: int, brought: Mapping[int, Delivery]) -> dict[int, Arrival]:
    """Each delivery behind what is kept of its bundle, and behind what came before it here."""
    now, bundles = now_us(), _bundles(source_id, brought.values())
    return {
        number: Arrival.of(bundle, arrived_at=now)
        for number, bundle in zip(brought, bundles, strict=True)
    }


def _bundles(source_id: int, brought: Iterable[Delivery]) -> Iterator[Bundle]:
    before: dict[str | None, list[Delivery]] = defaultdict(list)
    for delivery in brought:
        bundle = deliveries.bundle_with(source_id, delivery)
        if bundle.key is not None:
            *kept, newest = bundle.deliveries
            bundle = replace(bundle, deliveries=(*kept, *before[bundle.key], newest))
            before[bundle.key].append(newest)
        yield bundle
