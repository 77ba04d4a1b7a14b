"""What the L&D team decides about results: whether levels are published, and which earn a badge."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy import select

from engine.competencies import projector
from engine.competencies.models import RulesetRow
from engine.db import db
from engine.errors import Refused
from engine.moments import now_us
from engine.publishing.models import ResultsPolicy

NO_BADGES = 0
LONGEST_NAME = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What holds: nothing is published and no badge is issued before somebody says so.

    `badge_level` is the lowest level there are badges for; `issuer` the organisation's name in
    them.
    """

    publishes: bool = False
    badge_level: int = NO_BADGES
    issuer: str = "Byway"


def policy() -> Policy:
    """What holds now."""
    row = db.session.scalars(select(ResultsPolicy).order_by(ResultsPolicy.id.desc())).first()
    if row is None:
        return Policy()
    return Policy(publishes=row.publishes, badge_level=row.badge_level, issuer=row.issuer)


def decide(wanted: Policy, *, by: str) -> Policy:
    """Let this hold from now on; what was published or issued before stays.

    :raises Refused: no organisation is named, or the scale has no such level.
    """
    wanted = replace(wanted, issuer=" ".join(wanted.issuer.split()))
    if not 0 < len(wanted.issuer) <= LONGEST_NAME or not wanted.issuer.isprintable():
        raise Refused(
            "The organisation's name is missing or too long.",
            f"Give 1 to {LONGEST_NAME} letters, as they shall stand in badges.",
            where="issuer",
        )
    highest = len(levels())
    if not NO_BADGES <= wanted.badge_level <= highest:
        raise Refused(
            f"The scale has no level {wanted.badge_level}.",
            f"Choose 1 to {highest}, or 0 for no badges.",
            where="badge_level",
        )
    db.session.add(
        ResultsPolicy(
            publishes=wanted.publishes,
            badge_level=wanted.badge_level,
            issuer=wanted.issuer,
            by=by,
            at=now_us(),
        )
    )
    return wanted


def levels() -> list[str]:
    """The names of the levels of the scale in force, the lowest first."""
    row = db.session.get_one(RulesetRow, projector.serving().ruleset_id)
    return [str(name) for name in row.config["scale"]["levels"]]
