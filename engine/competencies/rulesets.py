"""Rulesets as versions: publishing one, the one in force, and an alignment as a new version."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from engine.competencies import projector
from engine.competencies.config import compile_ruleset, config_hash, well_shaped
from engine.competencies.lint import lint
from engine.competencies.models import Projection, RulesetRow
from engine.db import db
from engine.errors import Conflict, NotFound, Refused
from engine.moments import now_us

LEAST_KEYWORD = 4
SHORTEST_HASH = 6

Config = dict[str, Any]


def publish(source: str | Mapping[str, Any], *, title: str, by: str = "") -> RulesetRow:
    """Make a version known; it is served once the projector has weighed the log with it.

    :raises Refused: it does not compile, or lint finds an error; nothing is changed.
    """
    config = checked(source)
    sha256 = config_hash(config)
    row = db.session.scalar(select(RulesetRow).where(RulesetRow.sha256 == sha256))
    if row is None:
        row = RulesetRow(sha256=sha256, title=title, config=config, by=by, published_at=now_us())
        db.session.add(row)
        db.session.flush()
    return row


def checked(source: str | Mapping[str, Any]) -> Config:
    """A ruleset compiled.

    :raises Refused: it does not compile, or lint finds an error: the first one.
    """
    with well_shaped("The ruleset"):
        config = compile_ruleset(source)
        errors = [finding for finding in lint(config) if finding.level == "ERROR"]
    if errors:
        first = errors[0]
        raise Refused(first.why, first.mend, where=first.where)
    return config


def bring_into_force(row: RulesetRow) -> None:
    """Have the log weighed with a version; outside any transaction.

    The first one is served at once; a later one when it has caught up. Whatever else was about to
    be served is given up; what is served or being built already goes on.
    """
    db.session.commit()
    projector.build(row.id)
    db.session.rollback()


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


def every() -> list[RulesetRow]:
    """Every version that was ever published, the newest first."""
    return list(db.session.scalars(select(RulesetRow).order_by(RulesetRow.id.desc())))


def find(sha256: str) -> RulesetRow:
    """A version by its hash, or by enough of its beginning.

    :raises NotFound: there is none. :raises Conflict: several begin like this.
    """
    start = sha256.strip().lower()
    rows = [row for row in every() if row.sha256.startswith(start)]
    if not rows or len(start) < SHORTEST_HASH:
        raise NotFound(
            f"No version of the rules is called {sha256}.",
            f"See `byway rulesets list`; give {SHORTEST_HASH} characters or more of its hash.",
        )
    if len(rows) > 1:
        raise Conflict(f"Several versions begin with {sha256}.", "Give more of the hash.")
    return rows[0]


def align(*, match: Mapping[str, str], competency: str, by: str) -> RulesetRow:
    """A new version in which activities of this object id or title also reach a competency.

    :param match: {"object_id": glob} or {"title": keyword}.
    """
    row = current()
    if competency not in row.config["competencies"]:
        raise Refused(f"{competency} is not a competency of this ruleset.", "Choose one of them.")
    one = {**_checked(match), "competencies": [competency]}
    there = row.config.get("alignments", [])
    config = {**row.config, "alignments": [*there, *([] if one in there else [one])]}
    return publish(config, title=row.title, by=by)


def _checked(match: Mapping[str, str]) -> dict[str, str]:
    """Either a pattern or a keyword that does not fit nearly everything."""
    found = {name: " ".join(words.split()) for name, words in match.items()}
    if len(found) != 1 or not found.keys() <= {"object_id", "title"}:
        raise Refused("An alignment goes by address or by title.", "Give one of them.")
    said = found.get("title", found.get("object_id", "").replace("*", ""))
    if len(said) < LEAST_KEYWORD:
        raise Refused("This is so short that it would match nearly everything.", "Say more.")
    return found
