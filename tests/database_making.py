"""Which of the two databases a test runs on."""

from __future__ import annotations

import pytest

SQLITE, POSTGRESQL = "sqlite", "postgresql"


def usual(config: pytest.Config) -> str:
    """The database of tests that do not care."""
    return POSTGRESQL if config.getoption("--postgresql") else SQLITE


def run_on_both(metafunc: pytest.Metafunc) -> None:
    """Run a test on each database, if it uses one; when all of them run on PostgreSQL, on that."""
    if usual(metafunc.config) == SQLITE:
        _run_on(metafunc, SQLITE, POSTGRESQL)


def run_as_marked(metafunc: pytest.Metafunc) -> None:
    """Run a test on the databases that its mark, or its file's, says; without one, on the usual."""
    marked = metafunc.definition.get_closest_marker
    if marked("only_sqlite"):
        _run_on(metafunc, SQLITE)
    elif marked("only_postgresql"):
        _run_on(metafunc, POSTGRESQL)
    elif marked("both_databases"):
        run_on_both(metafunc)


def _run_on(metafunc: pytest.Metafunc, *databases: str) -> None:
    if "database" in metafunc.fixturenames:
        metafunc.parametrize("database", databases, indirect=True)
