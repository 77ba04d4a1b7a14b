"""init, upgrade, doctor: an instance's life."""

from __future__ import annotations

from typing import Any

import click

from engine import doctor, instance
from engine.cli.context import instance_app, progress
from engine.cli.output import as_json, json_option
from engine.config import create_secret, read_settings


def add_to(group: click.Group) -> None:
    """Add these commands."""
    for command in (init, upgrade, examine):
        group.add_command(command)


@click.command()
def init() -> None:
    """Make an instance in BYWAY_INSTANCE; harmless where there is one."""
    settings = read_settings()
    made = create_secret(settings)
    with instance_app(settings):
        instance.upgrade()
    click.echo(f"{'Made' if made else 'There is'} an instance in {settings.instance}.")


@click.command()
def upgrade() -> None:
    """Bring the database to this version's schema."""
    with instance_app():
        instance.upgrade()
    click.echo("The database has the schema of this version.")


@click.command("doctor")
@click.option("--index", "whole", is_flag=True, help="Look at the whole index, not at a sample.")
@click.option("--rebuild-index", "mend", is_flag=True,
    help="The same, and mend it; the site may go on meanwhile.")  # fmt: skip
@json_option()
def examine(whole: bool, mend: bool, json: bool) -> None:
    """Look the instance over: what is well, what is not, and how to mend it."""
    with instance_app():
        found = _examined(whole, mend)
    if json:
        as_json({"well": all(check["well"] for check in found), "checks": found})
    else:
        for check in found:
            click.echo(f"{'ok  ' if check['well'] else 'BAD '} {check['what']}: {check['found']}")
            if not check["well"]:
                click.echo(f"     {check['mend']}")
    if not all(check["well"] for check in found):
        raise click.exceptions.Exit(1)


def _examined(whole: bool, mend: bool) -> list[dict[str, Any]]:
    if not whole and not mend:
        return doctor.examine()
    with progress("Mending" if mend else "Checking", "statements") as step:
        return doctor.examine(lambda index: index.rebuild(step) if mend else index.check(step))
