"""plugins install, enable, disable, rollback, history, remove, apply: what changes the set.

Every `byway serve` of the instance takes a change over within two seconds, without stopping.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from engine.cli.context import with_app
from engine.cli.output import as_json, json_option, problem
from engine.errors import Refused
from engine.plugin_sets import declared, generations, sets, wheels
from engine.plugin_sets.generations import Generation
from engine.plugin_sets.sets import Changed, Unfit

WHEEL = click.Path(exists=True, dir_okay=False, path_type=Path)
SHOWN = 50


def add_to(group: click.Group) -> None:
    """Add these commands."""
    for command in (install, enable, disable, rollback, history, remove, apply):
        group.add_command(command)


def _refused(refusal: Refused) -> dict[str, Any]:
    reports = [one.report for one in refusal.checked.values()] if isinstance(refusal, Unfit) else []
    return {**problem(refusal), "reports": reports}


@click.command()
@click.argument("wheel", type=WHEEL)
@json_option()
@with_app
def install(wheel: Path, json: bool) -> None:
    """Put a wheel into the instance. Nothing of it is run; `byway plugins enable` does that."""
    found = sets.install(wheels.read_wheel(wheel))
    if json:
        as_json({"plugin": found.name, "version": found.version, "sha256": found.sha256})
        return
    click.echo(f"{found.name} {found.version} is installed. Enable it:")
    click.echo(f"  byway plugins enable {found.name} {found.version}")


@click.command()
@click.argument("name")
@click.argument("version", required=False)
@json_option(_refused)
@with_app
def enable(name: str, version: str | None, json: bool) -> None:
    """Enable a plugin, or another version of it, once it has passed its checks.

    Without VERSION it is the one that was disabled, or the newest that is installed.
    """
    _tell(sets.enable(name, version, by="byway plugins enable"), json)


@click.command()
@click.argument("name")
@json_option(_refused)
@with_app
def disable(name: str, json: bool) -> None:
    """Leave a plugin out. Its sources rest; what they brought stays."""
    _tell(sets.disable(name, by="byway plugins disable"), json)


@click.command()
@click.argument("number", required=False, type=click.IntRange(0))
@json_option(_refused)
@with_app
def rollback(number: int | None, json: bool) -> None:
    """Bring back an earlier set, the one before the present unless a NUMBER is given."""
    _tell(sets.rollback(number, by="byway plugins rollback"), json)


@click.command()
@json_option()
@with_app
def history(json: bool) -> None:
    """List the sets there were, the newest first: who made each, when and why."""
    found = generations.newest(SHOWN)
    if json:
        as_json({"sets": list(map(_for_scripts, found))})
        return
    for one in found:
        at = f"{_moment(one.at):%Y-%m-%d %H:%M} UTC" if one.number else ""
        click.echo(f"{one.number:>5}  {at:<21}  {one.why}{f', by {one.by}' if one.by else ''}")


@click.command()
@click.argument("name")
@click.argument("version")
@json_option()
@with_app
def remove(name: str, version: str, json: bool) -> None:
    """Take a version off this machine that is not the one enabled."""
    sets.remove(name, version)
    if json:
        as_json({"removed": {"plugin": name, "version": version}})
    else:
        click.echo(f"{name} {version} is removed.")


@click.command()
@click.argument("file", type=WHEEL)
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
@json_option(_refused)
@with_app
def apply(file: Path, dry_run: bool, json: bool) -> None:
    """Make the set what a YAML file says: name, version, wheel, sha256 and enabled of each."""
    said = declared.read(file)
    if not dry_run:
        _tell(declared.apply(said, by="byway plugins apply"), json)
        return
    changes = declared.differences(said)
    if json:
        as_json({"changes": changes})
        return
    for line in changes or ["Nothing would change."]:
        click.echo(line)


def _tell(changed: Changed, json: bool) -> None:
    now = changed.generation
    if json:
        as_json({"changed": changed.changed, "set": _for_scripts(now)})
    elif changed.changed:
        click.echo(f"Set {now.number}: {now.why}. Every `byway serve` takes it over by itself.")
    else:
        click.echo("It is so already; nothing was changed.")


def _for_scripts(one: Generation) -> dict[str, Any]:
    choices = [
        {
            "plugin": choice.plugin,
            "version": choice.version,
            "enabled": choice.enabled,
            "sha256": choice.sha256,
        }
        for choice in one.choices
    ]
    at = _moment(one.at).isoformat() if one.number else None
    return {"number": one.number, "at": at, "by": one.by, "why": one.why, "plugins": choices}


def _moment(at: int) -> datetime:
    return datetime.fromtimestamp(at / 1e6, UTC)
