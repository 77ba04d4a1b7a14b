"""Rows out of a delivery, of whatever kind: tables, the list in a JSON document, a feed's entries.

In all of them a column is a name; in JSON and feeds a path such as `user.email` or `tags[].name`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal
from xml.etree.ElementTree import Element

from engine.api import BadReport, Delivery, Line, Shape, find_sheets, is_zip, read_json, read_xml
from plugins.mapped.values import folded

Kind = Literal["table", "feed", "json"]
Place = int | str

LONGEST = 10_000
"""Characters of a text that are looked at."""
MANY = 200
"""Texts that one column of one row has at most."""
_DEEP = 4
"""How deep a list of rows is looked for where the mapping does not say where it is."""
_ENTRIES = ("item", "entry")
_ROOTS = ("rss", "feed", "rdf")
_SAID = ("", "href", "term", "name", "value")
"""What stands for a member that has parts: its own text, a link's address, a category's word."""


@dataclass(frozen=True, slots=True)
class Record:
    """One row, and the place by which people find it; `members` are None where it is no object."""

    place: Place
    members: Any

    def texts(self, column: str) -> list[str]:
        """The texts of a column that say something; none where it is absent or empty."""
        if isinstance(self.members, Line):
            found = [self.members[_heading(column)]]
        else:
            found = [text for value in _reached(self.members, column) for text in _said(value)]
        return [text[:LONGEST].strip() for text in found[:MANY] if text.strip()]


_heading = lru_cache(maxsize=1000)(folded)
"""The same for names of columns, which come with every row."""


def kind_of(delivery: Delivery) -> Kind:
    """What a delivery is, by how it begins."""
    start = delivery.body[:2000].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    if start[:1] in (b"{", b"["):
        return "json"
    return "feed" if start[:1] == b"<" else "table"


def records(
    delivery: Delivery, kind: Kind, rows: str, columns: Sequence[str], needed: Sequence[str]
) -> list[Record]:
    """The rows of a delivery.

    :param rows: where they stand; "" where that is to be found out.
    :param columns: what is read of them, of which `needed` must be there.
    :raises BadReport: it is not of this kind, or its rows are not found.
    """
    if kind == "table":
        return list(_table(delivery.body, rows, columns, needed))
    if is_zip(delivery.body):
        raise BadReport(
            f"This is a workbook or an archive, and the mapping reads {kind}.",
            "Give what the mapping reads, or leave out “reads” in it.",
        )
    if kind == "feed":
        return list(entries(read_xml(delivery.body, what="The feed")))
    return list(listed(read_json(delivery.body, what="The answer"), rows))


# --- tables ------------------------------------------------------------------------------------


def _table(
    body: bytes, title: str, columns: Sequence[str], needed: Sequence[str]
) -> Iterator[Record]:
    names = tuple(dict.fromkeys(map(folded, columns)))
    shape = Shape(
        name="mapped",
        columns={name: (name,) for name in names},
        required=tuple(dict.fromkeys(map(folded, needed))),
    )
    tables = find_sheets(body, [shape]).tables
    chosen = [one for one in tables if not title or folded(one.title) == folded(title)]
    if not chosen:
        there = ", ".join(f"“{one.title[:60]}”" for one in tables[:20])
        raise BadReport(
            f"No table stands below “{title[:60]}”; there are tables below {there}.",
            "Correct “rows” in the mapping, or leave it out to read them all.",
        )
    for table in chosen:
        yield from (Record(line.number, line) for line in table.lines)


# --- JSON --------------------------------------------------------------------------------------


def listed(document: Any, rows: str) -> Iterator[Record]:
    """The rows of a JSON document: at the path, else in the first list of objects there is.

    :raises BadReport: nothing stands at the path, or nothing in the document is a list.
    """
    path = rows.strip().strip(".") if rows.strip() else _find(document)
    if path is None:
        raise BadReport(
            f"No list of rows was found in it{_there(document)}.",
            "Give what the system answers when all goes well, or say in the mapping's “rows” at "
            "which path the list stands.",
        )
    found = _at(document, path)
    if isinstance(found, Mapping):
        yield Record(path or "the object", found)
        return
    if not isinstance(found, list):
        raise BadReport(
            f"At “{path[:80]}” a list of rows was expected; there is "
            f"{'nothing' if found is None else 'a single value'}{_there(document)}.",
            "Correct “rows” in the mapping.",
            where=path[:80],
        )
    for number, one in enumerate(found):
        yield Record(f"{path}[{number}]", one if isinstance(one, Mapping) else None)


def _there(document: Any) -> str:
    """The names a document begins with; no values, which may be personal."""
    if not isinstance(document, Mapping) or not document:
        return ""
    return f"; it has {', '.join(f'“{str(name)[:40]}”' for name in list(document)[:12])}"


def _find(document: Any) -> str | None:
    """The path to the first list of objects, the shallowest; an empty list where there is none."""
    level, empty = [("", document)], None
    for _ in range(_DEEP):
        for path, value in level:
            if isinstance(value, list) and any(isinstance(one, Mapping) for one in value):
                return path
            if isinstance(value, list) and not value and empty is None:
                empty = path
        level = [
            (f"{path}.{name}".strip("."), inner)
            for path, value in level
            if isinstance(value, Mapping)
            for name, inner in value.items()
            if isinstance(name, str) and "." not in name
        ]
    return empty


def _at(document: Any, path: str) -> Any:
    here = document
    for name in filter(None, path.split(".")):
        here = here.get(name) if isinstance(here, Mapping) else None
    return here


def _reached(members: Any, path: str) -> list[Any]:
    """Every value a path leads to: `a.b`, `a[0].b`, `a[].b`; a name with dots in it comes first."""
    if isinstance(members, Mapping) and path in members:
        return [members[path]]
    steps = re.findall(r"\[(\d*)\]|([^.\[\]]+)", path)[:20]
    here = [members]
    for number, name in steps:
        here = [one for value in here for one in _step(value, number, name)][:MANY]
    return here if steps else []


def _step(value: Any, number: str, name: str) -> Iterable[Any]:
    if name and isinstance(value, list):  # `tags.name` where `tags` is a list
        return [one[name] for one in value[:MANY] if isinstance(one, Mapping) and name in one]
    if name:
        return [value[name]] if isinstance(value, Mapping) and name in value else []
    if not isinstance(value, list):
        return []
    return value[int(number[:6]) : int(number[:6]) + 1] if number else value[:MANY]


def _said(value: Any) -> Iterator[str]:
    """The texts of a value: a list has several, an object what stands for it, null none."""
    if isinstance(value, list):
        for one in value[:MANY]:
            if not isinstance(one, list):
                yield from _said(one)
    elif isinstance(value, Mapping):
        inner = next((value[name] for name in _SAID if value.get(name)), None)
        if isinstance(inner, str):
            yield inner
    elif isinstance(value, bool):
        yield "true" if value else "false"
    elif value is not None:
        yield str(value)


# --- feeds -------------------------------------------------------------------------------------


def entries(root: Element) -> Iterator[Record]:
    """The entries of an Atom or RSS feed, in their order.

    :raises BadReport: it is another kind of document.
    """
    if _name(root).casefold() not in _ROOTS:
        page = " It is a web page." if _name(root).casefold() == "html" else ""
        raise BadReport(
            f"This is no feed: its outermost element is <{_name(root)[:40]}>.{page}",
            "Give the address of the feed itself, which often ends in /feed, /rss or /atom.xml.",
        )
    found = (one for one in root.iter() if _name(one) in _ENTRIES)
    for number, one in enumerate(found, start=1):
        yield Record(f"entry {number}", _parts(one))


def _name(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _parts(element: Element) -> dict[str, Any]:
    """An element's parts and attributes by their names; several of one name are a list."""
    found: dict[str, Any] = {name.rpartition("}")[2]: text for name, text in element.items()}
    for part in element:
        if isinstance(part.tag, str):
            _put(found, _name(part), _whole(part))
    return found


def _put(found: dict[str, Any], name: str, value: Any) -> None:
    if name not in found:
        found[name] = value
        return
    several = found[name] if isinstance(found[name], list) else [found[name]]
    # Of an entry's links the page itself comes first, whatever else is linked.
    first = name == "link" and isinstance(value, dict) and value.get("rel") == "alternate"
    found[name] = [value, *several] if first else [*several, value]


def _whole(element: Element) -> Any:
    """A text, or its parts; of a text with attributes or marked up in XHTML, under ""."""
    is_markup = element.get("type") == "xhtml"
    text = "".join(element.itertext()) if is_markup else element.text or ""
    if not element.attrib and (is_markup or not len(element)):
        return text
    parts = {} if is_markup else _parts(element)
    return {
        **{name.rpartition("}")[2]: one for name, one in element.items()},
        **parts,
        "": text.strip(),
    }
