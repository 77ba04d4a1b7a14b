"""A mapping as a form: its parts, what a form says of each, and the YAML that says the same.

What a form cannot show (a list of ways, a split) stays as the YAML has it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal

import yaml
from marshmallow import ValidationError, fields
from marshmallow.validate import OneOf

from engine.api import Column, Source
from engine.errors import Refused
from engine.host import calling
from xapi.vocabulary import VERBS

Kind = Literal["value", "word", "columns", "condition", "plain"]
Document = dict[str, Any]

COLUMN, CONST, TEXT, AS_WRITTEN = "column:", "const:", "text", "yaml"
"""What a part is filled from: a column, a word that is the same for all, a text, or the YAML."""
LONGEST, DEEPEST = 50_000, 20
_PLACE = re.compile(r"\{[^{}]+\}")
_SIMPLE = {"column", "map"}
_EMPTY = "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of a mapping as a form asks for it; `choices` are words with how they read."""

    name: str
    label: str
    hint: str
    kind: Kind
    choices: tuple[tuple[str, str], ...] = ()
    more: bool = False
    required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a form says of one part: the way it is filled, its text, and what its values mean.

    `columns` are those of a key.
    """

    way: str = ""
    text: str = ""
    values: str = ""
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A whole form: what it says of each part, as a document and as the YAML of it."""

    said: Mapping[str, Said] = field(default_factory=dict)
    document: Document = field(default_factory=dict)
    text: str = ""
    wrong: Mapping[str, str] = field(default_factory=dict)


def parts(source: Source) -> list[Part]:
    """What the mapping of a source consists of, in the order of its schema."""
    schema = source.maps() if source.maps else None
    return [_part(name, made) for name, made in schema.fields.items()] if schema else []


def _part(name: str, made: fields.Field[Any]) -> Part:
    told = made.metadata
    chosen = next((one.choices for one in made.validators if isinstance(one, OneOf)), ())
    words = told.get("choices") or [one for one in chosen if one]
    return Part(
        name=name,
        label=str(told.get("label") or name),
        hint=str(told.get("help") or ""),
        kind=_kind(told),
        choices=tuple((str(one), _reads(str(one))) for one in words),
        more=bool(told.get("more")),
        required=made.required,
    )


def _kind(told: Mapping[str, Any]) -> Kind:
    if told.get("column"):
        return "word" if told.get("choices") else "value"
    return "columns" if told.get("columns") else "condition" if told.get("condition") else "plain"


def _reads(word: str) -> str:
    return VERBS[word].en if word in VERBS else word.replace("-", " ")


# --- from a document ---------------------------------------------------------------------------


def of_text(source: Source, text: str) -> Given:
    """A form filled from a mapping's YAML, with what is wrong with it by its path."""
    wrong = _faults_of_text(source, text)
    document = {} if wrong else document_of(text)
    return Given(
        said={part.name: _said(part, document.get(part.name)) for part in parts(source)},
        document=document,
        text=text,
        wrong=wrong,
    )


def _faults_of_text(source: Source, text: str) -> dict[str, str]:
    """What the source says against a YAML text, as one message."""
    made = source.settings().fields["mapping"]
    try:
        calling(source.name, partial(_accept, made, text))
    except Refused as refusal:
        return {"text": refusal.why}
    return {}


def _accept(made: fields.Field[Any], text: str) -> None:
    try:
        made.deserialize(text)
    except ValidationError as error:
        told = error.messages if isinstance(error.messages, list) else [str(error.messages)]
        raise Refused(" ".join(map(str, told))) from error


def document_of(text: str) -> Document:
    """What a YAML text holds, all of it texts; nothing where it is no mapping."""
    if len(text) > LONGEST:
        return {}
    try:
        depth = 0
        for event in yaml.parse(text, Loader=yaml.BaseLoader):
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)
            if depth > DEEPEST or isinstance(event, yaml.AliasEvent):
                return {}  # a small text could stand for an endless one, or take minutes
        found = yaml.load(text, Loader=yaml.BaseLoader)
    except (yaml.YAMLError, RecursionError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _said(part: Part, value: Any) -> Said:
    if value in (None, "", [], {}):
        return Said()
    if part.kind == "columns":
        several = [value] if isinstance(value, str) else value
        return Said(columns=tuple(str(one) for one in several))
    if part.kind == "condition":
        return _said_condition(value)
    return Said(text=str(value)) if part.kind == "plain" else _said_value(part, value)


def _said_value(part: Part, value: Any) -> Said:
    if isinstance(value, str):
        return Said(way=COLUMN + value)
    if isinstance(value, dict) and len(value) == 1:
        for name in ("const", "template"):
            if isinstance(text := value.get(name), str):
                known = name == "const" and text in dict(part.choices)
                return Said(way=CONST + text) if known else Said(way=TEXT, text=text)
    if isinstance(value, dict) and value.keys() <= _SIMPLE and isinstance(value.get("map"), dict):
        pairs = "\n".join(f"{name or _EMPTY} = {meant}" for name, meant in value["map"].items())
        return Said(way=COLUMN + str(value.get("column", "")), values=pairs)
    if isinstance(value, dict) and value.keys() == {"column"}:
        return Said(way=COLUMN + str(value["column"]))
    return Said(way=AS_WRITTEN)


def _said_condition(value: Any) -> Said:
    """One column with its values; several are as the YAML has them."""
    if not isinstance(value, dict) or len(value) != 1:
        return Said(way=AS_WRITTEN)
    ((column, values),) = value.items()
    several = [values] if isinstance(values, str) else values
    if not isinstance(several, list) or any("," in one for one in several):
        return Said(way=AS_WRITTEN)
    return Said(way=COLUMN + str(column), text=", ".join(one or _EMPTY for one in several))


def guessed(source: Source, columns: Sequence[Column]) -> Given:
    """A form filled from what the names of columns suggest."""
    meant = {column.means: column.name for column in columns if column.means}
    said = {part.name: Said() for part in parts(source)}
    document: Document = {}
    for part in parts(source):
        if part.kind == "columns":
            found = [meant[one] for one in _known_by(meant, part.name)]
            said[part.name] = Said(columns=tuple(found))
            document |= {part.name: found} if found else {}
        elif part.name in meant and part.kind in ("value", "word"):
            said[part.name] = Said(way=COLUMN + meant[part.name])
            document[part.name] = meant[part.name]
    return Given(said=said, document=document, text=text_of(document))


def _known_by(meant: Mapping[str, str], name: str) -> list[str]:
    """What tells one row from another: an id with its person, else a title with time and person."""
    who = next((one for one in ("email", "account", "name") if one in meant), "")
    when = next((one for one in ("at", "start") if one in meant), "")
    if name in meant:
        return [one for one in (name, who) if one in meant]
    return [one for one in ("title", when, who) if one in meant]


# --- from a form -------------------------------------------------------------------------------


def of_form(source: Source, form: Mapping[str, str], several: Mapping[str, Sequence[str]]) -> Given:
    """What a form says; `several` holds the columns of each key. Faults by the field's name."""
    written = form.get("text", "").replace("\r\n", "\n")
    base = document_of(written)
    all_parts = parts(source)
    said = {part.name: _from_form(part, form, several) for part in all_parts}
    document: Document = {}
    wrong: dict[str, str] = {}
    for part in all_parts:
        try:
            value = _value(part, said[part.name], base.get(part.name))
        except Refused as refusal:
            wrong[part.name] = refusal.why
        else:
            document |= {part.name: value} if value not in (None, "", [], {}) else {}
    text = written if document == _filled(base) else text_of(document)
    faults = {**_faults(source, document), **wrong}
    return Given(said=said, document=document, text=text, wrong=faults)


def _filled(document: Document) -> Document:
    return {name: value for name, value in document.items() if value not in ("", [], {})}


def _from_form(part: Part, form: Mapping[str, str], several: Mapping[str, Sequence[str]]) -> Said:
    return Said(
        way=form.get(f"way-{part.name}", ""),
        text=form.get(f"text-{part.name}", "").strip(),
        values=form.get(f"values-{part.name}", "").replace("\r\n", "\n").strip(),
        columns=tuple(several.get(part.name, ())),
    )


def _value(part: Part, said: Said, before: Any) -> Any:
    """What the document has for a part."""
    if part.kind == "columns":
        return _columns(said, before)
    if part.kind == "plain":
        return said.text
    if said.way == AS_WRITTEN:
        return before
    if part.kind == "condition":
        return _condition(said)
    return _of_way(said)


def _columns(said: Said, before: Any) -> Any:
    """The columns of a key in the order they had, new ones behind: another order is another key."""
    had = [before] if isinstance(before, str) else list(before or ())
    if set(had) == set(said.columns):
        return before
    return [
        *(one for one in had if one in said.columns),
        *(one for one in said.columns if one not in had),
    ]


def _of_way(said: Said) -> Any:
    if said.way.startswith(CONST):
        return {"const": said.way.removeprefix(CONST)}
    if said.way.startswith(COLUMN):
        if said.text:
            raise Refused("A column is chosen and a text is typed. Keep one of the two.")
        column, meant = said.way.removeprefix(COLUMN), dict(_pairs(said.values))
        return {"column": column, "map": meant} if meant else column
    if said.values:
        raise Refused("It says what values mean, and no column is chosen that has them.")
    if not said.text:
        return None
    return {"template" if _PLACE.search(said.text) else "const": said.text}


def _pairs(values: str) -> Iterator[tuple[str, str]]:
    for line in filter(None, map(str.strip, values.split("\n"))):
        name, equals, meant = (one.strip() for one in line.rpartition("="))
        if not equals or not meant:
            raise Refused(f"“{line[:60]}” is no pair. Write one a line, as in yes = attended.")
        yield "" if name == _EMPTY else name, meant


def _condition(said: Said) -> Any:
    values = [one.strip() for one in said.text.split(",") if one.strip()]
    if not said.way.startswith(COLUMN):
        if values:
            raise Refused("It has values, and no column is chosen that has them.")
        return None
    if not values:
        raise Refused("A column is chosen and no values. Type those that leave a row out.")
    return {said.way.removeprefix(COLUMN): ["" if one == _EMPTY else one for one in values]}


def _faults(source: Source, document: Document) -> dict[str, str]:
    """What the source says against a document, by the part it is about."""
    if source.maps is None:
        return {}
    found = calling(source.name, partial(source.maps().validate, document))
    return {str(name): " ".join(_messages(said)) for name, said in found.items()}


def _messages(said: Any) -> Iterator[str]:
    if isinstance(said, Mapping):
        for one in said.values():
            yield from _messages(one)
    elif isinstance(said, list):
        yield from map(str, said)
    else:
        yield str(said)


def text_of(document: Document) -> str:
    """A document as YAML, in the order of its parts."""
    if not document:
        return ""
    return str(yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=200))


def where_rows_stand(given: Given, source: Source) -> Document:
    """The parts of a document that name no column, for asking a sample again for its columns."""
    plain = {part.name for part in parts(source) if part.kind == "plain"}
    return {name: value for name, value in given.document.items() if name in plain}
