"""Names that came without an address, and how many rows wait until a hand says whose they are.

What comes later under a name that was linked waits anew: nobody is matched by name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Select, exists, func, literal, select

from engine.db import db
from engine.people import inbox
from engine.people.inbox_models import IgnoredHandle
from engine.sources.handles import LONGEST_SEARCH, PAGE, Handle, Seen
from engine.sources.models import Run, RunProblem, SourceInstance
from engine.sources.planner import NAMELESS, nameless

_REASON = re.compile(rf'"(.*)" {re.escape(NAMELESS)}', re.DOTALL)


def page(
    search: str = "", *, origin: int | None = None, ignored: bool = False, number: int = 1
) -> tuple[list[Handle], bool]:
    """A page of the names that wait, in their order, and whether there are more."""
    query = _waiting(search, origin, ignored).offset((max(number, 1) - 1) * PAGE).limit(PAGE + 1)
    found = [_handle(row) for row in db.session.execute(query)]
    return found[:PAGE], len(found) > PAGE


def every(search: str = "", *, ignored: bool = False) -> Iterator[Handle]:
    """All names that wait."""
    number, more = 1, True
    while more:
        found, more = page(search, ignored=ignored, number=number)
        yield from found
        number += 1


def one(handle: str) -> Handle | None:
    """What waits under a handle; None when nothing does."""
    named = inbox.name_in(handle)
    if named is None:
        return None
    mine = (SourceInstance.name == named[0]) & (RunProblem.why == nameless(named[1]))
    row = db.session.execute(_groups().where(mine)).first()
    return _handle(row) if row else None


def _groups() -> Select[str, str, int, int, int]:
    """The names that wait at each source, with how many rows, since when and until when."""
    return (
        select(
            SourceInstance.name.label("source"),
            RunProblem.why.label("why"),
            func.count().label("rows"),
            func.min(Run.started_at).label("first"),
            func.max(Run.started_at).label("last"),
        )
        .select_from(RunProblem)
        .join(Run, Run.id == RunProblem.run_id)
        .join(SourceInstance, SourceInstance.id == Run.source_id)
        .where(RunProblem.outcome == "unmatched", Run.stands, Run.state == "done")
        .where(RunProblem.why.like(f'"%" {NAMELESS}'))
        .group_by(SourceInstance.name, RunProblem.why)
        .order_by(RunProblem.why, SourceInstance.name)
    )


def _waiting(search: str, origin: int | None, ignored: bool) -> Select[str, str, int, int, int]:
    query = _groups()
    if origin is not None:
        query = query.where(SourceInstance.origin_id == origin)
    if wanted := search.strip()[:LONGEST_SEARCH]:
        # within the quotes, since the words behind them are ours
        within = wanted.replace("/", "//").replace("%", "/%").replace("_", "/_")
        query = query.where(RunProblem.why.ilike(f'"%{within}%" {NAMELESS}', escape="/"))
    length = func.length(RunProblem.why) - len(f'"" {NAMELESS}')
    name = func.substr(RunProblem.why, 2, length)
    handle = literal(inbox.NAME_AT) + SourceInstance.name + "::" + name
    aside = exists().where(IgnoredHandle.key == handle)
    return query.where(aside if ignored else ~aside)


def _handle(row: Any) -> Handle:
    told = _REASON.fullmatch(row.why)
    name = told[1] if told else ""
    seen = Seen(source=row.source, rows=row.rows, first=row.first, last=row.last)
    return Handle(key=inbox.name_handle(row.source, name), seen=(seen,), waits=True)
