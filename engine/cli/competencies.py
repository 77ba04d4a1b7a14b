"""frameworks, and what competencies can do with an instance."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, BinaryIO

import click

from engine import imports, profiles, reweighing
from engine.api import FrameworkFile
from engine.cli.context import with_app
from engine.cli.output import as_json, json_option
from engine.competencies import contract, framework_rulesets, projector
from engine.competencies import frameworks as kept
from engine.competencies import rulesets as versions
from engine.competencies.framework_documents import said
from engine.db import transaction
from engine.errors import NotFound
from engine.people import service as people


def add_to(group: click.Group) -> None:
    """Add what belongs to this group."""
    belonging: dict[str | None, tuple[click.Command, ...]] = {"competencies": (profile,)}
    for command in belonging.get(group.name, (frameworks,)):
        group.add_command(command)


@click.group()
def frameworks() -> None:
    """Competency frameworks."""


@frameworks.command("import")
@click.argument("files", type=click.File("rb"), nargs=-1, required=True)
@click.option("--format", "form", default="", help="Name the format instead of having it found.")
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="An option of it.")
@click.option("--preview", "only", is_flag=True, help="Say what would change, and keep nothing.")
@json_option()
@with_app
def import_(
    files: tuple[BinaryIO, ...], form: str, settings: tuple[str, ...], only: bool, json: bool
) -> None:
    """Import a competency framework; what was there before keeps its evidence."""
    given = [FrameworkFile(name=file.name, body=file.read()) for file in files]
    with transaction():
        found = imports.preview(given, form=form, options=_pairs(settings))
        if not only:
            kept.keep(found.document)
    if json:
        as_json(_previewed(found))
    else:
        _tell_changes(found)


def _pairs(settings: tuple[str, ...]) -> dict[str, str]:
    pairs = [one.partition("=") for one in settings]
    if strange := [name for name, equals, _ in pairs if not equals]:
        raise click.BadParameter(f'"{strange[0]}" is not NAME=VALUE.', param_hint="--set")
    return {name: value for name, _, value in pairs}


def _previewed(found: imports.Preview) -> dict[str, Any]:
    changes = found.changes
    return {
        "format": found.form.name,
        "uri": found.framework.uri,
        "title": found.framework.title,
        "competencies": len(found.framework.competencies),
        "new": list(changes.new),
        "changed": [{"uri": one.uri, "members": list(one.members)} for one in changes.changed],
        "gone": list(changes.gone),
        "same": changes.same,
        "remarks": list(found.remarks),
    }


def _tell_changes(found: imports.Preview) -> None:
    framework, changes = found.framework, found.changes
    title = said(framework.title, "en")
    click.echo(f"{title}: {len(framework.competencies)} competencies, read as {found.form.title}.")
    click.echo(
        f"{len(changes.new)} new, {len(changes.changed)} changed, {len(changes.gone)} gone"
        f" (kept as retired), {changes.same} the same."
    )
    for remark in found.remarks:
        click.echo(f"Note: {remark}")


@frameworks.command("list")
@json_option()
@with_app
def list_(json: bool) -> None:
    """List the frameworks that are kept."""
    rows = [
        {"uri": row.uri, "title": row.title, "competencies": len(row.document["competencies"])}
        for row in kept.every()
    ]
    if json:
        as_json(rows)
    for row in [] if json else rows:
        click.echo(f"{row['uri']}  {row['title']}: {row['competencies']} competencies")


@frameworks.command("export")
@click.argument("uri")
@click.option("--format", "form", required=True, help="Such as case or moodle.")
@click.option("--output", "-o", type=click.File("wb"), default="-", show_default="standard output")
@with_app
def export(uri: str, form: str, output: BinaryIO) -> None:
    """Write a framework in another system's format."""
    body, _ = imports.export_framework(uri, form)
    output.write(body)


@frameworks.command()
@click.argument("uri")
@click.option("--half-life", default="365d", show_default=True, help="Such as 365d, or never.")
@with_app
def ruleset(uri: str, half_life: str) -> None:
    """Print a ruleset that counts for a framework: a file to edit, lint, simulate and publish."""
    row = kept.newest(uri)
    if row is None:
        raise NotFound(f"There is no framework {uri}.", "See `byway frameworks list`.")
    click.echo(framework_rulesets.ruleset_for(row.document, half_life=half_life), nl=False)


@click.command()
@click.argument("email")
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="The day; today by default.")
@click.option("--ruleset", "sha256", metavar="SHA", help="The version of the rules to weigh with.")
@json_option()
@with_app
def profile(email: str, as_of: datetime | None, sha256: str | None, json: bool) -> None:
    """Print a person's levels; with --ruleset as that version of the rules has them."""
    profiles.catch_up()
    person = people.get_person(email)
    day = as_of.date() if as_of else profiles.today()
    if sha256 is None:
        found = profiles.profile_of(person.id, day)
    else:
        ruleset = projector.ruleset_of(versions.find(sha256).id)
        found = reweighing.profile_under(person.id, ruleset, day)
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
