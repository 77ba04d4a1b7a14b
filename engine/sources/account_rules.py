"""Account rules of sources: whose their accounts are, by the address their own reports give."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from engine.db import db
from engine.errors import Conflict
from engine.lrs.models import Origin
from engine.people.accounts import REPORTED
from engine.sources import instances
from engine.sources.models import SourceInstance


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A source, what people call it, and whether its reports are followed."""

    name: str
    title: str
    is_followed: bool


def every() -> list[Source]:
    """All sources in the order of their titles; none is followed until somebody says so."""
    query = (
        select(SourceInstance.name, Origin.name, Origin.account_rule)
        .join(Origin, Origin.id == SourceInstance.origin_id)
        .order_by(Origin.name, SourceInstance.name)
    )
    return [
        Source(name=name, title=title, is_followed=rule == REPORTED)
        for name, title, rule in db.session.execute(query)
    ]


def follow(name: str) -> None:
    """Link a source's accounts from now on by the address that its own reports give with them."""
    _origin(name).account_rule = REPORTED


def follow_no_more(name: str) -> None:
    """Link none of a source's accounts by itself any more; those that are linked stay so."""
    origin = _origin(name)
    if origin.account_rule != REPORTED:
        raise Conflict(f"The reports of {name} are not followed.", "Nothing needs doing.")
    origin.account_rule = None


def _origin(name: str) -> Origin:
    return instances.origin_of(instances.get(name))
