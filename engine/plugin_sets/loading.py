"""From a set to what the host loads: plugins that Byway brings, and wheels found in the instance.

A wheel's modules are found after all others, so it hides nothing of what is installed, and only
their own process sees them: the installation is never changed.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from importlib.metadata import Distribution, DistributionFinder
from pathlib import Path
from types import ModuleType
from typing import Any

from packaging.utils import canonicalize_name

from engine.host import Candidate, brought
from engine.plugin_checks.brought import home_of
from engine.plugin_sets import wheels
from engine.plugin_sets.fitting import plugin_of
from engine.plugin_sets.generations import Choice
from engine.plugin_sets.wheels import Installed


def candidates(choices: Iterable[Choice], instance: Path) -> list[Candidate]:
    """What a set comes to on this machine: what is disabled is left out, what is missing fails."""
    decided = {one.plugin: one for one in choices}
    ours = [one for one in brought() if _is_ours(decided.get(one.name))]
    chosen = [one for one in decided.values() if one.enabled and one.sha256 is not None]
    return [*ours, *(_of_wheel(one, instance) for one in chosen)]


def _is_ours(choice: Choice | None) -> bool:
    """Whether the plugin of this name is the one that Byway brings."""
    return choice is None or (choice.enabled and choice.sha256 is None)


def _of_wheel(choice: Choice, instance: Path) -> Candidate:
    found = wheels.find(instance, choice.plugin, choice.version)
    return Candidate(
        name=choice.plugin,
        version=choice.version,
        get=partial(_load, choice, found),
        package=found.package if found else None,
    )


def candidate_of(found: Installed) -> Candidate:
    """A wheel as it is, whatever the set says."""
    choice = Choice(plugin=found.name, version=found.version, sha256=found.sha256, enabled=True)
    return Candidate(
        name=found.name,
        version=found.version,
        get=partial(_load, choice, found),
        package=found.package,
    )


def _load(choice: Choice, found: Installed | None) -> Any:
    """Import the plugin of a wheel; what raises here quarantines it."""
    if found is None:
        raise FileNotFoundError(f"the wheel of version {choice.version} is not on this machine")
    if found.sha256 != choice.sha256:
        raise ValueError(f"version {choice.version} is another wheel on this machine")
    if not any(one.folder == found.folder for one in sys.meta_path if isinstance(one, _Finder)):
        sys.meta_path.append(_Finder(found))
        importlib.invalidate_caches()
    module = plugin_of(found.package).load()
    home = home_of(module if isinstance(module, ModuleType) else sys.modules[module.__module__])
    if home is None or not home.is_relative_to(found.folder):
        raise ImportError(f"its module is not its own: {home} was found in its place")
    return module


class _Finder(MetaPathFinder):
    """Finds the modules of one wheel, and the package of that name."""

    def __init__(self, found: Installed) -> None:
        self.folder, self._package = found.folder, found.package

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """A module at the top; what is in a package, Python finds by the package."""
        return PathFinder.find_spec(name, [str(self.folder)]) if path is None else None

    def find_distributions(
        self, context: DistributionFinder.Context | None = None
    ) -> Iterator[Distribution]:
        """The package for who asks by its name; it is not among all that are installed."""
        wanted = context.name if context else None
        own = self._package.metadata["Name"]
        if wanted is not None and canonicalize_name(wanted) == canonicalize_name(own):
            yield self._package
