"""Pairs of files: a report of each plugin, and what a preview shows of it.

After a change that is meant, `python tests/engine/sources/pairs.py` writes the second of each.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from pairs import PAIRS, SECRET, Pair, previewed


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.name)
def test_report_becomes_statements(
    instance_dir: Path, make_app: Callable[..., Flask], pair: Pair
) -> None:
    (instance_dir / "secret.key").write_bytes(SECRET)
    with make_app().app_context():
        assert previewed(pair) == pair.shown()
