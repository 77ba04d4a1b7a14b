"""A framework in Byway's own form: the document every format is read into, and the values of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.errors import BadReport

Labels = Mapping[str, str]

CURRENT, RETIRED = "current", "retired"
STATES = (CURRENT, RETIRED)
LONGEST_URI = 500
"""As long as the tables of evidence take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """A level of the scale, counted from 1."""

    number: int
    label: Labels


@dataclass(frozen=True, slots=True, kw_only=True)
class Competency:
    """A competency: what it is called, what each level of it means, and where it belongs.

    `parents` are those it is part of. `exact` are the addresses that other frameworks have for the
    same competency.
    """

    id: str
    label: Labels
    description: Labels
    levels: tuple[Labels, ...] = ()
    code: str = ""
    kind: str = ""
    parents: tuple[str, ...] = ()
    exact: tuple[str, ...] = ()
    is_retired: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Framework:
    """A framework as pages use it."""

    uri: str
    title: Labels
    levels: tuple[Level, ...]
    competencies: Mapping[str, Competency]
    children: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def name(self, competency: str, language: str = "en") -> str:
        """What a competency is called; its own id where the framework does not know it."""
        found = self.competencies.get(competency)
        return said(found.label, language) if found else competency

    def level(self, number: int, language: str = "en") -> str:
        """What a level is called; 0 has no name."""
        found = next((level for level in self.levels if level.number == number), None)
        return said(found.label, language) if found else ""

    def tops(self) -> list[Competency]:
        """Those that are part of no other, in the order of the document."""
        return [one for one in self.competencies.values() if not one.parents]


def said(labels: Labels, language: str) -> str:
    """A label in a language, else in English, else in any."""
    short = language.split("-")[0]
    return (
        labels.get(language)
        or labels.get(short)
        or labels.get("en")
        or next(iter(labels.values()), "")
    )


def read(document: object) -> Framework:
    """A framework document as a value.

    :raises BadReport: naming what is missing or contradicts itself.
    """
    found = _mapping(document, "the framework")
    levels = tuple(
        Level(number=number, label=_labels(_mapping(level, "levels").get("label"), "levels"))
        for number, level in enumerate(_list(found, "levels", needed=False), start=1)
    )
    listed = [_competency(one, len(levels)) for one in _list(found, "competencies")]
    competencies = {one.id: one for one in listed}
    if len(competencies) < len(listed):
        raise _lacking(_repeated(listed), "two competencies have this uri")
    return Framework(
        uri=_uri(found, "uri"),
        title=_labels(found.get("title"), "title"),
        levels=levels,
        competencies=competencies,
        children=_children(competencies),
    )


def _competency(one: object, highest: int) -> Competency:
    found = _mapping(one, "competencies")
    uri = _uri(found, "competencies")
    status = found.get("status", CURRENT)
    if status not in STATES:
        raise _lacking(uri, f"its status is one of {', '.join(STATES)}, this is {status!r}")
    return Competency(
        id=uri,
        label=_labels(found.get("label"), uri),
        description=_labels(found["description"], uri) if found.get("description") else {},
        levels=_levels(_mapping(found.get("levels") or {}, uri), highest, uri),
        code=_text(found, "code", uri),
        kind=_text(found, "kind", uri),
        parents=_uris(found, "parents", uri),
        exact=_uris(found, "exact", uri),
        is_retired=status == RETIRED,
    )


def _repeated(listed: Iterable[Competency]) -> str:
    seen = set[str]()
    return next(one.id for one in listed if one.id in seen or seen.add(one.id))  # type: ignore[func-returns-value]


def _children(competencies: Mapping[str, Competency]) -> dict[str, tuple[str, ...]]:
    """Who is part of whom, downward; a circle or a parent that is not there is refused."""
    children: dict[str, list[str]] = {}
    for one in competencies.values():
        for parent in one.parents:
            if parent not in competencies:
                raise _lacking(one.id, f"its parent {parent} is not in the framework")
            children.setdefault(parent, []).append(one.id)
    _refuse_circles(competencies)
    return {parent: tuple(ones) for parent, ones in children.items()}


def _refuse_circles(competencies: Mapping[str, Competency]) -> None:
    """Walk upward from everyone; whoever is met on her own way up is part of herself."""
    done = set[str]()
    for start in competencies:
        way: dict[str, None] = {}
        stack = [(start, False)]
        while stack:
            one, is_left = stack.pop()
            if is_left:
                done.add(way.popitem()[0])
            elif one in way:
                met = list(way)
                circle = " > ".join([*met[met.index(one) :], one])
                raise _lacking(one, f"it is part of itself: {circle}"[:400])
            elif one not in done:
                way[one] = None
                stack.append((one, True))
                stack += [(parent, False) for parent in competencies[one].parents]


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


def _list(document: Mapping[Any, Any], name: str, *, needed: bool = True) -> list[Any]:
    found = document.get(name)
    if found is None and not needed:
        return []
    if not isinstance(found, list) or (needed and not found):
        raise _lacking(name, "a list with at least one entry is needed")
    return found


def _uri(document: Mapping[Any, Any], where: str) -> str:
    found = document.get("uri")
    if not _is_uri(found):
        raise _lacking(where, f"a uri is needed, this is {found!r:.80}")
    return str(found)


def _uris(document: Mapping[Any, Any], name: str, where: str) -> tuple[str, ...]:
    found = document.get(name) or []
    if not isinstance(found, list) or not all(map(_is_uri, found)):
        raise _lacking(where, f"{name} is a list of uris, this is {found!r:.80}")
    return tuple(dict.fromkeys(found))


def _is_uri(value: object) -> bool:
    return isinstance(value, str) and len(value.split()) == 1 and len(value) <= LONGEST_URI


def _text(document: Mapping[Any, Any], name: str, where: str) -> str:
    found = document.get(name) or ""
    if not isinstance(found, str):
        raise _lacking(where, f"{name} is a text, this is {found!r:.60}")
    return found


def _is_words(text: object) -> bool:
    """Something to read; no database keeps the character NUL."""
    return isinstance(text, str) and bool(text.strip()) and "\0" not in text


def _labels(value: object, where: str) -> Labels:
    """A text, or texts by language."""
    found = {"en": value} if isinstance(value, str) else value
    texts = found.values() if isinstance(found, Mapping) else ()
    if not texts or not all(map(_is_words, texts)):
        raise _lacking(where, f"a text, or texts by language, is needed, this is {value!r:.60}")
    return {str(language): text for language, text in dict(found).items()}  # type: ignore[call-overload]


def _lacking(where: str, why: str) -> BadReport:
    return BadReport(
        f"This cannot be kept as a framework: {why}.",
        "It needs uri, title and competencies (uri, label); see docs/frameworks.md.",
        where=where,
    )
