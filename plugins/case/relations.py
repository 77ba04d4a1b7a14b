"""Associations: what they lead from and to, and which of them an export makes by itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from engine.api import BadReport
from plugins.case.packages import Part
from plugins.case.shapes import fit, identifier, is_uri

Link = Mapping[str, str]

CHILD, PART, EXACT = "isChildOf", "isPartOf", "exactMatchOf"
SKILL, TRANSLATION = "hasSkillLevel", "isTranslationOf"
NEEDED = ("associationType", "originNodeURI", "destinationNodeURI")


class Nodes:
    """The items of a package and its document, found by any link to them."""

    def __init__(self, items: Iterable[Part], document: Part) -> None:
        listed = list(items)
        self._by_identifier = {item.identifier.lower(): item.uri for item in listed}
        self._uris = {item.uri for item in listed}
        self._document = (document.identifier.lower(), document.uri)

    def find(self, link: Link) -> str | None:
        """The uri of the item that a link leads to.

        By identifier, by address, or by a UUID at the end of it: hosts and schemes change.
        """
        named, uri = link.get("identifier", "").lower(), link.get("uri", "")
        if named == self._document[0]:
            return None
        if named in self._by_identifier or uri in self._uris:
            return self._by_identifier.get(named, uri)
        return self._by_identifier.get(uri.rstrip("/").rpartition("/")[2].lower())

    def is_document(self, link: Link) -> bool:
        """Whether a link leads to the framework itself."""
        if link.get("identifier", "").lower() == self._document[0]:
            return True
        return self.find(link) is None and link.get("uri") == self._document[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """An association as told, and the items of this framework at its ends, if they are here."""

    told: dict[str, Any]
    kind: str
    origin: str | None
    destination: str | None
    is_top: bool

    @property
    def number(self) -> int | None:
        """Its place among its siblings."""
        found: int | None = self.told.get("sequenceNumber")
        return found

    @property
    def matches(self) -> str | None:
        """For an exact match with something outside: the address of that."""
        if self.kind != EXACT or (self.origin is None) == (self.destination is None):
            return None
        outer = "originNodeURI" if self.origin is None else "destinationNodeURI"
        uri = str(self.told[outer]["uri"])
        return uri if is_uri(uri) else None


def relation(told: Mapping[str, Any], nodes: Nodes) -> Relation:
    """An association in the shape of CASE 1.1, with its ends looked up."""
    origin, destination = told["originNodeURI"], told["destinationNodeURI"]
    return Relation(
        told=dict(told),
        kind=told["associationType"],
        origin=nodes.find(origin),
        destination=nodes.find(destination),
        is_top=told["associationType"] == CHILD and nodes.is_document(destination),
    )


def relations(parts: Iterable[Part], nodes: Nodes) -> list[Relation]:
    """All associations.

    :raises BadReport: one of them does not say its kind, where from or where to.
    """
    for part in parts:
        lacking = next((name for name in NEEDED if name not in part.told), None)
        if lacking:
            raise BadReport(
                f"This association has no {lacking}.",
                "Complete it, or take it out.",
                where=part.where,
            )
    return [relation(_named(part.told), nodes) for part in parts]


def _named(told: Mapping[str, Any]) -> Mapping[str, Any]:
    """An association with a name; the nameless get what an export would give them."""
    if {"identifier", "uri"} & told.keys():
        return told
    ends = told["originNodeURI"]["uri"], told["destinationNodeURI"]["uri"]
    return {**told, "identifier": identifier(f"{ends[0]} {told['associationType']} {ends[1]}")}


def link(part_uri: str, identified: str, title: str) -> dict[str, str]:
    """A link to something of this framework."""
    return {"title": title, "identifier": identified, "uri": part_uri}


def outer(uri: str) -> dict[str, str]:
    """A link to something of which the address is known, and nothing else."""
    return {"title": uri, "identifier": identifier(uri), "uri": uri}


def made(origin: Link, kind: str, destination: Link, number: int | None = None) -> dict[str, Any]:
    """The association that an export makes where nobody said one."""
    told = {
        "identifier": identifier(f"{origin['uri']} {kind} {destination['uri']}"),
        "associationType": kind,
        "sequenceNumber": number,
        "originNodeURI": origin,
        "destinationNodeURI": destination,
    }
    return fit("CFAssociation", told)


def is_made(one: Relation, like: Mapping[str, Any]) -> bool:
    """Whether an association says nothing that an export does not make by itself."""
    return {k: v for k, v in one.told.items() if k != "lastChangeDateTime"} == like


def upward(found: Iterable[Relation]) -> dict[str, list[Relation]]:
    """The relations that make something a part of something here, by the part.

    `isChildOf` does; `isPartOf` does only for an item that is nobody's child.
    """
    ways: dict[str, dict[str, list[Relation]]] = {}
    for one in found:
        if one.origin is not None and (one.destination is not None or one.is_top):
            ways.setdefault(one.origin, {}).setdefault(one.kind, []).append(one)
    return {uri: kinds.get(CHILD) or kinds.get(PART) or [] for uri, kinds in ways.items()}


def places(uris: Iterable[str]) -> dict[str, int]:
    """The place of each address in a list, each counted once."""
    return {uri: place for place, uri in enumerate(dict.fromkeys(uris))}


def rank(one: Relation, parents: Mapping[str, int], exact: Mapping[str, int]) -> tuple[int, int]:
    """The order in which the associations of one competency are told."""
    above = parents.get(one.destination or "")
    if one.kind in (CHILD, PART) and above is not None:
        return 0, above
    if one.is_top:
        return 0, len(parents)
    alike = exact.get(one.matches or "")
    return (2, 0) if alike is None else (1, alike)
