"""One CASE package from the files of an upload, whatever wrapping its publisher chose.

A package whole, its parts under `CFPackage` or at the top, in the shape that OpenCASE stores
(`document`, `items`, `sourcedId`), or as single answers of the REST interface in several files.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.api import BadReport, FrameworkFile
from plugins.case.json_texts import excerpt, load
from plugins.case.shapes import DEFINITIONS, address, fit, identifier, is_uri

Object = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """An object of a package in the shape of CASE 1.1, and where it stands, for messages."""

    where: str
    told: Object

    @property
    def identifier(self) -> str:
        """As it says, else made of its address."""
        return str(self.told.get("identifier") or identifier(self.told["uri"]))

    @property
    def uri(self) -> str:
        """As it says, else made of its identifier."""
        told = str(self.told.get("uri", ""))
        return told if is_uri(told) else address(self.told.get("identifier") or identifier(told))


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """What a framework consists of in CASE; `definitions` and `extensions` as they were told."""

    document: Part
    items: list[Part]
    associations: list[Part]
    rubrics: list[Part]
    definitions: Object = field(default_factory=dict)
    extensions: Object = field(default_factory=dict)


_GROUPS = {
    "CFDocument": ("CFDocument", "CFDocuments", "document", "documents"),
    "CFItem": ("CFItem", "CFItems", "items"),
    "CFAssociation": ("CFAssociation", "CFAssociations", "associations"),
    "CFRubric": ("CFRubric", "CFRubrics", "rubrics"),
    "CFDefinitions": ("CFDefinitions", "definitions"),
}
_SHAPES = {name: shape for shape, names in _GROUPS.items() for name in names}
_WRAPPERS = ("CFPackage", "CFPackages", "CFItemSet", "CFAssociationSet")
_TELLING = {
    "fullStatement": "CFItem",
    "originNodeURI": "CFAssociation",
    "CFRubricCriteria": "CFRubric",
    "creator": "CFDocument",
    "CFPackageURI": "CFDocument",
}
"""Members by which an object without a name round it is known."""


def collect(files: Sequence[FrameworkFile]) -> Package:
    """The package in these files.

    :raises BadReport: there is none or there are several, or one identifier means two things.
    """
    return package((f"{file.name}: " if len(files) > 1 else "", load(file)) for file in files)


def package(values: Iterable[tuple[str, Any]]) -> Package:
    """The package in these values, each with what to write before its places; as `collect`."""
    found: dict[str, list[Part]] = {shape: [] for shape in (*_GROUPS, "extensions")}
    for where, value in values:
        for shape, part in _parts(value, where):
            found[shape].append(part)
    items = _distinct(_fitted("CFItem", found))
    return Package(
        document=_document(_distinct(_fitted("CFDocument", found)), found["CFItem"]),
        items=items,
        associations=_once(_fitted("CFAssociation", found)),
        rubrics=_distinct(_fitted("CFRubric", found)),
        definitions=_definitions(found["CFDefinitions"]),
        extensions={k: v for part in found["extensions"] for k, v in part.told.items()},
    )


def _parts(value: Any, where: str) -> Iterator[tuple[str, Part]]:
    """Every object that is part of a package, with its shape and its place."""
    if isinstance(value, list):
        for number, one in enumerate(value):
            yield from _parts(one, f"{where}[{number}]")
    elif isinstance(value, Mapping):
        bare = next((shape for name, shape in _TELLING.items() if name in value), None)
        if bare and not _SHAPES.keys() & value.keys():
            yield bare, Part(where=where.rstrip(": ") or bare, told=dict(value))
        else:
            yield from _members(value, where)


def _members(package: Mapping[str, Any], where: str) -> Iterator[tuple[str, Part]]:
    for name, value in package.items():
        if name in _WRAPPERS:
            yield from _parts(value, where)
        elif name in DEFINITIONS:
            yield "CFDefinitions", Part(where=where + name, told={name: value})
        elif name == "extensions" and isinstance(value, Mapping):
            yield "extensions", Part(where=where + name, told=dict(value))
        elif name in _SHAPES and value is not None:
            listed = value if isinstance(value, list) else [value]
            for number, one in enumerate(listed):
                place = f"{where}{name}[{number}]" if isinstance(value, list) else where + name
                yield _SHAPES[name], Part(where=place, told=_mapping(one, place))


def _mapping(value: Any, where: str) -> Object:
    if not isinstance(value, Mapping):
        raise BadReport(
            f"An object is expected here, this is {excerpt(value)}.",
            "Export the package again.",
            where=where,
        )
    return dict(value)


def _fitted(shape: str, found: Mapping[str, list[Part]]) -> list[Part]:
    return [_identified(Part(where=p.where, told=fit(shape, p.told)), shape) for p in found[shape]]


def _identified(part: Part, shape: str) -> Part:
    """A part that says who it is; associations and rubrics may be nameless."""
    if shape in ("CFItem", "CFDocument") and not {"identifier", "uri"} & part.told.keys():
        raise BadReport(
            "It has neither identifier nor uri, so nothing can refer to it.",
            "Give it a UUID as its identifier.",
            where=part.where,
        )
    return part


def _distinct(parts: Sequence[Part]) -> list[Part]:
    """Each thing once; the same thing said twice must say the same."""
    known: dict[str, Part] = {}
    kept = []
    for part in parts:
        if not {"identifier", "uri"} & part.told.keys():
            kept.append(part)
            continue
        names = {part.identifier.lower(), part.uri}
        former = next((known[name] for name in names if name in known), part)
        if former.told != part.told:
            raise BadReport(
                f"It says something else than {former.where}, and both are {part.identifier}.",
                "Leave out the one that is wrong.",
                where=part.where,
            )
        if former is part:
            kept.append(part)
            known |= dict.fromkeys(names, part)
    return kept


def _once(parts: Sequence[Part]) -> list[Part]:
    """Without repetitions, such as an association that two answers of an interface hold."""
    kept: list[Part] = []
    seen = set[str]()
    for part in parts:
        key = repr(sorted(part.told.items()))
        if key not in seen:
            kept.append(part)
        seen.add(key)
    return kept


def _document(documents: Sequence[Part], items: Sequence[Part]) -> Part:
    """The one document; made of what the items say of it where there is none."""
    if len(documents) > 1:
        names = ", ".join(str(one.told.get("title") or one.uri) for one in documents[:5])
        raise BadReport(
            f"There are {len(documents)} frameworks in this upload: {names}.",
            "Import one at a time.",
            where=documents[1].where,
        )
    return documents[0] if documents else _document_of(items)


def _document_of(items: Sequence[Part]) -> Part:
    links = [item.told.get("CFDocumentURI") for item in items]
    found = links[0] if links else None
    if isinstance(found, Mapping) and all(link == found for link in links):
        told = fit("CFDocument", {name: found.get(name) for name in ("identifier", "uri", "title")})
        if told.keys() & {"identifier", "uri"} and "title" in told:
            return Part(where="CFDocumentURI", told=told)
    raise BadReport(
        "There is no CFDocument, so nothing says which framework this is.",
        "Import the whole package (CFPackages), or add the file of its CFDocument.",
    )


def _definitions(parts: Sequence[Part]) -> Object:
    """All definitions together, each once."""
    listed: dict[str, dict[str, Object]] = {}
    extensions: Object = {}
    for part in parts:
        fitted = fit("CFDefinitions", part.told)
        extensions |= fitted.pop("extensions", {})
        for name, ones in fitted.items():
            listed.setdefault(name, {}).update({repr(one): one for one in ones})
    whole = {name: list(ones.values()) for name, ones in listed.items()}
    return whole | ({"extensions": extensions} if extensions else {})
