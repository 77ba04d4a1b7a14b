"""The cases for formats of frameworks: whatever comes ends in a framework or in a refusal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from engine.api import BadReport, FrameworkFile, FrameworkFormat, Schema
from engine.plugin_checks.brought import formats_of
from engine.testkit.broken import Broken
from engine.testkit.case import Case
from engine.testkit.hostile import hostile


def format_cases(module: Any) -> Iterator[Case]:
    """Every case for every format a plugin brings."""
    for form in formats_of(module):
        for given in hostile(()):
            file = FrameworkFile(name=f"hostile{form.suffix}", body=given.delivery.body)
            name = f"{form.name}: trusts nothing: {given.name}"
            run = partial(_survives, form, file, given.name)
            yield Case(name=name, about="hostile input", run=run)


def _survives(form: FrameworkFormat, file: FrameworkFile, where: str) -> str:
    """A person may choose a format for any file, so it must read what it does not recognise."""
    if not isinstance(form.reads(file), bool):
        why = "reads answers with something else than True or False."
        raise Broken(why, "Return a bool.", where=where)
    schema = form.settings() if form.settings else Schema()
    if schema.validate({}):
        return "Not read: its options must be given."
    try:
        document = form.read([file], schema.load({}))
    except BadReport as refusal:
        return _refused(refusal, where)
    if not isinstance(document, Mapping):
        why = f"read brought a {type(document).__name__}."
        raise Broken(why, "Return the framework as a mapping.", where=where)
    return "Read."


def _refused(refusal: BadReport, where: str) -> str:
    if not refusal.why.strip() or not refusal.mend.strip():
        why = "It refuses without a reason or a mend."
        raise Broken(why, "Give BadReport both.", where=where) from refusal
    return f"Refused: {refusal.why}"
