"""plugins: what is installed, and what is quarantined."""

from __future__ import annotations

from typing import Any

import click

from engine.cli.context import with_app
from engine.cli.output import as_json, json_option
from engine.pipeline import host


def add_to(group: click.Group) -> None:
    """Add this group."""
    group.add_command(plugins)


@click.group()
def plugins() -> None:
    """Installed plugins."""


@plugins.command("list")
@json_option()
@with_app
def list_(json: bool) -> None:
    """List the plugins, what they bring, and why one is quarantined."""
    found = [
        {
            "name": plugin.name,
            "version": plugin.version,
            "quarantined": plugin.trouble,
        }
        for plugin in host().plugins.values()
    ]
    kinds: list[dict[str, Any]] = [
        {
            "name": source.name,
            "title": source.title,
            "reads": list(source.privacy.reads),
            "keeps": list(source.privacy.keeps),
            "polls": source.has_door("poll"),
            "webhook": source.has_door("receive"),
            "settings": list(source.settings().fields),
        }
        for source in host().sources.values()
    ]
    if json:
        as_json({"plugins": found, "sources": kinds})
        return
    for plugin in found:
        click.echo(f"{plugin['name']:<20} {plugin['quarantined'] or 'loaded'}")
    for kind in kinds:
        click.echo(f"{kind['name']:<20} {kind['title']}. Settings: {', '.join(kind['settings'])}")
