"""From Moodle's rows to a framework in Byway's own form."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from plugins.moodle_competencies.rows import LONGEST, Row, Rows, line
from plugins.moodle_competencies.rules import Family, kind_of, node
from plugins.moodle_competencies.scales import own_configuration, proficient_from, values_of
from plugins.moodle_competencies.texts import AUTOMATIC, PLAIN, plain

BASE = "https://w3id.org/byway/moodle/"
LONGEST_URI = 500

Document = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tree:
    """The competencies by ID number, who is part of whom ("" at the top), and what they become."""

    rows: Mapping[str, Row]
    parents: Mapping[str, str]
    children: Mapping[str, Mapping[str, Row]]
    uris: Mapping[str, str]


def framework(file: Rows, *, uri: str = "", language: str = "en") -> Document:
    """The framework of a file; `uri` names it in place of one made from its ID number.

    :raises BadReport: naming the row that contradicts another.
    """
    head = _head(file.rows)
    address = uri or minted(BASE, head.id_number)
    tree = _tree([row for row in file.rows if not row.is_framework], head, address)
    told = _told(head, language)
    document = {
        "uri": address,
        "title": told.pop("label"),
        "language": language,
        **told,
        "levels": [
            {"number": number, "label": {language: value}}
            for number, value in enumerate(values_of(head), start=1)
        ],
        "competencies": _competencies(tree, head, language),
        "extra": {"moodle": {"id_number": head.id_number, **_extra(head), **_taxonomy(head)}},
    }
    remarks = [*file.remarks, *_remarks(file.rows)]
    return {**document, "remarks": remarks} if remarks else document


def minted(base: str, name: str) -> str:
    """The address of what has a name only; names too long for one give their hash."""
    base = base if base.endswith(("/", "#", "=")) else f"{base}/"
    address = base + quote(name, safe="")
    short = base + hashlib.sha256(name.encode()).hexdigest()
    return address if len(address) <= LONGEST_URI else short


def _head(rows: Iterable[Row]) -> Row:
    heads = [row for row in rows if row.is_framework]
    if len(heads) == 1:
        return heads[0]
    if heads:
        raise heads[1].bad(
            f"Row {heads[0].number} is a framework as well.", "Import one framework at a time."
        )
    first = next(iter(rows), Row(number=1, cells={}))
    raise first.bad(
        "No row of the file is the framework itself.", "Write 1 under “Is framework” in its row."
    )


def _tree(listed: list[Row], head: Row, address: str) -> _Tree:
    rows = {row.id_number: row for row in listed}
    if not rows:
        raise head.bad("There is a framework and no competency in it.", "Add competencies.")
    parents = {id_number: _parent(row, rows, head) for id_number, row in rows.items()}
    _refuse_circles(rows, parents)
    children: dict[str, dict[str, Row]] = {}
    for id_number, parent in parents.items():
        children.setdefault(parent, {})[id_number] = rows[id_number]
    uris = {id_number: minted(address, id_number) for id_number in rows}
    return _Tree(rows=rows, parents=parents, children=children, uris=uris)


def _parent(row: Row, rows: Mapping[str, Row], head: Row) -> str:
    """Its parent's ID number; one that names the framework stands at the top."""
    parent = line(row["parent"])
    if parent in rows or not parent:
        return parent
    if parent == head.id_number:
        return ""
    raise row.bad(
        f"Its parent “{parent}” is not in the file.", "Give the ID number of another row."
    )


def _refuse_circles(rows: Mapping[str, Row], parents: Mapping[str, str]) -> None:
    done = {""}
    for start in rows:
        way: dict[str, None] = {}
        one = start
        while one not in done:
            if one in way:
                circle = [*list(way)[list(way).index(one) :], one]
                raise rows[one].bad(
                    f"It is part of itself: {' > '.join(circle)}"[:400] + ".",
                    "Correct the parents.",
                )
            way[one] = None
            one = parents[one]
        done.update(way)


def _competencies(tree: _Tree, head: Row, language: str) -> list[Document]:
    exported, target = _exported(tree.rows.values()), proficient_from(head)
    kinds = [kind.strip() for kind in _taxonomy(head).get("taxonomy", "").split(",")]
    found = []
    for id_number, row in tree.rows.items():
        below = tree.children.get(id_number, {})
        family = Family(children=below, exported=exported, uris=tree.uris, target=target)
        above = _above(id_number, tree.parents, most=len(kinds))
        members = {
            "code": id_number,
            "kind": kinds[len(above)] if len(above) < len(kinds) else "",
            "parents": [tree.uris[parent] for parent in above[:1]],
            "rule": node(row, family),
            "extra": _kept(row, exported),
        }
        told = _told(row, language)
        found.append({"uri": tree.uris[id_number], **told, **_filled(members)})
    return found


def _above(id_number: str, parents: Mapping[str, str], *, most: int) -> list[str]:
    """The way up from a competency, not further than is asked for: chains may be long."""
    above: list[str] = []
    while len(above) < most and (id_number := parents[id_number]):
        above.append(id_number)
    return above


def _taxonomy(head: Row) -> Document:
    """What Moodle calls each depth, unless it is what it calls all by default."""
    told = head["taxonomy"]
    return {} if set(told.replace(" ", "").split(",")) <= {"competency", ""} else {"taxonomy": told}


def _exported(rows: Iterable[Row]) -> dict[str, Row]:
    found: dict[str, Row] = {}
    for row in rows:
        former = found.setdefault(row["exported_id"], row)
        if row["exported_id"] and former is not row:
            raise row.bad(
                f"The exported id {row['exported_id'][:40]} is that of row {former.number}.",
                "Export the framework from Moodle again.",
            )
    found.pop("", None)
    return found


def _told(row: Row, language: str) -> Document:
    """What a row is called and what it says."""
    description = plain(row["description"], _form(row))
    return _filled(
        {
            "label": {language: line(row["short_name"]) or row.id_number},
            "description": {language: description} if description else {},
        }
    )


def _kept(row: Row, exported: Mapping[str, Row]) -> Document:
    """What Moodle needs again; a points rule only where exported ids say of whom it speaks."""
    proficient_from(row)  # a scale of its own is checked like the framework's
    found = _extra(row) | _filled({"exported_id": row["exported_id"]})
    found |= _filled({"scale_values": ",".join(values_of(row))})
    if related := related_of(row["related"]):
        found["related"] = related
    if kind_of(row) == "all" or (kind_of(row) and exported):
        told = {name: row[name] for name in ("rule_type", "rule_outcome", "rule_config")}
        found |= {name: text for name, text in told.items() if text not in ("", "0", "null")}
    return {"moodle": found} if found else {}


def _extra(row: Row) -> Document:
    """What Byway has no place for, as it is written, to be written again."""
    text, form = row["description"], _form(row)
    return _filled(
        {
            "description": text if text != plain(text, form) else "",
            "description_format": form if form != PLAIN else "",
            "scale_configuration": own_configuration(row),
        }
    )


def _form(row: Row) -> str:
    """The number of the description's format; Moodle takes none for 0, automatic."""
    return row["description_format"] or AUTOMATIC


def related_of(cell: str) -> list[str]:
    """The ID numbers in a cell of cross references; commas within them are written %2C."""
    found = (line(one.replace("%2C", ",").replace("%2c", ",")) for one in cell.split(","))
    return list(dict.fromkeys(one for one in found if one))


def _remarks(rows: Iterable[Row]) -> Iterable[str]:
    """What of the rows is kept for export only, was cut or left out."""
    listed = list(rows)
    ids = {row.id_number for row in listed}
    own = sum(bool(row["scale_values"]) for row in listed if not row.is_framework)
    lost = sum(one not in ids for row in listed for one in related_of(row["related"]))
    cut = sum(len(" ".join(row[name].split())) > LONGEST for row in listed for name in _CUT)
    unsaid = sum(kind_of(row) == "points" for row in listed)
    if own:
        yield f"Scales of single competencies are kept for export only: {own}."
    if lost:
        yield f"Cross references that name nothing in the file: {lost}."
    if cut:
        yield f"ID numbers and short names cut to {LONGEST} characters, as Moodle does: {cut}."
    if unsaid and not any(row["exported_id"] for row in listed):
        yield f"Points rules left out, for the file has no exported ids: {unsaid}."


_CUT = ("id_number", "short_name")


def _filled(members: Mapping[str, Any]) -> Document:
    return {name: value for name, value in members.items() if value}
