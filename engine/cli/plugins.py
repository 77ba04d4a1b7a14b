"""plugins: what is installed and what is quarantined, whether one is sound, and a new one.

What changes the set is in `plugin_changes`.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from engine.cli import plugin_changes
from engine.cli.context import with_app
from engine.cli.new_plugin import make_package
from engine.cli.output import as_json, json_option
from engine.config import read_settings
from engine.errors import NotFound, Refused
from engine.host import Host, Plugin, load
from engine.pipeline import host
from engine.plugin_checks import Finding, Report
from engine.plugin_checks.cards import Card, cards
from engine.plugin_checks.sample_files import SampleFile, samples_of
from engine.plugin_sets import shelf, wheels
from engine.plugin_sets.loading import candidate_of
from engine.plugin_sets.wheels import Installed
from engine.testkit.checking import check
from engine.testkit.kit import write_pairs


def add_to(group: click.Group) -> None:
    """Add this group."""
    group.add_command(plugins)
    plugin_changes.add_to(plugins)


@click.group()
def plugins() -> None:
    """Installed plugins."""


@plugins.command("list")
@json_option()
@with_app
def list_(json: bool) -> None:
    """List the plugins, what they bring, read, keep and call, and why one is quarantined."""
    shown, resting = cards(host()), shelf.resting(host())
    if json:
        both = [*map(_for_scripts, shown), *({**one, "quarantined": None} for one in resting)]
        as_json({"plugins": both, "sources": _kinds(host())})
        return
    for card in shown:
        for line in _card_lines(card):
            click.echo(line)
    for one in resting:
        click.echo(f"{one['name']:<20} {one['state']} ({one['version']})")


def _for_scripts(card: Card) -> dict[str, Any]:
    return card.as_json() | {"quarantined": card.trouble}


def _kinds(found: Host) -> list[dict[str, Any]]:
    return [
        {
            "name": source.name,
            "title": source.title,
            "reads": list(source.privacy.reads),
            "keeps": list(source.privacy.keeps),
            "polls": source.has_door("poll"),
            "webhook": source.has_door("receive"),
            "settings": list(source.settings().fields),
        }
        for source in found.sources.values()
    ]


def _card_lines(card: Card) -> Iterator[str]:
    yield f"{card.name:<20} {card.trouble or 'loaded'}"
    made = " ".join(filter(None, (card.version, card.author and f"by {card.author}")))
    yield from (f"    {words}" for words in (made, card.summary) if words)
    for kind in card.kinds:
        yield f"    {kind.title} ({kind.name}), by {', '.join(kind.doors)}"
        yield f"        reads {', '.join(kind.reads) or 'nothing about people'}"
        yield f"        keeps {', '.join(kind.keeps) or 'nothing about people'}"
        yield f"        calls {', '.join(kind.hosts) or 'no host it names'}"


@plugins.command("check")
@click.argument("name", required=False)
@click.option(
    "--pairs",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The folder of golden pairs, if it is not in the plugin's package.",
)
@click.option(
    "--write-pairs", "write", is_flag=True, help="Write what comes out now as what must come out."
)
@json_option()
def check_(name: str | None, pairs: Path | None, write: bool, json: bool) -> int:
    """Look a plugin over and run the conformance kit on it; ends with 1 when there is an ERROR."""
    logging.getLogger("engine").setLevel(logging.CRITICAL)  # what a plugin raises is reported
    wanted = _named(load(), name)
    if write:
        _write_pairs(wanted, pairs)
    reports = [check(plugin, pairs=pairs) for plugin in wanted]
    if json:
        as_json([report.as_json() for report in reports])
    else:
        for line in (line for report in reports for line in _report_lines(report)):
            click.echo(line)
    return 0 if all(report.passes for report in reports) else 1


def _named(found: Host, name: str | None) -> list[Plugin]:
    if name is None:
        return list(found.plugins.values())
    if name not in found.plugins:
        found = load(chosen=[candidate_of(_wheel(name, found))])
    return [found.plugins[name]]


def _wheel(name: str, found: Host) -> Installed:
    """The newest wheel of this name, enabled or not."""
    there = wheels.of(read_settings().instance, name)
    if not there:
        names = ", ".join(found.plugins)
        raise NotFound(f'No plugin "{name}" is installed.', f"There are: {names}.")
    return there[-1]


def _write_pairs(wanted: list[Plugin], pairs: Path | None) -> None:
    """Write the second file of each pair; of one plugin at a time, since they are to be read."""
    if len(wanted) != 1 or wanted[0].trouble:
        raise Refused(
            "Pairs are written of one plugin that loads.", "Name it, and mend what stops it."
        )
    for path in write_pairs(wanted[0].module, pairs=pairs):
        click.echo(f"{path} written", err=True)


def _report_lines(report: Report) -> Iterator[str]:
    verdict = "may be enabled" if report.passes else "must not be enabled"
    counts = ", ".join(f"{count} {level}" for level, count in report.counts.items())
    yield f"{report.plugin} {report.version}: {verdict} ({counts})"
    yield from (f"  {line}" for one in report.findings for line in _finding_lines(one))


def _finding_lines(finding: Finding) -> Iterator[str]:
    place = f"{finding.where}: " if finding.where else ""
    yield f"{finding.level:<5} {finding.about}: {place}{finding.why}"
    if finding.mend:
        yield f"      {finding.mend}"


@plugins.command("samples")
@click.argument("kind")
@click.option(
    "--into",
    type=click.Path(file_okay=False, path_type=Path),
    help="Copy them into this folder; without it they are listed.",
)
@with_app
def samples(kind: str, into: Path | None) -> None:
    """The sample reports that come with a KIND of source: made up, good for a preview."""
    host().source(kind)
    for sample in samples_of(host(), kind):
        click.echo(sample.name if into is None else _copied(sample, into))


def _copied(sample: SampleFile, into: Path) -> Path:
    """Copy a sample, unless there is a file of its name already; where it is now."""
    target = into / sample.name
    if target.exists():
        raise Refused(f"{target} is there already.", "Give another folder.")
    target.parent.mkdir(parents=True, exist_ok=True)
    return Path(shutil.copyfile(sample.path, target))


@plugins.command("new")
@click.argument("name")
@click.option(
    "--directory",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path(),
    help="Where the package's folder is made; here unless told otherwise.",
)
@json_option()
def new(name: str, directory: Path, json: bool) -> None:
    """Make the package byway-NAME: a source plugin that works, with tests, to start from."""
    package = make_package(name, directory, taken=load().plugins)
    if json:
        as_json({"package": str(package)})
        return
    click.echo(f"Made {package}. Install it where Byway is, then try it:")
    click.echo(f"  python -m pip install {package}")
    click.echo(f"  byway plugins check {name}")
