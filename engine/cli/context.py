"""What commands share: the application around them, JSON on standard output, a progress bar."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import click
import orjson
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from engine.app import create_app
from engine.instance import require_schema

P = ParamSpec("P")
R = TypeVar("R")


def with_app(command: Callable[P, R]) -> Callable[P, R]:
    """Run a command inside the application of the instance, on the newest schema."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        with create_app().app_context():
            require_schema()
            return command(*args, **kwargs)

    return run


def as_json(value: Any) -> None:
    """Print a value as JSON."""
    click.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode())


def json_option() -> Callable[[Callable[P, R]], Callable[P, R]]:
    """The option `--json`."""
    return click.option("--json", "json", is_flag=True, help="Print JSON.")


@contextmanager
def progress(what: str, unit: str) -> Iterator[Callable[[int], None]]:
    """A bar on standard error for work that takes over a second; only on a terminal."""
    bar = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed} " + unit),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
        disable=not sys.stderr.isatty(),
    )
    with bar:
        task = bar.add_task(what, total=None)
        yield lambda done: bar.update(task, completed=done)
