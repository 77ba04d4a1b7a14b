"""Changing the set: each change is tried first, then one new generation, or nothing at all."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from sqlalchemy import delete, select

from engine.config import settings
from engine.db import db, transaction
from engine.errors import Conflict, NotFound, Refused
from engine.host import brought
from engine.moments import now_us
from engine.plugin_sets import generations, trial, wheels
from engine.plugin_sets.generations import Choice, Generation
from engine.plugin_sets.models import PluginReport
from engine.plugin_sets.trial import Checked, Tried
from engine.plugin_sets.wheels import Installed, Wheel

T = TypeVar("T")


class Unfit(Conflict):
    """A set was tried and does not do; `checked` has the reports of what was new in it."""

    def __init__(self, why: str, mend: str, checked: dict[str, Checked]) -> None:
        super().__init__(why, mend)
        self.checked = checked


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """The set that counts now; `changed` is False where it was so already."""

    generation: Generation
    changed: bool
    checked: dict[str, Checked]


def attempt(call: Callable[[], T]) -> T | Refused:
    """What a deed comes to, or why it was refused, for who shows both."""
    try:
        return call()
    except Refused as refusal:
        db.session.rollback()
        return refusal


def install(wheel: Wheel) -> Installed:
    """Put a wheel into the instance; nothing of it is run."""
    with _on_disk():
        return wheels.install(wheel, _instance())


def enable(name: str, version: str | None = None, *, by: str) -> Changed:
    """Enable a plugin, or another version of it; the version that it had, unless one is named.

    :raises Unfit: it fails its checks, or breaks another plugin; what was, stays.
    """
    base = generations.current()
    choice = _wanted(base, name, version)
    was = base.of(name)
    if was == choice or (was is None and choice.sha256 is None):
        return Changed(generation=base, changed=False, checked={})
    why = f"{name} {choice.version} enabled"
    return _change(base, base.with_(choice), {name}, by=by, why=why)


def disable(name: str, *, by: str) -> Changed:
    """Leave a plugin out; what it brought stays, and goes on when it is enabled again."""
    base = generations.current()
    was = base.of(name) or _ours(name)
    if was is None:
        raise NotFound(f'No plugin "{name}" is enabled.', "See `byway plugins list`.")
    if not was.enabled:
        return Changed(generation=base, changed=False, checked={})
    off = Choice(plugin=name, version=was.version, sha256=was.sha256, enabled=False)
    return _change(base, base.with_(off), (), by=by, why=f"{name} disabled")


def rollback(wanted: int | None = None, *, by: str) -> Changed:
    """Bring an earlier set back, the one before unless another is named, as a new generation."""
    base = generations.current()
    if base.number == 0:
        raise NotFound("Nothing was changed yet, so there is nothing to go back to.")
    before = generations.get(base.number - 1 if wanted is None else wanted)
    if before.choices == base.choices:
        return Changed(generation=base, changed=False, checked={})
    new = [one.plugin for one in before.choices if one.enabled and one != base.of(one.plugin)]
    return _change(base, before.choices, new, by=by, why=f"Back to set {before.number}")


def replace_all(choices: tuple[Choice, ...], *, by: str, why: str, file: str) -> Changed:
    """Make the set what a file says."""
    base = generations.current()
    if choices == base.choices:
        return Changed(generation=base, changed=False, checked={})
    new = [one.plugin for one in choices if one.enabled and one != base.of(one.plugin)]
    return _change(base, choices, new, by=by, why=why, file=file)


def check(name: str, version: str | None = None) -> Checked:
    """Try a version as if it were enabled, keep the report, and change nothing."""
    base = generations.current()
    choice = _wanted(base, name, version)
    tried = trial.run(base.with_(choice), {name}, _instance())
    _keep_reports(tried.checked)
    return tried.checked[name]


def remove(name: str, version: str) -> None:
    """Take a version off this machine that is not the one enabled."""
    chosen = generations.current().of(name)
    found = wheels.get(_instance(), name, version)
    if chosen and chosen.enabled and chosen.version == found.version:
        mend = "Disable it, or enable another version."
        raise Conflict(f"{name} {found.version} is enabled.", mend)
    with _on_disk():
        wheels.remove(_instance(), name, version)
    with transaction() as session:
        mine = (PluginReport.plugin == name) & (PluginReport.version == found.version)
        session.execute(delete(PluginReport).where(mine))


def reports() -> dict[tuple[str, str], PluginReport]:
    """What was found when each version was last tried, by name and version."""
    return {(one.plugin, one.version): one for one in db.session.scalars(select(PluginReport))}


def _change(
    base: Generation,
    choices: tuple[Choice, ...],
    check: Collection[str],
    *,
    by: str,
    why: str,
    file: str | None = None,
) -> Changed:
    """Try a set; then it counts, unless somebody changed it meanwhile."""
    tried = trial.run(choices, check, _instance())
    _keep_reports(tried.checked)
    _require_fit(base, tried, check)
    made = generations.add(base, choices, by=by, why=why, file=file)
    return Changed(generation=made, changed=True, checked=tried.checked)


def _require_fit(base: Generation, tried: Tried, check: Collection[str]) -> None:
    stays = "The plugins are as they were."
    for name in check:
        if name in tried.troubles:
            raise Unfit(f"{name} cannot be loaded: {tried.troubles[name]}.", stays, tried.checked)
        if not tried.checked[name].passes:
            errors = tried.checked[name].report["counts"]["ERROR"]
            why = f"{name} fails {errors} of its checks. {_first(tried.checked[name])}"
            raise Unfit(why, f"{stays} See its report.", tried.checked)
    for name in sorted(_newly_broken(base, tried)):
        why = f"{name} would not load any more: {tried.troubles[name]}."
        raise Unfit(why, stays, tried.checked)


def _newly_broken(base: Generation, tried: Tried) -> set[str]:
    """What is quarantined in the new set and not in the present one."""
    if not tried.troubles:
        return set()
    before = trial.run(base.choices, (), _instance())
    return tried.troubles.keys() - before.troubles.keys()


def _first(checked: Checked) -> str:
    """The gravest finding in words."""
    found = checked.report["findings"][0]
    place = f"{found['where']}: " if found["where"] else ""
    return f"{place}{found['why']} {found['mend']}".strip()


def _wanted(base: Generation, name: str, version: str | None) -> Choice:
    """What enabling means: the version named, else that which rests, the newest wheel, our own."""
    was, ours = base.of(name), _ours(name)
    if version is None and was is not None and not was.enabled:
        return ours if ours and was.sha256 is None else replace(was, enabled=True)
    if ours and (version == ours.version or (not version and not wheels.of(_instance(), name))):
        return ours
    found = wheels.get(_instance(), name, version)
    return Choice(plugin=name, version=found.version, sha256=found.sha256, enabled=True)


def _ours(name: str) -> Choice | None:
    """The plugin of this name that Byway brings, enabled."""
    found = next((one for one in brought() if one.name == name), None)
    if found is None:
        return None
    return Choice(plugin=name, version=found.version, sha256=None, enabled=True)


def _keep_reports(checked: dict[str, Checked]) -> None:
    with transaction() as session:
        for name, one in checked.items():
            session.merge(
                PluginReport(
                    plugin=name, version=one.version, at=now_us(), card=one.card, report=one.report
                )
            )


@contextmanager
def _on_disk() -> Iterator[None]:
    """What the operating system refuses is a refusal like any other."""
    try:
        yield
    except OSError as error:
        mend = "Check that Byway may write there, and that the disk has room."
        why = f"{_instance() / wheels.FOLDER} cannot be written: {error.strerror or error}."
        raise Refused(why, mend) from error


def _instance() -> Path:
    return settings().instance
