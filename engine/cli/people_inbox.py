"""people inbox and what belongs to it: open handles, decisions, and what happens by itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any, BinaryIO

import click

from engine.cli.context import with_app
from engine.cli.output import as_json, json_option
from engine.db import portions, transaction
from engine.lrs.keys import listed
from engine.moments import from_us
from engine.people import inbox, policies, suggestions
from engine.people.inbox import Decider
from engine.people.suggestions import Suggestion
from engine.sources import account_rules, handles, inbox_csv, named, newcomers
from engine.sources.handles import Handle, Wanted

COMMAND = Decider(name="byway people inbox")


def add_to(group: click.Group) -> None:
    """Add these commands to the group of people."""
    for command in (inbox_, link_csv, ignore, history, policies_):
        group.add_command(command)


@click.command("inbox")
@click.option("--csv", "csv_", is_flag=True, help="Print it as CSV, to be filled in.")
@click.option("--search", default="", help="Only handles with this in them.")
@click.option("--ignored", is_flag=True, help="What was put aside instead.")
@json_option()
@with_app
def inbox_(csv_: bool, search: str, ignored: bool, json: bool) -> None:
    """Handles that nobody owns, and who they could be."""
    if csv_:
        for line in inbox_csv.written():
            click.echo(line, nl=False)
        return
    wanted = Wanted(search=search, ignored=ignored)
    found = [*handles.every(wanted), *named.every(search, ignored=ignored)]
    told = [_told(one, some) for one, some in _suggested(found)]
    if json:
        as_json(told)
        return
    for one in told:
        click.echo(_in_words(one))
    if not told:
        click.echo("Nothing is open.")


def _suggested(found: Sequence[Handle]) -> Iterator[tuple[Handle, Sequence[Suggestion]]]:
    for part in portions(found):
        some = suggestions.suggest([one.key for one in part])
        yield from ((one, some.get(one.key, ())) for one in part)


def _told(one: Handle, found: Sequence[Suggestion]) -> dict[str, Any]:
    """A handle as scripts read it."""
    return {
        "handle": one.key,
        "rows": one.rows,
        "sources": {seen.source: seen.rows for seen in one.seen},
        "first_seen": from_us(one.first).isoformat(),
        "last_seen": from_us(one.last).isoformat(),
        "waits": one.waits,
        "suggestions": [
            {"email": some.email, "reason": some.reason, "strength": some.strength}
            for some in found
        ],
    }


def _in_words(told: Mapping[str, Any]) -> str:
    sources = ", ".join(f"{source} {rows}" for source, rows in told["sources"].items())
    reasons = "".join(f"\n    {some['reason']}" for some in told["suggestions"])
    return f"{told['handle']}  {told['rows']} ({sources})" + reasons


@click.command("ignore")
@click.argument("handle")
@click.option("--undo", is_flag=True, help="Take it up again.")
@with_app
def ignore(handle: str, undo: bool) -> None:
    """Put a HANDLE aside: it stays nobody's and leaves the list."""
    change = inbox.heed if undo else inbox.ignore
    with transaction():
        change([handle], COMMAND)
    click.echo(f"{handle} is {'open again' if undo else 'put aside'}.")


@click.command("link-csv")
@click.argument("file", type=click.File("rb"), metavar="CSV")
@click.option("--preview", is_flag=True, help="Only say what it would do.")
@json_option()
@with_app
def link_csv(file: BinaryIO, preview: bool, json: bool) -> None:
    """Take a filled-in CSV back in."""
    work = inbox_csv.preview if preview else inbox_csv.take
    told = work(file.read(), COMMAND)
    if json:
        as_json([asdict(one) for one in told])
    else:
        for one in told:
            click.echo(f"row {one.row}: {one.outcome} {one.handle} {one.email}".rstrip())
            if one.why:
                click.echo(f"row {one.row}: {one.why} {one.mend}", err=True)
    if told and all(one.outcome == "refused" for one in told):
        raise click.exceptions.Exit(1)


@click.command("history")
@click.option("--undo", type=int, metavar="NUMBER", help="Take a decision back.")
@with_app
def history(undo: int | None) -> None:
    """The newest decisions about people, and taking one back."""
    if undo is not None:
        with transaction():
            inbox.take_back(undo, COMMAND)
        click.echo("Taken back.")
        return
    for one in inbox.history():
        who = " ".join(filter(None, (one.email, one.other, *one.keys[:1])))
        at = from_us(one.at).isoformat(timespec="minutes")
        click.echo(f"{one.id}  {at}  {one.act} {who}" + (f"  by {one.by}" if one.by else ""))


@click.command("policies")
@click.option("--trust", metavar="DOMAIN", help="Let its addresses become people.")
@click.option("--distrust", metavar="DOMAIN", help="Trust it no more; people it made stay.")
@click.option("--follow", metavar="SOURCE", help="Link accounts by the address its reports give.")
@click.option("--follow-no-more", metavar="SOURCE", help="Link none of its accounts any more.")
@with_app
def policies_(
    trust: str | None, distrust: str | None, follow: str | None, follow_no_more: str | None
) -> None:
    """What happens by itself: trusted domains, and account rules of keys and sources."""
    with transaction():
        if trust is not None:
            policies.trust(trust, by=COMMAND.name)
        if distrust is not None:
            policies.distrust(distrust, by=COMMAND.name)
        if follow is not None:
            account_rules.follow(follow)
        if follow_no_more is not None:
            account_rules.follow_no_more(follow_no_more)
    if created := newcomers.create_people():
        click.echo(f"{created} people created.")
    for one in policies.trusted():
        click.echo(f"{one.domain} is trusted, by {one.by}.")
    for key in listed():
        if key.account_rule:
            click.echo(
                f"{key.name}: account names are the {key.account_rule}, "
                f"on {key.account_home_page or 'every home page'}."
            )
    for source in account_rules.every():
        if source.is_followed:
            click.echo(f"{source.name}: accounts are linked by the address its reports give.")
