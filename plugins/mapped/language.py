"""The language of mappings: what a YAML text may say, and what is said of one that says more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import yaml
from marshmallow import validates_schema

from engine.api import (
    RAISE,
    BadReport,
    Schema,
    ValidationError,
    fields,
    read_zone,
    validate,
)
from plugins.mapped.values import LEAVE_OUT, LONGEST, MOST, Value, ValueField
from xapi.vocabulary import TYPES, VERBS

LONGEST_TEXT, DEEPEST = 50_000, 20
"""Characters of a mapping, and how many lists and mappings may be within each other."""
NOT_OFFERED = ("asserted", "conferred", "voided", "rated", "verified", "disagreed", "accepted",
               "rejected", "liked")  # fmt: skip
"""Verbs about other items, or that only the engine says."""

RowMapping = Mapping[str, Any]
"""A mapping as `MappingSchema` loads it: `Value`s, texts and numbers by their names."""

_ADDRESS = "://"


def _value(label: str, help_: str, **more: Any) -> ValueField:
    about = {"label": label, "help": help_, "column": True, **more}
    return ValueField(load_default=None, metadata=about)


def _plain(label: str, help_: str = "", *choices: str, **more: Any) -> fields.String:
    bounds: Any = validate.Length(max=LONGEST)
    return fields.String(
        load_default="",
        validate=validate.OneOf(["", *choices]) if choices else bounds,
        metadata={"label": label, "help": help_, **more},
    )


class Headings(fields.Field[tuple[str, ...]]):
    """One heading, or a list of them."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Any, **kwargs: Any
    ) -> tuple[str, ...]:
        named = [value] if isinstance(value, str) else value
        if not isinstance(named, list) or not all(isinstance(one, str) for one in named):
            raise ValidationError("Write the names of columns, as in [Talk, Ended, Email].")
        found = tuple(one.strip() for one in named if one.strip())
        if not 1 <= len(found) <= 10:
            raise ValidationError("Name from 1 to 10 columns that tell one row from another.")
        return found


class SkipWhen(fields.Field[dict[str, tuple[str, ...]]]):
    """Columns, each with the values that leave a row out."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Any, **kwargs: Any
    ) -> dict[str, tuple[str, ...]]:
        if not isinstance(value, Mapping) or len(value) > MOST:
            raise ValidationError("Write columns with their values, as in Attended: [no, absent].")
        return {str(column): self._values(given) for column, given in value.items()}

    def _values(self, given: Any) -> tuple[str, ...]:
        values = [given] if isinstance(given, str) else given
        if not isinstance(values, list) or not all(isinstance(one, str) for one in values):
            raise ValidationError("Write one value, or a list of them.")
        if len(values) > MOST:
            raise ValidationError(f"These are {len(values)} values; {MOST} are the most.")
        return tuple(values)


class MappingSchema(Schema):
    """Everything a mapping can say, in the order in which a form asks for it."""

    class Meta:
        unknown = RAISE

    error_messages = {"unknown": "There is no such part of a mapping."}  # noqa: RUF012

    reads = _plain("Kind of file", "Else it is found out.", "table", "feed", "json", more=True)
    rows = _plain(
        "Where the rows stand",
        "In JSON the path to the list, such as data.items; in a file with several tables the line"
        " above the one that is meant. Else it is found out.",
        more=True,
    )
    key = Headings(
        required=True,
        error_messages={"required": "Name the columns that tell one row from another."},
        metadata={
            "label": "What tells one row from another",
            "help": "An id of the system; else what together is there once, such as title, time"
            " and email. The same again is the same item, so nothing counts twice.",
            "columns": True,
        },
    )
    email = _value("Email", "Of whoever did it.")
    account = _value("Account name", "Where there is no email: the name at the system.")
    home_page = _value("Address of the accounts’ system", "Needed with account names.")
    name = _value("Name", "Shown only. Rows with a name alone wait until somebody links them.")
    verb = _value(
        "What was done",
        "The same for all rows, or a column whose values are translated below.",
        choices=tuple(name for name in VERBS if name not in NOT_OFFERED),
    )
    type = _value(
        "What it was",
        "Such as a webinar or an article.",
        choices=tuple(name for name in TYPES if name != "competency"),
    )
    title = _value("Title", "Of the webinar, the article, the conversation.")
    url = _value("Link", "Its address. The same address is the same thing for everybody.")
    at = _value("When it ended", "Date and time. Date and time in two columns: {Date} {Time}.")
    start = _value("When it began", "In place of the end, or beside it.")
    duration = _value("How long it took", "Minutes such as 50, or 1:30, or 1 h 30 min.")
    duration_unit = _plain(
        "Numbers of that column are", "Else minutes.", "minutes", "hours", "seconds", more=True
    )
    zone = _plain(
        "Time zone of the dates",
        "Such as Europe/Madrid. Needed where the dates do not say it themselves.",
    )
    date_order = _plain(
        "Order of day and month",
        "Only where the dates of a whole file leave it open: dmy is day first.",
        "dmy",
        "mdy",
        "ymd",
        more=True,
    )
    tags = _value("Tags", "Separated by commas, semicolons or bars. Rules match them.")
    skip_when = SkipWhen(
        load_default=dict,
        metadata={
            "label": "Rows to leave out",
            "help": "Those that have one of these values in a column. Commas between the values;"
            " a dash stands for an empty cell.",
            "condition": True,
        },
    )
    community = _value("Address of the community", "Where it happened.", more=True)
    community_title = _value("Name of the community", "", more=True)
    parent = _value("Address of the series", "What it is part of.", more=True)
    parent_title = _value("Name of the series", "", more=True)
    language = _value("Language", "Such as en or fr-CA.", more=True)
    excerpt = _value(
        "Excerpt", "The first 200 characters are kept. Leave it out if unsure.", more=True
    )
    reported_at = _value(
        "When the row last changed", "Decides between two reports of it.", more=True
    )
    next_page = _plain(
        "Where the next page stands",
        "Of an API: the path to its address, or to the value of the parameter below.",
        more=True,
    )
    page_parameter = _plain("Parameter of the page", "Such as page or offset.", more=True)
    first_page = fields.Integer(
        load_default=1,
        validate=validate.Range(0, 1_000_000),
        metadata={"label": "Number of the first page", "help": "Else 1.", "more": True},
    )
    page_step = fields.Integer(
        load_default=1,
        validate=validate.Range(1, 100_000),
        metadata={
            "label": "Step from page to page",
            "help": "Else 1; of an offset the rows of a page, such as 100.",
            "more": True,
        },
    )
    since_parameter = _plain(
        "Parameter of what is new",
        "Of an API that can be asked for what changed since a moment, such as updated_after.",
        more=True,
    )
    since_column = _plain(
        "Its value",
        "The column whose newest value is sent; else the moment of the last answer.",
        more=True,
    )

    @validates_schema
    def _fits_together(self, found: RowMapping, **_: Any) -> None:
        if faults := dict(_faults(found)):
            raise ValidationError(faults)


def read_mapping(given: Any) -> RowMapping:
    """A mapping out of its YAML text, or out of what such a text holds.

    :raises ValidationError: with one message for each fault, by the path it stands at.
    """
    document = read_text(given) if isinstance(given, str) else given
    if not isinstance(document, Mapping):
        raise ValidationError("This is no mapping. Write name: value, one a line, such as key: Id.")
    said = {name: value for name, value in document.items() if value not in ("", None)}
    loaded: dict[str, Any] = MappingSchema().load(said)
    return loaded


def read_text(text: str) -> Any:
    """What a YAML text holds; all of it texts, so that `no` stays a word and 007 an id.

    :raises ValidationError: it is no YAML, is too long, or has aliases, which no mapping needs.
    """
    if len(text) > LONGEST_TEXT:
        raise ValidationError(f"It has {len(text)} characters; {LONGEST_TEXT} are the most.")
    try:
        depth = 0
        for event in yaml.parse(text, Loader=yaml.BaseLoader):
            if isinstance(event, yaml.AliasEvent):
                raise ValidationError("It has an alias (*). Write the value out in its place.")
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)
            if depth > DEEPEST:  # reading on would take minutes
                raise ValidationError(f"It has lists in lists, more than {DEEPEST} deep.")
        return yaml.load(text, Loader=_Once)
    except (yaml.YAMLError, RecursionError, ValueError, TypeError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" in line {mark.line + 1}" if mark else ""
        told = getattr(error, "problem", None) or type(error).__name__
        raise ValidationError(
            f"This is no YAML: {told}{where}. Check the indentation and the quotes there."
        ) from error


class _Once(yaml.BaseLoader):
    """Texts, lists and mappings, in which no name stands twice."""


def _mapping(loader: _Once, node: yaml.MappingNode) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        if not isinstance(key, str) or key in found:
            line = key_node.start_mark.line + 1
            raise ValidationError(f"“{str(key)[:40]}” in line {line} is no name, or stands twice.")
        found[key] = loader.construct_object(value_node, deep=True)
    return found


_Once.add_constructor("tag:yaml.org,2002:map", _mapping)


def _faults(found: RowMapping) -> Iterator[tuple[str, list[str]]]:
    """What contradicts itself, or lacks, in a mapping whose parts are each well formed."""
    if not (found["email"] or found["account"] or found["name"]):
        yield "email", ["Nobody is named. Name the column of email, account or name."]
    if found["account"] and not found["home_page"]:
        yield "home_page", ["An account needs the address of its system, such as its web site."]
    if not found["verb"]:
        yield "verb", ["Say what was done: one word for all rows, such as attended, or a column."]
    if not (found["at"] or found["start"]):
        yield "at", ["Name the column that says when it ended or began."]
    for name, known in (("verb", VERBS), ("type", TYPES)):
        if wrong := [
            one for one in _meant(found[name]) if one not in known and _ADDRESS not in one
        ]:
            listed = ", ".join(known)
            yield name, [f"“{wrong[0][:60]}” is none we know. There are: {listed}; or an IRI."]
    if found["zone"]:
        yield from _zone(found["zone"])
    if found["since_column"] and not found["since_parameter"]:
        yield "since_parameter", ["Say in which parameter the value of since_column is sent."]


def _zone(name: str) -> Iterator[tuple[str, list[str]]]:
    try:
        read_zone(name)
    except BadReport as refusal:
        yield "zone", [f"{refusal.why} {refusal.mend}"]


def _meant(value: Value | None) -> Iterator[str]:
    """The words a value can only come to: constants, and what values are translated to."""
    if value is None:
        return
    if value.map:
        yield from (one for one in value.map.values() if one != LEAVE_OUT)
    elif value.const:
        yield value.const
    for one in value.first_of:
        yield from _meant(one) if not value.map else ()


def told(faults: Any, path: str = "") -> Iterator[str]:
    """The messages of a schema as sentences, each begun by the path it is about."""
    if isinstance(faults, Mapping):
        for name, inner in faults.items():
            step = "" if name == "_schema" else f"{path}.{name}" if path else str(name)
            yield from told(inner, step or path)
        return
    for one in faults if isinstance(faults, list) else [faults]:
        yield f"{path}: {one}" if path else str(one)


class MappingField(fields.Field[RowMapping]):
    """A mapping as a setting: kept as the text it was written in, loaded as what it says."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> RowMapping:
        try:
            return read_mapping(value)
        except ValidationError as error:
            raise ValidationError(list(told(error.messages))) from error
