"""sources: instances, previews, runs, undo."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from engine.api import Delivery
from engine.cli.context import progress, with_app
from engine.cli.output import as_json, json_option, problem
from engine.config import settings
from engine.db import transaction
from engine.errors import Refused
from engine.lrs.keys import BASES
from engine.sources import doors, instances, runs, undo
from engine.sources.models import OUTCOMES


def add_to(group: click.Group) -> None:
    """Add this group."""
    group.add_command(sources)


@click.group()
def sources() -> None:
    """Sources: what Byway collects from."""


def _pairs(given: tuple[str, ...]) -> dict[str, str]:
    pairs = [pair.partition("=") for pair in given]
    for name, equals, _ in pairs:
        if not equals:
            raise click.UsageError(f'--set takes key=value, not "{name}".')
    return {name: value for name, _, value in pairs}


def _refused(refusal: Refused) -> dict[str, Any]:
    """A refused file in the form of every report: no run, no rows, and the reason."""
    return runs.Report(problems=[problem(refusal)]).as_json()


@sources.command()
@click.argument("plugin")
@click.argument("name")
@click.option("--basis", type=click.Choice(BASES), default="notice", show_default=True)
@click.option("--set", "given", multiple=True, metavar="KEY=VALUE")
@with_app
def add(plugin: str, name: str, basis: str, given: tuple[str, ...]) -> None:
    """Add a source NAME of the kind PLUGIN."""
    with transaction():
        instances.add(plugin, name, _pairs(given), basis=basis)
    click.echo(
        f"Added {name}. Its webhook, if it has one: {settings().public_url}/sources/{name}/hook"
    )


@sources.command("set")
@click.argument("name")
@click.argument("given", nargs=-1, required=True, metavar="KEY=VALUE...")
@with_app
def set_(name: str, given: tuple[str, ...]) -> None:
    """Change settings of a source; what is read from now on outranks what was read before."""
    with transaction():
        instances.change(instances.get(name), _pairs(given))
    click.echo(f"Changed {name}.")


@sources.command("list")
@json_option()
@with_app
def list_(json: bool) -> None:
    """List the sources."""
    found: list[dict[str, Any]] = [
        {
            "name": one.name,
            "plugin": one.plugin,
            "settings": one.settings,
            "basis": instances.origin_of(one).basis,
            "trouble": one.trouble,
        }
        for one in instances.every()
    ]
    if json:
        as_json(found)
        return
    for one in found:
        click.echo(f"{one['name']:<24} {one['plugin']:<12} {one['trouble'] or 'well'}")


@sources.command()
@click.argument("name")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@json_option(_refused)
@with_app
def preview(name: str, file: Path, json: bool) -> None:
    """Show what a run of FILE would do; nothing is written."""
    _print(runs.preview(name, _delivery(file)), json)


@sources.command()
@click.argument("name")
@click.argument(
    "file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@json_option(_refused)
@with_app
def run(name: str, file: Path | None, json: bool) -> None:
    """Read FILE into the record, or poll the source when no file is given."""
    with progress(f"Reading {file or name}", "rows") as step:
        if file is None:
            report = doors.poll(name, by="byway sources run", progress=step)
        else:
            report = runs.run_file(name, _delivery(file), by="byway sources run", progress=step)
    report.statements = report.statements if json else []
    _print(report, json)


@sources.command("undo")
@click.argument("run_id", type=int, metavar="RUN")
@with_app
def undo_(run_id: int) -> None:
    """Take a run back."""
    stored = undo.undo(run_id)
    click.echo(f"Run {run_id} is undone; {stored} statements were stored for it.")


@sources.command("redo")
@click.argument("run_id", type=int, metavar="RUN")
@with_app
def redo(run_id: int) -> None:
    """Let a run stand again that was undone."""
    stored = undo.redo(run_id)
    click.echo(f"Run {run_id} stands again; {stored} statements were stored for it.")


def _delivery(file: Path) -> Delivery:
    limit = settings().max_body
    if file.stat().st_size > limit:
        raise Refused(f"{file.name} has more than {limit} bytes.", "Split it into smaller files.")
    return Delivery(body=file.read_bytes(), name=file.name)


def _print(report: runs.Report, json: bool) -> None:
    if json:
        as_json(report.as_json())
        return
    counted = ", ".join(f"{report.counts[name]} {name}" for name in OUTCOMES if report.counts[name])
    click.echo(f"{report.rows} rows: {counted or 'none'}.")
    for one in report.problems:
        click.echo(f"{one['where']}: {one['why']} {one['mend']}", err=True)
