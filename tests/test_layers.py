"""The import contract: data runs one way, so imports go downward only; and who may do what."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LAYERS = (
    ("cli",),
    ("jobs",),
    ("testkit",),
    ("app",),
    ("web", "rest"),
    ("xapi_http",),
    ("demo", "doctor"),
    ("sources", "exchange", "publishing"),
    (
        *("statement_files", "verdicts", "intake", "pipeline", "profiles", "profile_rows"),
        *("imports", "instance", "records", "rebuilding", "snapshots"),
        *("simulation", "reweighing", "movements", "explanations"),
        *("voices", "asked_levels", "disputes", "dispute_models", "reviews"),
    ),
    ("competencies", "people", "lrs"),
    ("plugin_sets",),
    ("plugin_checks",),
    ("host",),
    ("hookspecs", "activity", "fetcher"),
    ("api",),
    ("source_settings",),
    ("db", "config", "keyring", "reading", "moments", "jsonlog", "errors"),
)
APART = {"competencies", "people", "lrs"}
HTTP = {"app", "web", "rest", "xapi_http"}
PURE = (
    *("checked", "config", "contract", "counting", "decay", "evidence", "explain", "lint"),
    *("framework_changes", "framework_documents"),
    *("matching", "nodes", "policy", "reading", "rollup", "scoring", "yaml_reading"),
    *("differences", "findings", "framework_rulesets", "json_paths", "reachability", "templates"),
    *("ledger", "timeline"),
)
WEB_AND_DATABASE = {"flask", "sqlalchemy", "flask_sqlalchemy", "werkzeug", "jinja2"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """A source file: its dotted name, and its tree."""

    name: str
    tree: ast.Module

    @property
    def part(self) -> str:
        """The part of the engine it belongs to: the second word of its name."""
        return (*self.name.split("."), "")[1]

    def imports(self) -> Iterator[str]:
        """Every module it imports, wherever in the file that stands."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                yield from (f"{node.module}.{alias.name}" for alias in node.names)


def modules(package: str) -> list[Module]:
    """Every module of a package but the migrations, which are Alembic's own shape."""
    return [
        Module(name=_dotted(path), tree=ast.parse(path.read_text(encoding="utf-8")))
        for path in sorted((ROOT / package).rglob("*.py"))
        if "migrations" not in path.parts
    ]


def _dotted(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


ENGINE, XAPI, PLUGINS = modules("engine"), modules("xapi"), modules("plugins")
HEIGHT = {part: -height for height, layer in enumerate(LAYERS) for part in layer}


def imported_parts(module: Module) -> set[str]:
    """The other parts of the engine that a module imports."""
    words = (name.split(".") for name in module.imports())
    parts = {word[1] for word in words if word[0] == "engine" and len(word) > 1}
    return (parts & HEIGHT.keys()) - {module.part}


def first_words(module: Module) -> set[str]:
    return {name.split(".")[0] for name in module.imports()}


def test_every_part_of_the_engine_has_its_layer() -> None:
    assert {module.part for module in ENGINE} - {""} == HEIGHT.keys()


@pytest.mark.parametrize("part", sorted(HEIGHT))
def test_imports_go_downward_only(part: str) -> None:
    upward = [
        f"{module.name} imports engine.{other}"
        for module in ENGINE
        for other in imported_parts(module)
        if module.part == part and HEIGHT[other] > HEIGHT[part]
    ]
    assert upward == []


def test_competencies_people_and_the_record_store_know_nothing_of_each_other() -> None:
    found = {
        module.name: imported_parts(module) & APART for module in ENGINE if module.part in APART
    }
    assert {name: others for name, others in found.items() if others} == {}


def test_the_standard_knows_nothing_of_the_engine_the_web_or_a_database() -> None:
    unwanted = {"engine", "plugins"} | WEB_AND_DATABASE
    assert {m.name: first_words(m) & unwanted for m in XAPI if first_words(m) & unwanted} == {}


def test_a_plugin_imports_the_interface_and_nothing_else_of_the_engine() -> None:
    others = [
        f"{module.name} imports {name}"
        for module in PLUGINS
        for name in module.imports()
        if name.split(".")[0] == "engine" and not name.startswith("engine.api")
    ]
    assert others == []


def test_a_plugin_reaches_neither_the_web_server_nor_the_database() -> None:
    found = {module.name: first_words(module) & WEB_AND_DATABASE for module in PLUGINS}
    assert {name: words for name, words in found.items() if words} == {}


def test_the_engine_names_no_plugin() -> None:
    assert [module.name for module in ENGINE if "plugins" in first_words(module)] == []


def test_levels_are_worked_out_without_web_or_database() -> None:
    names = {f"engine.competencies.{name}" for name in PURE}
    pure = [module for module in ENGINE if module.name in names]
    assert len(pure) == len(PURE)
    assert [m.name for m in pure if first_words(m) & WEB_AND_DATABASE] == []
    assert [m.name for m in pure if {"engine.db.db", "engine.db.reading"} & {*m.imports()}] == []


def test_requests_are_read_in_the_top_layer_alone() -> None:
    asked = {module.name for module in ENGINE if "flask.request" in module.imports()}
    assert {name for name in asked if name.split(".")[1] not in HTTP} == set()


def test_only_the_plugin_host_catches_everything() -> None:
    assert [module.name for module in ENGINE if catches_everything(module)] == ["engine.host"]


def catches_everything(module: Module) -> bool:
    handlers = [node for node in ast.walk(module.tree) if isinstance(node, ast.ExceptHandler)]
    return any(_is_everything(handler) for handler in handlers)


def _is_everything(handler: ast.ExceptHandler) -> bool:
    """A bare except or Exception; what is raised again after tidying up is not caught."""
    caught = ast.unparse(handler.type) if handler.type else "BaseException"
    again = isinstance(handler.body[-1], ast.Raise) and handler.body[-1].exc is None
    names = caught.strip("()").replace(" ", "").split(",")
    return bool({"Exception", "BaseException"} & set(names)) and not again
