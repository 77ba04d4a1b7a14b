"""The members of CASE 1.1, each with what it may hold, and how values are made to fit.

Files say the same in many ways: older names, one text for a list, dates without a zone, links that
are plain texts. `fit` brings an object into the shape of CASE 1.1; what has no place there travels
in its `extensions`. `complete` adds what the standard demands and nobody said. What `complete` can
work out again `fit` leaves out, so that both together change nothing.
"""

from __future__ import annotations

import math
import re
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any

Fit = Callable[[Any], Any]
"""A value as CASE 1.1 has it; None where it cannot be."""

LEFT = "https://w3id.org/byway/ext/case"
"""The extension that holds members which CASE 1.1 does not have."""
UNDATED = "1970-01-01T00:00:00Z"
"""When something without a date was last changed: the same at each export."""
LONGEST_URI = 500

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_OWN = re.compile(r"ext:[A-Za-z0-9|._]")
TYPES = (
    "isChildOf", "isPeerOf", "isPartOf", "exactMatchOf", "precedes", "isRelatedTo", "replacedBy",
    "exemplar", "hasSkillLevel", "isTranslationOf",
)  # fmt: skip
_TYPES = {name.casefold(): name for name in TYPES}


def identifier(uri: str) -> str:
    """The identifier of whatever has this address and says none."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, uri))


def address(identified: str) -> str:
    """The address of whatever has this identifier and says none."""
    return f"urn:uuid:{identified}"


def is_uri(value: object) -> bool:
    """Whether a framework can use a text as an address: 500 characters at most, no spaces."""
    return isinstance(value, str) and len(value.split()) == 1 and len(value) <= LONGEST_URI


def is_uuid(value: object) -> bool:
    """Whether a value is written as CASE demands of an identifier."""
    return isinstance(value, str) and _UUID.fullmatch(value) is not None


def _text(value: Any) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return str(value)


def _identifier(value: Any) -> str | None:
    try:
        return value if is_uuid(value) else str(uuid.UUID(value))
    except (ValueError, TypeError, AttributeError):
        return None


def _day(value: Any) -> str | None:
    day = str(value).strip()[:10]
    return day if _moment(value) and _is_day(day) else None


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _moment(value: Any) -> str | None:
    """In UTC; a moment without a zone is taken for UTC."""
    try:
        moment = datetime.fromisoformat(value.strip())
        zoned = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return zoned.astimezone(UTC).isoformat().replace("+00:00", "Z")
    except (ValueError, OverflowError, AttributeError, TypeError):
        return None


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        number = value if isinstance(value, int) else float(value)
        return number if math.isfinite(number) else None
    except (ValueError, OverflowError):
        return None


def _integer(value: Any) -> int | None:
    number = _number(value)
    return int(number) if number is not None and number == int(number) else None


def _texts(value: Any) -> list[str] | None:
    listed = [_text(one) for one in (value if isinstance(value, list) else [value])]
    return None if None in listed else [one for one in listed if one]


def _type(value: Any) -> str | None:
    """An association's type; a publisher's own gets the prefix that CASE wants."""
    if not isinstance(value, str) or not value.strip():
        return None
    found = _TYPES.get(re.sub(r"[\s_-]", "", value).casefold())
    own = value if _OWN.search(value) else "ext:" + re.sub(r"[^A-Za-z0-9._]+", "_", value.strip())
    return found or own


def _node(value: Any) -> dict[str, str] | None:
    """A link to anything: a mapping, or its address or identifier alone."""
    told = {"identifier" if is_uuid(value) else "uri": value} if isinstance(value, str) else value
    if not isinstance(told, Mapping):
        return None
    known = {"identifier": told.get("identifier") or told.get("sourcedId"), "uri": told.get("uri")}
    said = {name: one for name, one in known.items() if isinstance(one, str) and one.strip()}
    if not said:
        return None
    uri = said.get("uri") or address(said["identifier"])
    link = {
        "title": str(told.get("title") or uri),
        "identifier": said.get("identifier") or identifier(uri),
        "uri": uri,
    }
    kind = told.get("targetType")
    fits = kind == "CASE" or (isinstance(kind, str) and _OWN.search(kind))
    return {**link, "targetType": kind} if fits and isinstance(kind, str) else link


def _link(value: Any) -> dict[str, str] | None:
    """A link to something of CASE, which has a UUID."""
    link = _node(value)
    if link is None:
        return None
    uri = link["uri"]
    found = _identifier(link["identifier"]) or identifier(uri)
    return {"title": link["title"], "identifier": found, "uri": uri}


def _links(value: Any) -> list[dict[str, str]] | None:
    links = [_link(one) for one in (value if isinstance(value, list) else [value])]
    return None if None in links else [one for one in links if one]


def _object(value: Any) -> dict[str, Any] | None:
    return dict(value) if isinstance(value, Mapping) else None


def _objects(value: Any) -> list[dict[str, Any]] | None:
    listed = value if isinstance(value, list) else [value]
    return [dict(one) for one in listed] if all(isinstance(o, Mapping) for o in listed) else None


def _many(shape: str) -> Fit:
    """A list of objects of one shape; one object alone is a list of one."""

    def fits(value: Any) -> list[dict[str, Any]] | None:
        listed = _objects(value)
        return None if listed is None else [fit(shape, one) for one in listed]

    return fits


_COMMON: dict[str, Fit] = {
    "identifier": _identifier,
    "uri": _text,
    "lastChangeDateTime": _moment,
    "extensions": _object,
}
_STATUS: dict[str, Fit] = {
    "notes": _text,
    "subject": _texts,
    "subjectURI": _links,
    "language": _text,
    "licenseURI": _link,
    "statusStartDate": _day,
    "statusEndDate": _day,
}
_PART: dict[str, Fit] = _COMMON | {"title": _text, "description": _text}
SHAPES: dict[str, dict[str, Fit]] = {
    "CFDocument": _PART
    | _STATUS
    | dict.fromkeys(
        ("frameworkType", "creator", "officialSourceURL", "publisher", "version", "adoptionStatus"),
        _text,
    ),
    "CFItem": _COMMON
    | _STATUS
    | dict.fromkeys(
        (
            "fullStatement", "alternativeLabel", "CFItemType", "humanCodingScheme",
            "listEnumeration", "abbreviatedStatement",
        ),
        _text,
    )
    | {
        "conceptKeywords": _texts,
        "conceptKeywordsURI": _link,
        "educationLevel": _texts,
        "CFItemTypeURI": _link,
    },
    "CFAssociation": _COMMON
    | {
        "associationType": _type,
        "sequenceNumber": _integer,
        "originNodeURI": _node,
        "destinationNodeURI": _node,
        "CFAssociationGroupingURI": _link,
        "notes": _text,
    },
    "CFRubric": _PART | {"CFRubricCriteria": _many("CFRubricCriterion")},
    "CFRubricCriterion": _COMMON
    | {
        "category": _text,
        "description": _text,
        "CFItemURI": _link,
        "weight": _number,
        "position": _integer,
        "rubricId": _identifier,
        "CFRubricCriterionLevels": _many("CFRubricCriterionLevel"),
    },
    "CFRubricCriterionLevel": _COMMON
    | {
        "description": _text,
        "quality": _text,
        "score": _number,
        "feedback": _text,
        "position": _integer,
        "rubricCriterionId": _identifier,
        "extensions": _objects,
    },
    "CFConcept": _PART | {"keywords": _text, "hierarchyCode": _text},
    "CFSubject": _PART | {"hierarchyCode": _text},
    "CFLicense": _PART | {"licenseText": _text},
    "CFItemType": _PART | {"hierarchyCode": _text, "typeCode": _text},
    "CFAssociationGrouping": _PART,
}  # fmt: skip
DEFINITIONS = {
    f"{name}s": name
    for name in ("CFConcept", "CFSubject", "CFLicense", "CFItemType", "CFAssociationGrouping")
}
SHAPES["CFDefinitions"] = {name: _many(shape) for name, shape in DEFINITIONS.items()} | {
    "extensions": _object
}
_DEMANDED: dict[str, tuple[str, ...]] = {
    "CFConcept": ("title", "hierarchyCode"),
    "CFSubject": ("title", "hierarchyCode"),
    "CFLicense": ("title", "licenseText"),
    "CFItemType": ("title", "description", "hierarchyCode"),
    "CFAssociationGrouping": ("title",),
}
_OLDER = {
    "sourcedId": "identifier",
    "educationalLevel": "educationLevel",
    "listEnumInSource": "listEnumeration",
}
_REDUNDANT = ("CFDocumentURI", "CFPackageURI", "CFItemAssociationURI", "caseVersion")
"""Addresses of the publisher's interface for what stands in the same file."""


def fit(shape: str, told: Mapping[str, Any]) -> dict[str, Any]:
    """An object in the shape of CASE 1.1, without what `complete` adds."""
    fitted: dict[str, Any] = {}
    left: dict[str, Any] = {}
    for name, value in told.items():
        known = _OLDER[name] if name in _OLDER and not told.get(_OLDER[name]) else name
        if value in (None, "", [], {}) or known in _REDUNDANT:
            continue
        fits = SHAPES[shape].get(known)
        found = fits(value) if fits else None
        if found is None:
            left[name] = value
        elif found not in ("", []):
            fitted[known] = found
    return _without_plain(_with_left(fitted, left, is_list=SHAPES[shape]["extensions"] is _objects))


def complete(
    shape: str, fitted: Mapping[str, Any], *, changed_at: str, name: str
) -> dict[str, Any]:
    """A fitted object with what CASE demands: identifier, address, date, texts.

    :param name: what to make an address of where there is neither identifier nor address.
    """
    whole = {**dict.fromkeys(_DEMANDED.get(shape, ()), ""), **fitted}
    if "uri" not in whole:
        whole["uri"] = (
            address(whole["identifier"]) if "identifier" in whole else address(identifier(name))
        )
    whole.setdefault("identifier", identifier(whole["uri"]))
    whole.setdefault("lastChangeDateTime", changed_at)
    for member, inner in _INNER.items():
        if member in whole:
            whole[member] = [
                complete(inner, one, changed_at=changed_at, name=f"{whole['uri']}#{number}")
                for number, one in enumerate(whole[member], start=1)
            ]
    return whole


_INNER = {
    "CFRubricCriteria": "CFRubricCriterion",
    "CFRubricCriterionLevels": "CFRubricCriterionLevel",
}


def _with_left(fitted: dict[str, Any], left: Mapping[str, Any], *, is_list: bool) -> dict[str, Any]:
    if not left:
        return fitted
    if is_list:
        return {**fitted, "extensions": [*fitted.get("extensions", ()), {LEFT: dict(left)}]}
    extensions = fitted.get("extensions", {})
    former = extensions.get(LEFT)
    kept = {**(former if isinstance(former, Mapping) else {}), **left}
    return {**fitted, "extensions": {**extensions, LEFT: kept}}


def _without_plain(fitted: dict[str, Any]) -> dict[str, Any]:
    """Without an identifier made of the address, an address made of the identifier, or no date."""
    uri, identified = fitted.get("uri"), fitted.get("identifier")
    if uri and identified == identifier(uri):
        del fitted["identifier"]
    elif identified and uri == address(identified):
        del fitted["uri"]
    if fitted.get("lastChangeDateTime") == UNDATED:
        del fitted["lastChangeDateTime"]
    return fitted
