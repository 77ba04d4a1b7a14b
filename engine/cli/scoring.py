"""rulesets, competencies: the commands that need no instance, and the way to those that do."""

from __future__ import annotations

from typing import Any, BinaryIO

import click
import orjson

from engine.cli.lazy import Commands
from engine.cli.output import as_json, json_option, read_text
from engine.competencies.config import compile_ruleset, config_hash, well_shaped
from engine.competencies.contract import score_case
from engine.competencies.lint import lint as lint_config
from engine.errors import Refused

LIVE = "engine.cli.competencies"
VERSIONS = "engine.cli.rulesets"


def add_to(group: click.Group) -> None:
    """Add these groups."""
    group.add_command(rulesets)
    group.add_command(competencies)


@click.group(
    cls=Commands, places=dict.fromkeys(("simulate", "publish", "list", "show", "diff"), VERSIONS)
)
def rulesets() -> None:
    """Rulesets: what counts, and for how much."""


@rulesets.command()
@click.argument("file", type=click.File("rb"))
@click.option("--strict", is_flag=True, help="End with 1 for warnings too.")
@json_option()
def lint(file: BinaryIO, strict: bool, json: bool) -> None:
    """Look a ruleset over; errors, which keep it from being published, end with 1."""
    with well_shaped("The ruleset"):
        found = lint_config(compile_ruleset(read_text(file)))
    if json:
        as_json([{"level": f.level, "where": f.where, "why": f.why, "mend": f.mend} for f in found])
    for finding in () if json else found:
        click.echo(f"{finding.level} {finding.where}: {finding.why} {finding.mend}")
    if any(strict or finding.level == "ERROR" for finding in found):
        raise click.exceptions.Exit(1)
    if not found and not json:
        click.echo("Nothing to find fault with.")


@rulesets.command("compile")
@click.argument("file", type=click.File("rb"))
def compile_(file: BinaryIO) -> None:
    """Print the config a ruleset compiles to; its hash goes to standard error."""
    with well_shaped("The ruleset"):
        config = compile_ruleset(read_text(file))
    click.echo(f"sha256 {config_hash(config)}", err=True)
    as_json(config)


@click.group(cls=Commands, places={"profile": LIVE})
def competencies() -> None:
    """Scores and profiles."""


@competencies.command()
@click.argument("file", type=click.File("rb"), metavar="CASE.json")
def score(file: BinaryIO) -> None:
    """Score {"config", "statements", "as_of"} and print the levels; a pure function."""
    case = _case(file.read())
    with well_shaped("The case"):
        levels = score_case(case)
    as_json(levels)


def _case(body: bytes) -> dict[str, Any]:
    mend = "Give an object with config, statements and as_of."
    try:
        case = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Refused(f"This is not JSON: {error}.", mend) from error
    if not isinstance(case, dict):
        raise Refused("This is not a JSON object.", mend)
    return case
