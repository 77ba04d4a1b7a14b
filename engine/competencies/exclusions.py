"""Exclusions: items their learner leaves out of scoring; they stay in the record."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select

from engine.competencies.models import Exclusion
from engine.db import db, portions
from engine.moments import now_us


def exclude(root: str, person_id: int, *, excluded: bool) -> None:
    """Leave an item out, or take it in again; `root` is its first revision's statement id."""
    db.session.add(Exclusion(root=root, person_id=person_id, excluded=excluded, at=now_us()))
    db.session.flush()


def excluded_roots(roots: Iterable[str]) -> set[str]:
    """Which of these items are left out now."""
    latest = dict[str, bool]()
    for part in portions(sorted(set(roots))):
        query = select(Exclusion).where(Exclusion.root.in_(part)).order_by(Exclusion.id)
        latest.update({one.root: one.excluded for one in db.session.scalars(query)})
    return {root for root, excluded in latest.items() if excluded}
