"""The command `byway`, a module per group; a refusal ends with 1, wrong usage with 2."""

from __future__ import annotations

import os
import sys

import click

from engine.cli.lazy import Commands
from engine.cli.output import plainly
from engine.errors import Refused

PLACES = {
    "init": "engine.cli.instance",
    "upgrade": "engine.cli.instance",
    "doctor": "engine.cli.instance",
    "serve": "engine.cli.serve",
    "worker": "engine.cli.serve",
    "keys": "engine.cli.keys",
    "people": "engine.cli.people",
    "plugins": "engine.cli.plugins",
    "sources": "engine.cli.sources",
    "statements": "engine.cli.statements",
    "forwards": "engine.cli.exchange",
    "pulls": "engine.cli.exchange",
    "frameworks": "engine.cli.competencies",
    "rulesets": "engine.cli.scoring",
    "competencies": "engine.cli.scoring",
    "rebuild": "engine.cli.rebuild",
    "snapshot": "engine.cli.rebuild",
    "results": "engine.cli.results",
    "demo": "engine.cli.demo",
}


@click.group(cls=Commands, places=PLACES, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="byway")
def byway() -> None:
    """Byway, an informal learning engine. Settings are BYWAY_INSTANCE and others, see the docs."""


def main() -> None:
    """Run a command; a refusal is said on standard error, with its mend."""
    try:
        with plainly():
            done = byway(prog_name="byway", standalone_mode=False)
    except click.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except Refused as refusal:
        click.echo(str(refusal), err=True)
        sys.exit(1)
    except BrokenPipeError:  # whoever read our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    sys.exit(done if isinstance(done, int) else 0)
