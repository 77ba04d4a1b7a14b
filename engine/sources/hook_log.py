"""The calls of a source's webhook: when, how they ended and why; never what they said.

Whoever knows the address can call it, so what is refused is written down once a minute at most.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from engine.db import db, transaction
from engine.moments import DAY_US, now_us
from engine.sources.instance_models import HookCall
from engine.sources.models import Run, SourceInstance

MOST, KEPT_US = 200, 30 * DAY_US
"""Of each source: how many calls are kept, and for how long."""
MINUTE_US = 60_000_000
WHY = 500
QUIET = ("refused", "answered")
"""Outcomes that leave nothing else behind, so that many of them count once a minute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call; `at` in microseconds, `size` in bytes, `again` whether it can be read again."""

    id: int
    at: int
    status: int
    outcome: str
    size: int
    why: str
    run: int | None
    again: bool


def note(
    session: Session,
    source_id: int,
    *,
    status: int,
    outcome: str,
    size: int,
    why: str = "",
    run_id: int | None = None,
) -> None:
    """Write a call down; the oldest ones go."""
    row = HookCall(
        source_id=source_id,
        at=now_us(),
        status=status,
        outcome=outcome,
        size=size,
        why=why[:WHY],
        run_id=run_id,
    )
    session.add(row)
    session.flush()
    mine = HookCall.source_id == source_id
    beyond = select(HookCall.id).where(mine).order_by(HookCall.id.desc()).offset(MOST).limit(1)
    oldest = session.scalar(beyond) or 0
    old = or_(HookCall.id <= oldest, HookCall.at < row.at - KEPT_US)
    session.execute(delete(HookCall).where(mine, old))


def note_quietly(source_id: int, *, status: int, outcome: str, size: int, why: str = "") -> None:
    """Write down a call that left nothing else behind, unless there was one in this minute."""
    latest = select(HookCall.id).where(
        HookCall.source_id == source_id,
        HookCall.outcome == outcome,
        HookCall.at > now_us() - MINUTE_US,
    )
    if db.session.scalar(latest.limit(1)) is None:
        with transaction() as session:
            note(session, source_id, status=status, outcome=outcome, size=size, why=why)


def calls_of(instance: SourceInstance, *, most: int = 50) -> list[Call]:
    """The last calls, newest first."""
    query = (
        select(HookCall, Run)
        .outerjoin(Run, Run.id == HookCall.run_id)
        .where(HookCall.source_id == instance.id)
        .order_by(HookCall.id.desc())
        .limit(most)
    )
    return [_call(one, run) for one, run in db.session.execute(query)]


def _call(one: HookCall, run: Run | None) -> Call:
    return Call(
        id=one.id,
        at=one.at,
        status=one.status,
        outcome=one.outcome,
        size=one.size,
        why=one.why,
        run=one.run_id,
        again=run is not None and run.stands and run.state in ("done", "refused"),
    )


def all_refused(source_id: int, *, most: int) -> str | None:
    """Why the last calls were refused, if as many as this were, with none better since."""
    query = select(HookCall.outcome, HookCall.why).where(HookCall.source_id == source_id)
    last = db.session.execute(query.order_by(HookCall.id.desc()).limit(most)).all()
    if len(last) < most or any(outcome != "refused" for outcome, _ in last):
        return None
    return str(last[0].why)
