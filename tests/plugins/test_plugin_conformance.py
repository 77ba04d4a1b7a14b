"""The built-in sources keep the rules of the conformance kit, on the reports of their tests."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from engine.host import load
from engine.testkit.checking import check

DATA = Path(__file__).parents[1] / "data"
SETTINGS = {
    "zoom": {"timezone": "America/Toronto"},
    "discourse": {"url": "https://forum.example.org"},
    "feed": {"site": "https://blog.example.org"},
}


@pytest.mark.parametrize("name", SETTINGS)
def test_a_built_in_source_keeps_the_rules(name: str, tmp_path: Path) -> None:
    aside = shutil.ignore_patterns("*.statements.json")  # what they come to is tested elsewhere
    pairs = Path(shutil.copytree(DATA / name, tmp_path / "pairs", ignore=aside))
    (pairs / "settings.json").write_text(json.dumps(SETTINGS[name]))
    report = check(load().plugins[name], pairs=pairs)
    broken = [one for one in report.findings if one.level == "ERROR"]
    assert [one for one in broken if "There is no" not in one.why] == []
    assert len(broken) == len(list(pairs.iterdir())) - 1  # each pair lacks its second file
