"""Exclusions: items their learner leaves out of scoring; they stay in the record."""

from __future__ import annotations

from collections.abc import Iterable

from engine.competencies.models import Exclusion
from engine.db import among, db
from engine.moments import now_us


def exclude(root: str, person_id: int, *, excluded: bool) -> None:
    """Leave an item out, or take it in again; `root` is its first revision's statement id."""
    db.session.add(Exclusion(root=root, person_id=person_id, excluded=excluded, at=now_us()))
    db.session.flush()


def excluded_roots(roots: Iterable[str]) -> set[str]:
    """Which of these items are left out now."""
    query = "SELECT root, excluded FROM exclusion WHERE root IN (*) ORDER BY id"
    latest = dict(map(tuple, among(db.session.connection(), query, set(roots))))
    return {root for root, excluded in latest.items() if excluded}
