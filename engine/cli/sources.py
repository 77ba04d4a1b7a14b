"""sources: instances, previews, runs, undo."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from engine.api import Delivery
from engine.cli import replays
from engine.cli.context import progress, with_app
from engine.cli.output import as_json, json_option, problem
from engine.config import SEALING_FILE, settings
from engine.db import db, transaction
from engine.errors import Refused
from engine.lrs.keys import BASES
from engine.moments import iso
from engine.sources import (
    alerts,
    doors,
    fetched,
    hook_log,
    hook_replays,
    instances,
    resealing,
    runs,
    samples,
    schedules,
    trying,
    undo,
)
from engine.sources.models import OUTCOMES, Run, SourceInstance
from engine.sources.reports import Report


def add_to(group: click.Group) -> None:
    """Add this group."""
    replays.add_to(sources)
    group.add_command(sources)


@click.group()
def sources() -> None:
    """Sources: what Byway collects from."""


def _pairs(given: tuple[str, ...]) -> dict[str, str]:
    pairs = [pair.partition("=") for pair in given]
    for name, equals, _ in pairs:
        if not equals:
            raise click.UsageError(f'--set takes key=value, not "{name}".')
    return {name: _text_of(value) for name, _, value in pairs}


def _text_of(value: str) -> str:
    """A value, or what stands in the file named after an @."""
    path = Path(value[1:])
    return path.read_text("utf-8-sig") if value.startswith("@") and path.is_file() else value


def _refused(refusal: Refused) -> dict[str, Any]:
    """A refused file in the form of every report: no run, no rows, and the reason."""
    return Report(problems=[problem(refusal)]).as_json()


@sources.command()
@click.argument("plugin")
@click.argument("name")
@click.option("--basis", type=click.Choice(BASES), default="notice", show_default=True)
@click.option("--set", "given", multiple=True, metavar="KEY=VALUE")
@with_app
def add(plugin: str, name: str, basis: str, given: tuple[str, ...]) -> None:
    """Add a source NAME of the kind PLUGIN."""
    with transaction():
        instances.add(plugin, name, _pairs(given), basis=basis)
    click.echo(
        f"Added {name}. Its webhook, if it has one: {settings().public_url}/sources/{name}/hook"
    )


@sources.command()
@click.argument("name")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path))
@with_app
def mapping(name: str, out: Path | None) -> None:
    """Give out the mapping of a source, to be kept or handed on."""
    _, text = samples.mapping_of(name)
    if out:
        out.write_text(text, "utf-8")
    else:
        click.echo(text, nl=False)


@sources.command("set")
@click.argument("name")
@click.argument("given", nargs=-1, required=True, metavar="KEY=VALUE...")
@with_app
def set_(name: str, given: tuple[str, ...]) -> None:
    """Change settings of a source; what is read from now on outranks what was read before."""
    with transaction():
        instances.change(instances.get(name), _pairs(given))
    click.echo(f"Changed {name}.")


@sources.command("list")
@json_option()
@with_app
def list_(json: bool) -> None:
    """List the sources, and what their team should know of them."""
    told = alerts.current()
    found = [_listed(one, told) for one in instances.every()]
    if json:
        as_json(found)
        return
    for alert in told:
        seen = f" Seen by {alert.told_to}." if alert.told_to else ""
        click.echo(f"{alert.source} is {alert.kind}: {alert.why}{seen}")
    for one in found:
        state = one["trouble"] or ("paused" if one["paused"] else "well")
        click.echo(f"{one['name']:<24} {one['plugin']:<12} {state}")


def _listed(one: SourceInstance, told: list[alerts.Alert]) -> dict[str, Any]:
    schedule = schedules.of(one)
    return {
        "name": one.name,
        "plugin": one.plugin,
        "settings": one.settings,
        "basis": instances.origin_of(one).basis,
        "trouble": one.trouble,
        "paused": schedule.paused,
        "every": schedule.rhythm if schedule.asks else None,
        "next": None if schedule.next_at is None else iso(schedule.next_at),
        "failures": schedule.failures,
        "alerts": [
            {"kind": alert.kind, "why": alert.why, "since": iso(alert.since), "seen": alert.told_to}
            for alert in told
            if alert.source == one.name
        ],
    }


@sources.command("test")
@click.argument("name")
@json_option()
@with_app
def test_(name: str, json: bool) -> None:
    """Ask the system of a source for a first page; nothing is written."""
    reply = trying.ask(name)
    if json:
        as_json({**asdict(reply), "head": reply.head, "works": reply.works})
    else:
        click.echo(f"{reply.head}. {_brings(reply)}{reply.why}".rstrip())
        if reply.mend:
            click.echo(reply.mend)
    if not reply.works:
        raise click.exceptions.Exit(1)


def _brings(reply: trying.Reply) -> str:
    if not reply.rows:
        return ""
    rows = "1 row" if reply.rows == 1 else f"{reply.rows} rows"
    newest = f", the newest of {reply.newest:%Y-%m-%d}" if reply.newest else ""
    return f"The first page has {rows}{newest}. "


@sources.command()
@click.argument("name")
@with_app
def pause(name: str) -> None:
    """Let a source rest: it is not asked and takes no calls. Nothing is deleted."""
    with transaction():
        instances.pause(instances.get(name))
    click.echo(f"{name} is paused. What it brought stays.")


@sources.command()
@click.argument("name")
@with_app
def resume(name: str) -> None:
    """Let a source go on that was paused."""
    with transaction():
        instances.resume(instances.get(name))
    click.echo(f"{name} goes on.")


@sources.command()
@click.argument("name")
@click.option("--every", type=click.Choice(list(schedules.RHYTHMS)), help="How often it is asked.")
@click.option(
    "--silent-after", type=int, metavar="DAYS", help="Tell when nothing new came; 0 for never."
)
@with_app
def schedule(name: str, every: str | None, silent_after: int | None) -> None:
    """Say how often a source is asked, and when its silence is worth telling."""
    with transaction():
        instance = instances.get(name)
        if every is not None:
            schedules.set_rhythm(instance, every)
        if silent_after is not None:
            alerts.set_silence(instance, silent_after)
    told = schedules.of(instances.get(name))
    when = f"next on {iso(told.next_at)}" if told.next_at is not None else "not by itself"
    click.echo(f"{name} is asked {when}. {told.later or ''}".strip())


@sources.command()
@click.argument("name")
@click.option("--again", "call_id", type=int, metavar="NUMBER", help="Read this call again.")
@json_option()
@with_app
def calls(name: str, call_id: int | None, json: bool) -> None:
    """Show the last calls of a source's webhook, or read one of them again."""
    if call_id is not None:
        run_id = hook_replays.read_again(name, call_id, by="byway sources calls")
        _print(Report.of(db.session.get_one(Run, run_id)), json)
        return
    found = hook_log.calls_of(instances.get(name))
    if json:
        as_json([{**asdict(one), "at": iso(one.at)} for one in found])
        return
    for one in found:
        run = f"run {one.run}" if one.run else one.why
        click.echo(f"{one.id:>8} {iso(one.at)} {one.status} {one.outcome:<8} {one.size:>9} {run}")


@sources.command("rotate-key")
@click.option("--forget-old", is_flag=True, help="Forget the keys before the newest one instead.")
@with_app
def rotate_key(forget_old: bool) -> None:
    """Seal everything that is kept encrypted with a new key.

    The old key goes on opening what copies and backups hold until it is forgotten.
    """
    if forget_old:
        done = resealing.forget_old()
        click.echo(f"Keys forgotten: {done.forgotten}. The newest opens everything.")
        return
    done = resealing.rotate()
    click.echo(
        f"There is a new key in {settings().instance / SEALING_FILE}: copy it to your backup. "
        f"Sealed with it: {done.values} of the database, {done.files} files."
    )


@sources.command()
@click.argument("name")
@click.argument(
    "file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@json_option(_refused)
@with_app
def preview(name: str, file: Path | None, json: bool) -> None:
    """Show what a run of FILE would do, or a poll when no file is given; nothing is written."""
    if file is not None:
        _print(runs.preview(name, _delivery(file)), json)
        return
    found = fetched.preview(name)
    _print(found.report, json)
    if not found.is_whole:
        click.echo("These are the first pages; a poll brings more.", err=True)


@sources.command()
@click.argument("name")
@click.argument(
    "file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@json_option(_refused)
@with_app
def run(name: str, file: Path | None, json: bool) -> None:
    """Read FILE into the record, or poll the source when no file is given."""
    with progress(f"Reading {file or name}", "rows") as step:
        if file is None:
            report = doors.poll(name, by="byway sources run", progress=step)
        else:
            report = runs.run_file(name, _delivery(file), by="byway sources run", progress=step)
    report.statements = report.statements if json else []
    _print(report, json)


@sources.command("undo")
@click.argument("run_id", type=int, metavar="RUN")
@with_app
def undo_(run_id: int) -> None:
    """Take a run back."""
    stored = undo.undo(run_id)
    click.echo(f"Run {run_id} is undone; {stored} statements were stored for it.")


@sources.command("redo")
@click.argument("run_id", type=int, metavar="RUN")
@with_app
def redo(run_id: int) -> None:
    """Let a run stand again that was undone."""
    stored = undo.redo(run_id)
    click.echo(f"Run {run_id} stands again; {stored} statements were stored for it.")


def _delivery(file: Path) -> Delivery:
    limit = settings().max_body
    if file.stat().st_size > limit:
        raise Refused(f"{file.name} has more than {limit} bytes.", "Split it into smaller files.")
    return Delivery(body=file.read_bytes(), name=file.name)


def _print(report: Report, json: bool) -> None:
    if json:
        as_json(report.as_json())
        return
    counted = ", ".join(f"{report.counts[name]} {name}" for name in OUTCOMES if report.counts[name])
    click.echo(f"{report.rows} rows: {counted or 'none'}.")
    for one in report.problems:
        click.echo(f"{one['where']}: {one['why']} {one['mend']}", err=True)
