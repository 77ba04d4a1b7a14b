"""keys: what an LMS signs in with."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, replace
from typing import Any, TypeVar

import click
from sqlalchemy import select

from engine.cli.clients import CLIENTS, Client
from engine.cli.context import with_app
from engine.cli.output import as_json, json_option
from engine.cli.spans import read_end, read_span
from engine.config import settings
from engine.db import db, transaction
from engine.errors import NotFound, Refused
from engine.lrs import keys as service
from engine.lrs.callers import SCOPES
from engine.lrs.keys import Listed, NewKey
from engine.lrs.origins import ACCOUNT_RULES, BASES
from engine.lrs.rights import READS, Change
from engine.moments import from_us, iso
from engine.people.models import Community

F = TypeVar("F", bound=Callable[..., Any])
FORM = "Endpoint  {endpoint}\nKey       {key}\nSecret    {secret}"
MOMENTS = ("created_at", "expires_at", "last_used_at")


def add_to(group: click.Group) -> None:
    """Add this group."""
    group.add_command(keys)


@click.group()
def keys() -> None:
    """Keys of the xAPI endpoint."""


def _change_options(command: F) -> F:
    """What can be said of a key when it is made, and later."""
    for option in reversed(
        (
            click.option("--scope", "scopes", multiple=True, help=", ".join(SCOPES)),
            click.option("--reads", type=click.Choice(READS), help="Whose statements it sees."),
            click.option("--community", "communities", multiple=True, metavar="SLUG",
                help="With --reads shared: what is shared with a community."),
            click.option("--expires", type=read_end, metavar="END",
                help="90d, 2027-01-31 (its last day, UTC) or never."),
            click.option("--dedupe/--no-dedupe", default=None,
                help="Store what has a timestamp and no id once, however often it is sent."),
            click.option("--account-rule", type=click.Choice((*ACCOUNT_RULES, "none")),
                help="What the names of its accounts are."),
            click.option("--account-home-page", metavar="URL", help="Only of accounts there."),
        )
    ):  # fmt: skip
        command = option(command)
    return command


@keys.command()
@click.argument("name")
@click.argument("more", nargs=-1, metavar="[SCOPE]...")
@click.option("--for", "for_", type=click.Choice(tuple(CLIENTS)), help="A system known to Byway.")
@_change_options
@click.option("--browser", is_flag=True, help="Pages hold its secret: nothing it brings is proven.")
@click.option("--may-attest", is_flag=True, help="Its approvals and attestations count.")
@click.option("--basis", type=click.Choice(BASES), default="notice", show_default=True)
@json_option()
@with_app
def create(
    name: str,
    more: tuple[str, ...],
    for_: str | None,
    browser: bool,
    may_attest: bool,
    basis: str,
    json: bool,
    **wanted: Any,
) -> None:
    """Make a key; its secret is shown once."""
    client = CLIENTS[for_] if for_ else Client(told=FORM)
    change = _fit(_change(more, **wanted), client)
    with transaction():
        service.require_free_name(name)
        _require_communities(change)
        key = service.create_key(
            name,
            scopes=change.scopes or (),
            reads=change.reads or "mine",
            may_attest=may_attest,
            basis=basis,
            home_page=settings().public_url,
            browser=browser or client.in_browser,
            more=change,
        )
    _show(key, client.told, json)


def _fit(change: Change, client: Client) -> Change:
    """What a system's keys are like, unless told otherwise."""
    if client.shows_names and change.account_rule:
        raise Refused(
            "This system sends the names that people show, and anybody can show any name.",
            "Leave --account-rule out, and link accounts with `byway people link`.",
        )
    if client.dedupe and change.dedupe is None:
        return replace(change, dedupe=True)
    return change


@keys.command()
@click.argument("name", metavar="NAME|KEY")
@click.option("--overlap", type=read_span, default="24h", show_default=True, metavar="SPAN",
    help="How long the old secret still works; 0h when it leaked.")  # fmt: skip
@click.option("--expires", type=read_end, metavar="END", help="When the new one ends.")
@json_option()
@with_app
def rotate(name: str, overlap: int, expires: int | None, json: bool) -> None:
    """Give a key a new name and secret; what it stored stays its own."""
    with transaction():
        key = service.rotate(name, overlap_us=overlap, expires_at=expires)
    _show(key, FORM, json)


@keys.command()
@click.argument("name", metavar="NAME|KEY")
@with_app
def revoke(name: str) -> None:
    """End a key at once; what it stored stays."""
    with transaction():
        ended = service.revoke(name)
    for one in ended:
        click.echo(f"{one.name} ({one.key}) has ended.")


@keys.command("set")
@click.argument("name", metavar="NAME|KEY")
@_change_options
@json_option()
@with_app
def set_(name: str, json: bool, **wanted: Any) -> None:
    """Change what a key may do; what is not named stays. Basis and trust take a new key."""
    change = _change((), **wanted)
    if change == Change():
        raise click.UsageError("Say what to change, see --help.")
    with transaction():
        _require_communities(change)
        changed = service.change(name, change)
    if json:
        as_json(_as_json(changed))
    else:
        _print(changed)


@keys.command("list")
@click.option("--all", "every", is_flag=True, help="Those that have ended too.")
@json_option()
@with_app
def list_(every: bool, json: bool) -> None:
    """List the keys; never a secret."""
    found = service.listed(every=every)
    if json:
        as_json([_as_json(one) for one in found])
        return
    for one in found:
        _print(one)


def _change(
    more: Iterable[str],
    *,
    scopes: Iterable[str],
    communities: Iterable[str],
    account_rule: str | None,
    expires: int | None,
    **same: Any,
) -> Change:
    """What was asked for; an option that was not given leaves things as they are."""
    listed = [scope for given in (*scopes, *more) for scope in given.split(",") if scope]
    return Change(
        scopes=listed or None,
        communities=tuple(communities) or None,
        account_rule="" if account_rule == "none" else account_rule,
        expires_at=expires,
        **same,
    )


def _require_communities(change: Change) -> None:
    known = set(db.session.scalars(select(Community.slug)))
    for slug in change.communities or ():
        if slug not in known:
            mend = f"There are: {', '.join(sorted(known)) or 'none yet'}."
            raise NotFound(f"There is no community {slug}.", mend)


def _show(key: NewKey, told: str, json: bool) -> None:
    if json:
        as_json({"key": key.key, "secret": key.secret})
        return
    endpoint = f"{settings().public_url}/xapi"
    click.echo(told.format(endpoint=endpoint, key=key.key, secret=key.secret))
    click.echo("The secret is not shown again.")


def _print(one: Listed) -> None:
    click.echo(f"{one.name}{'' if one.in_use else '  (ended)'}")
    for label, words in _facts(one):
        click.echo(f"  {label:<10} {words}")


def _as_json(one: Listed) -> dict[str, Any]:
    moments = {name: getattr(one, name) for name in MOMENTS}
    return asdict(one) | {name: at and iso(at) for name, at in moments.items()}


def _facts(one: Listed) -> list[tuple[str, str]]:
    where = f" on {one.account_home_page}" if one.account_home_page else ""
    trust = "attests as an expert" if one.may_attest else f"{one.ceiling} at most"
    return [
        ("key", one.key),
        ("scopes", ", ".join(one.scopes)),
        ("reads", ", ".join((one.reads, *one.communities))),
        ("basis", one.basis),
        ("trust", trust),
        ("ends", _minute(one.expires_at)),
        ("last used", _minute(one.last_used_at)),
        ("dedupe", "on" if one.dedupe else "off"),
        ("accounts", f"{one.account_rule}{where}" if one.account_rule else "no rule"),
    ]


def _minute(moment: int | None) -> str:
    return f"{from_us(moment):%Y-%m-%d %H:%M} UTC" if moment else "never"
