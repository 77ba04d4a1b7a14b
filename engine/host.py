"""The plugin host: loads plugins, keeps what they register, and their failures to themselves."""

from __future__ import annotations

import logging
import re
import traceback
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import Distribution, entry_points
from typing import Any, TypeVar

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
from engine.errors import BadReport, NotFound, Refused

T = TypeVar("T")

GROUP = "byway.plugins"
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,58}")
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A plugin that is to be loaded; `get` imports it, and may raise whatever it likes."""

    name: str
    version: str
    get: Callable[[], Any]
    package: Distribution | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plugin:
    """A plugin that was loaded: where it comes from, and why it is quarantined if it is."""

    name: str
    version: str
    module: Any
    hooks: Any = None
    trouble: str | None = None
    package: Distribution | None = None


@dataclass(slots=True)
class Host:
    """The plugins of this process; the set is fixed once it is loaded."""

    plugins: dict[str, Plugin] = field(default_factory=dict)
    sources: dict[str, Source] = field(default_factory=dict)
    formats: dict[str, FrameworkFormat] = field(default_factory=dict)
    pages: dict[str, PluginPage] = field(default_factory=dict)
    _listeners: dict[str, list[tuple[str, Any]]] = field(default_factory=dict)

    def source(self, name: str) -> Source:
        """The kind of source of this name; refused with the names there are."""
        if name not in self.sources:
            there = ", ".join(sorted(self.sources)) or "none"
            raise NotFound(f'No plugin brings a source "{name}".', f"There are: {there}.")
        return self.sources[name]

    def announce(self, hook: str, **members: Any) -> None:
        """Tell every plugin on its own; one that raises is logged, the next is still told."""
        if hook not in self._listeners:
            self._listeners[hook] = list(self._who_listens(hook))
        for name, tell in self._listeners[hook]:
            try:
                tell(**members)
            except Exception:  # a plugin's failure stays its own
                log.exception("plugin %s failed in %s", name, hook)

    def _who_listens(self, hook: str) -> Iterator[tuple[str, Any]]:
        for plugin in self.plugins.values():
            tell = getattr(plugin.hooks, hook, None)
            if plugin.trouble is None and tell is not None and tell.get_hookimpls():
                yield plugin.name, tell


def calling(plugin: str, call: Callable[[], T]) -> T:
    """What a plugin answers; what it raises beside a refusal refuses the delivery, naming it."""
    try:
        return call()
    except Refused:
        raise
    except Exception as error:  # a plugin's failure stays its own
        raise _failed(plugin, error) from error


def iterating(plugin: str, call: Callable[[], Iterable[T]]) -> Iterator[T]:
    """Everything a plugin yields; what it raises beside a refusal refuses the delivery."""
    each = calling(plugin, lambda: iter(call()))
    end = object()
    while (one := calling(plugin, lambda: next(each, end))) is not end:
        yield one  # type: ignore[misc]


def _failed(plugin: str, error: Exception) -> BadReport:
    """The refusal for a plugin's own mistake; the log has no data of the delivery."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{place.filename.rpartition('/')[2]}, line {place.lineno}"
    log.error("plugin %s failed: %s in %s", plugin, type(error).__name__, where)
    return BadReport(
        f"The plugin {plugin} failed: {type(error).__name__} in {where}.",
        "Nothing was recorded. Tell its author, with the file if you may share it.",
    )


def load(
    extra: Iterable[tuple[str, Any]] = (),
    *,
    installed: bool = True,
    chosen: Iterable[Candidate] | None = None,
) -> Host:
    """Load plugins and `extra` (name, module) ones; a broken one is quarantined.

    :param chosen: what is loaded in place of all that are installed.
    """
    host = Host()
    if chosen is None:
        chosen = brought() if installed else ()
    given = (Candidate(name=name, version="", get=partial(_given, one)) for name, one in extra)
    for candidate in (*chosen, *given):
        _admit(host, candidate)
    return host


def brought() -> list[Candidate]:
    """The plugins installed with Byway itself, in the order of their names."""
    return [
        Candidate(
            name=entry.name,
            version=entry.dist.version if entry.dist else "",
            get=entry.load,
            package=entry.dist,
        )
        for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name)
    ]


def _given(module: Any) -> Any:
    return module


def _admit(host: Host, candidate: Candidate) -> None:
    """Take one plugin in, whole or not at all."""
    name = candidate.name
    module, hooks, trouble = None, None, None
    try:
        module = candidate.get()
        if name in host.plugins:
            raise ValueError(f"another plugin is already called {name}")
        hooks = _hooks(module)
        _register(host, hooks)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - what it raises quarantines it alone
        trouble = f"{type(error).__name__}: {error}"
        log.warning("plugin %s is quarantined: %s", name, trouble)
    if name in host.plugins:
        name = f"{name} ({len(host.plugins)})"
    host.plugins[name] = Plugin(
        name=name,
        version=candidate.version,
        module=module,
        hooks=hooks,
        trouble=trouble,
        package=candidate.package,
    )


def _hooks(module: Any) -> Any:
    """The plugin's own hooks, called apart from every other's; a misspelt one is refused."""
    manager = pluggy.PluginManager("byway")
    manager.add_hookspecs(hookspecs)
    manager.register(module)
    manager.check_pending()
    return manager.hook


def _register(host: Host, hooks: Any) -> None:
    """Keep what a plugin registers once all of it is sound."""
    brought: list[tuple[dict[str, Any], Any]] = []
    for hook, kept, check in (
        ("register_sources", host.sources, _check_source),
        ("register_framework_formats", host.formats, _check_format),
        ("register_pages", host.pages, _check_page),
    ):
        for thing in (one for answer in getattr(hooks, hook)() for one in answer):
            check(thing)
            if thing.name in kept or any(k is kept and t.name == thing.name for k, t in brought):
                raise ValueError(f"{hook} brings {thing.name!r}, which is there already")
            brought.append((kept, thing))
    for kept, thing in brought:
        kept[thing.name] = thing


def _check_source(source: Source) -> None:
    if not isinstance(source, Source):
        raise TypeError(f"{source!r} is not a Source")
    for needed, kind in (("name", str), ("title", str), ("privacy", Privacy)):
        if not isinstance(getattr(source, needed, None), kind):
            raise ValueError(f"{type(source).__name__} does not declare its {needed}")
    if not NAME.fullmatch(source.name):
        raise ValueError(f"{source.name!r} cannot name a source: small letters, digits, hyphens")
    if not issubclass(source.settings, SourceSettings):
        raise ValueError(f"{source.name}: settings must extend SourceSettings")
    if source.api_version != API_VERSION:
        made_for = f"{source.name} was made for plugin API {source.api_version}"
        raise ValueError(f"{made_for}; this Byway has {API_VERSION}")
    if source.vouches not in (None, "peer"):
        raise ValueError(f"{source.name}: a source can vouch for peers only")
    if not source.has_door("activities"):
        raise ValueError(f"{source.name} does not say how to read its deliveries (activities)")


def _check_format(form: FrameworkFormat) -> None:
    if not isinstance(form, FrameworkFormat):
        raise TypeError(f"{form!r} is not a FrameworkFormat")


def _check_page(page: PluginPage) -> None:
    if not isinstance(page, PluginPage):
        raise TypeError(f"{page!r} is not a PluginPage")
