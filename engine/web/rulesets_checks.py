"""A ruleset's text looked through: its config, its rules, and what is wrong where."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.competencies.config import compile_ruleset, config_hash, well_shaped
from engine.competencies.findings import Finding, error
from engine.competencies.lint import lint
from engine.errors import Refused
from engine.web.rulesets_splices import lines_of

MOST = 100
"""Findings that are told at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A finding with the line of the text and the number of the rule it belongs to, if any."""

    finding: Finding
    line: int | None
    rule: int | None

    @property
    def is_error(self) -> bool:
        """Whether it keeps the ruleset from being published."""
        return self.finding.level == "ERROR"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A text and what it comes to; `config` is None where it does not compile."""

    text: str
    config: Mapping[str, Any] | None
    found: tuple[Found, ...] = ()
    more: int = 0

    @property
    def rules(self) -> Sequence[Mapping[str, Any]]:
        """The rules of the config, as far as they are rules at all."""
        listed = (self.config or {}).get("rules")
        fit = isinstance(listed, list) and all(isinstance(one, Mapping) for one in listed)
        return listed if fit and listed is not None else ()

    @property
    def errors(self) -> list[Found]:
        """What keeps it from being published."""
        return [one for one in self.found if one.is_error]

    @property
    def sha256(self) -> str:
        """The hash of what it compiles to; empty where it does not."""
        return config_hash(self.config) if self.config is not None else ""

    def of_rule(self, at: int) -> list[Found]:
        """What was found about one rule."""
        return [one for one in self.found if one.rule == at]

    def of_none(self) -> list[Found]:
        """What was found about no single rule."""
        return [one for one in self.found if one.rule is None]


def check(text: str) -> Checked:
    """Compile a text and look it through; nothing is refused, all is found."""
    try:
        with well_shaped("The ruleset"):
            config = compile_ruleset(text)
            findings = lint(config)
    except Refused as refusal:
        finding = error(refusal.where, refusal.why, refusal.mend)
        return Checked(text=text, config=None, found=tuple(_placed([finding], text, ())))
    ids = _ids(config)
    findings.sort(key=lambda one: one.level != "ERROR")
    found = tuple(_placed(findings[:MOST], text, ids))
    return Checked(text=text, config=config, found=found, more=len(findings[MOST:]))


def _ids(config: Mapping[str, Any]) -> list[str]:
    rules = config.get("rules")
    listed = rules if isinstance(rules, list) else []
    return [str(one.get("id")) if isinstance(one, Mapping) else "" for one in listed]


def _placed(findings: Sequence[Finding], text: str, ids: Sequence[str]) -> Iterator[Found]:
    lines = lines_of(text, [one.where for one in findings])
    for finding, line in zip(findings, lines, strict=True):
        yield Found(finding=finding, line=line, rule=_rule(finding.where, ids))


def _rule(where: str, ids: Sequence[str]) -> int | None:
    """The number of the rule that a place such as rules.attended.match is in."""
    if not where.startswith("rules."):
        return None
    rest = where.removeprefix("rules.")
    fits = [at for at, id_ in enumerate(ids) if id_ and re.match(re.escape(id_) + r"(\.|$)", rest)]
    return max(fits, key=lambda at: len(ids[at]), default=None)
