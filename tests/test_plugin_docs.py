"""Ten minutes of a plugin author: each step of docs/plugins.md, as it is written there."""

from __future__ import annotations

import os
import re
import shlex
import site
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "plugins.md").read_text(encoding="utf-8")
SECTION = PAGE.partition("## A source plugin in ten minutes")[2].partition("\n## ")[0]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.DOTALL | re.MULTILINE)
PLACES = {
    "csv": "byway-sheet/byway_sheet/pairs/september.csv",
    "python": "byway-sheet/byway_sheet/__init__.py",
}
MODULES = {"byway": "engine.cli", "pip": "pip"}


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A folder with a `.venv` that has all that the environment of this test has."""
    venv.create(tmp_path / ".venv", with_pip=False)
    here = next((tmp_path / ".venv").glob("lib/python*/site-packages"))
    ours = [path for path in site.getsitepackages() if Path(path).is_dir()]
    lines = [f"import site; site.addsitedir({path!r})" for path in ours]
    (here / "ours.pth").write_text("\n".join(lines) + "\n")
    return tmp_path


def written(desk: Path, instance: Path) -> list[str]:
    """What the commands say when all steps are taken in order."""
    said = []
    for language, body in BLOCK.findall(SECTION):
        if language == "sh":
            said += [shell(line, desk, instance) for line in body.splitlines()]
        else:
            (desk / PLACES[language]).write_text(body, encoding="utf-8")
    return said


def shell(line: str, desk: Path, instance: Path) -> str:
    """One command of the page, by the Python of the desk; without the network."""
    program, *words = shlex.split(line)
    module = MODULES.get(Path(program).name)
    done = subprocess.run(
        [desk / ".venv/bin/python", *(["-m", module] if module else []), *words],
        cwd=desk,
        env=os.environ
        | {
            "BYWAY_INSTANCE": str(instance),
            "PIP_NO_INDEX": "1",
            "PIP_NO_DEPS": "1",
            "PIP_NO_BUILD_ISOLATION": "0",  # pip reads it the other way round
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
    return done.stdout


def test_each_step_of_the_ten_minutes_works(desk: Path, instance_dir: Path) -> None:
    said = written(desk, instance_dir)
    assert len(said) == len(re.findall(r"^\.venv/bin/", SECTION, re.MULTILINE)) == 9
    assert '"failed": 1' in said[-1]
    assert "Sign-in sheets (sheet), by file" in said[-3]


def test_the_list_of_hooks_is_that_of_the_code() -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import hooks; print(hooks.with_hooks(hooks.PAGE.read_text()), end='')",
        ],
        env=os.environ | {"PYTHONPATH": _with(ROOT / "docs")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == PAGE, "it is stale: run `python docs/hooks.py`"


def _with(place: Path) -> str:
    return os.pathsep.join(filter(None, (str(place), os.environ.get("PYTHONPATH", ""))))
