"""Wheels in `INSTANCE/plugins/NAME/VERSION`: taken in whole or not at all, and never run here.

A folder is a wheel as it was packed, with a receipt beside it. Nothing in it changes afterwards:
another content is another version.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import Distribution
from pathlib import Path, PurePosixPath

import orjson
from packaging.version import InvalidVersion, Version

from engine.api import is_zip, read_zip
from engine.errors import BadReport, Conflict, NotFound, TooLarge
from engine.host import NAME
from engine.plugin_sets.fitting import Fit, fit, info_folder

FOLDER = "plugins"
RECEIPT = ".installed.json"
LARGEST = 64_000_000
"""Bytes of a wheel."""
_SPREAD = ("purelib", "platlib")
"""What of a wheel's `.data` folder belongs beside its modules; scripts and the like do not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """A version of a plugin that is on this machine; `sha256` is that of its wheel."""

    name: str
    version: str
    sha256: str
    folder: Path
    package: Distribution


@dataclass(frozen=True, slots=True, kw_only=True)
class Wheel:
    """A wheel on its way in."""

    file: str
    body: bytes

    @property
    def sha256(self) -> str:
        """By which its content is known."""
        return hashlib.sha256(self.body).hexdigest()


def read_wheel(path: Path) -> Wheel:
    """A wheel from a file; refused before it is read where it is too large."""
    if path.stat().st_size > LARGEST:
        raise _too_large(path.name)
    return Wheel(file=path.name, body=path.read_bytes())


def looked_at(wheel: Wheel, instance: Path) -> Fit:
    """What a wheel is, without installing it; refused as `install` would."""
    with _unpacked(wheel, instance) as folder:
        return fit(folder)


def install(wheel: Wheel, instance: Path) -> Installed:
    """Put a wheel among the plugins of an instance; the same wheel again changes nothing.

    :raises BadReport: it is no wheel, brings not exactly one plugin, or needs what is not here.
    :raises Conflict: this version is here with another content.
    """
    with _unpacked(wheel, instance) as folder:
        found = fit(folder)
        home = _home(instance, found.name, found.version)
        if not home.exists():
            receipt = {"name": found.name, "version": found.version, "sha256": wheel.sha256}
            (folder / RECEIPT).write_bytes(orjson.dumps(receipt))
            home.parent.mkdir(parents=True, exist_ok=True)
            folder.chmod(0o755)
            folder.rename(home)
    kept = find(instance, found.name, found.version)
    if kept is None or kept.sha256 != wheel.sha256:
        why = f"{found.name} {found.version} is installed already, with another content."
        raise Conflict(why, "Give the changed wheel a new version, or remove the old one first.")
    return kept


def remove(instance: Path, name: str, version: str) -> None:
    """Take a version off this machine; who asks makes sure that nobody uses it."""
    found = get(instance, name, version)
    doomed = Path(tempfile.mkdtemp(prefix=".removed-", dir=instance / FOLDER))
    found.folder.rename(doomed / "wheel")  # so that no half of it can be loaded meanwhile
    shutil.rmtree(doomed)
    if not any(found.folder.parent.iterdir()):
        found.folder.parent.rmdir()


def get(instance: Path, name: str, version: str | None = None) -> Installed:
    """A version of a plugin, or its newest; refused with those there are."""
    found = of(instance, name) if version is None else [find(instance, name, version)]
    newest = found[-1] if found else None
    if newest is None:
        there = ", ".join(one.version for one in of(instance, name)) or "none"
        wanted = f"{name} {version}" if version else name
        raise NotFound(f"No wheel of {wanted} is installed here.", f"Versions here: {there}.")
    return newest


def of(instance: Path, name: str) -> list[Installed]:
    """The versions of a plugin on this machine, the newest last."""
    return [one for one in every(instance) if one.name == name]


def every(instance: Path) -> list[Installed]:
    """All wheels on this machine, by name and version; what was not installed is passed over."""
    receipts = (instance / FOLDER).glob(f"*/*/{RECEIPT}")
    homes = ((one.parent.parent.name, one.parent.name) for one in receipts)
    found = (find(instance, name, version) for name, version in homes)
    return sorted(
        (one for one in found if one is not None), key=lambda one: (one.name, Version(one.version))
    )


def find(instance: Path, name: str, version: str) -> Installed | None:
    """One version of a plugin, if it is on this machine."""
    try:
        folder = _home(instance, name, version)
        receipt = orjson.loads((folder / RECEIPT).read_bytes())
        return Installed(
            name=name,
            version=str(Version(version)),
            sha256=str(receipt["sha256"]),
            folder=folder,
            package=Distribution.at(info_folder(folder)),
        )
    except (OSError, ValueError, TypeError, KeyError, BadReport):
        return None


def _home(instance: Path, name: str, version: str) -> Path:
    if not NAME.fullmatch(name):
        raise BadReport(f'"{name[:60]}" cannot name a plugin.', "See `byway plugins list`.")
    try:
        return instance / FOLDER / name / str(Version(version))
    except InvalidVersion as error:
        raise BadReport(f'"{version}" is no version.', "Write it like 1.2.0.") from error


def _too_large(file: str) -> TooLarge:
    return TooLarge(
        f"{file} is larger than {LARGEST // 1_000_000} MB.", "Leave out what it does not need."
    )


@contextmanager
def _unpacked(wheel: Wheel, instance: Path) -> Iterator[Path]:
    """A wheel's files in a folder of their own, which goes unless it was moved away."""
    if len(wheel.body) > LARGEST:
        raise _too_large(wheel.file)
    if not is_zip(wheel.body):
        mend = "Build one with `pip wheel --no-deps` in the folder of the plugin."
        raise BadReport(f"{wheel.file} is not a wheel.", mend)
    place = instance / FOLDER
    place.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=".new-", dir=place))
    try:
        for member in read_zip(wheel.body, what=wheel.file):
            _write(folder, _place(member.name, wheel.file), member.body)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _place(name: str, file: str) -> PurePosixPath | None:
    """Where a member goes; None for what belongs to the whole machine and is left out."""
    path = PurePosixPath(name)
    sound = path.parts and not path.is_absolute() and ".." not in path.parts
    if not sound or name.endswith("/") or any(len(part.encode()) > 200 for part in path.parts):
        raise BadReport(
            f"{file} holds a file with an unusable name.", "Build it again.", where=name
        )
    if not path.parts[0].endswith(".data"):
        return path
    inside = path.parts[1:]
    return PurePosixPath(*inside[1:]) if len(inside) > 1 and inside[0] in _SPREAD else None


def _write(folder: Path, place: PurePosixPath | None, body: bytes) -> None:
    if place is None:
        return
    target = folder / place
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as out:
            out.write(body)
    except (FileExistsError, NotADirectoryError) as error:
        why = "Two files of the wheel have the same name."
        raise BadReport(why, "Build it again.", where=str(place)) from error
