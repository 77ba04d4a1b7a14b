"""Raw input goes when its time is over; what was recorded stays."""

from __future__ import annotations

import pytest
from looking import ended, minutes, run, standing, state_of
from sqlalchemy import func, select, update
from toy import accepted, did, fail

from engine.api import Delivery
from engine.db import db, transaction
from engine.errors import NotFound, Refused
from engine.moments import now_us
from engine.sources import failed_rows, replaying, retention, runs
from engine.sources.models import DeliveryRow, RunProblem, Waiting
from engine.sources.replaying import Window
from engine.sources.retention import DAY_US

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("toys")]


def age(days: int, *, but: int | None = None) -> None:
    """Everything that arrived did so this many days ago, but for what one run brought."""
    with transaction() as session:
        old = update(DeliveryRow).where(DeliveryRow.run_id != (but or 0))
        session.execute(old.values(arrived_at=now_us() - days * DAY_US))


def kept() -> int:
    db.session.rollback()
    query = select(func.count()).where(func.length(DeliveryRow.sealed) > 0)
    return db.session.scalar(query.select_from(DeliveryRow)) or 0


def keep_for(days: int) -> None:
    with transaction():
        retention.keep_for("t", days)


def test_it_is_kept_for_as_long_as_nobody_decides() -> None:
    run(did("a"))
    age(retention.DAYS - 1)
    assert (retention.days_of("t"), retention.sweep(), kept()) == (retention.DAYS, 0, 1)


def test_then_it_goes_and_the_statements_stay() -> None:
    run(did("a"), did("b"))
    before = standing()
    age(retention.DAYS + 1)
    assert (retention.sweep(), kept(), standing()) == (1, 0, before)


def test_a_second_sweep_finds_nothing() -> None:
    run(did("a"))
    age(retention.DAYS + 1)
    retention.sweep()
    assert retention.sweep() == 0


def test_a_source_has_its_own_time() -> None:
    run(did("a"))
    age(31)
    keep_for(30)
    assert (retention.days_of("t"), retention.sweep()) == (30, 1)


@pytest.mark.parametrize("days", [-1, 0, 3651, 10**12])
def test_no_days_and_very_many_are_refused(days: int) -> None:
    with pytest.raises(Refused, match="between 1 and 3650"):
        keep_for(days)


def test_what_waits_to_be_read_is_kept() -> None:
    with transaction():
        runs.open_run(1, "hook", 1)
    run(did("a"))
    with transaction() as session:
        session.execute(update(DeliveryRow).values(run_id=1, arrived_at=0))
    assert retention.sweep() == 0


def test_a_bundle_is_as_old_as_the_last_of_it() -> None:
    run(did("a", minutes=30), bundle="session")
    newer = run(did("a", minutes=15), bundle="session")
    age(retention.DAYS + 1, but=newer.run)
    assert (retention.sweep(), kept()) == (0, 2)


def test_a_closed_bundle_takes_no_more_and_says_why() -> None:
    run(did("a", minutes=30), bundle="session")
    age(retention.DAYS + 1)
    retention.sweep()
    later = run(did("a", minutes=15), did("b"), bundle="session")
    assert (ended(later), minutes("a")) == ({"skipped": 2}, "PT30M")
    whys = set(db.session.scalars(select(RunProblem.why)))
    assert [why.endswith("it can grow no further.") for why in whys] == [True]


def test_a_preview_says_the_same_of_a_closed_bundle() -> None:
    run(did("a", minutes=30), bundle="session")
    age(retention.DAYS + 1)
    retention.sweep()
    delivery = Delivery(body=b'[{"say": "skip", "why": "-"}]', bundle="session")
    assert ended(runs.preview("t", delivery)) == {"skipped": 1}


def test_nothing_waits_for_what_is_gone() -> None:
    run(accepted("yes", "later"))
    age(retention.DAYS + 1)
    retention.sweep()
    run(did("later"))
    assert db.session.scalar(select(func.count()).select_from(Waiting)) == 0


def test_its_failed_rows_cannot_be_downloaded() -> None:
    report = run(fail())
    age(retention.DAYS + 1)
    retention.sweep()
    with pytest.raises(Refused, match="not kept any more"):
        failed_rows.of_run(report.run or 0)


def test_it_cannot_be_replayed() -> None:
    run(did("a"))
    age(retention.DAYS + 1)
    retention.sweep()
    with pytest.raises(NotFound, match="Nothing that arrived in these days is kept"):
        replaying.preview(Window(name="t", since=0, until=1 << 62))


def test_the_run_still_says_how_it_went() -> None:
    report = run(did("a"), fail())
    age(retention.DAYS + 1)
    retention.sweep()
    assert state_of(report.run or 0).counts == {"new": 1, "failed": 1}
