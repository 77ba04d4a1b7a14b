"""sources replay, retry, failed, keep: reading again what arrived, and how long that is kept."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from engine.cli.context import progress, with_app
from engine.cli.output import as_json, json_option
from engine.db import transaction
from engine.sources import failed_rows, replaying, retention, retrying
from engine.sources.models import OUTCOMES
from engine.sources.replaying import Replay, Window

DAY = click.DateTime(formats=["%Y-%m-%d"])


def add_to(group: click.Group) -> None:
    """Add these commands to those of sources."""
    commands: tuple[click.Command, ...] = (replay, retry, failed, keep)
    for command in commands:
        group.add_command(command)


@click.command()
@click.argument("name")
@click.option("--since", type=DAY, required=True, help="The first day, in UTC.")
@click.option("--until", type=DAY, help="The last day, in UTC; today unless given.")
@click.option("--dry-run", is_flag=True, help="Only say what it would change.")
@json_option()
@with_app
def replay(name: str, since: datetime, until: datetime | None, dry_run: bool, json: bool) -> None:
    """Read again what a source brought on these days, as it is read now."""
    last = until or datetime.now(UTC)
    window = Window.of_days(name, since.date(), last.date())
    with progress(f"Reading {name} again", "rows") as step:
        if dry_run:
            done = replaying.preview(window, progress=step)
        else:
            done = replaying.replay(window, by="byway sources replay", progress=step)
    if json:
        as_json(_as_json(done))
        return
    for line in _lines(done, "would be" if dry_run else "are"):
        click.echo(line)


def _as_json(done: Replay) -> dict[str, Any]:
    told = {"deliveries": done.deliveries, "not_kept": done.gone, "voided": done.voided}
    return {**done.report.as_json(), **told}


def _lines(done: Replay, become: str) -> list[str]:
    counts = done.report.counts
    counted = ", ".join(f"{counts[name]} {name}" for name in OUTCOMES if counts[name])
    lines = [f"{done.deliveries} deliveries, {done.report.rows} rows: {counted or 'none'}."]
    if done.voided:
        lines.append(f"{done.voided} recorded before {become} voided.")
    if done.gone:
        lines.append(f"{done.gone} deliveries are not kept any more and stay as they were read.")
    if done.report.run:
        lines.append(f"It is run {done.report.run}: byway sources undo {done.report.run}")
    return lines


@click.command()
@click.argument("run_id", type=int, metavar="RUN")
@with_app
def retry(run_id: int) -> None:
    """Try the rows of a run again that failed or matched nobody."""
    tried = retrying.retry(run_id)
    click.echo(f"{tried.rows} rows read again, {tried.mended} of them need no hand any more.")


@click.command()
@click.argument("run_id", type=int, metavar="RUN")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file.")
@with_app
def failed(run_id: int, out: Path | None) -> None:
    """Give out the rows of a run that need a hand, as the file they came from."""
    file = failed_rows.of_run(run_id)
    if out is None:
        sys.stdout.buffer.write(file.body)
        return
    out.write_bytes(file.body)
    click.echo(f"Written to {out}.")


@click.command()
@click.argument("name")
@click.argument("days", type=int, required=False)
@with_app
def keep(name: str, days: int | None) -> None:
    """Say, or decide, for how many days a source's raw input is kept."""
    if days is not None:
        with transaction():
            retention.keep_for(name, days)
    click.echo(f"What arrives at {name} is kept for {retention.days_of(name)} days.")
