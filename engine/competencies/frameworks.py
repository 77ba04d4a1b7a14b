"""Competency frameworks: keeping one, and the words it has for competencies and levels."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from engine.competencies.models import FrameworkRow
from engine.db import db
from engine.errors import BadReport
from engine.moments import now_us

Labels = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """A level of the scale, counted from 1."""

    number: int
    label: Labels


@dataclass(frozen=True, slots=True, kw_only=True)
class Competency:
    """A competency: what it is called, and what each level of it means."""

    id: str
    label: Labels
    description: Labels
    levels: tuple[Labels, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Framework:
    """A framework as pages use it."""

    uri: str
    title: Labels
    levels: tuple[Level, ...]
    competencies: Mapping[str, Competency]

    def name(self, competency: str, language: str = "en") -> str:
        """What a competency is called; its own id where the framework does not know it."""
        found = self.competencies.get(competency)
        return said(found.label, language) if found else competency

    def level(self, number: int, language: str = "en") -> str:
        """What a level is called; 0 has no name."""
        found = next((level for level in self.levels if level.number == number), None)
        return said(found.label, language) if found else ""


def said(labels: Labels, language: str) -> str:
    """A label in a language, else in English, else in any."""
    short = language.split("-")[0]
    return (
        labels.get(language)
        or labels.get(short)
        or labels.get("en")
        or next(iter(labels.values()), "")
    )


def keep(document: Any) -> FrameworkRow:
    """Keep a framework in Byway's own form; the same one again changes nothing.

    :raises BadReport: it lacks what a framework needs; nothing is changed.
    """
    framework = read(document)
    body = _as_json(document)
    sha256 = hashlib.sha256(body).hexdigest()
    query = select(FrameworkRow).where(FrameworkRow.uri == framework.uri)
    newest = db.session.scalars(query.order_by(FrameworkRow.id.desc())).first()
    if newest is not None and newest.sha256 == sha256:
        return newest
    row = FrameworkRow(
        uri=framework.uri,
        title=said(framework.title, "en"),
        sha256=sha256,
        document=json.loads(body),
        imported_at=now_us(),
    )
    db.session.add(row)
    db.session.flush()
    return row


def find(uri: str) -> Framework | None:
    """The newest version of a framework."""
    query = select(FrameworkRow).where(FrameworkRow.uri == uri)
    row = db.session.scalars(query.order_by(FrameworkRow.id.desc())).first()
    return read(row.document) if row else None


def every() -> list[FrameworkRow]:
    """All kept frameworks, the newest first."""
    return list(db.session.scalars(select(FrameworkRow).order_by(FrameworkRow.id.desc())))


def in_force(ruleset: Mapping[str, Any]) -> Framework:
    """The framework a ruleset names, else one made of its bare ids."""
    found = find(str(ruleset.get("framework", "")))
    if found is not None:
        return found
    levels = ruleset["scale"]["levels"]
    return Framework(
        uri=str(ruleset.get("framework", "")),
        title={"en": str(ruleset.get("framework", ""))},
        levels=tuple(Level(number=n, label={"en": name}) for n, name in enumerate(levels, 1)),
        competencies={
            one: Competency(id=one, label={"en": one}, description={})
            for one in ruleset["competencies"]
        },
    )


def read(document: object) -> Framework:
    """A framework document as a value.

    :raises BadReport: naming what is missing.
    """
    found = _mapping(document, "the framework")
    levels = tuple(
        Level(number=number, label=_labels(_mapping(level, "levels").get("label"), "levels"))
        for number, level in enumerate(_list(found, "levels"), start=1)
    )
    listed = [_competency(one, len(levels)) for one in _list(found, "competencies")]
    competencies = {one.id: one for one in listed}
    if len(competencies) < len(listed):
        raise _lacking("competencies", "two of them have the same uri")
    return Framework(
        uri=_uri(found, "uri"),
        title=_labels(found.get("title"), "title"),
        levels=levels,
        competencies=competencies,
    )


def _competency(one: object, highest: int) -> Competency:
    found = _mapping(one, "competencies")
    uri = _uri(found, "competencies")
    return Competency(
        id=uri,
        label=_labels(found.get("label"), uri),
        description=_labels(found["description"], uri) if found.get("description") else {},
        levels=_levels(_mapping(found.get("levels") or {}, uri), highest, uri),
    )


def _levels(told: Mapping[Any, Any], highest: int, where: str) -> tuple[Labels, ...]:
    """What somebody can do at each level, from the first on; nothing where nothing is said."""
    words = {str(number): _labels(said_of_it, where) for number, said_of_it in told.items()}
    numbers = [str(number) for number in range(1, highest + 1)]
    strange = sorted(words.keys() - set(numbers))
    if strange:
        raise _lacking(where, f"{strange[0]} is no level of the scale")
    last = max((numbers.index(number) + 1 for number in words), default=0)
    return tuple(words.get(number, {}) for number in numbers[:last])


def _mapping(value: object, where: str) -> Mapping[Any, Any]:
    if not isinstance(value, Mapping):
        raise _lacking(where, f"{str(value)[:60]!r} is no mapping")
    return value


def _list(document: Mapping[Any, Any], name: str) -> list[Any]:
    found = document.get(name)
    if not isinstance(found, list) or not found:
        raise _lacking(name, "a list with at least one entry is needed")
    return found


def _uri(document: Mapping[Any, Any], where: str) -> str:
    found = document.get("uri")
    if not isinstance(found, str) or not found or len(found.split()) != 1:
        raise _lacking(where, f"a uri is needed, this is {found!r}")
    return found


def _labels(value: object, where: str) -> Labels:
    """A text, or texts by language."""
    found = {"en": value} if isinstance(value, str) else value
    texts = found.values() if isinstance(found, Mapping) else ()
    if not texts or not all(isinstance(text, str) and text.strip() for text in texts):
        raise _lacking(where, f"a text, or texts by language, is needed, this is {value!r:.60}")
    return {str(language): text for language, text in dict(found).items()}  # type: ignore[call-overload]


def _lacking(where: str, why: str) -> BadReport:
    return BadReport(
        f"This is not a framework in Byway's form: {why}.",
        "It needs uri, title, levels (each with a label) and competencies (uri, label).",
        where=where,
    )


def _as_json(document: Mapping[str, Any]) -> bytes:
    try:
        return json.dumps(document, sort_keys=True, ensure_ascii=False).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise _lacking("the framework", f"JSON cannot hold it ({error})") from error
