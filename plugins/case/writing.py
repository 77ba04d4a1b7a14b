"""A framework in Byway's own form as a CASE 1.1 package.

The same document gives the same bytes: identifiers nobody gave are made of addresses, and dates
nobody gave are that of the document, or 1970.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from engine.api import BadReport
from plugins.case import extension
from plugins.case.drafting import draft, scale_of
from plugins.case.json_texts import dump
from plugins.case.packages import Part, package
from plugins.case.reading import undated
from plugins.case.shapes import DEFINITIONS, UNDATED, complete

Object = dict[str, Any]
Told = Mapping[str, Any]

_LISTS = {"CFItems": "CFItem", "CFAssociations": "CFAssociation", "CFRubrics": "CFRubric"}


def write(document: Told) -> bytes:
    """The package, valid against the official schema; read again it gives the same document.

    :raises BadReport: the framework holds what JSON cannot say.
    """
    try:
        return dump(_written(json.loads(json.dumps(document, allow_nan=False))))
    except (ValueError, TypeError, RecursionError) as error:
        raise BadReport(
            f"This framework cannot be written as JSON: {error}.", "Import it again without that."
        ) from error


def _written(document: Told) -> Object:
    drafted, again = _drafted(document)
    known = {one["uri"]: one for one in again["competencies"]}
    count = len(document["competencies"])
    return _whole(
        {
            **drafted,
            "CFDocument": _stamped(drafted["CFDocument"], document, again),
            "CFItems": [
                _stamped(item, one, _without_end(known[one["uri"]], one))
                for item, one in zip(drafted["CFItems"], document["competencies"], strict=False)
            ]
            + drafted["CFItems"][count:],
        }
    )


def _drafted(document: Told) -> tuple[Object, Object]:
    """What CASE can say of a framework, and how that reads.

    Of the ways to say it the first that reads as the same framework: what was kept of a former
    package may contradict it by now.
    """
    for keeps, is_scaled in ((True, False), (True, True)):
        found = draft(document, keeps=keeps, is_scaled=is_scaled)
        again = _read_again(found)
        if again is not None and _is_alike(document, again):
            return found, again
    found = draft(document, keeps=False, is_scaled=True)
    return found, undated(package([("", _whole(found))]))


def _read_again(drafted: Object) -> Object | None:
    try:
        return undated(package([("", _whole(drafted))]))
    except BadReport:
        return None


def _is_alike(document: Told, again: Told) -> bool:
    uris = [[one["uri"] for one in each["competencies"]] for each in (document, again)]
    return uris[0] == uris[1] and scale_of(document) == scale_of(again)


def _stamped(told: Object, said: Told, again: Told) -> Object:
    """With what CASE does not say of it as an extension."""
    added = extension.differing(said, again)
    if not added:
        return told
    return {**told, "extensions": {**told.get("extensions", {}), extension.NAME: added}}


def _without_end(again: Told, said: Told) -> Told:
    """What reads as an end is one, unless the framework says of it that it is or is not retired."""
    return again if "status" in said else {n: v for n, v in again.items() if n != "status"}


def _whole(drafted: Told) -> Object:
    """With everything that the schema demands, and without empty members."""
    head = drafted["CFDocument"]
    uri = Part(where="", told=head).uri
    changed_at = head.get("lastChangeDateTime", UNDATED)
    dates = {"CFItems": changed_at}
    whole: Object = {
        "CFDocument": complete("CFDocument", head, changed_at=changed_at, name="")
        | {"caseVersion": "1.1"}
    }
    for name, shape in _LISTS.items():
        date_of = dates.get(name, UNDATED)
        whole[name] = [
            complete(shape, one, changed_at=date_of, name=f"{uri}#{name}:{number}")
            for number, one in enumerate(drafted[name], start=1)
        ]
    whole["CFDefinitions"] = _definitions(drafted["CFDefinitions"], uri)
    whole["extensions"] = drafted["extensions"]
    return {name: value for name, value in whole.items() if value}


def _definitions(told: Told, uri: str) -> Object:
    return {
        name: [
            complete(DEFINITIONS[name], one, changed_at=UNDATED, name=f"{uri}#{name}:{number}")
            for number, one in enumerate(value, start=1)
        ]
        if name in DEFINITIONS
        else value
        for name, value in told.items()
    }
