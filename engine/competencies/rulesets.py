"""Rulesets as versions: publishing one, the one in force, and an alignment as a new version."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from engine.competencies import projector
from engine.competencies.config import compile_ruleset, config_hash
from engine.competencies.evidence import Ruleset
from engine.competencies.lint import lint
from engine.competencies.models import Projection, RulesetRow
from engine.db import db
from engine.errors import Refused
from engine.moments import now_us

LEAST_KEYWORD = 4


def publish(source: str | Mapping[str, Any], *, title: str, by: str = "") -> RulesetRow:
    """Make a version known; it is served once the projector has weighed the log with it.

    :raises Refused: it does not compile, or lint finds an error; nothing is changed.
    """
    config = compile_ruleset(source)
    errors = [finding for finding in lint(config) if finding.level == "ERROR"]
    if errors:
        first = errors[0]
        raise Refused(first.why, first.mend, where=first.where)
    Ruleset(config)
    sha256 = config_hash(config)
    row = db.session.scalar(select(RulesetRow).where(RulesetRow.sha256 == sha256))
    if row is None:
        row = RulesetRow(sha256=sha256, title=title, config=config, by=by, published_at=now_us())
        db.session.add(row)
        db.session.flush()
    return row


def bring_into_force(row: RulesetRow) -> None:
    """Have the log weighed with a version; outside any transaction.

    The first one is served at once; a later one when it has caught up.
    """
    db.session.commit()
    found = {p.state: p for p in db.session.scalars(select(Projection))}
    if "serving" in found and found["serving"].ruleset_id == row.id:
        return
    if "building" in found:
        projector.drop(found["building"].generation)
    projector.start(row.id, "building" if "serving" in found else "serving")


def current() -> RulesetRow:
    """The newest version: in force, or about to be."""
    projection = db.session.scalars(
        select(Projection)
        .where(Projection.state.in_(("serving", "building")))
        .order_by(Projection.generation.desc())
    ).first()
    if projection is None:
        raise Refused("No ruleset is published.", "Run `byway init`.")
    return db.session.get_one(RulesetRow, projection.ruleset_id)


def align(*, match: Mapping[str, str], competency: str, by: str) -> RulesetRow:
    """A new version in which activities of this object id or title also reach a competency.

    :param match: {"object_id": glob} or {"title": keyword}.
    """
    row = current()
    if competency not in row.config["competencies"]:
        raise Refused(f"{competency} is not a competency of this ruleset.", "Choose one of them.")
    one = {**match, "competencies": [competency]}
    if len(match.get("title", "x" * LEAST_KEYWORD)) < LEAST_KEYWORD:
        raise Refused("A title keyword this short would match nearly everything.", "Use more words.")
    config = {**row.config, "alignments": [*row.config.get("alignments", []), one]}
    return publish(config, title=row.title, by=by)
