"""rulesets: the versions of an instance, and what a new one would change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any, BinaryIO, cast

import click
from sqlalchemy import select

from engine import profiles, simulation
from engine.cli.context import progress, with_app
from engine.cli.output import as_json, json_option, read_text
from engine.competencies import frameworks as kept
from engine.competencies import rulesets as versions
from engine.competencies.config import compile_ruleset, well_shaped
from engine.competencies.differences import Difference, differences
from engine.competencies.framework_documents import Framework
from engine.competencies.models import Projection, RulesetRow
from engine.db import db, transaction
from engine.moments import from_us
from engine.movements import Move, Reason

SHOWN = 12
"""How many characters of a hash are told to people."""


def add_to(group: click.Group) -> None:
    """Add what these commands can do."""
    for command in (simulate, publish, list_, show, diff):
        group.add_command(command)


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


@click.command("list")
@json_option()
@with_app
def list_(json: bool) -> None:
    """List every version that was published, the newest first."""
    rows = [_listed(row, _states()) for row in versions.every()]
    if json:
        as_json(rows)
    for row in [] if json else rows:
        state = f"  {row['state']}" if row["state"] else ""
        click.echo(f"{row['sha256'][:SHOWN]}  {row['published_at'][:10]}  {row['title']}{state}")


def _states() -> dict[int, str]:
    alive = Projection.state.in_(("serving", "building"))
    return {
        one.ruleset_id: one.state for one in db.session.scalars(select(Projection).where(alive))
    }


def _listed(row: RulesetRow, states: Mapping[int, str]) -> dict[str, Any]:
    return {
        "sha256": row.sha256,
        "title": row.title,
        "by": row.by,
        "published_at": from_us(row.published_at).isoformat(),
        "state": states.get(row.id),
    }


@click.command()
@click.argument("sha256", metavar="[SHA]", required=False)
@with_app
def show(sha256: str | None) -> None:
    """Print a version as JSON, which can be edited and published; the newest by default."""
    row = versions.find(sha256) if sha256 else versions.current()
    click.echo(f"sha256 {row.sha256}", err=True)
    as_json(row.config)


@click.command()
@click.argument("before", metavar="A")
@click.argument("after", metavar="B")
@json_option()
@with_app
def diff(before: str, after: str, json: bool) -> None:
    """Say what differs between two versions; `-` or a file's name stands for a file."""
    found = differences(_config(before), _config(after))
    if json:
        as_json([asdict(one) for one in found])
    for one in [] if json else found:
        click.echo(_difference(one))
    if not found and not json:
        click.echo("They are the same.")


def _config(named: str) -> dict[str, Any]:
    """The config of a version by its hash; what looks like a file is read."""
    if named == "-" or "." in named or "/" in named:
        with click.open_file(named, "rb") as file, well_shaped("The ruleset"):
            return compile_ruleset(read_text(cast(BinaryIO, file)))
    return versions.find(named).config


def _difference(one: Difference) -> str:
    if one.before is None:
        return f"+ {one.where}: {one.after}"
    if one.after is None:
        return f"- {one.where}: {one.before}"
    return f"  {one.where}: {one.before} > {one.after}"


@click.command()
@click.argument("file", type=click.File("rb"))
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="The day; today by default.")
@json_option()
@with_app
def simulate(file: BinaryIO, as_of: datetime | None, json: bool) -> None:
    """Try a ruleset on history, and say who would move and why; nothing is published."""
    text = read_text(file)
    profiles.catch_up()
    with progress("Simulating", "statements") as step:
        found = simulation.simulate(text, as_of.date() if as_of else None, step)
    if json:
        as_json(_simulated(found))
    else:
        _tell(found, kept.in_force(compile_ruleset(text)))


def _simulated(found: simulation.Simulation) -> dict[str, Any]:
    return {
        "before": found.before,
        "after": found.after,
        "as_of": found.as_of.isoformat(),
        "people": found.people,
        "statements": found.statements,
        "totals": {name: found.count(name) for name in simulation.TALLIED},
        "competencies": {id_: dict(tally) for id_, tally in found.tallies.items()},
        "differences": [asdict(one) for one in found.differences],
        "moved": [_moved(one) for one in found.moved],
    }


def _moved(one: simulation.Moved) -> dict[str, Any]:
    learner = one.learner
    named = {"id": learner.uid, "name": learner.name} if learner.uid else {}
    return {
        "learner": named or {"identifiers": sorted(learner.keys)},
        "moves": [_move(move) for move in one.moves],
    }


def _move(move: Move) -> dict[str, Any]:
    return {**asdict(move), "direction": move.direction, "levels": move.levels}


def _tell(found: simulation.Simulation, words: Framework) -> None:
    click.echo(
        f"{found.people} learners, {found.statements} statements, levels on {found.as_of}:"
        f" {found.before[:SHOWN]} > {found.after[:SHOWN]}"
    )
    click.echo(
        ", ".join(f"{found.count(name)} {_WORDS[name]}" for name in simulation.TALLIED) + "."
    )
    for id_, tally in found.tallies.items():
        told = [f"{tally[name]} {_WORDS[name]}" for name in simulation.TALLIED[:4] if tally[name]]
        if told:
            click.echo(f"  {words.name(id_)}: {', '.join(told)}")
    for one in found.moved:
        for move in one.moves:
            click.echo(_sentence(one.learner.told, move, words))
            for reason in move.reasons:
                click.echo(f"    {_because(reason)}")


_WORDS = {
    "up": "up",
    "down": "down",
    "new": "new",
    "lost": "lost",
    "within": "within their level",
    "same": "the same",
}


def _sentence(who: str, move: Move, words: Framework) -> str:
    levels = [place.level if place else None for place in (move.before, move.after)]
    was, becomes = ("nothing" if level is None else f"level {level}" for level in levels)
    return (
        f"{who}, {words.name(move.competency)}: {was} > {becomes}"
        f" ({move.direction}, {move.score_milli / 1000:+.3f})"
    )


def _because(reason: Reason) -> str:
    rows = f" on {reason.rows} rows" if reason.rows else ""
    change = (
        f" {reason.before} > {reason.after}"
        if (reason.before, reason.after) != (None, None)
        else ""
    )
    return f"{reason.what} {reason.where}{rows}{change}"
