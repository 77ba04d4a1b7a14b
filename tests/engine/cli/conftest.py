"""A command line for every test."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_running import Byway, inside


@pytest.fixture
def byway(
    instance_dir: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Byway:
    """`byway` on an instance of this test's own."""
    return inside(instance_dir, monkeypatch, capfd)
