"""What tests of accounts and addresses that came together make and look at."""

from __future__ import annotations

from typing import Any

from inbox_making import followed
from sqlalchemy import select
from toy import BO, HOME, did, file

from engine.db import db, transaction
from engine.people import suggestions
from engine.people.inbox_models import SaidTogether
from engine.sources import account_rules, runs
from engine.sources.runs import Report

U7 = f"{HOME}::u7"
GIVES = "a report of its source gives this account the address of bo@example.org"


def told(key: str = "a", *, email: str | None = BO, account: str | None = "u7", **more: Any) -> int:
    """A run of t in which somebody with an account and an address learned; its number."""
    said = did(key, email=email, account=account, tags=["data-literacy"], **more)
    return recorded(runs.run_file("t", file(said)))


def alone(key: str = "later", **more: Any) -> int:
    """A run of t in which the same account learned, and nothing was said of an address."""
    return told(key, email=None, **more)


def recorded(report: Report) -> int:
    followed()
    return report.run or 0


def pairs() -> list[tuple[str, str, int]]:
    """The accounts and addresses that came together, each with its run."""
    db.session.rollback()
    columns = (SaidTogether.account, SaidTogether.address, SaidTogether.run_id)
    return [tuple(row) for row in db.session.execute(select(*columns).order_by(SaidTogether.id))]


def suggested(handle: str = U7) -> list[tuple[str, str]]:
    """The reasons for a handle, and how far each reaches."""
    db.session.rollback()
    return [(one.reason, one.strength) for one in suggestions.suggest([handle]).get(handle, [])]


def follow(name: str = "t") -> None:
    with transaction():
        account_rules.follow(name)
