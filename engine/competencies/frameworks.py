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
    return labels.get(language) or labels.get(short) or labels.get("en") or next(
        iter(labels.values()), ""
    )


def keep(document: Mapping[str, Any]) -> FrameworkRow:
    """Keep a framework in Byway's own form; the same one again changes nothing.

    :raises BadReport: it lacks what a framework needs; nothing is changed.
    """
    framework = read(document)
    body = json.dumps(document, sort_keys=True, ensure_ascii=False).encode()
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


def read(document: Mapping[str, Any]) -> Framework:
    """A framework document as a value.

    :raises BadReport: naming what is missing.
    """
    try:
        return Framework(
            uri=str(document["uri"]),
            title=_labels(document["title"]),
            levels=tuple(
                Level(number=number, label=_labels(level["label"]))
                for number, level in enumerate(document["levels"], start=1)
            ),
            competencies={one["uri"]: _competency(one) for one in document["competencies"]},
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise BadReport(
            f"This is not a framework in Byway's form: {error} is missing or of the wrong shape.",
            "It needs uri, title, levels (each with a label) and competencies (uri, label).",
        ) from error


def _competency(one: Mapping[str, Any]) -> Competency:
    return Competency(
        id=str(one["uri"]),
        label=_labels(one["label"]),
        description=_labels(one.get("description") or {}),
        levels=_levels(one.get("levels") or {}),
    )


def _levels(said: Mapping[Any, Any]) -> tuple[Labels, ...]:
    """What somebody can do at each level, from the first on; levels are numbers or their texts."""
    return tuple(_labels(words) for _, words in sorted(((int(n), w) for n, w in said.items()), key=lambda level: level[0]))


def _labels(value: Any) -> Labels:
    return {"en": value} if isinstance(value, str) else {str(k): str(v) for k, v in value.items()}
