"""Competency frameworks in CTDL-ASN, the JSON-LD of the Credential Registry."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.api import BadReport, FrameworkFile, FrameworkFormat, hookimpl
from plugins.case.json_texts import excerpt, load
from plugins.case.shapes import is_uri
from plugins.case.texts import language, shortened
from plugins.case.ways import in_order, refuse_circles

REGISTRY = "https://credentialengineregistry.org/resources/"
"""Where a thing is found that says its CTID alone."""

_TELLING = re.compile(rb'ctdlasn|ceasn:|"@type"\s*:\s*\[?\s*"Competency')
_OTHER = re.compile(rb'"competencies"\s*:')
_FRAMEWORK, _COMPETENCY = "CompetencyFramework", "Competency"
_USED = (
    "id", "type", "name", "competencyLabel", "competencyText", "codedNotation", "comment",
    "isChildOf", "isPartOf", "isTopChildOf", "hasTopChild", "hasChild", "exactAlignment",
    "description", "dateModified",
)  # fmt: skip
_REFERENCE = {"id", "type", "ctid"}
"""All that is told of a thing where something else refers to it."""


@dataclass(slots=True, kw_only=True)
class Node:
    """A thing of the graph: its members by their names without prefix, and as they were written."""

    uri: str
    where: str
    types: frozenset[str]
    members: dict[str, Any] = field(default_factory=dict)
    written: dict[str, Any] = field(default_factory=dict)

    def texts(self, *names: str) -> dict[str, str]:
        """What the first of these members says that says anything, by language."""
        return next((said for name in names if (said := _texts(self.members.get(name)))), {})

    def refs(self, name: str) -> list[str]:
        """What a member leads to, as it is written there."""
        return [uri for one in _listed(self.members.get(name)) if (uri := _ref(one))]


def reads(file: FrameworkFile) -> bool:
    """Whether a file is JSON with CTDL-ASN's terms, and not in Byway's own form."""
    text = file.body.replace(b"\0", b"")
    is_json = text.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")[:1] in (b"{", b"[")
    return is_json and _TELLING.search(text) is not None and _OTHER.search(text) is None


def read(files: Sequence[FrameworkFile], options: Mapping[str, Any]) -> dict[str, Any]:
    """The framework in all files of an upload together.

    :raises BadReport: there is none or there are several, or it contradicts itself.
    """
    nodes = _nodes(files)
    framework = _only([one for one in nodes if _FRAMEWORK in one.types], nodes)
    ours, strangers = _own(framework, [one for one in nodes if _COMPETENCY in one.types])
    known = _names([*ours, framework])
    parents, outside = _parents(ours, framework, known)
    by_uri = {one.uri: one for one in ours}
    refuse_circles(parents, lambda uri: _named(by_uri[uri]))
    ordered = in_order([*by_uri], parents, _numbers(framework, ours, known), "")
    return _said(
        {
            "uri": framework.uri,
            "title": framework.texts("name", "title") or _lacking(framework, "ceasn:name"),
            "description": framework.texts("description"),
            "language": _language(framework),
            "publisher": next(iter(framework.texts("publisherName").values()), ""),
            "changed_at": _plain(framework.members.get("dateModified")),
            "extra": _extra(framework),
        }
    ) | {
        "competencies": [_competency(by_uri[uri], parents[uri]) for uri in ordered],
        "remarks": [*_remarks(strangers, outside)],
    }


def _competency(node: Node, parents: Sequence[str]) -> dict[str, Any]:
    texts = node.texts("competencyText", "name", "description")
    labels = node.texts("competencyLabel") or {k: shortened(text) for k, text in texts.items()}
    if not labels:
        _lacking(node, "ceasn:competencyText")
    comments = node.texts("comment")
    words = {
        key: "\n\n".join(
            part for part in (texts.get(key), comments.get(key)) if part and part != labels.get(key)
        )
        for key in {**texts, **comments}
    }
    return _said(
        {
            "uri": node.uri,
            "code": _plain(node.members.get("codedNotation")),
            "kind": next(iter(node.texts("competencyCategory").values()), ""),
            "label": labels,
            "description": _said(words),
            "parents": list(parents),
            "exact": [uri for uri in dict.fromkeys(node.refs("exactAlignment")) if is_uri(uri)],
            "extra": _extra(node),
        }
    )


def _lacking(node: Node, name: str) -> dict[str, str]:
    raise BadReport(f"{node.uri} has no {name}.", "Give it one.", where=node.where)


def _nodes(files: Sequence[FrameworkFile]) -> list[Node]:
    """Everything with a type of ours, once, wherever in the files it stands."""
    found: dict[str, Node] = {}
    for file in files:
        for where, told in _typed(load(file), f"{file.name}: " if len(files) > 1 else ""):
            node = _node(told, where)
            if node.members.keys() <= _REFERENCE:
                continue
            former = found.setdefault(node.uri, node)
            if former is not node:
                _join(former, node)
    return list(found.values())


def _typed(value: Any, where: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The frameworks and competencies in a value, with their places: in graphs and envelopes."""
    if isinstance(value, list):
        for number, one in enumerate(value):
            yield from _typed(one, f"{where}[{number}]")
    elif isinstance(value, Mapping):
        if _types(value) & {_FRAMEWORK, _COMPETENCY}:
            yield where, value
        for name, inner in value.items():
            if name != "@context":
                yield from _typed(inner, f"{where}.{name}" if where else name)


def _node(told: Mapping[str, Any], where: str) -> Node:
    members: dict[str, Any] = {}
    for name, value in told.items():
        members.setdefault(_local(name), value)
    uri = _id(members)
    if not uri:
        raise BadReport(
            f"It has neither @id nor ceterms:ctid: {excerpt(dict(told))}.",
            "Give it an address as its @id.",
            where=where,
        )
    return Node(uri=uri, where=where, types=_types(told), members=members, written=dict(told))


def _join(former: Node, node: Node) -> None:
    """One thing told in two places: each may know more, and none may say otherwise."""
    for name, value in node.members.items():
        if former.members.setdefault(name, value) != value:
            raise BadReport(
                f"It has another {name} than {former.where or 'before'}, and both are {node.uri}.",
                "Leave out the one that is wrong.",
                where=node.where,
            )
    former.written = {**node.written, **former.written}


def _only(frameworks: Sequence[Node], nodes: Sequence[Node]) -> Node:
    if len(frameworks) == 1:
        return frameworks[0]
    if frameworks:
        names = ", ".join(_named(one) for one in frameworks[:5])
        raise BadReport(
            f"There are {len(frameworks)} frameworks in this upload: {names}.",
            "Import one at a time.",
            where=frameworks[1].where,
        )
    whole = next((uri for one in nodes for uri in one.refs("isPartOf")), "")
    raise BadReport(
        "There is no ceasn:CompetencyFramework, only competencies of one."
        if nodes
        else "There is no ceasn:CompetencyFramework in it.",
        f"Import the graph of {whole}." if whole else "Import the graph of the whole framework.",
    )


def _own(framework: Node, competencies: Sequence[Node]) -> tuple[list[Node], int]:
    """The competencies of this framework, and how many are of another."""
    names = set(_names([framework]))
    ours = [
        one
        for one in competencies
        if not one.refs("isPartOf") or any(names & {*_keys(uri)} for uri in one.refs("isPartOf"))
    ]
    if not ours:
        raise BadReport(
            f"{_named(framework)} has no competencies in this file.",
            "Import its graph, which has them, rather than the resource.",
            where=framework.where,
        )
    return ours, len(competencies) - len(ours)


def _parents(
    ours: Sequence[Node], framework: Node, known: Mapping[str, str]
) -> tuple[dict[str, list[str]], int]:
    """What each is part of, said upward or downward; and how many links lead out of the file."""
    ways = [(one.uri, uri) for one in ours for uri in one.refs("isChildOf")]
    ways += [(uri, one.uri) for one in ours for uri in one.refs("hasChild")]
    parents: dict[str, list[str]] = {one.uri: [] for one in ours}
    outside = 0
    for ends in ways:
        child, parent = (_found(uri, known) for uri in ends)
        if child is None or parent is None or child == framework.uri:
            outside += 1
        elif parent != framework.uri and parent not in parents[child]:
            parents[child].append(parent)
    return parents, outside


def _numbers(
    framework: Node, ours: Sequence[Node], known: Mapping[str, str]
) -> dict[tuple[str, str], int]:
    """The place of each child in the list of its parent."""
    lists = [("", framework.refs("hasTopChild"))] + [
        (one.uri, one.refs("hasChild")) for one in ours
    ]
    return {
        (child, parent): number
        for parent, uris in lists
        for number, uri in enumerate(uris)
        if (child := _found(uri, known)) is not None
    }


def _names(nodes: Sequence[Node]) -> dict[str, str]:
    """Every name by which others may refer to a thing."""
    names: dict[str, str] = {}
    for one in nodes:
        for name in (*_keys(one.uri), *_keys(str(one.members.get("ctid") or one.uri))):
            names.setdefault(name, one.uri)
    return names


def _found(uri: str, known: Mapping[str, str]) -> str | None:
    return next((known[name] for name in _keys(uri) if name in known), None)


def _keys(uri: str) -> list[str]:
    """An address, and the CTID at its end: the registry has each thing in several places."""
    last = uri.rstrip("/").rpartition("/")[2]
    return [uri, last.lower()] if last.lower().startswith("ce-") else [uri]


def _id(members: Mapping[str, Any]) -> str:
    """The address of a thing: its own, else the registry's for its CTID."""
    told, ctid = members.get("id"), members.get("ctid")
    if isinstance(told, str) and is_uri(told) and not told.startswith("_:"):
        return REGISTRY + told if told.startswith("ce-") else told
    return REGISTRY + ctid if isinstance(ctid, str) and is_uri(ctid) else ""


def _ref(value: Any) -> str:
    if isinstance(value, Mapping):
        return _id({_local(name): one for name, one in value.items()})
    return value.strip() if isinstance(value, str) else ""


def _types(told: Mapping[str, Any]) -> frozenset[str]:
    listed = _listed(told.get("@type", told.get("type")))
    return frozenset(_local(one) for one in listed if isinstance(one, str))


def _local(name: str) -> str:
    """A term without its prefix, keyword sign or vocabulary."""
    return re.split(r"[:/#@]", name)[-1]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _texts(value: Any) -> dict[str, str]:
    """Texts by language: a language map, a text, JSON-LD values, or lists of these."""
    said: dict[object, str] = {}
    for tongue, text in _spoken(value):
        said[tongue] = f"{said[tongue]}\n{text}" if tongue in said else text
    keyed: dict[str, str] = {}
    for tongue, text in said.items():
        keyed[language(tongue, keyed)] = text
    return keyed


def _spoken(value: Any) -> Iterator[tuple[object, str]]:
    for one in _listed(value):
        if isinstance(one, str) and one.strip():
            yield "en", one
        elif isinstance(one, Mapping) and isinstance(one.get("@value"), str):
            yield one.get("@language"), one["@value"]
        elif isinstance(one, Mapping):
            for tongue, texts in one.items():
                inner = (text for text in _listed(texts) if isinstance(text, str) and text.strip())
                yield from ((tongue, text) for text in inner)


def _plain(value: Any) -> str:
    """A text without language; the first where there are several."""
    first = next(iter(_listed(value)), "")
    return (
        next(iter(_texts(first).values()), "") if not isinstance(first, int | float) else str(first)
    )


def _language(framework: Node) -> str:
    told = _plain(framework.members.get("inLanguage"))
    return language(told) if told else ""


def _named(node: Node) -> str:
    """What people call a thing: its code, else its label."""
    label = next(iter(node.texts("competencyLabel", "competencyText", "name").values()), node.uri)
    return _plain(node.members.get("codedNotation")) or label[:60]


def _extra(node: Node) -> dict[str, Any]:
    """What Byway has no place for, as it was written."""
    left = {n: v for n, v in node.written.items() if _local(n) not in _USED}
    return {"ctdl_asn": _said(left)} if _said(left) else {}


def _said(members: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value not in (None, "", [], {})}


def _remarks(strangers: int, outside: int) -> Iterator[str]:
    if strangers:
        yield f"{strangers} competencies are part of another framework; they were left out."
    if outside:
        yield f"{outside} isChildOf or hasChild lead out of this file; they were left out."


@hookimpl
def register_framework_formats() -> list[FrameworkFormat]:
    """CTDL-ASN."""
    return [FrameworkFormat(name="ctdl_asn", title="CTDL-ASN", reads=reads, read=read)]
