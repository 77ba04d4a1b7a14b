"""What CASE 1.1 can say of a framework, with what was kept of the package it came in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from plugins.case import extension
from plugins.case.keeping import WHOLE, ranked, sibling_places
from plugins.case.packages import Part
from plugins.case.reading import ended_by, minted_uri
from plugins.case.relations import (
    CHILD,
    EXACT,
    NEEDED,
    TRANSLATION,
    Link,
    Nodes,
    Relation,
    link,
    made,
    outer,
    places,
    relation,
    upward,
)
from plugins.case.scale import Scale, rubric
from plugins.case.shapes import UNDATED, fit, identifier
from plugins.case.texts import label_of, language, statements

Object = dict[str, Any]
Told = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A competency: as the framework has it, as an item, and as items in other languages."""

    kept: Told
    item: Part
    translations: tuple[Part, ...]
    parents: Mapping[str, int]
    exact: Mapping[str, int]

    @property
    def link(self) -> Link:
        """To its item."""
        return link(self.item.uri, self.item.identifier, label_of(self.item.told))


def draft(document: Told, *, keeps: bool, is_scaled: bool) -> Object:
    """The members of a package in the shape of CASE 1.1, still without what `complete` adds.

    :param keeps: use what `extra` has kept, and make items of translations.
    :param is_scaled: say the levels with a rubric of our own.
    """
    case = _mapping(_mapping(document.get("extra")).get("case")) if keeps else {}
    whole = _document(document, _mapping(case.get("document")))
    entries = [_entry(document, one, whole, keeps=keeps) for one in document["competencies"]]
    fitted = [_fit("CFItem", one) for one in _mappings(case.get("items"))]
    steps = [one for one in fitted if {"identifier", "uri"} & one.keys()]
    items = [one.item.told for one in entries] + [
        other.told for one in entries for other in one.translations
    ]
    rubrics = [_fit("CFRubric", one) for one in _mappings(case.get("rubrics"))]
    links = {one.item.uri: one.link for one in entries}
    scale = scale_of(document)
    if is_scaled and scale.levels:
        rubrics.append(rubric(document["uri"], scale, links))
    return {
        "CFDocument": whole,
        "CFItems": items + steps,
        "CFAssociations": _associations(entries, Part(where="", told=whole), steps, case),
        "CFDefinitions": _fit("CFDefinitions", _mapping(case.get("definitions"))),
        "CFRubrics": rubrics,
        "extensions": _mapping(case.get("extensions")),
    }


def scale_of(document: Told) -> Scale:
    """The scale of a framework, in the language that each part of it is mainly in."""
    levels = tuple(_main(one["label"], document)[1] for one in document.get("levels") or ())
    words = {
        one["uri"]: {
            int(number): _main(said, document)[1]
            for number, said in (one.get("levels") or {}).items()
        }
        for one in document["competencies"]
    }
    return Scale(levels=levels, words={uri: said for uri, said in words.items() if said})


def _document(document: Told, kept: Told) -> Object:
    key, title = _main(document["title"], document)
    uris = {one["uri"] for one in document["competencies"]}
    told = _fit(
        "CFDocument",
        {
            # Whatever has the address of the framework must not be taken for it.
            "identifier": identifier(f"{document['uri']}#") if document["uri"] in uris else None,
            **kept,
            "uri": document["uri"],
            "title": title,
            "description": _labels(document.get("description")).get(key),
            "publisher": document.get("publisher"),
            "language": _tongue(kept, key) if "language" in document else None,
            "lastChangeDateTime": document.get("changed_at"),
        },
    )
    return {"creator": told.get("publisher") or title} | told


def _entry(document: Told, told: Told, whole: Told, *, keeps: bool) -> Entry:
    kept = _mapping(_mapping(told.get("extra")).get("case")) if keeps else {}
    key, label = _main(told["label"], document)
    descriptions = _labels(told.get("description"))
    others = _mapping(kept.get("translations"))
    item = {
        **{n: value for n, value in kept.items() if n not in ("translations", "associations")},
        **statements(label, descriptions.get(key, "")),
        "uri": told["uri"],
        "humanCodingScheme": told.get("code"),
        "CFItemType": told.get("kind"),
        "language": _tongue(kept, key),
    }
    if told.get("status") == "retired" and not item.get("statusEndDate"):
        item["statusEndDate"] = ended_by(whole)
    labels = _labels(told["label"]) if keeps else {}
    return Entry(
        kept=kept,
        parents=places(told.get("parents") or ()),
        exact=places(told.get("exact") or ()),
        item=Part(where="", told=_fit("CFItem", item)),
        translations=tuple(
            _translation(told["uri"], name, (said, descriptions.get(name, "")), others.get(name))
            for name, said in labels.items()
            if name != key
        ),
    )


def _translation(uri: str, name: str, words: tuple[str, str], others: object) -> Part:
    """An item that says a competency in another language: its label and its description."""
    kept = _mapping(others)
    minted = {} if {"uri", "identifier"} & kept.keys() else {"uri": minted_uri(uri, name)}
    told = {**kept, **statements(*words), **minted, "language": _tongue(kept, name)}
    return Part(where="", told=_fit("CFItem", told))


def _associations(
    entries: Sequence[Entry], whole: Part, steps: Iterable[Object], case: Told
) -> list[Object]:
    parts = [one.item for one in entries] + [other for one in entries for other in one.translations]
    nodes = Nodes([*parts, *(Part(where="", told=one) for one in steps)], whole)
    links = {one.item.uri: one.link for one in entries}
    top = link(whole.uri, whole.identifier, str(whole.told["title"]))
    siblings = sibling_places([*links], {one.item.uri: list(one.parents) for one in entries})
    date = {"lastChangeDateTime": whole.told.get("lastChangeDateTime", UNDATED)}
    found: list[Relation] = []
    for one in entries:
        standing = [r for r in _kept(one.kept, one.link, nodes) if _stands(r, one)]
        new = [relation(told | date, nodes) for told in _made(one, standing, links, top, siblings)]
        found += ranked([*standing, *new], one.parents, one.exact)
    numbered = _numbered(found, places(links))
    return numbered + [r.told for r in _kept(case, None, nodes)]


def _kept(kept: Told, origin: Link | None, nodes: Nodes) -> list[Relation]:
    """The associations that were kept, as far as they are any."""
    fitted = [
        _fit("CFAssociation", {"originNodeURI": origin, **one})
        for one in _mappings(kept.get("associations"))
    ]
    return [relation(one, nodes) for one in fitted if all(name in one for name in NEEDED)]


def _stands(one: Relation, entry: Entry) -> bool:
    """Whether the framework still says what an association said."""
    if one.origin == entry.item.uri and one.kind == CHILD and one.destination is not None:
        return one.destination in entry.parents
    return one.matches is None or one.matches in entry.exact


def _made(
    entry: Entry,
    standing: Sequence[Relation],
    links: Mapping[str, Link],
    top: Link,
    siblings: Mapping[tuple[str, str], int],
) -> list[Object]:
    """The associations that nobody said and the framework implies."""
    uri, given = entry.item.uri, _given(entry, standing)
    matched = {one.matches for one in standing}
    translated = {one.origin for one in standing if one.kind == TRANSLATION}
    above = {parent: links[parent] for parent in entry.parents} or {WHOLE: top}
    return [
        *(
            made(entry.link, CHILD, to, siblings[uri, parent])
            for parent, to in above.items()
            if (parent or None) not in given
        ),
        *(made(entry.link, EXACT, outer(one)) for one in entry.exact if one not in matched),
        *(
            made(link(other.uri, other.identifier, label_of(other.told)), TRANSLATION, entry.link)
            for other in entry.translations
            if other.uri not in translated
        ),
    ]


def _given(entry: Entry, standing: Sequence[Relation]) -> set[str | None]:
    """The parents that associations which stand give already; None is the framework itself.

    `isPartOf` gives them all or none: it counts only for what is nobody's child.
    """
    above = upward(standing).get(entry.item.uri, [])
    given = {one.destination for one in above}
    is_child = any(one.kind == CHILD for one in above)
    return given if is_child or given == entry.parents.keys() else set()


def _numbered(found: Sequence[Relation], ordered: Mapping[str, int]) -> list[Object]:
    """The associations, with new sequence numbers where the old ones tell another order."""
    groups: dict[str | None, list[Relation]] = {}
    for ones in upward(found).values():
        for one in ones:
            groups.setdefault(one.destination, []).append(one)
    renewed: dict[int, int] = {}
    for siblings in groups.values():
        sorted_here = sorted(siblings, key=lambda one: ordered.get(one.origin or "", 0))
        numbers = [(one.number is None, one.number or 0) for one in sorted_here]
        if numbers != sorted(numbers):
            renewed |= {id(one): place for place, one in enumerate(sorted_here, start=1)}
    return [
        {**one.told, "sequenceNumber": renewed[id(one)]} if id(one) in renewed else one.told
        for one in found
    ]


def _main(told: Any, document: Told) -> tuple[str, str]:
    """The language that something is exported in, and the text: that of the framework, if any."""
    labels = _labels(told)
    wished = (document.get("language"), "en", *labels)
    key = next(name for name in wished if name in labels)
    return str(key), labels[str(key)]


def _labels(told: Any) -> Mapping[str, str]:
    """Texts by language; a text alone is English, as everywhere in Byway."""
    return {"en": told} if isinstance(told, str) else _mapping(told)


def _tongue(kept: Told, key: str) -> str:
    """A language as its publisher wrote it."""
    told = kept.get("language")
    return told if isinstance(told, str) and key in (language(told), told) else key


def _fit(shape: str, told: Told) -> Object:
    """In shape, and without what an earlier export added for us."""
    fitted = fit(shape, told)
    extensions = fitted.get("extensions")
    if isinstance(extensions, dict) and extension.NAME in extensions:
        rest = {name: value for name, value in extensions.items() if name != extension.NAME}
        fitted = {**fitted, "extensions": rest}
    return fitted


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _mappings(value: Any) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []
