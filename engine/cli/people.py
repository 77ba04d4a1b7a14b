"""people: who somebody is, her roles, and her way in."""

from __future__ import annotations

from typing import BinaryIO

import click
from sqlalchemy import select

from engine.cli import people_inbox
from engine.cli.context import progress, with_app
from engine.cli.output import as_json, json_option
from engine.config import settings
from engine.db import db, transaction
from engine.errors import NotFound
from engine.people import matching, service, signin
from engine.people.inbox import Decider
from engine.people.models import Person
from engine.sources import instances, linking


def add_to(group: click.Group) -> None:
    """Add this group."""
    group.add_command(people)


@click.group()
def people() -> None:
    """People, their identifiers and roles."""


@people.command("import")
@click.argument("file", type=click.File("rb"), metavar="CSV")
@json_option()
@with_app
def import_(file: BinaryIO, json: bool) -> None:
    """Create or update people from a CSV.

    Columns: name,email,identifiers,communities,manager,username,external_id.
    """
    with progress("Importing people", "rows") as step:
        done = matching.import_people(
            file.read(), by="byway people import", unit=transaction, progress=step
        )
    if json:
        as_json({"created": done.created, "updated": done.updated, "problems": done.problems})
    else:
        click.echo(f"{done.created} created, {done.updated} updated.")
        for problem in done.problems:
            click.echo(f"{problem['where']}: {problem['why']} {problem['mend']}", err=True)
    if done.problems and not done.created + done.updated:
        raise click.exceptions.Exit(1)


@people.command()
@click.argument("email")
@click.argument("identifier")
@click.option("--create", is_flag=True, help="Create a person with this address.")
@click.option("--name", default="", help="The name of the new person.")
@with_app
def link(email: str, identifier: str, create: bool, name: str) -> None:
    """Say that IDENTIFIER is this person's: mailto:..., HOMEPAGE::NAME, an openid or a sha1.

    Rows that waited under it are read in the run that brought them.
    """
    decider = Decider(name="byway people link")
    done = linking.link_early(identifier, email, decider, create=create, name=name)
    read = f" {done.read} rows that waited were read." if done.read else ""
    click.echo(f"{done.handle} is {email}.{read}")


@people.command()
@click.argument("email")
@click.argument("identifier")
@with_app
def unlink(email: str, identifier: str) -> None:
    """Take an identifier away from a person; what is recorded under it stays."""
    with transaction():
        keys = service.unlink(service.get_person(email), identifier, by="byway people unlink")
    click.echo(f"{keys[0]} is nobody's now.")


@people.command()
@click.argument("email")
@click.argument("other")
@with_app
def merge(email: str, other: str) -> None:
    """Take OTHER for the same person as EMAIL, until unmerged."""
    with transaction():
        into, from_ = service.get_person(email), service.get_person(other)
        service.merge(into, from_, by="byway people merge")
    click.echo(f"{other} is {email} now. Undo it with `byway people unmerge {other}`.")


@people.command()
@click.argument("other")
@with_app
def unmerge(other: str) -> None:
    """Give a merged person her own record back."""
    with transaction():
        address = service.clean_email(other)
        person = db.session.scalar(select(Person).where(Person.email == address))
        if person is None:
            raise NotFound(f"Nobody here has the address {other}.", "Check the spelling.")
        service.unmerge(person, by="byway people unmerge")
    click.echo(f"{other} is a person of her own again.")


@people.command()
@click.argument("email")
@click.argument("role", type=click.Choice(service.ROLES))
@click.option("--remove", is_flag=True, help="Take it away.")
@with_app
def role(email: str, role: str, remove: bool) -> None:
    """Give a role, or take it away."""
    change = service.take_role if remove else service.give_role
    with transaction():
        change(service.get_person(email), role)
    click.echo(f"{email} has the role {role}{' no more' if remove else ''}.")


@people.command("signin")
@click.argument("email")
@with_app
def sign_in(email: str) -> None:
    """Print an address that signs this person in once."""
    with transaction():
        address = signin.make_link(service.get_person(email), public_url=settings().public_url)
    click.echo(address)


@people.command()
@click.argument("email")
@click.argument("source")
@click.argument("word", type=click.Choice(["given", "withdrawn", "objected"]))
@with_app
def consent(email: str, source: str, word: str) -> None:
    """Write down what a person says about a source."""
    with transaction():
        service.say(service.get_person(email), instances.get(source).origin_id, word)
    click.echo(f"{email}: {word} for {source}.")


people_inbox.add_to(people)
