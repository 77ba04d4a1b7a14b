"""Problems over time: a reason is one problem of a source, whichever runs and rows it is met in."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import delete, insert, select, update

from engine.config import keyring
from engine.db import db, portions
from engine.moments import now_us
from engine.sources.models import Run, RunProblem
from engine.sources.run_models import KnownProblem

MENDABLE = ("failed", "unmatched")
FORGOTTEN_US = 400 * 24 * 3600 * 1_000_000
"""How long after it was last met a problem counts as new when it comes again."""
_ROWS = re.compile(r"rows? (\d+(?:, \d+)*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """When a problem was met first and last, in microseconds."""

    first_at: int
    last_at: int


def fingerprint(outcome: str, why: str) -> uuid.UUID:
    """What a problem is known by; nobody without the installation's secret can tell its words."""
    return keyring().namespace(f"problem|{outcome}|{why}")


def note(run_id: int) -> None:
    """Note in the open transaction that a run has met its problems."""
    source_id = db.session.get_one(Run, run_id).source_id
    mine = (RunProblem.run_id == run_id) & RunProblem.outcome.in_(MENDABLE)
    query = select(RunProblem.outcome, RunProblem.why).where(mine).distinct()
    marks = {fingerprint(*row) for row in db.session.execute(query).all()}
    known, now = _known(source_id, marks), now_us()
    for part in portions(sorted(known)):
        its = (KnownProblem.source_id == source_id) & KnownProblem.fingerprint.in_(part)
        db.session.execute(update(KnownProblem).where(its).values(last_at=now))
    fresh = [
        {"source_id": source_id, "fingerprint": one, "first_at": now, "last_at": now}
        for one in sorted(marks - known.keys())
    ]
    if fresh:
        db.session.execute(insert(KnownProblem), fresh)


def seen(source_id: int, problems: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Seen]:
    """When problems, each as (outcome, reason), were met first and last."""
    marks = {one: fingerprint(*one) for one in set(problems)}
    known = _known(source_id, marks.values())
    return {one: known[mark] for one, mark in marks.items() if mark in known}


def sweep() -> None:
    """Forget in the open transaction what has not been met for long."""
    old = KnownProblem.last_at < now_us() - FORGOTTEN_US
    db.session.execute(delete(KnownProblem).where(old))


def _known(source_id: int, marks: Iterable[uuid.UUID]) -> dict[uuid.UUID, Seen]:
    found: dict[uuid.UUID, Seen] = {}
    for part in portions(marks):
        its = (KnownProblem.source_id == source_id) & KnownProblem.fingerprint.in_(part)
        for one in db.session.scalars(select(KnownProblem).where(its)):
            found[one.fingerprint] = Seen(first_at=one.first_at, last_at=one.last_at)
    return found


def places_of(problem: RunProblem) -> tuple[int | str, ...]:
    """The rows of a problem; those of an older one are read from its words."""
    if problem.places is not None:
        return tuple(problem.places)
    numbers = _ROWS.fullmatch(problem.place)
    return tuple(map(int, numbers[1].split(", "))) if numbers else (problem.place,)
