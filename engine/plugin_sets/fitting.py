"""Whether an unpacked wheel fits this installation: one plugin, the right Python, all it needs."""

from __future__ import annotations

import importlib.metadata
import platform
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.machinery import PathFinder
from importlib.metadata import Distribution, EntryPoint
from pathlib import Path

from packaging.markers import UndefinedComparison, UndefinedEnvironmentName
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.tags import parse_tag, sys_tags
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from engine import __version__
from engine.errors import BadReport
from engine.host import GROUP, NAME

OURS = frozenset({"engine", "xapi", "plugins"})
BYWAY = "byway"
LONGEST = 60
LONGEST_TAG = 200
_OBJECT = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*(:[A-Za-z_]\w*(\.[A-Za-z_]\w*)*)?", re.ASCII)
_AGAIN = "Build it again with `pip wheel --no-deps`."


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """What a wheel that fits says of itself."""

    name: str
    version: str


def fit(folder: Path) -> Fit:
    """Name and version of the plugin in an unpacked wheel; refused with everything it lacks."""
    info = info_folder(folder)
    _require_texts(info)
    package = Distribution.at(info)
    version = _version(package)
    name = plugin_of(package).name
    for unfit in (*_tags(info), *_pythons(package), *_modules(folder)):
        raise unfit
    _require_dependencies(package)
    return Fit(name=name, version=version)


def info_folder(folder: Path) -> Path:
    """The one folder in which a wheel describes itself."""
    found = sorted(folder.glob("*.dist-info"))
    if len(found) != 1 or not found[0].is_dir():
        why = f"It has {len(found)} .dist-info folders; a wheel has one."
        raise BadReport(why, _AGAIN)
    return found[0]


def plugin_of(package: Distribution) -> EntryPoint:
    """The plugin that a package brings; refused where it brings none or several."""
    try:
        found = list(package.entry_points.select(group=GROUP))
    except TypeError as error:  # what reads them believes that each line has an equals sign
        mend = "Write each entry point as name = module."
        raise BadReport("Its entry_points.txt has a line that names no module.", mend) from error
    if len(found) != 1:
        names = ", ".join(sorted(one.name for one in found)) or "none"
        mend = (
            f"Give it one entry point in the group {GROUP}; one plugin may bring several sources."
        )
        raise BadReport(f"It brings {len(found)} plugins ({names[:200]}).", mend)
    [plugin] = found
    if not NAME.fullmatch(plugin.name):
        why = f'Its plugin is called "{plugin.name[:100]}".'
        raise BadReport(why, "Use small letters, digits, hyphens and underscores, 59 at most.")
    if not _OBJECT.fullmatch(plugin.value.replace(" ", "")):
        raise BadReport(f'Its entry point names "{plugin.value[:100]}".', "Name a module of it.")
    return plugin


def metadata_of(package: Distribution, field: str) -> str:
    """What a package says of itself; empty where it does not."""
    return str(package.metadata[field]).strip() if field in package.metadata else ""


def _require_texts(info: Path) -> None:
    """What describes a wheel must be there, as text; what it is read with believes that."""
    for name in ("WHEEL", "METADATA", "entry_points.txt"):
        try:
            (info / name).read_bytes().decode()
        except FileNotFoundError as error:
            mend = f"Give it an entry point in the group {GROUP}." if name.islower() else _AGAIN
            raise BadReport(f"It has no {name}.", mend, where=info.name) from error
        except (UnicodeDecodeError, IsADirectoryError) as error:
            raise BadReport(f"{name} is not UTF-8 text.", _AGAIN, where=info.name) from error


def _version(package: Distribution) -> str:
    said = metadata_of(package, "Version")
    if not metadata_of(package, "Name"):
        raise BadReport("It does not say which package it is.", _AGAIN)
    try:
        version = str(Version(said))
    except InvalidVersion as error:
        raise BadReport(f'It has the version "{said[:60]}".', "Write it like 1.2.0.") from error
    if len(version) > LONGEST:
        raise BadReport(f"Its version is {len(version)} characters long.", f"{LONGEST} at most.")
    return version


def _tags(info: Path) -> Iterator[BadReport]:
    """The kinds of Python a wheel was built for, as it says inside; files get renamed."""
    lines = (info / "WHEEL").read_text(encoding="utf-8").splitlines()
    said = [line.partition(":")[2].strip() for line in lines if line.lower().startswith("tag:")]
    here = frozenset(sys_tags())
    if not any(here & _parsed(one) for one in said):
        names = ", ".join(said)[:200] or "nothing"
        yield BadReport(f"It was built for {names}, not for this Python.", "Get one that is.")


def _parsed(tag: str) -> frozenset[object]:
    if len(tag) > LONGEST_TAG:  # what it stands for grows with the cube
        return frozenset()
    try:
        return frozenset(parse_tag(tag))
    except ValueError:
        return frozenset()


def _pythons(package: Distribution) -> Iterator[BadReport]:
    said, here = metadata_of(package, "Requires-Python"), platform.python_version()
    try:
        fits = not said or SpecifierSet(said).contains(here, prereleases=True)
    except InvalidSpecifier:
        fits = False
    if not fits:
        yield BadReport(
            f"It needs Python {str(said)[:100]}; this is {here}.", "Get another version."
        )


def _modules(folder: Path) -> Iterator[BadReport]:
    """Modules that would hide others, or be hidden by them."""
    files = [one.name for one in folder.iterdir() if one.suffix != ".dist-info"]
    for name in sorted({one.partition(".")[0] for one in files} - {""}):
        if name in OURS or name in sys.stdlib_module_names:
            yield BadReport(f"It brings a module {name}, which is not its own.", "Rename it.")
        found = PathFinder.find_spec(name)
        if found is not None and found.origin is not None:
            mend = f"Uninstall the package that has it, or rename it ({found.origin})."
            yield BadReport(f"A module {name} is installed beside Byway already.", mend)


def _require_dependencies(package: Distribution) -> None:
    """Nothing is fetched for a plugin: what it needs must be installed where Byway is."""
    lacking = [words for one in package.requires or () if (words := _lacking(one))]
    if lacking:
        mend = "Install it where Byway is, for instance with pip, and start Byway again."
        raise BadReport(f"It needs {'; '.join(lacking)[:1000]}.", mend)


def _lacking(said: str) -> str:
    """What is missing of a requirement, in words; nothing if it is met or does not apply."""
    try:
        wanted = Requirement(said)
        if wanted.marker is not None and not wanted.marker.evaluate({"extra": ""}):
            return ""
    except (InvalidRequirement, UndefinedComparison, UndefinedEnvironmentName):
        return f'"{said[:100]}", which cannot be understood'
    here = _installed(wanted.name)
    if here is None:
        return f"{wanted.name}{wanted.specifier}, which is not installed"
    if not wanted.specifier.contains(here, prereleases=True):
        return f"{wanted.name}{wanted.specifier}, and {here} is installed"
    return ""


def _installed(name: str) -> str | None:
    if canonicalize_name(name) == BYWAY:
        return __version__
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None
