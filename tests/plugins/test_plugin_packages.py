"""Plugins in packages of their own: made or written, built, installed, found, and used."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cli_running import Ran, spawned

EXAMPLE = Path(__file__).parents[1] / "data" / "plugin_example"
SEPARATE = ("--quiet", "--no-deps", "--no-index", "--disable-pip-version-check")


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """A package, the site it was installed into, and its plugin's name."""

    name: str
    folder: Path
    site: Path

    def byway(self, instance: Path, *words: object) -> Ran:
        return spawned(instance, *words, PYTHONPATH=_path(self.site))

    @property
    def report(self) -> Path:
        return next(self.site.glob("*/pairs/september.csv"))


def _path(*first: Path) -> str:
    """The module path of a process: these places, then those of this process."""
    return os.pathsep.join(filter(None, (*map(str, first), os.environ.get("PYTHONPATH", ""))))


def ran(*words: object, cwd: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", *map(str, words)],
        cwd=cwd,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module", params=["made", "example"])
def package(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Package:
    """A package built as a wheel without the network, and installed from it."""
    place = tmp_path_factory.mktemp(request.param)
    if request.param == "made":
        ran("engine.cli", "plugins", "new", "tea-talks", cwd=place)
        name, folder = "tea-talks", place / "byway-tea-talks"
    else:
        name, folder = "lunch-and-learn", Path(shutil.copytree(EXAMPLE, place / "example"))
    ran("pip", "wheel", *SEPARATE, "--no-build-isolation", "-w", place, folder, cwd=place)
    wheel, site = next(place.glob("*.whl")), place / "site"
    ran("pip", "install", *SEPARATE, "--target", site, wheel, cwd=place)
    return Package(name=name, folder=folder, site=site)


def test_its_own_tests_pass(package: Package) -> None:
    assert " passed" in ran("pytest", "-q", "-p", "no:cacheprovider", cwd=package.folder)


def test_it_is_sound(package: Package, instance_dir: Path) -> None:
    [report] = package.byway(instance_dir, "plugins", "check", package.name, "--json").json
    assert (report["passes"], report["counts"]["WARN"]) == (True, 0)
    assert "1 golden pair" in str(report) or "2 golden pairs" in str(report)


def test_it_is_found_by_its_entry_point(package: Package, instance_dir: Path) -> None:
    shown = package.byway(instance_dir, "plugins", "list", "--json").json
    [card] = [one for one in shown["plugins"] if one["name"] == package.name]
    assert (card["state"], card["kinds"][0]["doors"]) == ("loaded", ["file"])


def test_it_reads_a_file_for_good(package: Package, instance_dir: Path) -> None:
    zone = ("--set", "timezone=Europe/London")
    assert package.byway(instance_dir, "sources", "add", package.name, "talks", *zone).code == 0
    told = package.byway(instance_dir, "sources", "run", "talks", package.report, "--json").json
    assert (told["new"], told["failed"]) in {(2, 1), (3, 2)}


def test_it_imports_the_interface_alone(package: Package) -> None:
    names = {name for file in package.folder.rglob("*.py") for name in imported(file)}
    ours = {name for name in names if name.split(".")[0] in ("engine", "xapi", "plugins")}
    assert ours == {"engine.api", "engine.testkit"}


def imported(file: Path) -> Iterator[str]:
    """Every module that a file imports, or imports from."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def test_its_author_sees_the_types_of_the_interface(package: Package) -> None:
    module = next(package.folder.glob("byway_*"))
    told = ran(
        "mypy", "--strict", "--cache-dir", package.folder / "cache", module, cwd=package.folder
    )
    assert "Success: no issues found" in told


def test_a_wrong_type_is_seen_by_its_author(package: Package, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.py"
    wrong.write_text("from engine.api import Gone\nGone(key=1, rows=())\n")
    words = ["mypy", "--strict", "--cache-dir", str(package.folder / "cache"), str(wrong)]
    done = subprocess.run(
        [sys.executable, "-m", *words], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert 'Argument "key" to "Gone" has incompatible type "int"' in done.stdout


BUILD = "import sys; from hatchling.build import build_wheel; build_wheel(sys.argv[1])"


def test_byways_own_wheel_holds_the_types_and_the_templates(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    subprocess.run([sys.executable, "-c", BUILD, str(tmp_path)], cwd=root, check=True)
    names = set(zipfile.ZipFile(next(tmp_path.glob("*.whl"))).namelist())
    templates = root.glob("engine/cli/plugin_template/*")
    assert names >= {path.relative_to(root).as_posix() for path in templates}
    assert "engine/py.typed" in names
