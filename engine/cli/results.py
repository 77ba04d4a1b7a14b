"""results: what L&D decides about published levels and badges, publishing now, signing keys."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import click

from engine import profiles
from engine.cli.context import with_app
from engine.cli.output import as_json, json_option
from engine.db import transaction
from engine.people import service as people
from engine.publishing import asserting, keys
from engine.publishing.policy import decide, policy


def add_to(group: click.Group) -> None:
    """Add these commands."""
    group.add_command(results)


@click.group()
def results() -> None:
    """Levels that are published, confirmed by people, and issued as badges."""


@results.command()
@click.option("--publish/--no-publish", "publishes", default=None, help="Levels of who consents.")
@click.option("--badge-level", type=int, help="The lowest level with a badge; 0 for no badges.")
@click.option("--issuer", metavar="NAME", help="The organisation as badges name it.")
@json_option()
@with_app
def settings(
    publishes: bool | None, badge_level: int | None, issuer: str | None, json: bool
) -> None:
    """Show what holds, or change it; what was published or issued before stays."""
    given = {"publishes": publishes, "badge_level": badge_level, "issuer": issuer}
    wanted: dict[str, Any] = {n: value for n, value in given.items() if value is not None}
    if wanted:
        with transaction():
            decide(replace(policy(), **wanted), by="command line")
    now = policy()
    if json:
        as_json(asdict(now))
        return
    click.echo(f"Levels are {'' if now.publishes else 'not '}published, of who consents.")
    click.echo(f"Badges: {f'from level {now.badge_level} on' if now.badge_level else 'none'}.")
    click.echo(f"Issuer: {now.issuer}.")


@results.command()
@click.option("--learner", metavar="EMAIL", help="Only hers; everybody's by default.")
@json_option()
@with_app
def publish(learner: str | None, json: bool) -> None:
    """Publish what changed since it was last published; the worker does it once a day."""
    if learner is None:
        told = asserting.publish_all()
    else:
        told = asserting.publish(people.get_person(learner), profiles.today())
    if json:
        as_json({"published": told})
    else:
        click.echo(f"Changes published: {told}.")


@results.command("new-key")
@json_option()
@with_app
def new_key(json: bool) -> None:
    """Sign badges with a new key from now on; those signed before stay verifiable."""
    address = keys.new_key()
    if json:
        as_json({"kid": address})
    else:
        click.echo(address)
