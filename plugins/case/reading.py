"""A CASE package as a framework in Byway's own form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from engine.api import BadReport
from plugins.case import extension
from plugins.case.keeping import WHOLE, Told, kept, matches
from plugins.case.lookups import Reading, looked_up
from plugins.case.packages import Package, Part
from plugins.case.relations import CHILD
from plugins.case.scale import own_identifier
from plugins.case.shapes import UNDATED, is_uri
from plugins.case.texts import description_of, label_of, language, without_statements
from plugins.case.ways import in_order, refuse_circles

Object = dict[str, Any]

STATES = ("current", "retired")
_WORDS = ("fullStatement", "abbreviatedStatement", "alternativeLabel", "humanCodingScheme")


def document(package: Package, today: date) -> Object:
    """The framework, with what Byway has no place for under `extra`; what has ended is retired.

    :raises BadReport: as `undated`.
    """
    whole = undated(package)
    return {**whole, "competencies": [_on(one, today) for one in whole["competencies"]]}


def undated(package: Package) -> Object:
    """The framework, with the day on which something ends as its status.

    :raises BadReport: something is part of itself or has no words, or there is nothing to read.
    """
    reading = looked_up(_worded(package))
    refuse_circles(reading.parents, lambda uri: _named(reading.items[uri]))
    ordered = in_order(list(reading.items), reading.parents, _numbers(reading), WHOLE)
    told, exact = kept(reading, ordered), matches(reading)
    head = _head(reading, told.get(WHOLE, []))
    return head | {
        "competencies": [
            _competency(reading, uri, exact.get(uri, []), told.get(uri, [])) for uri in ordered
        ],
        "remarks": [*_remarks(reading)],
    }


def _worded(package: Package) -> Package:
    """The package, once everything in it is called something."""
    if not str(package.document.told.get("title", "")).strip():
        raise BadReport("The framework has no title.", "Give it one.", where=package.document.where)
    if not package.items:
        raise BadReport(
            "There are no items in this package, so there are no competencies.",
            "Import the whole package (CFPackages), or add the file of its CFItems.",
        )
    for item in package.items:
        if not str(item.told.get("fullStatement", "")).strip():
            item.told["fullStatement"] = _other_words(item)
    return package


def _other_words(item: Part) -> str:
    for name in _WORDS:
        if words := str(item.told.get(name, "")).strip():
            return words
    raise BadReport(
        "This item has no fullStatement.", "Give it one, or take it out.", where=item.where
    )


def _named(item: Part) -> str:
    """What people call an item: its code, else its label."""
    return str(item.told.get("humanCodingScheme") or label_of(item.told)[:60])


def _numbers(reading: Reading) -> dict[tuple[str, str], int]:
    """The sequence numbers by child and parent."""
    return {
        (uri, reading.tongues.joined(one.destination) or WHOLE): one.number
        for uri, ones in reading.ways.items()
        for one in ones
        if one.number is not None
    }


def _head(reading: Reading, associations: Sequence[Told]) -> Object:
    told, ours = _parted(reading.package.document.told)
    key = language(told.get("language"))
    members = {
        "uri": reading.package.document.uri,
        "title": {key: told["title"]},
        "description": _in(key, told.get("description")),
        "language": key if "language" in told else None,
        "publisher": told.get("publisher"),
        "changed_at": told.get("lastChangeDateTime"),
        "levels": [
            _said({"number": number, "label": {key: label}, "description": _in(key, words)})
            for number, (label, words) in enumerate(_levels(reading), start=1)
        ],
        "extra": _case(
            {
                "document": _document_left(told, key),
                "definitions": reading.package.definitions,
                "rubrics": _rubrics(reading),
                "items": [one.told for one in reading.steps.values()],
                "associations": list(associations),
                "extensions": reading.package.extensions,
            }
        ),
    }
    return extension.restored(_said(members), ours)


def _document_left(told: Told, key: str) -> Object:
    used = ("title", "description", "publisher", "lastChangeDateTime")
    rest = {name: value for name, value in told.items() if name not in used}
    uri = told["uri"] if is_uri(told.get("uri")) else None
    said = {"uri": uri, "language": key, "creator": told.get("publisher") or told["title"]}
    return _left(rest, said)


def _levels(reading: Reading) -> Iterator[tuple[str, str]]:
    scale = reading.scale
    return zip(scale.levels, scale.descriptions or [""] * len(scale.levels), strict=True)


def _rubrics(reading: Reading) -> list[Object]:
    """Those that an export does not make by itself."""
    own = own_identifier(reading.package.document.uri) if reading.scale.levels else ""
    told = [one.told for one in reading.package.rubrics]
    return [one for one in told if str(one.get("identifier", "")).lower() != own]


def _competency(
    reading: Reading, uri: str, exact: Sequence[str], associations: Sequence[Told]
) -> Object:
    told, ours = _parted(reading.items[uri].told)
    key, others = reading.tongues.keys[uri], reading.tongues.others.get(uri, {})
    spoken = {key: told, **{name: one.told for name, one in others.items()}}
    kept = {"translations": _translations(uri, others), "associations": list(associations)}
    members = {
        "uri": uri,
        "code": told.get("humanCodingScheme"),
        "kind": told.get("CFItemType") or told.get("CFItemTypeURI", {}).get("title"),
        "label": {name: label_of(one) for name, one in spoken.items()},
        "description": {n: words for n, one in spoken.items() if (words := description_of(one))},
        "levels": {str(n): {key: w} for n, w in reading.scale.words.get(uri, {}).items()},
        "parents": reading.parents[uri],
        "exact": list(exact),
        "status": told.get("statusEndDate"),
        "extra": _case(_item_left(reading, told, uri, key) | kept),
    }
    return extension.restored(_said(members), ours)


def _item_left(reading: Reading, told: Object, uri: str, key: str) -> Object:
    used = ("humanCodingScheme", "CFItemType")
    rest = {n: value for n, value in without_statements(told).items() if n not in used}
    ended = ended_by(reading.package.document.told)
    return _left(rest, {"uri": uri, "language": key, "statusEndDate": ended})


def _on(one: Object, today: date) -> Object:
    """A competency as it is on a day."""
    if one.get("status") in STATES or not isinstance(one.get("status"), str):
        return one
    rest = {name: value for name, value in one.items() if name != "status"}
    return one | {"status": "retired"} if one["status"] <= today.isoformat() else rest


def ended_by(document: Mapping[str, Any]) -> str:
    """The day on which something is said to have ended that says no day of its own."""
    return str(document.get("lastChangeDateTime") or UNDATED)[:10]


def _translations(uri: str, others: Mapping[str, Part]) -> Object:
    """What else the items say that became further languages, by language."""
    left = {}
    for name, item in others.items():
        minted = {"uri": minted_uri(uri, name)} if "identifier" not in item.told else {}
        left[name] = _left(without_statements(item.told), {"language": name, **minted})
    return {name: one for name, one in left.items() if one}


def minted_uri(uri: str, name: str) -> str:
    """The address of a competency's translation where nobody gave it one."""
    return f"{uri}#{name}"


def _parted(told: Object) -> tuple[Object, Any]:
    """What an object tells, and what an export of ours added to it."""
    extensions = dict(told.get("extensions", {}))
    ours = extensions.pop(extension.NAME, None)
    rest = {name: value for name, value in told.items() if name != "extensions"}
    return rest | ({"extensions": extensions} if extensions else {}), ours


def _left(told: Mapping[str, Any], said: Mapping[str, Any]) -> Object:
    """What is said nowhere else."""
    return {name: value for name, value in told.items() if said.get(name) != value}


def _case(members: Object) -> Object:
    said = _said(members)
    return {"case": said} if said else {}


def _said(members: Object) -> Object:
    """Without what is empty."""
    return {name: value for name, value in members.items() if value not in (None, "", [], {})}


def _in(key: str, text: str | None) -> Object | None:
    return {key: text} if text else None


def _remarks(reading: Reading) -> Iterator[str]:
    yield from reading.tongues.remarks
    if reading.scale.remark:
        yield reading.scale.remark
    outside = [
        one
        for one in reading.found
        if one.kind == CHILD and not one.is_top and None in (one.origin, one.destination)
    ]
    if outside:
        yield (
            f"{len(outside)} isChildOf associations lead to or from items that are not in this "
            "file; they are kept for an export."
        )
