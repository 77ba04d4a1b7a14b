"""The part of docs/plugins.md that lists the hooks, made from their docstrings.

`python docs/hooks.py` writes it; a test says when it is stale.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine import hookspecs

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "plugins.md"
START = "<!-- from here on made by docs/hooks.py -->\n"
END = "<!-- up to here -->\n"


def hooks() -> list[Callable[..., Any]]:
    """Every hook, in the order in which they are written."""
    found = [hook for _, hook in inspect.getmembers(hookspecs, inspect.isfunction)]
    marked = [hook for hook in found if hasattr(hook, "byway_spec")]
    return sorted(marked, key=lambda hook: hook.__code__.co_firstlineno)


def with_hooks(page: str) -> str:
    """The page with its list of hooks as it must be."""
    before, _, rest = page.partition(START)
    _, _, after = rest.partition(END)
    listed = "\n".join(map(described, hooks()))
    return f"{before}{START}\n{listed}\n{END}{after}"


def described(hook: Callable[..., Any]) -> str:
    """One hook: how it is called, what its docstring says, and who uses it."""
    arguments = ", ".join(inspect.signature(hook).parameters)
    text, _, params = inspect.cleandoc(hook.__doc__ or "").partition(":param ")
    paragraphs = [" ".join(part.split()) for part in text.strip().split("\n\n")]
    given = [_argument(" ".join(one.split())) for one in params.split(":param ") if one]
    used = f"Used by {', '.join(f'`{name}`' for name in users(hook.__name__))}."
    answer = f"Answers with `{_annotation(hook)}`."
    parts = [f"### `{hook.__name__}({arguments})`", *paragraphs, *given, f"{answer} {used}"]
    return "\n\n".join(parts) + "\n"


def _argument(said: str) -> str:
    name, _, words = said.partition(": ")
    return f"- `{name}`: {words}"


def _annotation(hook: Callable[..., Any]) -> str:
    return re.sub(r"\b[a-z_]+\.", "", str(hook.__annotations__["return"]))


def users(hook: str) -> list[str]:
    """The built-in plugins that implement a hook."""
    files = sorted((ROOT / "plugins").rglob("*.py"))
    found = (file for file in files if hook in _implemented(file))
    return [_place(file) for file in found]


def _implemented(file: Path) -> set[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))
    return {one.name for one in functions if "hookimpl" in map(ast.unparse, one.decorator_list)}


def _place(file: Path) -> str:
    place = file.relative_to(ROOT).as_posix()
    return place.removesuffix("/__init__.py")


if __name__ == "__main__":
    PAGE.write_text(with_hooks(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
