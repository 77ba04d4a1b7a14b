"""What pages show of rulesets: versions, a draft beside what is in force, a simulation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from engine.competencies import frameworks, rulesets
from engine.competencies.differences import differences
from engine.competencies.framework_documents import Framework
from engine.competencies.models import Projection, RulesetRow
from engine.competencies.reading import mapping
from engine.db import db
from engine.web import rulesets_drafts as drafts
from engine.web import rulesets_words as tell
from engine.web.rulesets_checks import Checked, Found, check
from engine.web.rulesets_drafts import Draft
from engine.web.rulesets_trials import Trial

MOST = 60
"""Differences that are shown."""

Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A version in the list; `state` is serving, building or nothing, `at` in microseconds."""

    sha256: str
    title: str
    by: str
    at: int
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleShown:
    """A rule in words, with what was found about it."""

    title: str
    sentence: str
    source: str
    found: tuple[Found, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Different:
    """What is different from another version: the first of it, and how much more there is."""

    shown: Pairs
    more: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One version whole; `former` is the one published before it, if any."""

    listed: Listed
    framework: Framework
    config: Mapping[str, Any]
    rules: Sequence[RuleShown]
    former: Listed | None
    different: Different
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftShown:
    """A draft beside the version it began from, and the one that came meanwhile, if any."""

    rules: Sequence[RuleShown]
    different: Different
    newer: Listed | None
    newer_different: Different


def versions() -> list[Listed]:
    """Every version that was published, the newest first."""
    states = _states()
    return [_listed(row, states) for row in rulesets.every()]


def version(sha256: str) -> Version:
    """One version.

    :raises NotFound: there is none of this hash.
    """
    row, states = rulesets.find(sha256), _states()
    former = next((one for one in rulesets.every() if one.id < row.id), None)
    words = frameworks.in_force(row.config)
    return Version(
        listed=_listed(row, states),
        framework=words,
        config=row.config,
        rules=_rules(row.config, words),
        former=_listed(former, states) if former else None,
        different=_different(former.config if former else row.config, row.config, words),
        text=drafts.text_of(row),
    )


def draft(here: Draft, checked: Checked) -> DraftShown:
    """A draft as far as it can be read."""
    newer, base = drafts.newer(here), rulesets.find(here.base)
    config = checked.config if checked.config is not None and _is_whole(checked.config) else None
    words = frameworks.in_force(config or base.config)
    return DraftShown(
        rules=_rules(config, words, checked) if config else (),
        different=_different(base.config, config or base.config, words),
        newer=_listed(newer, {}) if newer else None,
        newer_different=_different(base.config, newer.config if newer else base.config, words),
    )


def trial(found: Trial) -> Framework:
    """The words for what a simulation is about: of what counts now, and of what would."""
    config = rulesets.current().config
    begun = next((one for one in drafts.mine(found.by) if one.token == found.draft), None)
    tried = check(begun.text).config if begun else None
    named = {**config["competencies"], **mapping((tried or {}).get("competencies"))}
    return frameworks.in_force({**config, "competencies": named})


def _is_whole(config: Mapping[str, Any]) -> bool:
    """Whether it has what every page of rules speaks of."""
    scale, named = config.get("scale"), config.get("competencies")
    return (
        isinstance(scale, Mapping)
        and isinstance(scale.get("levels"), list)
        and isinstance(named, Mapping)
    )


def _rules(
    config: Mapping[str, Any], words: Framework, checked: Checked | None = None
) -> list[RuleShown]:
    listed = [one for one in config.get("rules") or () if isinstance(one, Mapping)]
    return [
        RuleShown(
            title=tell.title(one),
            sentence=tell.sentence(one, words),
            source=tell.source(one, words),
            found=tuple(checked.of_rule(at)) if checked else (),
        )
        for at, one in enumerate(listed)
    ]


def _different(before: Mapping[str, Any], after: Mapping[str, Any], words: Framework) -> Different:
    found = differences(before, after)
    return Different(shown=tell.differences(found[:MOST], words), more=len(found[MOST:]))


def _states() -> dict[int, str]:
    alive = select(Projection).where(Projection.state.in_(("serving", "building")))
    return {one.ruleset_id: one.state for one in db.session.scalars(alive)}


def _listed(row: RulesetRow, states: Mapping[int, str]) -> Listed:
    return Listed(
        sha256=row.sha256,
        title=row.title,
        by=row.by,
        at=row.published_at,
        state=states.get(row.id, ""),
    )
