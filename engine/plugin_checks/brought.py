"""What an installed plugin brings, also when it is quarantined."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from engine.api import FrameworkFormat, Source
from engine.errors import Refused
from engine.host import Plugin, calling

MARK = "byway_impl"
"""The attribute by which pluggy knows what `hookimpl` marked."""


def implementations(module: Any) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Every function marked as a hook, with the hook it is meant for."""
    for name in dir(module):
        function = getattr(module, name, None)
        options = getattr(function, MARK, None)
        if callable(function) and isinstance(options, dict):
            yield options.get("specname") or name, function


def sources_of(module: Any) -> list[Source]:
    """The sources a module registers, as far as they are sources at all."""
    return [one for one in _told(module, "register_sources") if isinstance(one, Source)]


def formats_of(module: Any) -> list[FrameworkFormat]:
    """The formats of frameworks a module registers."""
    brought = _told(module, "register_framework_formats")
    return [one for one in brought if isinstance(one, FrameworkFormat)]


def _told(module: Any, hook: str) -> list[Any]:
    return [one for name, tell in implementations(module) if name == hook for one in tell()]


def sources_of_plugin(plugin: Plugin) -> list[Source]:
    """The same of an installed plugin; none where it cannot say."""
    try:
        return calling(plugin.name, lambda: sources_of(plugin.module))
    except Refused:
        return []


def formats_of_plugin(plugin: Plugin) -> list[FrameworkFormat]:
    """The formats of an installed plugin; none where it cannot say."""
    try:
        return calling(plugin.name, lambda: formats_of(plugin.module))
    except Refused:
        return []


def home_of(module: Any) -> Path | None:
    """The folder of a package, or the file of a plugin that is one file."""
    file = getattr(module, "__file__", None)
    if not file:
        return None
    return Path(file).parent if hasattr(module, "__path__") else Path(file)


def files_of(module: Any) -> list[Path]:
    """The plugin's own Python files."""
    home = home_of(module)
    if home is None:
        return []
    return sorted(home.rglob("*.py")) if home.is_dir() else [home]
