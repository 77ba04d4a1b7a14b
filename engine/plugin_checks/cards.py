"""What a catalogue shows of each installed plugin."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from importlib.metadata import Distribution
from typing import Any

from engine.api import Source
from engine.host import Host, Plugin
from engine.plugin_checks.brought import (
    formats_of_plugin,
    implementations,
    sources_of_plugin,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of source: `doors` are file, poll and webhook; `hosts` those its poll calls."""

    name: str
    title: str
    doors: tuple[str, ...]
    reads: tuple[str, ...]
    keeps: tuple[str, ...]
    hosts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A plugin in the catalogue; `state` is "loaded" or "quarantined", then `trouble` says why.

    `formats` are the titles of formats of frameworks.
    """

    name: str
    version: str
    author: str
    summary: str
    hooks: tuple[str, ...]
    kinds: tuple[Kind, ...]
    formats: tuple[str, ...]
    state: str
    trouble: str | None

    def as_json(self) -> dict[str, Any]:
        """The card as scripts read it."""
        return asdict(self)


def cards(host: Host) -> list[Card]:
    """A card of every plugin, in the order in which they were loaded."""
    return list(map(card_of, host.plugins.values()))


def card_of(plugin: Plugin) -> Card:
    """The card of one plugin that was loaded."""
    return Card(
        name=plugin.name,
        version=plugin.version,
        author=author_of(plugin.package),
        summary=_first_line(plugin.module),
        hooks=tuple(sorted({hook for hook, _ in implementations(plugin.module)})),
        kinds=tuple(map(kind_of, sources_of_plugin(plugin))),
        formats=tuple(one.title for one in formats_of_plugin(plugin)),
        state="quarantined" if plugin.trouble else "loaded",
        trouble=plugin.trouble,
    )


def author_of(package: Distribution | None) -> str:
    """Who made the package, as far as it says; else the package's own name."""
    if package is None:
        return ""
    fields = ("Author", "Author-email", "Maintainer", "Maintainer-email", "Name")
    return next((package.metadata[one] for one in fields if one in package.metadata), "")


def _first_line(module: Any) -> str:
    return (getattr(module, "__doc__", None) or "").strip().partition("\n")[0]


def kind_of(source: Source) -> Kind:
    """What a source declares; what it declares wrongly is left out."""
    privacy = getattr(source, "privacy", None)
    return Kind(
        name=str(getattr(source, "name", "")),
        title=str(getattr(source, "title", "")),
        doors=doors_of(source),
        reads=_words(getattr(privacy, "reads", ())),
        keeps=_words(getattr(privacy, "keeps", ())),
        hosts=_words(source.hosts),
    )


def doors_of(source: Source) -> tuple[str, ...]:
    """How deliveries come in."""
    doors = (("activities", "file"), ("poll", "poll"), ("receive", "webhook"))
    return tuple(name for method, name in doors if source.has_door(method))


def _words(found: Iterable[Any] | None) -> tuple[str, ...]:
    listed = (found,) if isinstance(found, str) else found
    return tuple(one for one in listed or () if isinstance(one, str))
