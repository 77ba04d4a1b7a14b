"""What `byway doctor` looks at: each check says what it found, and the mend if it is not well."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import func, select

from engine import instance
from engine.competencies.models import Projection
from engine.config import settings
from engine.db import db
from engine.moments import now_us
from engine.pipeline import host, reader
from engine.sources.models import Run

LATE_US = 600 * 1_000_000


def examine() -> list[dict[str, Any]]:
    """Every check's name, finding, whether it is well, and the mend."""
    found = [_schema()]
    if found[0]["well"]:
        found += [_projector(), _runs()]
    return [*found, *_plugins()]


def _check(what: str, found: str, *, well: bool, mend: str) -> dict[str, Any]:
    return {"what": what, "found": found, "well": well, "mend": "" if well else mend}


def _schema() -> dict[str, Any]:
    here, needed = instance.schema()
    where = settings().instance
    return _check(
        "schema",
        f"{here or 'none'} in {where}",
        well=here == needed,
        mend="Run `byway upgrade`.",
    )


def _projector() -> dict[str, Any]:
    served = db.session.scalar(select(Projection.cursor).where(Projection.state == "serving"))
    if served is None:
        return _check("projector", "no ruleset in force", well=False, mend="Run `byway upgrade`.")
    behind = len(reader().log(served, 1000))
    return _check(
        "projector",
        f"{behind or 'no'} statements behind the log",
        well=behind < 1000,
        mend="Start a worker: `byway worker`.",
    )


def _runs() -> dict[str, Any]:
    old = (Run.state == "waiting") & (Run.started_at < now_us() - LATE_US)
    late = db.session.scalar(select(func.count()).select_from(Run).where(old)) or 0
    return _check(
        "runs",
        f"{late or 'no'} waiting for more than ten minutes",
        well=not late,
        mend="Start a worker: `byway worker`.",
    )


def _plugins() -> Iterator[dict[str, Any]]:
    for plugin in host().plugins.values():
        found = plugin.trouble or "loaded"
        yield _check(
            f"plugin {plugin.name}",
            found,
            well=plugin.trouble is None,
            mend="Upgrade or remove this plugin.",
        )
