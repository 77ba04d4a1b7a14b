"""The form of a source: its fields made from the settings that its plugin declares."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from marshmallow import fields, missing
from marshmallow.validate import OneOf

from engine.api import Privacy, Source, Words
from engine.sources import instances, retention, schedules
from engine.sources.models import SourceInstance
from engine.sources.schedules import RHYTHMS
from engine.sources.secrecy import secret_names
from engine.sources.setting_up import SETTING, Wanted

MOST = 100_000
"""Characters of one field that are taken."""
DROP = "drop-"
_USERINFO = re.compile(r"//[^/@\s]*@")


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field as `ui.field` shows it; `kept` is whether something is kept that is not shown."""

    name: str
    label: str
    type: str
    value: str
    hint: str
    required: bool
    options: tuple[tuple[str, str], ...] = ()
    kept: bool = False
    width: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """The whole form; `name` and `basis` are asked for only while it is added."""

    plugin: str
    title: str
    privacy: Privacy
    hosts: tuple[str, ...]
    fields: tuple[Field, ...]
    asks: bool
    typed: Mapping[str, str]
    wrong: Mapping[str, str] = field(default_factory=dict)


def blank(source: Source, typed: Mapping[str, str], wrong: Mapping[str, str]) -> Form:
    """The form of a source that is to be added, with what was typed so far."""
    own = {"name": "", "basis": "", "notice": "", "rhythm": "hour", "silent_days": ""}
    own["kept_days"] = str(retention.DAYS)
    return _form(source, {}, frozenset(), {**own, **typed}, wrong)


def filled(
    source: Source, instance: SourceInstance, typed: Mapping[str, str], wrong: Mapping[str, str]
) -> Form:
    """The form of a source there is; what was typed and refused stands in place of what holds."""
    care = instances.care_of(instance)
    own = {
        "notice": care.notice,
        "rhythm": schedules.rhythm_of(care),
        "silent_days": "" if care.silent_days is None else str(care.silent_days),
        "kept_days": str(retention.days_of(instance.name)),
    }
    return _form(source, instance.settings, hidden(source, instance), {**own, **typed}, wrong)


def _form(
    source: Source,
    known: Mapping[str, Any],
    kept: Collection[str],
    typed: Mapping[str, str],
    wrong: Mapping[str, str],
) -> Form:
    return Form(
        plugin=source.name,
        title=source.title,
        privacy=source.privacy,
        hosts=tuple(_hosts(source)),
        fields=tuple(_fields(source, known, kept, typed)),
        asks=source.has_door("poll"),
        typed=typed,
        wrong=wrong,
    )


def hidden(source: Source, instance: SourceInstance) -> frozenset[str]:
    """The settings that are kept and not shown: secrets, and addresses with a password in them."""
    given = instances.given_to(instance)
    secret = {name for name in secret_names(source) if given.get(name)}
    return frozenset(secret | {name for name, value in given.items() if _has_password(value)})


def _has_password(value: object) -> bool:
    return isinstance(value, str) and _USERINFO.search(value) is not None


def _hosts(source: Source) -> Iterator[str]:
    """The hosts it calls, as a person reads them."""
    made = source.settings().fields
    for host in source.hosts:
        setting = host[1:-1] if host.startswith("{") else ""
        yield f"the host of “{_label(setting, made[setting])}”" if setting in made else host


def _fields(
    source: Source, known: Mapping[str, Any], kept: Collection[str], typed: Mapping[str, str]
) -> Iterator[Field]:
    secret = secret_names(source)
    for name, made in source.settings().fields.items():
        ident, type_ = f"{SETTING}{name}", _type(made, is_secret=name in secret)
        value = "" if name in kept else _text(known.get(name, made.load_default))
        yield Field(
            name=ident,
            label=_label(name, made),
            type=type_,
            value="" if name in secret else typed.get(ident, value),
            hint=_hint(made, kept=name in kept),
            required=made.required,
            options=_options(made),
            kept=name in kept,
            width="mid" if type_ == "select" or isinstance(made, fields.Number) else "",
        )


def _type(made: fields.Field[Any], *, is_secret: bool) -> str:
    if is_secret:
        return "password"
    if isinstance(made, fields.Boolean):
        return "checkbox"
    if _options(made):
        return "select"
    return "textarea" if made.metadata.get("widget") == "textarea" else "text"


def _options(made: fields.Field[Any]) -> tuple[tuple[str, str], ...]:
    """The values there are to choose from, each with its name."""
    one_of = next((one for one in made.validators if isinstance(one, OneOf)), None)
    if one_of is None:
        return ()
    choices, labels = list(one_of.choices), list(one_of.labels or ())
    named = labels if len(labels) == len(choices) else choices
    pairs = [(str(choice), str(name)) for choice, name in zip(choices, named, strict=True)]
    needed = made.required and "" not in dict(pairs)
    return (*([("", "Choose one")] if needed else []), *pairs)


def _label(name: str, made: fields.Field[Any]) -> str:
    return str(made.metadata.get("label") or name)


def _hint(made: fields.Field[Any], *, kept: bool) -> str:
    told = str(made.metadata.get("help") or "")
    if isinstance(made, Words):
        told = f"{told} With commas between them.".strip()
    return f"{told} One is kept; leave this empty to keep it.".strip() if kept else told


def _text(value: object) -> str:
    """A setting as it is typed."""
    if value is missing or value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else ""
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return "" if callable(value) else str(value)


def wanted(source: Source, form: Mapping[str, str], kept: Collection[str]) -> Wanted:
    """What a form says; an empty field is left out, and one that is kept stays what it is."""
    given: dict[str, Any] = {}
    without: set[str] = set()
    for name, made in source.settings().fields.items():
        typed = form.get(f"{SETTING}{name}", "")[:MOST].strip()
        if isinstance(made, fields.Boolean):
            given[name] = typed == "1"
        elif typed:
            given[name] = typed
        elif name not in kept or form.get(f"{DROP}{name}"):
            without.add(name)
    return Wanted(
        given=given,
        without=frozenset(without),
        notice=form.get("notice", "")[:MOST],
        rhythm=form.get("rhythm", "hour") if form.get("rhythm") in RHYTHMS else "hour",
        silent=form.get("silent_days", ""),
        kept=form.get("kept_days", ""),
    )
