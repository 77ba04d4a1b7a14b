"""What a plugin imports: the inside of the engine, what goes away, and ways around the fetcher."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from engine.api import API_VERSION
from engine.plugin_checks import Finding
from engine.plugin_checks.brought import files_of, home_of

API = "engine.api"
ALLOWED = (API, "engine.testkit")
DEPRECATED: dict[str, str] = {}
"""Names of `engine.api` that go with its next version, each with what replaces it."""
WAYS_OUT = frozenset(
    {
        *("socket", "ssl", "http", "urllib.request", "ftplib", "smtplib", "requests", "httpx"),
        *("aiohttp", "urllib3", "subprocess", "sqlite3", "sqlalchemy", "psycopg", "flask"),
    }
)


def import_findings(module: Any) -> Iterator[Finding]:
    """Every import in a plugin's own files that its author should think about."""
    home = home_of(module)
    for file in files_of(module):
        place = file.relative_to(home.parent) if home else file
        for line, name in _imported(file):
            yield from _of_import(name, f"{place}, line {line}")


def _of_import(name: str, where: str) -> Iterator[Finding]:
    told = name.removeprefix(f"{API}.")
    if name.split(".")[0] == "engine" and not _within(name, ALLOWED):
        yield Finding(
            level="ERROR",
            about="imports",
            why=f"It imports {name}, which may change with any release.",
            mend="Import engine.api, and engine.testkit in tests.",
            where=where,
        )
    elif told in DEPRECATED:
        why = f"{told} goes with plugin API {API_VERSION + 1}."
        mend = DEPRECATED[told]
        yield Finding(level="WARN", about="api version", why=why, mend=mend, where=where)
    elif _within(name, WAYS_OUT):
        yield Finding(
            level="WARN",
            about="imports",
            why=f"It imports {name}; Byway does not guard what goes out there.",
            mend="Use the fetch that poll is given.",
            where=where,
        )


def _within(name: str, packages: Iterable[str]) -> bool:
    return any(name == one or name.startswith(f"{one}.") for one in packages)


def _imported(file: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(file.read_bytes(), filename=str(file))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from ((node.lineno, name) for name in names)
