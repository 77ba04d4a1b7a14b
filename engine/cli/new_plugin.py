"""A plugin package to start from: it passes its own tests and every check as it is."""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Collection
from pathlib import Path
from string import Template
from types import ModuleType

from engine.errors import Conflict, Refused
from engine.testkit.kit import write_pairs

TEMPLATE = Path(__file__).parent / "plugin_template"
NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
LONGEST = 40


def make_package(name: str, directory: Path, *, taken: Collection[str] = ()) -> Path:
    """Write the package `byway-NAME` into a directory, golden pair included; where it is.

    :param taken: names that other plugins have.
    """
    if not NAME.fullmatch(name) or len(name) > LONGEST:
        mend = f"Use small letters, digits and hyphens, a letter first, {LONGEST} at most."
        raise Refused(f'"{name}" cannot name a plugin.', mend)
    if name in taken:
        raise Conflict(f'There is a plugin "{name}" already.', "Choose another name.")
    package = directory / f"byway-{name}"
    if package.exists():
        mend = "Choose another name or directory, or remove it."
        raise Conflict(f"{package} is there already; nothing was written.", mend)
    module = f"byway_{name.replace('-', '_')}"
    _write(package, module, name)
    write_pairs(_loaded(module, package / module / "__init__.py"))
    return package


def _write(package: Path, module: str, name: str) -> None:
    words = {
        "name": name,
        "package": package.name,
        "module": module,
        "title": name.replace("-", " ").capitalize(),
        "kind": "".join(word.capitalize() for word in name.split("-")),
    }
    for template, place in (
        ("pyproject.toml", "pyproject.toml"),
        ("README.md", "README.md"),
        ("source.py", f"{module}/__init__.py"),
        ("settings.json", f"{module}/pairs/settings.json"),
        ("september.csv", f"{module}/pairs/september.csv"),
        ("test_plugin.py", "tests/test_plugin.py"),
    ):
        text = (TEMPLATE / f"{template}.tmpl").read_text(encoding="utf-8")
        path = package / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(Template(text).substitute(words), encoding="utf-8")


def _loaded(module: str, file: Path) -> ModuleType:
    """The new plugin as a module, which is forgotten again."""
    spec = importlib.util.spec_from_file_location(module, file)
    if spec is None or spec.loader is None:
        raise Refused(f"{file} cannot be imported.", "Choose another name.")
    made, keep = importlib.util.module_from_spec(spec), sys.dont_write_bytecode
    sys.dont_write_bytecode = True
    try:
        spec.loader.exec_module(made)
    finally:
        sys.dont_write_bytecode = keep
    return made
