"""frameworks, rulesets, competencies, rebuild: what the record means."""

from __future__ import annotations

from datetime import date
from typing import Any, BinaryIO

import click
import orjson

from engine import imports, profiles
from engine.cli.context import as_json, json_option, progress, with_app
from engine.competencies import contract
from engine.competencies import rulesets as service
from engine.competencies.config import compile_ruleset, config_hash
from engine.competencies.lint import lint as lint_config
from engine.competencies.scoring import Standing
from engine.db import transaction
from engine.errors import Refused
from engine.people import service as people


def add_to(group: click.Group) -> None:
    """Add these groups."""
    for command in (frameworks, rulesets, competencies, rebuild):
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


@click.group()
def rulesets() -> None:
    """Rulesets: what counts, and for how much."""


@rulesets.command()
@click.argument("file", type=click.File("r", encoding="utf-8"))
@json_option()
def lint(file: Any, json: bool) -> None:
    """Look a ruleset over."""
    found = lint_config(compile_ruleset(file.read()))
    if json:
        as_json([{"level": f.level, "where": f.where, "why": f.why, "mend": f.mend} for f in found])
    for finding in () if json else found:
        click.echo(f"{finding.level} {finding.where}: {finding.why} {finding.mend}")
    if any(finding.level == "ERROR" for finding in found):
        raise click.exceptions.Exit(1)
    if not found and not json:
        click.echo("Nothing to find fault with.")


@rulesets.command("compile")
@click.argument("file", type=click.File("r", encoding="utf-8"))
def compile_(file: Any) -> None:
    """Print the config a ruleset compiles to; its hash goes to standard error."""
    config = compile_ruleset(file.read())
    click.echo(f"sha256 {config_hash(config)}", err=True)
    as_json(config)


@rulesets.command()
@click.argument("file", type=click.File("r", encoding="utf-8"))
@with_app
def publish(file: Any) -> None:
    """Publish a ruleset; pages serve the old one until the log has been weighed anew."""
    with transaction():
        row = service.publish(file.read(), title=file.name, by="byway rulesets publish")
        sha256 = row.sha256
    service.bring_into_force(row)
    click.echo(f"Published {sha256}.")


@click.group()
def competencies() -> None:
    """Scores and profiles."""


@competencies.command()
@click.argument("file", type=click.File("rb"), metavar="CASE.json")
def score(file: BinaryIO) -> None:
    """Score {"config", "statements", "as_of"} and print the levels; a pure function."""
    try:
        case = orjson.loads(file.read())
    except orjson.JSONDecodeError as error:
        raise Refused(f"This is not JSON: {error}.", "Give an object with config, statements, as_of.") from error
    if not isinstance(case, dict):
        raise Refused("This is not a JSON object.", "Give config, statements and as_of.")
    as_json(contract.score_case(case))


@competencies.command()
@click.argument("email")
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="The day; today by default.")
@json_option()
@with_app
def profile(email: str, as_of: Any, json: bool) -> None:
    """Print a person's levels."""
    profiles.catch_up()
    person = people.get_person(email)
    day = as_of.date() if as_of else profiles.today()
    found = profiles.profile_of(person.id, day)
    if json:
        as_json(_printed(email, day, found))
        return
    for competency, standing in found.standings.items():
        click.echo(f"{competency}: level {standing.level}, support {standing.confidence_ppm} ppm")


def _printed(email: str, day: date, found: profiles.Profile) -> dict[str, Any]:
    return {
        "learner": email,
        "as_of": day.isoformat(),
        "ruleset": found.ruleset_sha256,
        "competencies": {name: _standing(one) for name, one in found.standings.items()},
        "rollup": {name: contract.printed_node(node) for name, node in found.nodes.items()},
    }


def _standing(one: Standing) -> dict[str, Any]:
    return contract.printed_standing(one)


@click.command()
@click.option("--check", is_flag=True, help="Compare only; what is served stays.")
@json_option()
@with_app
def rebuild(check: bool, json: bool) -> None:
    """Work evidence and levels out again from the log, and compare with what is served."""
    with progress("Rebuilding", "statements") as step:
        done = profiles.rebuild(check=check, progress=step)
    if json:
        as_json({"digest": done.digest, "statements": done.statements, "equal": done.equal})
    else:
        click.echo(f"{done.digest} over {done.statements} statements; equal: {done.equal}.")
    if not done.equal:
        raise click.exceptions.Exit(1)
