"""Plugins of wheels that a test loaded into this process are forgotten after it."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    """Each test begins without the modules of another one's wheels."""
    before, finders = set(sys.modules), list(sys.meta_path)
    yield
    sys.meta_path[:] = finders
    for name in [one for one in sys.modules.keys() - before if one.startswith("byway_")]:
        del sys.modules[name]
