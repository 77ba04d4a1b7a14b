"""The validation report of an installed plugin: what it declares, and what the kit finds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from engine.errors import Refused
from engine.host import Plugin, calling
from engine.plugin_checks import Finding, Report, report_of
from engine.plugin_checks.declared import declared
from engine.testkit.broken import Broken
from engine.testkit.case import Case
from engine.testkit.kit import Subject, cases, subjects


def check(plugin: Plugin, *, pairs: Path | None = None) -> Report:
    """Look a plugin over and run the kit on each of its sources; one in quarantine is not run.

    :param pairs: where its golden pairs are, if not in its package.
    """
    findings = list(declared(plugin))
    if not plugin.trouble:
        findings += _conformance(plugin, pairs)
    return report_of(plugin.name, plugin.version, findings)


def _conformance(plugin: Plugin, pairs: Path | None) -> Iterator[Finding]:
    try:
        found = calling(plugin.name, partial(subjects, plugin.module, pairs=pairs))
        to_run = calling(plugin.name, partial(cases, plugin.module, pairs=pairs))
    except Refused as refusal:
        yield _error("golden pairs", refusal, "")
        return
    yield from map(_pairs, found)
    yield from _results(plugin.name, to_run)


def _pairs(subject: Subject) -> Finding:
    name, count = subject.source.name, len(subject.samples)
    if not count:
        return Finding(
            level="WARN",
            about="golden pairs",
            why="It brings no golden pairs, so little could be tried.",
            mend="Put a report into the folder pairs of the package; see docs/plugins.md.",
            where=name,
        )
    why = f"It brings {count} golden {'pair' if count == 1 else 'pairs'}."
    return Finding(level="INFO", about="golden pairs", why=why, where=name)


def _results(name: str, to_run: list[Case]) -> Iterator[Finding]:
    """What failed case by case, and of what passed how many there were."""
    passed: Counter[str] = Counter()
    for case in to_run:
        try:
            calling(name, case.run)
            passed[case.about] += 1
        except Broken as broken:
            yield _error(case.about, broken, str(case))
        except Refused as refusal:
            mend = "Say BadReport, or Failed for the row: nothing else may be raised."
            yield _error(case.about, Broken(refusal.why, mend, where=refusal.where), str(case))
    for about, count in passed.items():
        cases_passed = f"{count} {'case' if count == 1 else 'cases'} passed."
        yield Finding(level="INFO", about=about, why=cases_passed)


def _error(about: str, refusal: Refused, where: str) -> Finding:
    place = f"{where} ({refusal.where})" if where and refusal.where else where or refusal.where
    return Finding(level="ERROR", about=about, why=refusal.why, mend=refusal.mend, where=place)
