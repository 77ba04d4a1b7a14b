"""From the rows of a table to a framework in Byway's own form."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from engine.api import BadReport
from plugins.table_framework.grid import Grid
from plugins.table_framework.headings import Columns

LONGEST_URI = 500
_LONGEST_NUMBER = 100
"""Of an outline number, which is climbed step by step."""
_ADDRESS = re.compile(r"(?:[a-z][a-z0-9+.-]*://|urn:|tag:|did:)\S+", re.IGNORECASE)

Document = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One row: its number, and its cells; of those that belong to a member, by its name."""

    number: int
    cells: Sequence[str]
    columns: Columns

    def __getitem__(self, member: str) -> str:
        place = self.columns.places.get(member)
        return "" if place is None else self.cells[place]

    @property
    def label(self) -> str:
        """What it is called, on one line."""
        return " ".join(self["label"].split())

    @property
    def key(self) -> str:
        """What tells it from others: its id, else its code, else its label."""
        return " ".join((self["id"] or self["code"]).split()) or folded(self.label)

    def bad(self, why: str, mend: str) -> BadReport:
        """The refusal of the file because of this row."""
        return BadReport(why, mend, where=f"row {self.number}")


class Names:
    """What rows can be named by where another is part of them: id, else code, else label."""

    def __init__(self, lines: Iterable[Line]) -> None:
        self.known: tuple[dict[str, list[str]], ...] = ({}, {}, {}, {}, {}, {})
        for line in lines:
            exact = [" ".join(name.split()) for name in (line.key, line["code"], line.label)]
            for names, name in zip(self.known, [*exact, *map(folded, exact)], strict=True):
                names.setdefault(name, []).append(line.key)

    def find(self, name: str) -> list[str]:
        """The keys of the rows with this name, which several may share; capitals decide last."""
        exact = " ".join(name.split())
        sought = (exact, exact, exact, *[folded(name)] * 3)
        found = (names.get(one, []) for names, one in zip(self.known, sought, strict=True))
        return next((keys for keys in found if keys), [])


def framework(
    grid: Grid, columns: Columns, *, uri: str, title: str, language: str, remarks: Sequence[str]
) -> Document:
    """The framework of a table.

    :raises BadReport: naming the row that lacks something or contradicts another.
    """
    lines = _lines(grid, columns)
    parents = _parents(lines, {folded(uri), folded(title)})
    uris = {key: _uri(uri, line) for key, line in lines.items()}
    document: Document = {
        "uri": uri,
        "title": {language: title},
        "language": language,
        "levels": [
            {"number": number, "label": {language: columns.headings[place]}}
            for number, place in enumerate(columns.levels, start=1)
        ],
        "competencies": [
            _competency(line, language)
            | {"uri": uris[key]}
            | ({"parents": [uris[parent] for parent in parents[key]]} if parents[key] else {})
            for key, line in lines.items()
        ],
    }
    said = [*remarks, *_unread(lines.values())]
    return {**document, "remarks": said} if said else document


def folded(text: str) -> str:
    """A name for comparing: on one line, without capitals."""
    return " ".join(text.split()).casefold()


def minted(base: str, name: str) -> str:
    """The address of what has a name only; names too long for one give their hash."""
    base = base if base.endswith(("/", "#", "=")) else f"{base}/"
    address = base + quote(name, safe="").replace("_", "%5F").replace("%20", "_")
    short = base + hashlib.sha256(name.encode(errors="replace")).hexdigest()
    return address if len(address) <= LONGEST_URI else short


def _lines(grid: Grid, columns: Columns) -> dict[str, Line]:
    """The rows below the headings by their keys; those that say the same twice are one."""
    width = len(columns.headings)
    lines: dict[str, Line] = {}
    for number, cells in grid.rows():
        if number <= columns.row:
            continue
        if len(cells) > width:
            raise BadReport(
                f"It has {len(cells)} cells, the headings are {width}.",
                "Put quotation marks round cells that hold the delimiter.",
                where=f"row {number}",
            )
        padded = [*cells, *[""] * (width - len(cells))]
        _keep(Line(number=number, cells=padded, columns=columns), lines)
    if not lines:
        raise BadReport(
            "There are no rows below the headings.", "Add some.", where=f"row {columns.row}"
        )
    return lines


def _keep(line: Line, lines: dict[str, Line]) -> None:
    if not line.label:
        raise line.bad(
            f"It has nothing under “{line.columns.headings[line.columns.places['label']]}”.",
            "Say what the competency is called, or take the row out.",
        )
    former = lines.setdefault(line.key, line)
    if former.cells != line.cells:
        pairs = enumerate(zip(former.cells, line.cells, strict=True))
        place = next(at for at, (one, other) in pairs if one != other)
        raise line.bad(
            f"“{line.key[:80]}” stands in row {former.number} as well, "
            f"with another “{line.columns.headings[place]}”.",
            "Keep one of the rows, or give each an id of its own in a column named with `id`.",
        )


def _parents(lines: Mapping[str, Line], tops: set[str]) -> dict[str, list[str]]:
    """The keys of what each is part of; the framework itself is nobody's parent."""
    names = Names(lines.values())
    numbered = _numbered(lines.values())
    found = {
        key: list(dict.fromkeys(_named(line, names, tops))) if line["parent"] else []
        for key, line in lines.items()
    }
    for key, line in lines.items():
        found[key] = found[key] or _above(line, numbered)
    _refuse_circles(lines, found)
    return found


def _numbered(lines: Iterable[Line]) -> dict[str, list[str]]:
    """The rows by their outline numbers: 1.2.3 is part of 1.2."""
    keys: dict[str, list[str]] = {}
    for line in lines:
        if number := line["outline"][:_LONGEST_NUMBER].strip(" ."):
            keys.setdefault(number, []).append(line.key)
    return keys


def _above(line: Line, numbered: Mapping[str, Sequence[str]]) -> list[str]:
    """What an outline puts a row under: the nearest number above it that one row has."""
    number = line["outline"][:_LONGEST_NUMBER].strip(" .")
    while "." in number:
        number = number.rpartition(".")[0]
        if len(found := numbered.get(number, ())) == 1:
            return [found[0]]
    return []


def _named(line: Line, names: Names, tops: set[str]) -> list[str]:
    """What a cell names: one row, or several with bars, semicolons, lines or commas between."""
    found: list[list[str]] = []
    for pattern in (r"$^", r"[|;\n]", r"[|;,\n]"):
        parts = (part.strip() for part in re.split(pattern, line["parent"]))
        found = [names.find(part) for part in parts if part and folded(part) not in tops]
        if all(found):
            break
    if any(len(keys) != 1 for keys in found):
        how = "names more than one row" if all(found) else "is not in the table"
        raise line.bad(
            f"Its parent “{line['parent'][:80]}” {how}.",
            "Name it by its id, its code or its label.",
        )
    return [keys[0] for keys in found]


def _refuse_circles(lines: Mapping[str, Line], parents: Mapping[str, Sequence[str]]) -> None:
    """Walk upward from everyone; whoever is met on her own way up is part of herself."""
    done: set[str] = set()
    for start in lines:
        way: dict[str, None] = {}
        stack = [(start, False)]
        while stack:
            one, is_left = stack.pop()
            if is_left:
                way.pop(one)
                done.add(one)
            elif one in way:
                listed = list(way)
                circle = " > ".join([*listed[listed.index(one) :], one])
                raise lines[one].bad(
                    f"It is part of itself: {circle}"[:400] + ".", "Correct the parents."
                )
            elif one not in done:
                way[one] = None
                stack.append((one, True))
                stack += [(parent, False) for parent in parents[one]]


def _uri(base: str, line: Line) -> str:
    name = line["id"]
    is_address = _ADDRESS.fullmatch(name) and len(name) <= LONGEST_URI
    return name if is_address else minted(base, line.key)


def _competency(line: Line, language: str) -> Document:
    columns, cells = line.columns, line.cells
    levels = {
        str(number): {language: cells[place]}
        for number, place in enumerate(columns.levels, start=1)
        if cells[place]
    }
    others = {columns.headings[place]: cells[place] for place in columns.others if cells[place]}
    members = {
        "label": {language: line.label},
        "description": {language: line["description"]} if line["description"] else {},
        "code": line["code"] or ("" if _ADDRESS.fullmatch(line["id"]) else line["id"]),
        "kind": line["type"],
        "levels": levels,
        "exact": _addresses(line),
        "extra": {"table": others} if others else {},
    }
    return {name: value for name, value in members.items() if value}


def _addresses(line: Line) -> list[str]:
    parts = dict.fromkeys(re.split(r"[\s|;,]+", line["exact"]))
    return [part for part in parts if _ADDRESS.fullmatch(part) and len(part) <= LONGEST_URI]


def _unread(lines: Iterable[Line]) -> Iterable[str]:
    lines = list(lines)
    rows = [str(line.number) for line in lines if line["exact"] and not _addresses(line)]
    if rows:
        yield (
            f"In {len(rows)} rows (first: {rows[0]}) what should be the same competency "
            "elsewhere is no address; it was left out."
        )
    shared = [number for number, keys in _numbered(lines).items() if len(keys) > 1]
    if shared:
        yield (
            f"Outline numbers of several rows, such as {shared[0][:40]}, have nothing below them; "
            "spreadsheets turn 1.10 into 1.1 where the cells are not text."
        )
