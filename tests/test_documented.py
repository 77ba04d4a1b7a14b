"""README and docs are true: every hook, command, setting, link and example stands in the code."""

from __future__ import annotations

import ast
import inspect
import re
import shlex
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import click
import pytest
from flask import Flask

from engine import app as application
from engine import config, hookspecs
from engine.api import Delivery
from engine.cli import byway
from engine.db import Base, transaction
from engine.sources import instances, runs

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "plugins" / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
TEXTS = {page.relative_to(ROOT).as_posix(): page.read_text(encoding="utf-8") for page in PAGES}
EVERYTHING = "\n".join(TEXTS.values())
README, PLUGINS = TEXTS["README.md"], TEXTS["docs/plugins.md"]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.DOTALL | re.MULTILINE)

HOOKS = {
    name: list(inspect.signature(hook).parameters)
    for name, hook in inspect.getmembers(hookspecs, inspect.isfunction)
    if hasattr(hook, "byway_spec")
}


def inside(group: click.Group, name: str) -> click.Command:
    """The command of this name in a group; there must be one."""
    command = group.get_command(click.Context(group), name)
    assert command is not None, f"{group.name} has no {name}"
    return command


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The words of every command that does something."""
    for name in group.list_commands(click.Context(group)):
        command = inside(group, name)
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name)


COMMANDS = sorted(commands(byway))


def blocks(text: str, *languages: str) -> list[str]:
    return [body for language, body in FENCE.findall(text) if language in languages]


def shell_lines() -> list[tuple[str, str]]:
    """Every line of a shell example that runs `byway`, with the page it stands on."""
    return [
        (page, line.split(" #")[0].strip())
        for page, text in TEXTS.items()
        for block in blocks(text, "sh")
        for line in block.splitlines()
        if re.match(r"(\.venv/bin/)?byway ", line)
    ]


def hooks_implemented() -> set[str]:
    """The names of functions in plugins/ that are marked as hook implementations."""
    trees = [
        ast.parse(file.read_text(encoding="utf-8")) for file in (ROOT / "plugins").rglob("*.py")
    ]
    functions = [node for tree in trees for node in tree.body if isinstance(node, ast.FunctionDef)]
    return {one.name for one in functions if "hookimpl" in map(ast.unparse, one.decorator_list)}


def links(text: str) -> list[str]:
    """Addresses of links and pictures that lead to files here."""
    found = re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r'src="([^"]+)"', text)
    return [link.partition("#")[0] for link in found if not re.match(r"[a-z]+:|#", link)]


# Hooks.


@pytest.mark.parametrize(("hook", "arguments"), HOOKS.items())
def test_hook_is_documented_with_its_arguments(hook: str, arguments: list[str]) -> None:
    assert f"### `{hook}({', '.join(arguments)})`" in PLUGINS.splitlines()


@pytest.mark.parametrize("hook", HOOKS)
def test_hook_has_a_first_user_in_plugins(hook: str) -> None:
    assert hook in hooks_implemented()


def test_no_hook_is_documented_that_does_not_exist() -> None:
    assert set(re.findall(r"^### `(\w+)\(", PLUGINS, re.MULTILINE)) == set(HOOKS)


# Commands.


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_command_is_named(command: tuple[str, ...]) -> None:
    group, name = " ".join(("byway", *command[:-1])), command[-1]
    row = rf"`{re.escape(group)} [^|\n]*?{re.escape(name)}`|`{re.escape(name)}`[^|\n]*\|"
    assert re.search(rf"\b{re.escape(group)} {re.escape(name)}\b|{row}", EVERYTHING)


@pytest.mark.parametrize(("page", "line"), shell_lines())
def test_example_uses_a_command_as_it_is(page: str, line: str) -> None:
    words = shlex.split(line)[1:]
    command: click.Command = byway
    while isinstance(command, click.Group):
        command = inside(command, words.pop(0))
    command.make_parser(click.Context(command)).parse_args(words)


# Settings and tables.


@pytest.mark.parametrize(
    "setting", sorted(set(re.findall(r"BYWAY_\w+", inspect.getsource(config))) - {"BYWAY_"})
)
@pytest.mark.parametrize("page", ["README.md", "docs/operations.md"])
def test_setting_is_explained(page: str, setting: str) -> None:
    assert re.search(rf"^\| `{setting}` \|", TEXTS[page], re.MULTILINE)


def test_every_table_is_listed(app: Flask) -> None:
    listed = set(re.findall(r"`(\w+)`", TEXTS["docs/architecture.md"]))
    assert set(Base.metadata.tables) - listed == set()


# Links, pictures, paths.


@pytest.mark.parametrize("page", TEXTS)
def test_links_lead_somewhere(page: str) -> None:
    here = (ROOT / page).parent
    assert [link for link in links(TEXTS[page]) if not (here / link).exists()] == []


def test_pictures_are_small() -> None:
    pictures = (ROOT / "docs" / "images").glob("*.png")
    assert [file.name for file in pictures if file.stat().st_size > 150_000] == []


def tracked() -> list[Path]:
    """The files under version control; without git, none are known."""
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    return [ROOT / name for name in done.stdout.decode().split("\0") if name]


def test_no_file_names_a_place_on_somebodys_machine() -> None:
    foreign = re.compile(rb"(?<![\w.])/(?:work|root|home/\w+|Users/\w+)/")
    texts = [file for file in tracked() if file.is_file() and file.suffix != ".png"]
    assert [str(file) for file in texts if foreign.search(file.read_bytes())] == []


# The plugin that is written in ten minutes.


def example(language: str, start: str) -> str:
    return next(body for body in blocks(PLUGINS, language) if start in body)


def test_the_example_plugin_works(make_app: Callable[..., Flask]) -> None:
    module = ModuleType("sheet")
    exec(example("python", "class SignInSheet"), module.__dict__)
    sheet = example("csv", "Talk,Ended").encode()
    with make_app([("sheet", module)]).app_context():
        with transaction():
            instances.add("sheet", "lunch-talks", {"timezone": "Europe/London"}, basis="notice")
        report = runs.preview("lunch-talks", Delivery(body=sheet, name="september.csv"))
    assert (report.counts["new"], report.counts["failed"]) == (1, 1)


def test_the_entry_to_the_code_is_where_the_readme_says() -> None:
    assert Path(inspect.getfile(application)) == ROOT / "engine" / "app.py"
