"""The command `byway`: one module per group of commands; refusals end with 1, wrong usage with 2."""

from __future__ import annotations

import sys

import click

from engine.cli import competencies, instance, keys, people, plugins, serve, sources
from engine.errors import Refused


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="byway")
def byway() -> None:
    """Byway, an informal learning engine. Settings are BYWAY_INSTANCE and others, see the docs."""


for module in (instance, serve, keys, people, plugins, sources, competencies):
    module.add_to(byway)


def main() -> None:
    """Run a command; a refusal is said on standard error, with its mend."""
    try:
        byway(standalone_mode=False)
    except click.exceptions.Exit as done:
        sys.exit(done.exit_code)
    except click.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except Refused as refusal:
        click.echo(str(refusal), err=True)
        sys.exit(1)
