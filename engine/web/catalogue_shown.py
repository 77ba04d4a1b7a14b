"""What the catalogue shows of a plugin: what it is, how it stands, who uses it, what was found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import current_app
from packaging.version import Version

from engine.config import settings
from engine.errors import NotFound
from engine.host import Host, brought
from engine.pipeline import host
from engine.plugin_checks.cards import card_of
from engine.plugin_sets import generations, sets, shelf, wheels
from engine.plugin_sets.generations import Choice, Generation
from engine.plugin_sets.models import PluginReport
from engine.sources import instances

STATES = {
    "enabled": ("Enabled", "good"),
    "coming": ("Enabled, being taken over", "warn"),
    "quarantined": ("Quarantined", "stop"),
    "disabled": ("Disabled", ""),
    "installed": ("Installed, not enabled yet", ""),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A validation report that was kept: `counts` by level, `findings` as scripts read them."""

    at: int
    passes: bool
    counts: Mapping[str, int]
    findings: tuple[Mapping[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Available:
    """A version of a plugin that is here; `newer` than the one that is enabled."""

    version: str
    ours: bool
    enabled: bool
    newer: bool
    found: Found | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A plugin in the catalogue; `kinds` are its kinds of sources, as a card has them.

    `brings` is what it is for: "sources", "formats" of frameworks, or something "else".
    """

    name: str
    title: str
    brings: str
    summary: str
    version: str
    author: str
    ours: bool
    state: str
    trouble: str | None
    kinds: tuple[Mapping[str, Any], ...]
    hooks: tuple[str, ...]
    used_by: tuple[str, ...]
    found: Found | None
    available: tuple[Available, ...] = ()


def every() -> list[Shown]:
    """All plugins, in the order of their titles."""
    here = _Here()
    return sorted((here.shown(name) for name in here.names), key=lambda one: one.title.lower())


def one(name: str) -> Shown:
    """A plugin with its versions; refused when there is none of this name."""
    here = _Here()
    if name not in here.names:
        raise NotFound(f'There is no plugin "{name}".', "Look at the list of plugins.")
    return here.shown(name)


def history() -> list[Generation]:
    """The latest sets, the newest first."""
    return generations.newest(100)


def is_behind() -> bool:
    """Whether this process still has an earlier set than the one that counts."""
    return bool(current_app.extensions["byway.set"] != generations.number())


class _Here:
    """Everything that is known of plugins at one moment."""

    def __init__(self) -> None:
        self.host: Host = host()
        self.decided = {choice.plugin: choice for choice in generations.current().choices}
        self.resting = {row["name"]: row for row in shelf.resting(self.host)}
        self.reports = sets.reports()
        self.ours = {candidate.name: candidate.version for candidate in brought()}
        self.wheels = wheels.every(settings().instance)
        self.users = [(source.plugin, source.name) for source in instances.every()]
        # one that is enabled, and neither loaded nor here, is said too
        self.names = sorted(
            self.host.plugins.keys()
            | self.resting.keys()
            | {name for name, choice in self.decided.items() if choice.enabled}
        )

    def shown(self, name: str) -> Shown:
        """One plugin."""
        decided, card = self.decided.get(name), self._card(name)
        kinds = tuple(card.get("kinds") or ())
        loaded = self.host.plugins.get(name)
        version = decided.version if decided and decided.sha256 else str(card.get("version") or "")
        state = self._state(name, decided)
        return Shown(
            name=name,
            title=_title(name, [kind["title"] for kind in kinds] or card.get("formats") or ()),
            brings="sources" if kinds else "formats" if card.get("formats") else "else",
            summary=str(card.get("summary") or ""),
            version=version,
            author=str(card.get("author") or ""),
            ours=not (decided and decided.sha256) and name in self.ours,
            state=state,
            trouble=loaded.trouble if loaded and state == "quarantined" else None,
            kinds=kinds,
            hooks=tuple(card.get("hooks") or ()),
            used_by=self._users(name, kinds),
            found=_found(self.reports.get((name, version))),
            available=tuple(self._available(name, decided)),
        )

    def _card(self, name: str) -> Mapping[str, Any]:
        """Of what is loaded its own words, else those of its last check, else its package's."""
        if (loaded := self.host.plugins.get(name)) is not None and loaded.module is not None:
            return card_of(loaded).as_json()
        row = self.resting.get(name, {})
        kept = self.reports.get((name, row.get("version", "")))
        return {**row, **(kept.card if kept else {})}

    def _state(self, name: str, decided: Choice | None) -> str:
        loaded = self.host.plugins.get(name)
        if decided is not None and not decided.enabled:
            return "disabled"
        if loaded is None:
            return "coming" if decided is not None else "installed"
        if decided is not None and decided.sha256 and decided.version != loaded.version:
            return "coming"
        return "quarantined" if loaded.trouble else "enabled"

    def _users(self, name: str, kinds: tuple[Mapping[str, Any], ...]) -> tuple[str, ...]:
        mine = {kind["name"] for kind in kinds} or {name}
        return tuple(source for kind, source in self.users if kind in mine)

    def _available(self, name: str, decided: Choice | None) -> list[Available]:
        """The newest first; a version of Byway's own is the last."""
        found = [(wheel.version, False) for wheel in self.wheels if wheel.name == name][::-1]
        found += [(self.ours[name], True)] if name in self.ours else []
        now = decided or Choice(plugin=name, version="", sha256=None, enabled=name in self.ours)
        return [
            Available(
                version=version,
                ours=ours,
                enabled=now.enabled and _is_chosen(now, version, ours=ours),
                newer=not ours and bool(now.sha256) and Version(version) > Version(now.version),
                found=_found(self.reports.get((name, version))),
            )
            for version, ours in found
        ]


def _title(name: str, brought: Sequence[str]) -> str:
    return " and ".join(filter(None, brought)) or name.replace("_", " ").capitalize()


def _is_chosen(choice: Choice, version: str, *, ours: bool) -> bool:
    return choice.sha256 is None if ours else bool(choice.sha256) and choice.version == version


def _found(kept: PluginReport | None) -> Found | None:
    if kept is None:
        return None
    return Found(
        at=kept.at,
        passes=bool(kept.report["passes"]),
        counts=kept.report["counts"],
        findings=tuple(kept.report["findings"]),
    )
