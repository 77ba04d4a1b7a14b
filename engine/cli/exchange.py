"""forwards and pulls: other record stores that statements are sent to and fetched from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any, TypeVar

import click

from engine.cli.context import progress, with_app
from engine.cli.output import as_json, json_option
from engine.db import db, transaction
from engine.exchange import forwards, pulling, pulls
from engine.exchange.client import Trouble, newest_version
from engine.exchange.remotes import endpoint
from engine.lrs.models import ForwardRow, PullRow
from engine.lrs.origins import BASES
from engine.moments import iso
from engine.pipeline import reader
from xapi.versions import SUPPORTED, V1

F = TypeVar("F", bound=Callable[..., Any])

VERSION = click.option(
    "--version", type=click.Choice(SUPPORTED), help="The newest it speaks, unless given."
)
KEY = click.option("--key", "username", required=True, help="The key (user name) it gave you.")
SECRET = click.option("--secret", prompt=True, hide_input=True, help="Asked for when left out.")
CHANGES = (
    click.option("--url", help="The address of its endpoint."),
    click.option("--key", "username", help="Another key (user name)."),
    click.option("--secret", prompt=True, prompt_required=False, hide_input=True),
    click.option("--version", type=click.Choice(SUPPORTED)),
    click.option("--on/--off", "enabled", default=None, help="Go on, or pause."),
)
FILTERS = (
    click.option("--audience", "audiences", multiple=True,
        help="public (what leaves unless you say otherwise), manager, community:SLUG, private."),
    click.option("--verb", "verbs", multiple=True, metavar="IRI"),
    click.option("--activity", "activities", multiple=True, metavar="IRI",
        help="As the object, or in the context."),
    click.option("--agent", "agents", multiple=True, metavar="IDENTIFIER"),
    click.option("--origin", "origins", multiple=True, metavar="NAME",
        help="A key or source it came from."),
    click.option("--from-start", is_flag=True, help="Everything stored so far as well."),
)  # fmt: skip


def _options(options: tuple[Callable[[F], F], ...]) -> Callable[[F], F]:
    def decorate(command: F) -> F:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


def add_to(group: click.Group) -> None:
    """Add these groups."""
    group.add_command(forwards_)
    group.add_command(pulls_)


def _version(given: str | None, url: str) -> str:
    """The version to speak: what was said, else the newest that the store names itself."""
    if given:
        return given
    try:
        return newest_version(url)
    except Trouble as trouble:
        click.echo(f"It cannot be asked now. {trouble}", err=True)
        click.echo(f"Taken to speak {V1}; change that with `set --version`.", err=True)
        return V1


def _when(moment: int) -> str | None:
    return iso(moment) if moment else None


# --- forwards ----------------------------------------------------------------------------------


@click.group("forwards")
def forwards_() -> None:
    """Forwards: record stores that statements are sent on to."""


@forwards_.command("add")
@click.argument("name")
@click.argument("url")
@KEY
@SECRET
@VERSION
@_options(FILTERS)
@with_app
def add_forward(
    name: str, url: str, username: str, secret: str, version: str | None, **given: Any
) -> None:
    """Send statements on to the record store at URL, from now on.

    Options that can be repeated widen a filter; different filters narrow each other.
    """
    url = endpoint(url)
    wish = forwards.Wish(
        url=url,
        username=username,
        secret=secret,
        version=_version(version, url),
        **_wanted(given),
    )
    after = reader().last()
    with transaction():
        row = forwards.add(name, wish, after=after)
    click.echo(f"Added {name}: {_what_leaves(row)}")
    _warn(row)


@forwards_.command("set")
@click.argument("name")
@_options(CHANGES)
@_options(FILTERS)
@with_app
def set_forward(
    name: str,
    url: str | None,
    username: str | None,
    secret: str | None,
    version: str | None,
    enabled: bool | None,
    **given: Any,
) -> None:
    """Change a forward, and let it try again at once.

    A filter that is given takes the place of the old one; given as "" it is taken away.
    """
    wish = forwards.Wish(
        url=url,
        username=username,
        secret=secret,
        version=version,
        enabled=enabled,
        **_wanted(given),
    )
    with transaction():
        row = forwards.get(name)
        forwards.change(row, wish)
    click.echo(f"Changed {name}: {_what_leaves(row)}")
    _warn(row)


def _wanted(given: dict[str, Any]) -> dict[str, Any]:
    """The options about what leaves, as a wish has them: left out means left alone."""
    return {
        "audiences": given["audiences"] or None,
        "match": {name: given[name] for name in forwards.MATCHED if given[name]},
        "from_start": given["from_start"],
    }


def _what_leaves(row: ForwardRow) -> str:
    return f"what is {' or '.join(row.audiences)} goes to {row.url}, as xAPI {row.version}."


def _warn(row: ForwardRow) -> None:
    if "private" in row.audiences:
        click.echo(
            "Careful: what learners keep to themselves leaves too. Make sure that they know, and "
            "that there is a legal basis for it.",
            err=True,
        )
    _warn_in_the_clear(row.url)


def _warn_in_the_clear(url: str) -> None:
    if url.startswith("http://"):
        click.echo("Careful: over http, key and statements can be read on the way.", err=True)


@forwards_.command("list")
@json_option()
@with_app
def list_forwards(json: bool) -> None:
    """List the forwards, how far they are, and what keeps them."""
    found = [_forward(row) for row in forwards.every()]
    if json:
        as_json(found)
        return
    for one in found:
        state = one["trouble"] or ("well" if one["enabled"] else "paused")
        click.echo(
            f"{one['name']:<24} {one['sent']} sent, {one['withheld']} withheld, "
            f"{one['letters']} refused, {one['behind']} to go. {state}"
        )


def _forward(row: ForwardRow) -> dict[str, Any]:
    return {
        "name": row.name,
        "url": row.url,
        "version": row.version,
        "key": row.username,
        "audiences": row.audiences,
        "match": row.match,
        "enabled": row.enabled,
        "behind": forwards.behind(row),
        "sent": row.sent,
        "withheld": row.withheld,
        "letters": forwards.count_letters(row),
        "trouble": row.trouble,
        "next_try": _when(row.not_before),
    }


@forwards_.command("remove")
@click.argument("name")
@with_app
def remove_forward(name: str) -> None:
    """Send nothing more to a store, and forget what it refused."""
    with transaction():
        letters = forwards.remove(forwards.get(name))
    click.echo(f"Removed {name} and {letters} letters. What was sent stays there.")


@forwards_.command("letters")
@click.argument("name")
@json_option()
@with_app
def list_letters(name: str, json: bool) -> None:
    """List what a store refused, and why."""
    found = forwards.letters(forwards.get(name))
    if json:
        as_json([asdict(letter) for letter in found])
        return
    for letter in found:
        status = letter.status or "not sent"
        click.echo(f"{letter.id:<8} {letter.statement} {status} {letter.why}")


@forwards_.command("resend")
@click.argument("name")
@click.argument("letters", nargs=-1, type=int, metavar="[LETTER]...")
@click.option("--all", "everything", is_flag=True, help="All of them.")
@with_app
def resend(name: str, letters: tuple[int, ...], everything: bool) -> None:
    """Send LETTERs again that a store refused; the worker does it."""
    if not letters and not everything:
        raise click.UsageError("Name the letters, or --all.")
    with transaction():
        count = forwards.resend(forwards.get(name), None if everything else letters)
    click.echo(f"{count} will be sent again.")


# --- pulls -------------------------------------------------------------------------------------


@click.group("pulls")
def pulls_() -> None:
    """Pulls: record stores that statements are fetched from."""


@pulls_.command("add")
@click.argument("name")
@click.argument("url")
@KEY
@SECRET
@VERSION
@click.option("--every", type=int, default=300, show_default=True, help="Seconds.")
@click.option("--since", metavar="TIME", help="Only what it stored after this time.")
@click.option("--basis", type=click.Choice(BASES), default="notice", show_default=True)
@with_app
def add_pull(
    name: str,
    url: str,
    username: str,
    secret: str,
    version: str | None,
    every: int,
    since: str | None,
    basis: str,
) -> None:
    """Fetch statements from the record store at URL, again and again."""
    url = endpoint(url)
    wish = pulls.Wish(
        url=url,
        username=username,
        secret=secret,
        version=_version(version, url),
        every=every,
        since=since,
    )
    with transaction():
        row = pulls.add(name, wish, basis=basis)
    click.echo(f"Added {name}: {row.url} is asked every {row.every} seconds.")
    _warn_in_the_clear(row.url)


@pulls_.command("set")
@click.argument("name")
@_options(CHANGES)
@click.option("--every", type=int, help="Seconds.")
@click.option("--since", metavar="TIME", help='Begin again after this time; "" with everything.')
@with_app
def set_pull(name: str, **given: Any) -> None:
    """Change a pull, and let it try again at once."""
    with transaction():
        row = pulls.get(name)
        pulls.change(row, pulls.Wish(**given))
    click.echo(f"Changed {name}.")
    _warn_in_the_clear(row.url)


@pulls_.command("list")
@json_option()
@with_app
def list_pulls(json: bool) -> None:
    """List the pulls, what they brought, and what keeps them."""
    found = [_pull(row) for row in pulls.every()]
    if json:
        as_json(found)
        return
    for one in found:
        state = one["trouble"] or ("well" if one["enabled"] else "paused")
        click.echo(
            f"{one['name']:<24} {one['new']} new, {one['known']} known, "
            f"{one['refused']} refused. {state}"
        )


def _pull(row: PullRow) -> dict[str, Any]:
    return {
        "name": row.name,
        "url": row.url,
        "version": row.version,
        "key": row.username,
        "basis": pulls.origin_of(row).basis,
        "every": row.every,
        "since": row.since,
        "enabled": row.enabled,
        "new": row.new,
        "known": row.known,
        "refused": row.refused,
        "trouble": row.trouble,
        "next_try": _when(row.not_before),
    }


@pulls_.command("remove")
@click.argument("name")
@with_app
def remove_pull(name: str) -> None:
    """Fetch nothing more from a store; what came stays."""
    with transaction():
        pulls.remove(pulls.get(name))
    click.echo(f"Removed {name}. What came stays.")


@pulls_.command("run")
@click.argument("name")
@json_option()
@with_app
def run_pull(name: str, json: bool) -> None:
    """Fetch now whatever is new."""
    pull_id = pulls.get(name).id
    db.session.rollback()
    counts = dict.fromkeys(("new", "known", "refused"), 0)
    with progress(f"Pulling {name}", "statements") as step:
        for pulled in pulling.run(pull_id):
            for count in counts:
                counts[count] += getattr(pulled, count)
            step(sum(counts.values()))
    if json:
        as_json(counts)
    else:
        click.echo(f"{counts['new']} new, {counts['known']} known, {counts['refused']} refused.")
