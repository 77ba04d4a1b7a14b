"""Every test of the record store runs on both databases."""

from __future__ import annotations

import pytest
from database_making import run_on_both


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Each of the two, where there is one."""
    run_on_both(metafunc)
