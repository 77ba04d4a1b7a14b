"""statements: the log as a file, a file into the log, and whether a file would do."""

from __future__ import annotations

import gzip
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, TypeVar, cast

import click

from engine import intake, statement_files
from engine.cli.context import progress, with_app
from engine.cli.output import as_json, json_option
from engine.intake import Outcome
from engine.lrs.origins import BASES
from engine.moments import to_us
from engine.statement_files import Chosen
from xapi.digests import Digest
from xapi.errors import StatementRefused
from xapi.examples import example_of
from xapi.times import read_timestamp
from xapi.versions import SUPPORTED

F = TypeVar("F", bound=Callable[..., Any])
MOST_TOLD = 1000
"""How many bad lines are told of; the others are counted."""


def add_to(group: click.Group) -> None:
    """Add this group."""
    group.add_command(statements)


@click.group()
def statements() -> None:
    """Statements as files."""


class Moment(click.ParamType):  # type: ignore[type-arg]
    """A time such as 2026-09-01T08:00:00Z, or a day, which is its first moment in UTC."""

    name = "moment"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Microseconds since the epoch."""
        try:
            return to_us(read_timestamp(value if "T" in value else f"{value}T00:00:00Z"))
        except ValueError:
            self.fail(f"{value!r} is neither a day nor a time: 2026-09-01T08:00:00Z.", param, ctx)


def _choosing(command: F) -> F:
    """The options that choose a part of the log."""
    for option in reversed(
        (
            click.option("--since", type=Moment(), help="Only what was stored later."),
            click.option("--until", type=Moment(), help="Only what was stored by then."),
            click.option("--key", "key", metavar="NAME", help="Only what this key stored."),
            click.option("--audience", "audiences", multiple=True, metavar="AUDIENCE",
                help="Only private, manager, public or community:SLUG."),
        )
    ):  # fmt: skip
        command = option(command)
    return command


def _chosen(
    since: int | None, until: int | None, key: str | None, audiences: tuple[str, ...]
) -> Chosen:
    origin = statement_files.origin_of(key).id if key else None
    return Chosen(after=since or 0, until=until, origin=origin, audiences=frozenset(audiences))


@statements.command()
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True))
@click.option("--attachments", is_flag=True, help="The bytes of attachments too.")
@_choosing
@json_option()
@with_app
def export(file: str, attachments: bool, json: bool, **choice: Any) -> None:
    """Write statements to FILE as JSON lines, as they are stored; packed when it ends in .gz.

    Voided statements and those that void are among them.
    """
    chosen = _chosen(**choice)
    with progress("Writing", "statements") as step, _written(file) as out:
        digest = statement_files.write(out, chosen, attachments=attachments, progress=step)
    _tell(digest, json, err=file == "-")


@contextmanager
def _written(name: str) -> Iterator[BinaryIO]:
    """A file that is there once it is whole; standard output for a dash."""
    path = Path(name)
    if name == "-":
        yield sys.stdout.buffer
    elif path.exists() and not path.is_file():  # such as a pipe
        with path.open("wb") as out:
            yield out
    else:
        part = path.with_name(f"{path.name}.part")
        try:
            with part.open("wb") as out, _packed(out, name) as packed:
                yield packed
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)


@contextmanager
def _packed(out: BinaryIO, name: str) -> Iterator[BinaryIO]:
    if not name.endswith(".gz"):
        yield out
        return
    with gzip.GzipFile(filename="", mode="wb", fileobj=out, mtime=0) as packed:
        yield cast(BinaryIO, packed)


@statements.command("import")
@click.argument("file", type=click.File("rb"))
@click.option("--key", "key", metavar="NAME", help="Store them in this key's name.")
@click.option("--basis", type=click.Choice(BASES), default="notice", show_default=True,
    help="The legal basis, when there is no key.")  # fmt: skip
@json_option()
@with_app
def import_(file: BinaryIO, key: str | None, basis: str, json: bool) -> None:
    """Store the statements of FILE: JSON lines, an array, or a page of a record store; also packed.

    A bad line is told of and left out, and the exit code is 1. Reading it twice stores it once.
    """
    if key:
        origin = statement_files.origin_of(key)
    else:
        name = "standard input" if file.name == "<stdin>" else Path(file.name).name
        origin = statement_files.file_origin(name, basis=basis)
    problems = _Problems(json)
    with progress("Reading", "lines") as step:
        found = statement_files.read(file, origin, told=problems.add, progress=step)
    counts = {outcome: found.counts[outcome] for outcome in intake.OUTCOMES}
    _finish(counts, problems, json, digest=found.digest)


@statements.command()
@_choosing
@json_option()
@with_app
def digest(json: bool, **choice: Any) -> None:
    """Count the statements and sum up their content, to compare with another record store."""
    _tell(statement_files.digest_of(_chosen(**choice)), json, err=False)


@statements.command()
@click.argument("file", type=click.File("rb"))
@click.option("--as", "version", type=click.Choice(SUPPORTED),
    help="The version whose rules count; by default what each statement claims.")  # fmt: skip
@json_option()
def check(file: BinaryIO, version: str | None, json: bool) -> None:
    """Say what of FILE would be refused; nothing is stored, and no instance is needed."""
    problems, passed = _Problems(json), 0
    for row in statement_files.statements_in(file):
        refusal = row.refusal or _refusal(row.value, version)
        if refusal:
            problems.add(Outcome(place=row.place, outcome="refused", why=refusal))
        else:
            passed += 1
    _finish({"passed": passed, "refused": problems.count}, problems, json)


def _refusal(statement: Any, version: str | None) -> StatementRefused | None:
    try:
        intake.checked(statement, version)
    except StatementRefused as refusal:
        return refusal
    return None


class _Problems:
    """What was wrong with which row; told at once, or kept for JSON, up to a number."""

    def __init__(self, json: bool) -> None:
        self.count = 0
        self.kept: list[dict[str, Any]] = []
        self._json = json

    def add(self, outcome: Outcome) -> None:
        self.count += 1
        if self.count > MOST_TOLD:
            return
        if self._json:
            self.kept.append({"where": outcome.place, "outcome": outcome.outcome} | _told(outcome))
        else:
            click.echo(f"{outcome.place}: {outcome.why}", err=True)


def _told(outcome: Outcome) -> dict[str, Any]:
    why = outcome.why
    if not isinstance(why, StatementRefused):
        return {"why": why.why, "mend": why.mend} if why else {}
    place = {"path": why.path, "why": why.rule, "clause": why.clause, "mend": why.fix}
    return place | {"example": example_of(why)}


def _tell(found: Digest, json: bool, *, err: bool) -> None:
    if json and not err:
        as_json(_proof(found))
    else:
        click.echo(f"{found}.", err=err)


def _proof(found: Digest) -> dict[str, Any]:
    return {"count": found.count, "digest": found.hex}


def _finish(
    counts: dict[str, Any], problems: _Problems, json: bool, digest: Digest | None = None
) -> None:
    """Print what came of a file; 1 when something of it was left out."""
    if json:
        as_json(counts | (_proof(digest) if digest else {}) | {"problems": problems.kept})
    else:
        if problems.count > MOST_TOLD:
            click.echo(f"And {problems.count - MOST_TOLD} more like these.", err=True)
        summary = ", ".join(f"{number} {name}" for name, number in counts.items())
        click.echo(f"{summary}.{f' In the record: {digest}.' if digest else ''}")
    if problems.count:
        raise click.exceptions.Exit(1)
