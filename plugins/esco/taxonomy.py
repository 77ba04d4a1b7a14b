"""ESCO's concepts as they add up from all files: the order of files and rows plays no part."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.api import BadReport
from plugins.esco.tables import Row

SKILL, GROUP, MEMBER, HEADING, END = range(5)
"""How much a row says of its concept: its own file first, the end of a relation last."""
OBSOLETE = frozenset(("obsolete", "deprecated", "withdrawn", "retired", "superseded"))
MOST_ALTERNATIVES = 200
FORMAT = "esco"

Said = dict[tuple[str, int], tuple[str, str]]
"""By language and rank: a text, and the place it was read at."""


@dataclass(slots=True)
class Concept:
    """What the rows so far say of one concept."""

    labels: Said = field(default_factory=dict)
    descriptions: Said = field(default_factory=dict)
    alternatives: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    facts: dict[str, tuple[int, str]] = field(default_factory=dict)
    parents: set[str] = field(default_factory=set)
    collections: set[str] = field(default_factory=set)
    related: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    is_obsolete: bool = False

    def tell(self, name: str, value: str, rank: int) -> None:
        """A fact that has no language; the row that says most of the concept decides."""
        if value:
            self.facts[name] = min((rank, value), self.facts.get(name, (rank, value)))

    def call(self, label: str, language: str, rank: int, row: Row) -> None:
        """Its preferred label.

        :raises BadReport: another row of the same kind has another one in this language.
        """
        label = " ".join(label.split())
        if not label:
            return
        former, place = self.labels.setdefault((language, rank), (label, row.place))
        if former != label:
            raise BadReport(
                f"This concept is “{label[:80]}” here and “{former[:80]}” in {place}.",
                "Take both from one version, and give each concept one row for each language.",
                where=row.place,
            )

    def describe(self, text: str, language: str, rank: int, row: Row) -> None:
        """What it is; of two texts of one kind the longer one stays."""
        former, _ = self.descriptions.get((language, rank), ("", ""))
        if (len(text), text) > (len(former), former):
            self.descriptions[language, rank] = (text, row.place)


class Taxonomy:
    """All concepts, and what could not be placed."""

    def __init__(self) -> None:
        self.concepts: dict[str, Concept] = defaultdict(Concept)
        self.foreign: list[str] = []
        self.has_skills = False

    def add_concept(self, row: Row, language: str, collection: str) -> None:
        """A row of a file of skills, groups or a collection.

        :raises BadReport: it names no concept, or contradicts another row.
        """
        if row.is_foreign:
            self.foreign.append(row.place)
            return
        concept = self.concepts[_needed(row, "concepturi")]
        is_group = row["concepttype"].lower() == "skillgroup"
        rank = MEMBER if collection else GROUP if is_group else SKILL
        self.has_skills |= rank == SKILL
        concept.call(row["preferredlabel"], language, rank, row)
        told = row["description"] or row["definition"] or row["scopenote"]
        concept.describe(told, language, rank, row)
        concept.alternatives[language].update(_split(row["altlabels"], r"[\n\r|]+"))
        concept.tell("kind", "group" if is_group else row["skilltype"], rank)
        concept.tell("code", row["code"], rank)
        concept.tell("reuse_level", row["reuselevel"], rank)
        concept.is_obsolete |= row["status"].lower() in OBSOLETE
        concept.collections.update({collection} - {""})
        for column in ("broaderconcepturi", "broaderuri"):
            concept.parents.update(_split(row[column], r"[\s|,;]+"))

    def add_path(self, row: Row, language: str) -> None:
        """A row of the hierarchy: a group, with those above it to its left."""
        parent, depth = "", 0
        while f"level{depth}uri" in row.columns:
            if uri := row.uri(f"level{depth}uri"):
                concept = self.concepts[uri]
                concept.call(row[f"level{depth}preferredterm"], language, HEADING, row)
                concept.tell("code", row[f"level{depth}code"], HEADING)
                concept.tell("kind", "group", HEADING)
                concept.parents.update({parent} - {""})
                parent = uri
            depth += 1
        if parent:
            told = row["description"] or row["scopenote"]
            self.concepts[parent].describe(told, language, HEADING, row)

    def add_broader(self, row: Row, language: str, *, names: bool) -> None:
        """A row that says which concept is broader than which.

        :param names: take the labels at its ends for concepts: nothing else says what there is.
        """
        if row.is_foreign or not (broader := row.uri("broaderuri")):
            return
        child = _needed(row, "concepturi")
        self.concepts[child].parents.add(broader)
        ends = ((child, "concept"), (broader, "broader")) if names else ()
        for uri, end in ends:
            self.concepts[uri].call(row[f"{end}label"], language, END, row)
            is_group = row[f"{end}type"].lower() == "skillgroup"
            self.concepts[uri].tell("kind", "group" if is_group else "", END)

    def add_related(self, row: Row) -> None:
        """A row that says which skill is essential or optional for which."""
        relation, other = row["relationtype"].lower() or "related", row.uri("relatedskilluri")
        if other:
            self.concepts[_needed(row, "originalskilluri")].related[relation].add(other)

    def competencies(self) -> Iterator[dict[str, Any]]:
        """The concepts that have a label, in Byway's own form; groups and codes first."""
        named = {uri: one for uri, one in self.concepts.items() if one.labels}
        listed = [_competency(uri, one, named) for uri, one in named.items()]
        yield from sorted(listed, key=lambda one: (not one["code"], one["code"], one["uri"]))

    def missing_parents(self) -> set[str]:
        """Broader concepts that no file describes."""
        known = {uri for uri, one in self.concepts.items() if one.labels}
        return {up for uri in known for up in self.concepts[uri].parents if up not in known}

    def languages(self) -> list[str]:
        """Those there are labels in."""
        return sorted({language for one in self.concepts.values() for language, _ in one.labels})

    def unnamed(self) -> list[str]:
        """Concepts that a file of concepts lists, and that have no label in any language."""
        listed = (uri for uri, one in self.concepts.items() if one.facts and not one.labels)
        return sorted(listed)


def _competency(uri: str, concept: Concept, known: Mapping[str, Concept]) -> dict[str, Any]:
    labels = _texts(concept.labels)
    alternatives = {
        language: _sorted(texts - {labels.get(language, "")})[:MOST_ALTERNATIVES]
        for language, texts in sorted(concept.alternatives.items())
    }
    extra = {
        "reuse_level": concept.facts.get("reuse_level", (0, ""))[1],
        "collections": sorted(concept.collections),
        "related": {name: sorted(uris) for name, uris in sorted(concept.related.items())},
    }
    return {
        "uri": uri,
        "label": labels,
        "description": _texts(concept.descriptions),
        "alternatives": {language: texts for language, texts in alternatives.items() if texts},
        "code": concept.facts.get("code", (0, ""))[1],
        "kind": concept.facts.get("kind", (0, ""))[1],
        "parents": sorted(concept.parents & known.keys()),
        "status": "retired" if concept.is_obsolete else "current",
        "extra": {FORMAT: {name: value for name, value in extra.items() if value}},
    }


def _texts(said: Said) -> dict[str, str]:
    """The text of the best rank in each language."""
    best_last = sorted(said, reverse=True)
    found = {language: said[language, rank][0] for language, rank in best_last}
    return dict(sorted(found.items()))


def _sorted(texts: Iterable[str]) -> list[str]:
    return sorted(texts, key=lambda text: (text.casefold(), text))


def _split(cell: str, between: str) -> set[str]:
    return {" ".join(part.split()) for part in re.split(between, cell)} - {""}


def _needed(row: Row, column: str) -> str:
    found = row.uri(column)
    if not found:
        raise BadReport(
            f"This row names no concept: its {column} is empty.",
            "Give the address, or take the row out.",
            where=row.place,
        )
    return found
