"""What `byway doctor` looks at: each check says what it found, and the mend if it is not well."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import func, select

from engine import instance
from engine.competencies.models import Projection
from engine.config import settings
from engine.db import db, reading
from engine.exchange import forwards, pulls
from engine.lrs.findings import Report
from engine.lrs.models import ForwardRow, PullRow, late_reference
from engine.lrs.upkeep import Upkeep
from engine.moments import now_us
from engine.pipeline import host, reader, store
from engine.sources.models import Run

LATE_US = 600 * 1_000_000
DURABLE = {
    "sqlite": {"PRAGMA journal_mode": {"wal"}, "PRAGMA synchronous": {"2", "3"}},
    "postgresql": {
        "SHOW fsync": {"on"},
        "SHOW full_page_writes": {"on"},
        "SHOW synchronous_commit": {"on", "local", "remote_write", "remote_apply"},
        "SHOW server_encoding": {"UTF8"},
    },
}
"""What each database is asked, and the answers with which nothing acknowledged is ever lost."""


def examine(look: Callable[[Upkeep], Report] = Upkeep.sample) -> list[dict[str, Any]]:
    """Every check's name, finding, whether it is well, and the mend.

    :param look: how the index is looked at.
    """
    found = [_database(), _schema()]
    if found[1]["well"]:
        found += [*_record(look), _late_references(), _projector(), _runs()]
        found += [*_forwards(), *_pulls()]
    return [*found, *_plugins()]


def _check(what: str, found: str, *, well: bool, mend: str) -> dict[str, Any]:
    return {"what": what, "found": found, "well": well, "mend": "" if well else mend}


def _database() -> dict[str, Any]:
    asked = DURABLE[db.engine.dialect.name]
    with reading() as connection:
        answers = {one: str(connection.exec_driver_sql(one).scalar()) for one in asked}
    told = ", ".join(f"{one.split()[1]} {answer}" for one, answer in answers.items())
    return _check(
        "database",
        f"{db.engine.dialect.name}, {told}",
        well=all(answer in asked[one] for one, answer in answers.items()),
        mend="Set it up as docs/operations.md says, or a power cut may lose what was acknowledged.",
    )


def _schema() -> dict[str, Any]:
    here, needed = instance.schema()
    where = settings().instance
    return _check(
        "schema",
        f"{here or 'none'} in {where}",
        well=here == needed,
        mend="Run `byway upgrade`.",
    )


def _record(look: Callable[[Upkeep], Report]) -> Iterator[dict[str, Any]]:
    """The index, and the log itself."""
    report = look(store().upkeep())
    yield _check(
        "index",
        f"{report.statements} statements looked at, {_faults(report)}",
        well=report.agrees,
        mend="Run `byway doctor --rebuild-index`; the site may go on meanwhile.",
    )
    yield _check(
        "log",
        _some(report.damaged, report.damages) or "nothing damaged in what was looked at",
        well=not report.damaged,
        mend="Restore the database from a backup: this cannot be worked out again.",
    )


def _faults(report: Report) -> str:
    done = ("added", "removed", "put right") if report.mended else ("missing", "too many", "wrong")
    counts = (report.missing, report.surplus, report.voided)
    words = (f"postings {done[0]}", f"postings {done[1]}", f"voids {done[2]}")
    found = [f"{count} {word}" for count, word in zip(counts, words, strict=True) if count]
    if not found:
        return "each filed as it must be"
    after = " Run `byway rebuild`." if report.mended and report.voided else ""
    return f"{', '.join(found)}: {'; '.join(report.faults)}.{after}"


def _some(count: int, told: list[str]) -> str:
    """The first few of so many."""
    more = f"; and {count - len(told)} more" if count > len(told) else ""
    return f"{'; '.join(told)}{more}"


def _late_references() -> dict[str, Any]:
    query = select(func.count(), func.min(late_reference.c.seq))
    with reading() as connection:
        count, oldest = connection.execute(query).one()
    return _check(
        "late references",
        f"{count or 'no'} statements still to be filed under the many that refer to them",
        well=not count or oldest > now_us() - LATE_US,
        mend="Start a worker: `byway worker`.",
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


def _forwards() -> Iterator[dict[str, Any]]:
    for row in forwards.every():
        letters = forwards.count_letters(row)
        refused = f", {letters} refused (`byway forwards letters {row.name}`)" if letters else ""
        yield _check(
            f"forward {row.name}",
            f"{forwards.behind(row)} to go{refused}. {_state(row)}",
            well=row.trouble is None,
            mend="It is tried again by itself; what it says is for `byway forwards set`.",
        )


def _pulls() -> Iterator[dict[str, Any]]:
    for row in pulls.every():
        yield _check(
            f"pull {row.name}",
            f"{row.new} new, {row.refused} refused. {_state(row)}",
            well=row.trouble is None,
            mend="It is tried again by itself; what it says is for `byway pulls set`.",
        )


def _state(row: ForwardRow | PullRow) -> str:
    return row.trouble or ("Well." if row.enabled else "Paused.")


def _plugins() -> Iterator[dict[str, Any]]:
    for plugin in host().plugins.values():
        found = plugin.trouble or "loaded"
        yield _check(
            f"plugin {plugin.name}",
            found,
            well=plugin.trouble is None,
            mend="Upgrade or remove this plugin.",
        )
