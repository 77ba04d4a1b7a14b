"""keys: what an LMS signs in with."""

from __future__ import annotations

import click

from engine.cli.context import with_app
from engine.cli.output import as_json, json_option
from engine.config import settings
from engine.db import transaction
from engine.lrs import keys as service


def add_to(group: click.Group) -> None:
    """Add this group."""
    group.add_command(keys)


@click.group()
def keys() -> None:
    """Keys of the xAPI endpoint."""


@keys.command()
@click.argument("name")
@click.argument("more", nargs=-1, metavar="[SCOPE]...")
@click.option("--scope", "scopes", multiple=True, help=", ".join(service.SCOPES))
@click.option("--reads", type=click.Choice(service.READS), default="mine", show_default=True)
@click.option("--may-attest", is_flag=True, help="Its approvals and attestations count.")
@click.option("--basis", type=click.Choice(service.BASES), default="notice", show_default=True)
@json_option()
@with_app
def create(
    name: str,
    more: tuple[str, ...],
    scopes: tuple[str, ...],
    reads: str,
    may_attest: bool,
    basis: str,
    json: bool,
) -> None:
    """Make a key; its secret is shown once."""
    wanted = [scope for given in (*scopes, *more) for scope in given.split(",") if scope]
    with transaction():
        key = service.create_key(
            name,
            scopes=wanted or list(service.DEFAULT_SCOPES),
            reads=reads,
            may_attest=may_attest,
            basis=basis,
            home_page=settings().public_url,
        )
    if json:
        as_json({"key": key.key, "secret": key.secret})
    else:
        click.echo(f"Endpoint  {settings().public_url}/xapi")
        click.echo(f"Key       {key.key}\nSecret    {key.secret}")
        click.echo("The secret is not shown again.")
