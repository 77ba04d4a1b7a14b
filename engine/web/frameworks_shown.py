"""What pages show of frameworks: the list, the tree, and what an import would change."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from engine.competencies import frameworks, projector, rulesets
from engine.competencies.checked import members
from engine.competencies.framework_changes import Changes
from engine.competencies.framework_documents import Competency, Framework, read, said
from engine.competencies.models import FrameworkRow, evidence
from engine.competencies.reading import mapping
from engine.db import db, portions, reading
from engine.errors import NotFound
from engine.imports import Preview
from engine.pipeline import host

MOST = 400
"""Competencies on one page of a tree."""
CHANGES = 50
"""Competencies of each kind of change that are shown."""

_MEMBERS = {
    "label": "name",
    "description": "description",
    "levels": "what its levels mean",
    "code": "code",
    "kind": "kind",
    "parents": "what it is part of",
    "exact": "the same elsewhere",
    "alternatives": "further names",
    "status": "current or retired",
    "rule": "rule",
    "half_life": "half-life",
    "title": "title",
    "language": "language",
    "extra": "what only its format knows",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One framework; `imported_at` in microseconds, `formats` the titles of where it comes from.

    `version` counts the versions kept; `published` is what its publisher calls this one.
    """

    uri: str
    title: str
    published: str
    version: int
    languages: tuple[str, ...]
    levels: tuple[str, ...]
    current: int
    retired: int
    imported_at: int
    formats: tuple[str, ...]
    in_force: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A competency in its tree; `hidden` parts of it stand on a page of their own."""

    one: Competency
    name: str
    description: str
    levels: tuple[tuple[str, str], ...]
    parts: tuple[Node, ...] = ()
    hidden: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """What one page shows of a framework; `over` leads from the top to the part that is shown."""

    framework: Framework
    nodes: tuple[Node, ...]
    over: tuple[tuple[str, str], ...]
    more: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A competency that an import is about, and how many pieces of evidence hang on it."""

    name: str
    former: str
    members: tuple[str, ...]
    evidence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """The changes of an import as a page shows them, the first of each kind."""

    title: str
    levels: tuple[str, ...]
    head: tuple[str, ...]
    changes: Changes
    new: tuple[Change, ...]
    changed: tuple[Change, ...]
    gone: tuple[Change, ...]
    former: bool


def listed(language: str) -> list[Shown]:
    """Every framework, the latest import first."""
    versions, uri = _versions(), _uri_in_force()
    return [_shown(row, versions[row.uri], uri, language) for row in frameworks.every()]


def one(uri: str, language: str) -> Shown:
    """One framework.

    :raises NotFound: there is none of this address.
    """
    row = _row(uri)
    return _shown(row, _versions()[row.uri], _uri_in_force(), language)


def tree(uri: str, under: str, language: str) -> Tree:
    """The tree of a framework, or of one competency of it, as far as a page holds it.

    :raises NotFound: there is no such framework, or no such competency in it.
    """
    framework = read(_row(uri).document)
    if under and under not in framework.competencies:
        raise NotFound("This framework has no such competency.", "Start at its first page.")
    tops = [framework.competencies[under]] if under else framework.tops()
    shown = tops[:MOST]
    opened = _opened(framework, [top.id for top in shown])
    nodes = tuple(_node(top, framework, opened, language) for top in shown)
    over = tuple((id_, framework.name(id_, language)) for id_ in _over(framework, under))
    return Tree(framework=framework, nodes=nodes, over=over, more=len(tops) - len(shown))


def writable() -> list[tuple[str, str]]:
    """The formats a framework can be exported in: name and title."""
    return [(one.name, one.title) for one in host().formats.values() if one.write]


def readable() -> list[tuple[str, str]]:
    """The formats that are read: name and title."""
    return [(one.name, one.title) for one in host().formats.values()]


def file_name(title: str) -> str:
    """A title as the beginning of a file's name that every system takes."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return re.sub("[^a-z0-9]+", "-", plain).strip("-")[:60] or "framework"


def members_told(names: Iterable[str]) -> list[str]:
    """What members of a framework are called in sentences."""
    return [_MEMBERS.get(name, name) for name in names]


def changes_of(found: Preview, language: str) -> Told:
    """What an import would change, with what hangs on it."""
    changes, after = found.changes, found.framework.competencies
    former = frameworks.find(found.framework.uri)
    before: Mapping[str, Competency] = former.competencies if former else {}
    changed, gone = changes.changed[:CHANGES], changes.gone[:CHANGES]
    weight = _evidence([*(one.uri for one in changed), *gone])

    def told(uri: str, names: Sequence[str] = ()) -> Change:
        there = after.get(uri) or before[uri]
        was = said(before[uri].label, language) if uri in before else ""
        name = said(there.label, language)
        return Change(
            name=name,
            former=was if was != name else "",
            members=tuple(members_told(names)),
            evidence=weight.get(uri, 0),
        )

    return Told(
        title=said(found.framework.title, language),
        levels=tuple(said(level.label, language) for level in found.framework.levels),
        head=tuple(members_told(changes.head)),
        changes=changes,
        new=tuple(told(uri) for uri in changes.new[:CHANGES]),
        changed=tuple(told(one.uri, one.members) for one in changed),
        gone=tuple(told(uri) for uri in gone),
        former=former is not None,
    )


def _row(uri: str) -> FrameworkRow:
    row = frameworks.newest(uri)
    if row is None:
        raise NotFound("There is no such framework.", "Look at the list of frameworks.")
    return row


def _versions() -> dict[str, int]:
    query = select(FrameworkRow.uri, func.count()).group_by(FrameworkRow.uri)
    return {row.uri: row[1] for row in db.session.execute(query)}


def _uri_in_force() -> str:
    return str(rulesets.current().config.get("framework", ""))


def _shown(row: FrameworkRow, version: int, in_force: str, language: str) -> Shown:
    document = row.document
    listed = members(document.get("competencies"))
    retired = sum(one.get("status") == "retired" for one in listed)
    title = document.get("title")
    return Shown(
        uri=row.uri,
        title=said(title, language) if isinstance(title, Mapping) else row.title,
        published=_published(document),
        version=version,
        languages=_languages(document),
        levels=tuple(
            said(_labels(one.get("label")), language) for one in members(document.get("levels"))
        ),
        current=len(listed) - retired,
        retired=retired,
        imported_at=row.imported_at,
        formats=_formats(document),
        in_force=row.uri == in_force,
    )


def _published(document: Mapping[str, Any]) -> str:
    """The version as its publisher has it, which each format keeps among what only it knows."""
    kept = (mapping(one) for one in mapping(document.get("extra")).values())
    return next((str(one["version"]) for one in kept if one.get("version")), "")


def _languages(document: Mapping[str, Any]) -> tuple[str, ...]:
    """The languages of its names, the most used first."""
    count: dict[str, int] = defaultdict(int)
    for one in (document.get("title"), *(one.get("label") for one in document["competencies"])):
        for language in _labels(one):
            count[language] += 1
    return tuple(sorted(count, key=lambda name: (-count[name], name)))


def _labels(value: object) -> Mapping[str, str]:
    return value if isinstance(value, Mapping) else {"en": str(value)} if value else {}


def _formats(document: Mapping[str, Any]) -> tuple[str, ...]:
    """The formats that left something of their own in it; none: Byway's own form."""
    known = dict(readable())
    kept = {
        name
        for one in (document, *document["competencies"])
        for name in mapping(one.get("extra"))
        if name in known
    }
    return tuple(known[name] for name in sorted(kept))


def _opened(framework: Framework, tops: Sequence[str]) -> set[str]:
    """Whose parts are shown: level after level, each once, as long as the page holds them."""
    opened, left, now = set[str](), MOST - len(tops), list(tops)
    while now:
        below: list[str] = []
        for id_ in now:
            parts = framework.children.get(id_, ())
            if parts and id_ not in opened and len(parts) <= left:
                opened.add(id_)
                left -= len(parts)
                below += parts
        now = below
    return opened


def _node(one: Competency, framework: Framework, opened: set[str], language: str) -> Node:
    parts = framework.children.get(one.id, ())
    is_open = one.id in opened
    opened.discard(one.id)  # what is part of several opens at the first of them
    return Node(
        one=one,
        name=said(one.label, language),
        description=said(one.description, language),
        levels=tuple(
            (framework.level(number, language) or str(number), said(words, language))
            for number, words in enumerate(one.levels, start=1)
            if words
        ),
        parts=tuple(
            _node(framework.competencies[part], framework, opened, language)
            for part in (parts if is_open else ())
        ),
        hidden=0 if is_open else len(parts),
    )


def _over(framework: Framework, under: str) -> list[str]:
    """From the top to what a competency is part of, by the first of several parents."""
    way: list[str] = []
    while under:
        parents = framework.competencies[under].parents
        under = parents[0] if parents else ""
        way += [under] if under else []
    return way[::-1]


def _evidence(uris: Iterable[str]) -> dict[str, int]:
    """Pieces of evidence by competency, under the rules that pages read."""
    found: dict[str, int] = {}
    with reading() as connection:
        generation = projector.serving_in(connection).generation
        for some in portions(uris):
            here = (evidence.c.generation == generation) & evidence.c.competency.in_(some)
            query = select(evidence.c.competency, func.count()).where(here)
            rows = connection.execute(query.group_by(evidence.c.competency))
            found |= {row.competency: row[1] for row in rows}
    return found
