"""What a page tries on a source, with the refusal as a value, to be shown where it belongs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from engine.api import Delivery
from engine.db import db
from engine.errors import NotFound, Refused
from engine.sources import doors, fetched, replaying, retrying, runs, unaligned
from engine.sources.fetched import Brought
from engine.sources.replaying import Replay, Window
from engine.sources.retrying import Retried
from engine.sources.runs import Report


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """A report, or why there is none; `refusal` says where and how to mend it."""

    report: Report = field(default_factory=Report)
    refusal: Refused | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TriedReplay:
    """What a replay would change, or why it cannot be said."""

    replay: Replay | None = None
    refusal: Refused | None = None


def preview(name: str, delivery: Delivery) -> Tried:
    """What a run of this delivery would do; nothing is written."""
    if not delivery.body:
        why = "No file was chosen, or the file is empty."
        return Tried(refusal=Refused(why, "Choose the report and upload it."))
    return _tried(lambda: runs.preview(name, delivery))


def fetch(name: str) -> Brought | Refused:
    """What asking a system now would bring; nothing is written, and nothing is noted."""
    try:
        return fetched.preview(name)
    except NotFound:
        raise
    except Refused as refusal:
        db.session.rollback()
        return refusal


def poll(name: str, *, by: str) -> Tried:
    """Ask a system for what is new; a refusal is noted on the source too."""
    return _tried(lambda: doors.poll_briefly(name, by=by))


def retry(run_id: int, problem_id: int | None) -> Retried | Refused:
    """Try rows of a run again; what refuses that is said on its page."""
    try:
        return retrying.retry(run_id, problem_id=problem_id)
    except NotFound:
        raise
    except Refused as refusal:
        db.session.rollback()
        return refusal


def replay(name: str, *, since: str, until: str, zone: str) -> TriedReplay:
    """What reading these days of a source again would change; nothing is written."""
    try:
        return TriedReplay(replay=replaying.preview(window(name, since, until, zone)))
    except Refused as refusal:
        db.session.rollback()
        return TriedReplay(refusal=refusal)


def window(name: str, since: str, until: str, zone: str) -> Window:
    """The days that a form names."""
    first, last = _day(since, "since"), _day(until, "until")
    return Window.of_days(name, first, last, zone)


def _day(text: str, where: str) -> date:
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        day = date.min
    if not 1970 < day.year < 9999:
        raise Refused("This is no day.", "Give it as in 2026-09-22.", where=where)
    return day


def align(*, title: str, object_id: str, competency: str, by: str) -> Refused | None:
    """Align by words of the title if there are any, else by object."""
    try:
        unaligned.align(by_title=title, object_id=object_id, competency=competency, by=by)
    except Refused as refusal:
        db.session.rollback()
        return refusal
    return None


def _tried(work: Callable[[], Report]) -> Tried:
    try:
        return Tried(report=work())
    except Refused as refusal:
        db.session.rollback()
        return Tried(refusal=refusal)
