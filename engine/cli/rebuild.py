"""rebuild, snapshot: everybody's evidence and levels worked out, whole."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from engine import profiles, snapshots
from engine.cli.context import progress, with_app
from engine.cli.output import as_json, json_option
from engine.config import settings
from engine.rebuilding import rebuild as rebuilding
from engine.rebuilding.crews import crew_of
from engine.rebuilding.rebuild import Rebuilt
from engine.rebuilding.workplace import Workplace


def add_to(group: click.Group) -> None:
    """Add these commands."""
    group.add_command(rebuild)
    group.add_command(snapshot)


@click.command()
@click.option("--check", is_flag=True, help="Compare only; what is served stays.")
@click.option("--shards", type=click.IntRange(1, 64), default=1, help="Processes on this machine.")
@click.option("--cluster", metavar="ADDRESS", help="A Dask scheduler whose workers do the work.")
@json_option()
@with_app
def rebuild(check: bool, shards: int, cluster: str | None, json: bool) -> None:
    """Work evidence and levels out again from the log, and compare with what is served.

    With --check a difference is refused; without, what was worked out again is served. What was
    broken off is gone on with.
    """
    place = Workplace(database_url=settings().database_url)
    with _bar() as tell, crew_of(shards, cluster, place) as crew:
        done = rebuilding.rebuild(check=check, crew=crew, progress=tell)
    if json:
        as_json(_printed(done))
    else:
        click.echo(
            f"{done.digest} over {done.statements} statements and {done.learners} learners;"
            f" equal: {done.equal}."
        )
    if check and not done.equal:
        click.echo("What is served differs. Mend it with `byway rebuild`.", err=True)
        raise click.exceptions.Exit(1)


def _printed(done: Rebuilt) -> dict[str, str | int | bool]:
    return {
        "digest": done.digest,
        "statements": done.statements,
        "learners": done.learners,
        "equal": done.equal,
    }


@contextmanager
def _bar() -> Iterator[rebuilding.Progress]:
    """A bar on standard error that says which stage it is at; only on a terminal."""
    bar = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed}"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
        disable=not sys.stderr.isatty(),
    )
    with bar:
        task = bar.add_task("Beginning", total=None)
        yield lambda what, done, of: bar.update(task, description=what, completed=done, total=of)


@click.command()
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="The day; today by default.")
@json_option()
@with_app
def snapshot(as_of: datetime | None, json: bool) -> None:
    """Keep everybody's levels on a day, for group views; the worker does it every night."""
    day: date = as_of.date() if as_of else profiles.today()
    with progress("Scoring", "learners") as step:
        done = snapshots.take(day, progress=step)
    if json:
        as_json({"as_of": day.isoformat(), "learners": done.learners})
    else:
        click.echo(f"{done.learners} learners as of {day.isoformat()}.")
