"""What the columns of an uploaded table mean: the choices, and what they were the last time."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from marshmallow import fields

from engine.api import FrameworkFile, FrameworkFormat, Words
from engine.errors import Refused
from engine.host import calling
from engine.web.drawers import DAY_US, Drawer

MOST = 200
"""Columns that are offered."""
NONE = "-"
"""What formats read as: there is no such column."""
SETTING, COLUMN, HEADING, LACKING = "set-", "column-", "heading-", "lacking"
_REMEMBERED = Drawer(name="columns", kept_us=400 * DAY_US)


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What a column can be: the option it is named in; `many` where several columns can be it."""

    name: str
    label: str
    many: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """Another option of a format, as a form asks for it."""

    name: str
    label: str
    hint: str
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What somebody said of a file: its format, what its columns mean, and other options.

    `columns` by heading, "" where its heading decides; `lacking` are meanings no column has.
    """

    form: str = ""
    columns: Mapping[str, str]
    lacking: tuple[str, ...] = ()
    settings: Mapping[str, str]

    def options(self, form: FrameworkFormat | None) -> dict[str, Any]:
        """The options for the format."""
        given: dict[str, Any] = {name: value for name, value in self.settings.items() if value}
        given |= dict.fromkeys(self.lacking, NONE)
        for one in meanings(form) if form else ():
            named = [heading for heading, is_ in self.columns.items() if is_ == one.name]
            if named:
                given[one.name] = named if one.many else named[0]
        return given

    def hidden(self) -> list[tuple[str, str]]:
        """The same as hidden fields of the next step."""
        columns = [
            pair
            for at, (heading, meaning) in enumerate(self.columns.items())
            for pair in ((f"{HEADING}{at}", heading), (f"{COLUMN}{at}", meaning))
        ]
        settings = [(f"{SETTING}{name}", value) for name, value in self.settings.items()]
        return [("form", self.form), *columns, *settings, *((LACKING, one) for one in self.lacking)]


def asked(given: Mapping[str, str], lacking: Sequence[str]) -> Asked:
    """What a form says; `given` are its fields, each once."""
    headings = [
        (given[f"{HEADING}{at}"], given.get(f"{COLUMN}{at}", ""))
        for at in range(MOST)
        if f"{HEADING}{at}" in given
    ]
    settings = {
        name.removeprefix(SETTING): value.strip()
        for name, value in given.items()
        if name.startswith(SETTING)
    }
    return Asked(
        form=given.get("form", ""),
        columns=dict(headings),
        lacking=tuple(lacking),
        settings=settings,
    )


def meanings(form: FrameworkFormat) -> list[Meaning]:
    """What the columns of a table can be in this format."""
    return [
        Meaning(
            name=name,
            label=_label(name, field).removeprefix("Column of ").removeprefix("Columns of "),
            many=isinstance(field, Words),
        )
        for name, field in _fields(form)
        if field.metadata.get("column")
    ]


def settings(form: FrameworkFormat) -> list[Setting]:
    """The options of a format that name no column."""
    return [
        Setting(
            name=name,
            label=_label(name, field),
            hint=str(field.metadata.get("help") or ""),
            choices=tuple(str(one) for one in _choices(field)),
        )
        for name, field in _fields(form)
        if not field.metadata.get("column")
    ]


def offered(
    form: FrameworkFormat, file: FrameworkFile, options: Mapping[str, Any]
) -> list[tuple[str, str]] | Refused:
    """Each heading of a table with the first value below it, or why there are none to be had."""
    if form.columns is None:
        return []
    where_it_stands = {one.name for one in settings(form)} & options.keys()
    told = {name: _number(options[name]) for name in where_it_stands}
    try:
        return list(calling(form.name, partial(form.columns, file, told)))[:MOST]
    except Refused as refusal:
        return refusal


def twice(given: Asked, form: FrameworkFormat) -> dict[str, str]:
    """What two columns are said to be and only one can be; by the name of the second's field."""
    wrong: dict[str, str] = {}
    single = {one.name: one.label for one in meanings(form) if not one.many}
    seen: dict[str, str] = {}
    for at, (heading, meaning) in enumerate(given.columns.items()):
        if meaning in seen:
            told = f"“{seen[meaning]}” is the column of {single[meaning]} already. Keep one."
            wrong[f"{COLUMN}{at}"] = told
        elif meaning in single:
            seen[meaning] = heading
        if meaning in given.lacking:
            wrong[f"{COLUMN}{at}"] = "Below it is said that there is no such column."
    return wrong


def remember(given: Asked) -> None:
    """Keep what the columns meant, for the next file with the same ones; for a good year."""
    if given.columns:
        kept = {"columns": dict(given.columns), "lacking": given.lacking}
        kept["settings"] = {k: v for k, v in given.settings.items() if k not in ("title", "uri")}
        _REMEMBERED.put(_key(list(given.columns)), kept)


def recalled(headings: Sequence[str], given: Asked) -> Asked | None:
    """What a table with these headings was said to be the last time."""
    found = _REMEMBERED.find(_key(headings))
    if found is None:
        return None
    return Asked(
        form=given.form,
        columns=found["columns"],
        lacking=tuple(found["lacking"]),
        settings={**found["settings"], **given.settings},
    )


def _key(headings: Sequence[str]) -> str:
    return hashlib.sha256("\0".join(headings).encode(errors="replace")).hexdigest()


def _fields(form: FrameworkFormat) -> Iterator[tuple[str, fields.Field[object]]]:
    if form.settings is not None:
        yield from form.settings().fields.items()


def _label(name: str, field: fields.Field[object]) -> str:
    return str(field.metadata.get("label") or name)


def _choices(field: fields.Field[object]) -> Sequence[object]:
    return next((one.choices for one in field.validators if hasattr(one, "choices")), ())


def _number(told: str) -> str | int:
    return int(told) if told.isdecimal() and len(told) < 6 else told
