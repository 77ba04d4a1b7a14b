"""Wheels of small plugins, made by hand so that each can be wrong in its own way."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from engine.plugin_sets import generations, sets
from engine.plugin_sets.generations import Choice, Generation
from engine.plugin_sets.wheels import Installed, Wheel

SOURCE = '''"""Sign-in sheets of {name}."""

from engine.api import BadReport, Privacy, Source, SourceSettings, hookimpl


class Sheet(Source):
    name = "{source}"
    title = "Sheets of {name}"
    api_version = {api}
    settings = SourceSettings
    privacy = Privacy(reads=("name",), keeps=("name",))

    def activities(self, bundle, settings):
        raise BadReport("This is no sheet.", "Give a sheet.")
        yield


@hookimpl
def register_sources():
    return [Sheet()]
'''
TAG = "py3-none-any"


def source(name: str = "sheet", *, brings: str = "", api: int = 1) -> str:
    """The module of a plugin with one source."""
    return SOURCE.format(name=name, source=brings or name, api=api)


def members(
    name: str = "sheet",
    version: str = "1.0.0",
    *,
    module: str | None = None,
    requires: Sequence[str] = (),
    python: str = "",
    tag: str = TAG,
    entries: str | None = None,
) -> dict[str, bytes]:
    """The files of a wheel by their names."""
    top = f"byway_{name.replace('-', '_')}"
    info = f"{top}-{version}.dist-info"
    metadata = ["Metadata-Version: 2.1", f"Name: byway-{name}", f"Version: {version}"]
    metadata += ["Author: Harrow Vale County", "Summary: Sign-in sheets."]
    metadata += [f"Requires-Python: {python}"] * bool(python)
    metadata += [f"Requires-Dist: {one}" for one in requires]
    found = entries if entries is not None else f"[byway.plugins]\n{name} = {top}\n"
    texts = {
        f"{top}/__init__.py": source(name) if module is None else module,
        f"{info}/METADATA": "\n".join([*metadata, "", ""]),
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n",
        f"{info}/entry_points.txt": found,
        f"{info}/RECORD": "",
    }
    return {path: text.encode() for path, text in texts.items()}


def packed(files: Mapping[str, bytes], file: str = "sheet.whl") -> Wheel:
    """Files as a wheel."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, body in files.items():
            archive.writestr(zipfile.ZipInfo(path), body)
    return Wheel(file=file, body=out.getvalue())


def a_wheel(name: str = "sheet", version: str = "1.0.0", module: str | None = None) -> Wheel:
    """A wheel of a plugin; one that is sound unless another module is given."""
    return packed(members(name, version, module=module), f"byway_{name}-{version}-{TAG}.whl")


def written(wheel: Wheel, folder: Path) -> Path:
    """A wheel as a file."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / wheel.file
    path.write_bytes(wheel.body)
    return path


def installed(name: str = "sheet", version: str = "1.0.0", module: str | None = None) -> Installed:
    """A plugin whose wheel is in the instance."""
    return sets.install(a_wheel(name, version, module))


def chosen(*found: Installed, off: Sequence[str] = ()) -> Generation:
    """A set that counts with these wheels, and without these plugins, tried by nobody."""
    choices = [
        Choice(plugin=one.name, version=one.version, sha256=one.sha256, enabled=True)
        for one in found
    ]
    choices += [Choice(plugin=one, version="", sha256=None, enabled=False) for one in off]
    ordered = tuple(sorted(choices, key=lambda one: one.plugin))
    return generations.add(generations.current(), ordered, by="a test", why="so that it is")
