"""The plugin host: loads plugins, keeps what they register, and keeps their failures to themselves."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import pluggy

from engine import hookspecs
from engine.api import (
    API_VERSION,
    FrameworkFormat,
    PluginPage,
    Privacy,
    Source,
    SourceSettings,
)
from engine.errors import NotFound

GROUP = "byway.plugins"
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plugin:
    """An installed plugin: where it comes from, and why it is quarantined if it is."""

    name: str
    version: str
    module: Any
    trouble: str | None = None


@dataclass(slots=True)
class Host:
    """The plugins of this process; the set is fixed once it is loaded."""

    plugins: dict[str, Plugin] = field(default_factory=dict)
    sources: dict[str, Source] = field(default_factory=dict)
    formats: dict[str, FrameworkFormat] = field(default_factory=dict)
    pages: dict[str, PluginPage] = field(default_factory=dict)

    def source(self, name: str) -> Source:
        """The kind of source of this name; refused with the names there are."""
        if name not in self.sources:
            there = ", ".join(sorted(self.sources)) or "none"
            raise NotFound(f'No plugin brings a source "{name}".', f"There are: {there}.")
        return self.sources[name]

    def announce(self, hook: str, **members: Any) -> None:
        """Tell every plugin on its own; one that raises is logged, the next is still told."""
        for plugin in self.plugins.values():
            told = None if plugin.trouble else _implementation(plugin.module, hook)
            if told is None:
                continue
            try:
                told(**members)
            except Exception:  # noqa: BLE001 - a plugin's failure stays its own
                log.exception("plugin %s failed in %s", plugin.name, hook)


def load(extra: Iterable[tuple[str, Any]] = (), *, installed: bool = True) -> Host:
    """Load the installed plugins and `extra` (name, module) ones; a broken one is quarantined."""
    host = Host()
    for entry in sorted(entry_points(group=GROUP) if installed else (), key=lambda e: e.name):
        version = entry.dist.version if entry.dist else ""
        _admit(host, entry.name, version, lambda entry=entry: _load_entry(entry))
    for name, module in extra:
        _admit(host, name, "", lambda module=module: module)
    return host


def _load_entry(entry: EntryPoint) -> Any:
    return entry.load()


def _admit(host: Host, name: str, version: str, get: Callable[[], Any]) -> None:
    """Take one plugin in, whole or not at all."""
    module, trouble = None, None
    try:
        module = get()
        if name in host.plugins:
            raise ValueError(f"another plugin is already called {name}")
        _register(host, module)
    except Exception as error:  # noqa: BLE001 - whatever a plugin raises quarantines it alone
        trouble = f"{type(error).__name__}: {error}"
        log.warning("plugin %s is quarantined: %s", name, trouble)
    if name in host.plugins:
        name = f"{name} ({len(host.plugins)})"
    host.plugins[name] = Plugin(name=name, version=version, module=module, trouble=trouble)


def _register(host: Host, module: Any) -> None:
    """Check that the module's hooks exist, then keep what it registers."""
    manager = pluggy.PluginManager("byway")
    manager.add_hookspecs(hookspecs)
    manager.register(module)
    manager.check_pending()
    brought: list[tuple[dict[str, Any], Any]] = []
    for hook, kept, check in (
        ("register_sources", host.sources, _check_source),
        ("register_framework_formats", host.formats, _check_nothing),
        ("register_pages", host.pages, _check_nothing),
    ):
        register = _implementation(module, hook)
        for thing in register() if register else ():
            check(thing)
            if thing.name in kept:
                raise ValueError(f"{hook} brings {thing.name!r}, which is there already")
            brought.append((kept, thing))
    for kept, thing in brought:
        kept[thing.name] = thing


def _implementation(module: Any, hook: str) -> Callable[..., Any] | None:
    """The module's implementation of a hook, if it is marked as one."""
    found = getattr(module, hook, None)
    return found if hasattr(found, "byway_impl") else None


def _check_source(source: Source) -> None:
    if not isinstance(source, Source):
        raise TypeError(f"{source!r} is not a Source")
    for needed, kind in (("name", str), ("title", str), ("privacy", Privacy)):
        if not isinstance(getattr(source, needed, None), kind):
            raise ValueError(f"{type(source).__name__} does not declare its {needed}")
    if not issubclass(source.settings, SourceSettings):
        raise ValueError(f"{source.name}: settings must extend SourceSettings")
    if source.api_version != API_VERSION:
        raise ValueError(f"{source.name} was made for plugin API {source.api_version}")
    if source.vouches not in (None, "peer"):
        raise ValueError(f"{source.name}: a source can vouch for peers only")


def _check_nothing(_thing: object) -> None:
    return None
