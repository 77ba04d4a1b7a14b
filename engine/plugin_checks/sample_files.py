"""Sample reports that come with a plugin: what its system gives out, with invented people.

They are the reports of its golden pairs (`engine.testkit.samples`), for people to look at: what to
export, and what becomes of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from engine.errors import NotFound
from engine.host import Host
from engine.plugin_checks.brought import home_of, sources_of_plugin

FOLDER = "pairs"
SETTINGS = "settings.json"
EXPECTED, HEADERS = ".expected.json", ".headers.json"
_ASIDE = (SETTINGS, "README.md", "__init__.py", "__pycache__")


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleFile:
    """A sample by its name in the plugin's folder, with a slash where it is one of a bundle."""

    name: str
    path: Path


def is_report(path: Path) -> bool:
    """Whether something in a folder of pairs is a report, or a bundle of them."""
    name = path.name
    return (
        name not in _ASIDE and not name.startswith(".") and not name.endswith((EXPECTED, HEADERS))
    )


def folder_of(home: Path | None, kind: str, *, several: bool) -> Path | None:
    """Where the samples of a kind of source lie, in the package that brings one kind or several."""
    if home is None or not home.is_dir():
        return None
    return home / FOLDER / kind if several else home / FOLDER


def samples_of(host: Host, kind: str) -> list[SampleFile]:
    """The sample reports of a kind of source, in the order of their names; none if it has none."""
    for plugin in host.plugins.values():
        names = [source.name for source in sources_of_plugin(plugin)]
        if kind in names:
            folder = folder_of(home_of(plugin.module), kind, several=len(names) > 1)
            return list(_reports(folder)) if folder and folder.is_dir() else []
    return []


def sample_of(host: Host, kind: str, name: str) -> SampleFile:
    """One of them; refused with those there are."""
    found = {sample.name: sample for sample in samples_of(host, kind)}
    if name not in found:
        there = ", ".join(found) or "none"
        raise NotFound(f'"{kind}" has no sample "{name}".', f"There are: {there}.")
    return found[name]


def _reports(folder: Path) -> Iterator[SampleFile]:
    for path in sorted(filter(is_report, folder.iterdir())):
        parts = sorted(filter(is_report, path.iterdir())) if path.is_dir() else [path]
        yield from (SampleFile(name=str(one.relative_to(folder)), path=one) for one in parts)
