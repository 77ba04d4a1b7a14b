"""How commands answer: JSON on standard output, and what went wrong in plain words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, BinaryIO, ParamSpec, TypeVar

import click
import orjson

from engine.errors import BadReport, Refused

P = ParamSpec("P")
R = TypeVar("R")


def as_json(value: Any) -> None:
    """Print a value as JSON."""
    click.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode())


def problem(refusal: Refused) -> dict[str, str]:
    """A refusal as scripts read it."""
    return {"where": refusal.where, "why": refusal.why, "mend": refusal.mend}


def json_option(
    refused: Callable[[Refused], Any] = problem,
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """The option `--json`; stands above `with_app`, so that every refusal is printed too.

    :param refused: what a refusal is in JSON.
    """

    def decorate(command: Callable[P, R]) -> Callable[P, R]:
        @wraps(command)
        def run(*args: P.args, **kwargs: P.kwargs) -> R:
            try:
                with plainly():
                    return command(*args, **kwargs)
            except Refused as refusal:
                if kwargs["json"]:
                    as_json(refused(refusal))
                raise

        return click.option("--json", "json", is_flag=True, help="Print JSON.")(run)

    return decorate


@contextmanager
def plainly() -> Iterator[None]:
    """What the operating system refuses is a refusal like any other."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        where = str(error.filename or "")
        mend = "Check that it is there, that you may use it, and that the disk has room."
        raise Refused(f"{error.strerror or error}.", mend, where=where) from error


def read_text(file: BinaryIO) -> str:
    """A file as text; refused when it is not UTF-8."""
    try:
        return file.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadReport(
            f"{file.name} is not UTF-8 text: byte {error.start} is something else.",
            "Save it as UTF-8.",
        ) from error
