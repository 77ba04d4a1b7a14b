"""Every requirement of the standard is held by a test: tests/data/requirements.json says by which.

The codes are those of the public list of requirements, which its conformance suite names too. To
see that a test holds its requirement, break the rule and watch the test fail.
"""

from __future__ import annotations

import ast
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
MAP: dict[str, Any] = json.loads((ROOT / "tests/data/requirements.json").read_text("utf-8"))
PLACES = [
    place
    for part in ("tests", "newer", "unseen")
    for tests in MAP[part].values()
    for place in tests or ["nothing"]
]
PLACE = re.compile(r"(?P<file>tests/[\w/]+\.py)::(?P<test>test_\w+)(?:\[(?P<row>.+)\])?")


def codes(version: str) -> set[str]:
    """The codes that there are in a version of the standard."""
    stretch = MAP["codes"][version]
    first, last = (int(stretch[end].removeprefix("XAPI-")) for end in ("from", "to"))
    return {f"XAPI-{number:05d}" for number in range(first, last + 1)} - {*stretch["without"]}


@cache
def written_in(file: str) -> tuple[set[str], set[str]]:
    """The tests of a file, and the texts in it, which name the rows of its tables."""
    nodes = list(ast.walk(ast.parse((ROOT / file).read_text("utf-8"))))
    tests = {node.name for node in nodes if isinstance(node, ast.FunctionDef)}
    texts = {node.value for node in nodes if isinstance(node, ast.Constant)}
    return tests, {text for text in texts if isinstance(text, str)}


def is_there(place: str) -> bool:
    """Whether a test, and the row of its table if one is named, stands where the map says."""
    found = PLACE.fullmatch(place)
    if found is None or not (ROOT / found["file"]).is_file():
        return False
    tests, texts = written_in(found["file"])
    return found["test"] in tests and (found["row"] is None or found["row"] in texts)


@pytest.mark.parametrize("version", ["1.0.3", "2.0.0"])
def test_every_requirement_has_a_test_or_a_reason_to_have_none(version: str) -> None:
    assert codes(version) - MAP["tests"].keys() - MAP["dropped"].keys() == set()


def test_no_code_is_there_that_the_standard_does_not_know() -> None:
    assert MAP["tests"].keys() | MAP["dropped"].keys() == codes("1.0.3")
    assert codes("2.0.0") < codes("1.0.3")


def test_what_has_no_test_says_why() -> None:
    assert [code for code, why in MAP["dropped"].items() if not why or code in MAP["tests"]] == []


def test_every_test_is_where_the_map_says() -> None:
    assert sorted({place for place in PLACES if not is_there(place)}) == []


def test_the_page_about_conformance_names_files_that_are_there() -> None:
    page = (ROOT / "docs/conformance.md").read_text("utf-8")
    there = {file.name for file in (ROOT / "tests").rglob("test_*.py")}
    assert set(re.findall(r"\btest_\w+\.py", page)) - there == set()
