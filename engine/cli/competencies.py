"""frameworks, rebuild, and what rulesets and competencies can do with an instance."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, BinaryIO

import click

from engine import imports, profiles
from engine.cli.context import progress, with_app
from engine.cli.output import as_json, json_option, read_text
from engine.competencies import contract
from engine.competencies import frameworks as kept
from engine.competencies import rulesets as versions
from engine.db import transaction
from engine.people import service as people


def add_to(group: click.Group) -> None:
    """Add what belongs to this group."""
    belonging: dict[str | None, tuple[click.Command, ...]] = {
        "rulesets": (publish,),
        "competencies": (profile,),
    }
    for command in belonging.get(group.name, (frameworks, rebuild)):
        group.add_command(command)


@click.group()
def frameworks() -> None:
    """Competency frameworks."""


@frameworks.command("import")
@click.argument("file", type=click.File("rb"))
@with_app
def import_(file: BinaryIO) -> None:
    """Import a competency framework."""
    with transaction():
        row = imports.import_framework(file.read(), file.name)
        click.echo(f"{row.title}: {len(row.document['competencies'])} competencies.")


@click.command()
@click.argument("file", type=click.File("rb"))
@with_app
def publish(file: BinaryIO) -> None:
    """Publish a ruleset; pages serve the old one until the log has been weighed anew."""
    with transaction():
        row = versions.publish(read_text(file), title=file.name, by="byway rulesets publish")
        sha256 = row.sha256
    versions.bring_into_force(row)
    click.echo(f"Published {sha256}.")


@click.command()
@click.argument("email")
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="The day; today by default.")
@json_option()
@with_app
def profile(email: str, as_of: datetime | None, json: bool) -> None:
    """Print a person's levels."""
    profiles.catch_up()
    person = people.get_person(email)
    day = as_of.date() if as_of else profiles.today()
    found = profiles.profile_of(person.id, day)
    if json:
        as_json(_printed(person.email, day, found))
    else:
        _tell(found)


def _printed(email: str, day: date, found: profiles.Profile) -> dict[str, Any]:
    standings = found.standings.items()
    return {
        "learner": email,
        "as_of": day.isoformat(),
        "ruleset": found.ruleset_sha256,
        "competencies": {name: contract.printed_standing(one) for name, one in standings},
        "rollup": {name: contract.printed_node(node) for name, node in found.nodes.items()},
    }


def _tell(found: profiles.Profile) -> None:
    words = kept.in_force(found.record.ruleset.config)
    for competency, one in found.standings.items():
        level = f"level {one.level} {words.level(one.level)}".rstrip()
        sure = f"confidence {one.confidence_ppm // 10_000} %"
        click.echo(f"{words.name(competency)}: {level}, {sure}")
    if not found.standings:
        click.echo("No evidence yet.")


@click.command()
@click.option("--check", is_flag=True, help="Compare only; what is served stays.")
@json_option()
@with_app
def rebuild(check: bool, json: bool) -> None:
    """Work evidence and levels out again from the log, and compare with what is served.

    With --check a difference is refused; without, what was worked out again is served.
    """
    with progress("Rebuilding", "statements") as step:
        done = profiles.rebuild(check=check, progress=step)
    if json:
        as_json({"digest": done.digest, "statements": done.statements, "equal": done.equal})
    else:
        click.echo(f"{done.digest} over {done.statements} statements; equal: {done.equal}.")
    if check and not done.equal:
        click.echo("What is served differs. Mend it with `byway rebuild`.", err=True)
        raise click.exceptions.Exit(1)
