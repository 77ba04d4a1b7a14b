"""The plugins of sheets and lists keep every rule of the conformance kit."""

from __future__ import annotations

import importlib

import pytest

from engine.host import load
from engine.testkit.checking import check

NAMES = ("attendance", "ideas", "mentoring", "reading")


@pytest.mark.parametrize("name", NAMES)
def test_a_plugin_of_sheets_has_no_errors_and_no_warnings(name: str) -> None:
    module = importlib.import_module(f"plugins.{name}")
    report = check(load([(name, module)], installed=False).plugins[name])
    assert [str(one) for one in report.findings if one.level != "INFO"] == []
