"""The set as a file, for containers: it says the whole set, and saying it again changes nothing.

plugins:
  - name: lunch-and-learn
    version: 1.0.0
    wheel: wheels/byway_lunch_and_learn-1.0.0-py3-none-any.whl
    sha256: 9f86d081...
  - name: feed
    enabled: false
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from engine.config import settings
from engine.errors import BadReport, Conflict, NotFound, Refused
from engine.host import NAME, brought
from engine.plugin_sets import generations, sets, wheels
from engine.plugin_sets.generations import Choice
from engine.plugin_sets.sets import Changed
from engine.plugin_sets.wheels import Installed, Wheel

FILE = "plugins.yaml"
LARGEST = 1_000_000
MOST = 500
_MEMBERS = frozenset({"name", "version", "wheel", "sha256", "enabled"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A plugin as the file says it; `wheel` was read, and fits, where one is named."""

    name: str
    version: str | None
    sha256: str | None
    enabled: bool
    wheel: Wheel | None


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file of plugins as it was read, with the digest of what it says and of its wheels."""

    lines: tuple[Line, ...]
    sha256: str


def place(instance: Path, environ: Mapping[str, str]) -> Path | None:
    """Where the file of an instance is, if it has one; one that is named must be there."""
    named = environ.get("BYWAY_PLUGINS_FILE", "").strip()
    path = Path(named).resolve() if named else instance / FILE
    if not named and not path.exists():
        return None
    if not path.is_file():
        raise NotFound(f"{path} is no file.", "Look at BYWAY_PLUGINS_FILE.")
    return path


def read(path: Path) -> File:
    """A file of plugins, with its wheels looked at; nothing is installed.

    :raises BadReport: it is no such file, or a wheel is not what it says.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise BadReport(f"{path.name} is larger than 1 MB.", "Name each plugin once.")
        body = path.read_bytes()
    except OSError as error:
        why = f"{path} cannot be read: {error.strerror or error}."
        raise BadReport(why, "Let the user that runs Byway read it.") from error
    lines = tuple(_lines(_listed(body, path.name), path.parent))
    names = [one.name for one in lines]
    for name in {one for one in names if names.count(one) > 1}:
        raise BadReport(f"{name} is there twice.", "Name each plugin once.", where=path.name)
    digests = [one.wheel.sha256 for one in lines if one.wheel]
    whole = hashlib.sha256(b"\0".join([body, *(one.encode() for one in digests)])).hexdigest()
    return File(lines=lines, sha256=whole)


def differences(file: File) -> list[str]:
    """What applying it would change, a sentence each."""
    base = {one.plugin: one for one in generations.current().choices}
    wanted = {one.plugin: one for one in _choices(file)}
    return [
        _difference(name, base.get(name), wanted.get(name))
        for name in sorted(base.keys() | wanted.keys())
        if base.get(name) != wanted.get(name)
    ]


def apply(file: File, *, by: str) -> Changed:
    """Install the wheels of a file and make the set what it says; all of it, or nothing."""
    choices, taken = _choices(file), list[Installed]()
    try:
        for line in file.lines:
            if line.wheel and not _is_here(line.wheel, line):
                taken.append(sets.install(line.wheel))
        return sets.replace_all(choices, by=by, why="As the file of plugins says", file=file.sha256)
    except Refused:
        _put_back(taken)
        raise


def _put_back(taken: list[Installed]) -> None:
    """Take wheels away again, but for those that the set has: another process applied the file."""
    named = {(one.plugin, one.version) for one in generations.current().choices}
    for one in taken:
        if (one.name, one.version) not in named:
            wheels.remove(settings().instance, one.name, one.version)


def apply_new() -> None:
    """Apply the file of this instance, if it has one and it is not the one applied last."""
    path = place(settings().instance, os.environ)
    if path is None:
        return
    file = read(path)
    if file.sha256 != generations.last_from_file():
        apply(file, by=str(path))


def _listed(body: bytes, name: str) -> list[Any]:
    mend = "Write `plugins:` and below it a list of name, version, wheel, sha256, enabled."
    try:
        said = yaml.safe_load(body.decode("utf-8-sig"))
    except (yaml.YAMLError, UnicodeDecodeError, ValueError, RecursionError) as error:
        why = " ".join(str(error).split())[:300]
        raise BadReport(f"It is no YAML: {why}.", mend, where=name) from error
    found = said.get("plugins") if isinstance(said, dict) else said
    if not isinstance(found, list) or len(found) > MOST:
        raise BadReport(f"Expected a list of up to {MOST} plugins.", mend, where=name)
    return found


def _lines(found: list[Any], home: Path) -> Iterator[Line]:
    for place, one in enumerate(found):
        where = f"plugins[{place}]"
        if not isinstance(one, dict) or not one.keys() <= _MEMBERS:
            odd = (
                sorted(map(str, one.keys() - _MEMBERS)) if isinstance(one, dict) else ["no mapping"]
            )
            mend = f"Expected {', '.join(sorted(_MEMBERS))}."
            raise BadReport(f"It has {', '.join(odd)[:200]}.", mend, where=where)
        yield _line(one, home, where)


def _line(one: dict[str, Any], home: Path, where: str) -> Line:
    name, version = one.get("name"), one.get("version")
    sha256, enabled = one.get("sha256"), one.get("enabled", True)
    for sound, why, mend in (
        (isinstance(name, str) and NAME.fullmatch(name), "It has no name.", "Name the plugin."),
        (isinstance(enabled, bool), f"enabled is {enabled!r}.", "Write true or false."),
        (
            version is None or isinstance(version, str),
            f"version is {version!r}.",
            'Put it in quotes, as "1.10": as a number it loses its last nought.',
        ),
        (
            sha256 is None or re.fullmatch(r"[0-9a-fA-F]{64}", str(sha256)),
            "sha256 is no digest.",
            "Write the 64 digits that sha256sum prints.",
        ),
    ):
        if not sound:
            raise BadReport(why[:200], mend, where=where)
    digest = sha256.lower() if isinstance(sha256, str) else None
    line = Line(name=str(name), version=version, sha256=digest, enabled=enabled, wheel=None)
    return _with_wheel(line, one.get("wheel"), home, where) if one.get("wheel") else line


def _with_wheel(line: Line, path: object, home: Path, where: str) -> Line:
    """The line with its wheel, which must be what the line says it is."""
    try:
        wheel = wheels.read_wheel(home / str(path))
        found = wheels.looked_at(wheel, settings().instance)
    except (OSError, ValueError) as error:
        why = f"{str(path)[:200]} cannot be read: {error}."
        raise BadReport(why[:400], "Give its path from this file.", where=where) from error
    except Refused as refusal:
        raise BadReport(refusal.why, refusal.mend, where=where) from refusal
    for said, is_so, what in (
        (line.name, found.name, "plugin"),
        (line.version or found.version, found.version, "version"),
        (line.sha256 or wheel.sha256, wheel.sha256, "sha256"),
    ):
        if said != is_so:
            why = f"The {what} is to be {said}, and the wheel has {is_so}."
            raise BadReport(why, "Mend the line, or give the right wheel.", where=where)
    return Line(
        name=line.name,
        version=found.version,
        sha256=wheel.sha256,
        enabled=line.enabled,
        wheel=wheel,
    )


def _choices(file: File) -> tuple[Choice, ...]:
    """The set a file says; wheels that it does not name are disabled."""
    said = {one.name: _choice(one) for one in file.lines}
    rest = [one for one in generations.current().choices if one.plugin not in said]
    off = {one.plugin: _off(one) for one in rest if one.sha256 is not None}
    return tuple((said | off)[name] for name in sorted(said | off))


def _off(choice: Choice) -> Choice:
    return Choice(plugin=choice.plugin, version=choice.version, sha256=choice.sha256, enabled=False)


def _choice(line: Line) -> Choice:
    """What a line comes to: its wheel, one that is installed, or what Byway brings."""
    sha256, version = line.sha256, line.version
    if line.wheel is None:
        ours = next((one for one in brought() if one.name == line.name), None)
        if ours and version in (None, ours.version) and sha256 is None:
            return Choice(plugin=line.name, version=ours.version, sha256=None, enabled=line.enabled)
        found = wheels.get(settings().instance, line.name, version)
        if sha256 not in (None, found.sha256):
            why = f"{line.name} {found.version} is installed here as another wheel."
            raise Conflict(why, "Give the wheel, with a version of its own.")
        sha256, version = found.sha256, found.version
    return Choice(plugin=line.name, version=str(version), sha256=sha256, enabled=line.enabled)


def _is_here(wheel: Wheel, line: Line) -> bool:
    try:
        found = wheels.get(settings().instance, line.name, line.version)
    except NotFound:
        return False
    return found.sha256 == wheel.sha256


def _difference(name: str, was: Choice | None, now: Choice | None) -> str:
    before = "as Byway brings it" if was is None else _state(was)
    after = "as Byway brings it" if now is None else _state(now)
    return f"{name}: {before} -> {after}"


def _state(choice: Choice) -> str:
    return f"{choice.version} {'enabled' if choice.enabled else 'disabled'}"
