"""What a page tries on a source, with the refusal as a value, to be shown where it belongs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from engine.api import Delivery
from engine.db import db
from engine.errors import Refused
from engine.sources import doors, runs, unaligned
from engine.sources.runs import Report


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """A report, or why there is none; `refusal` says where and how to mend it."""

    report: Report = field(default_factory=Report)
    refusal: Refused | None = None


def preview(name: str, delivery: Delivery) -> Tried:
    """What a run of this delivery would do; nothing is written."""
    if not delivery.body:
        why = "No file was chosen, or the file is empty."
        return Tried(refusal=Refused(why, "Choose the report and upload it."))
    return _tried(lambda: runs.preview(name, delivery))


def poll(name: str, *, by: str) -> Tried:
    """Ask a system for what is new; a refusal is noted on the source too."""
    return _tried(lambda: doors.poll(name, by=by))


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
