"""The rows of Moodle's CSV, whichever version wrote it and in whichever language its headings are.

Fourteen columns since 2016, twelve before: those had no cross references and no exported ids.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from engine.api import BadReport, FrameworkFile, decode

COLUMNS = (
    "parent", "id_number", "short_name", "description", "description_format", "scale_values",
    "scale_configuration", "rule_type", "rule_outcome", "rule_config", "related", "exported_id",
    "is_framework", "taxonomy",
)  # fmt: skip
HEADINGS = (
    "Parent ID number", "ID number", "Short name", "Description", "Description format",
    "Scale values", "Scale configuration", "Rule type (optional)", "Rule outcome (optional)",
    "Rule config (optional)", "Cross-referenced competency ID numbers", "Exported ID (optional)",
    "Is framework", "Taxonomy",
)  # fmt: skip
"""As Moodle writes them; it reads columns by where they stand."""
_OLD = tuple(column for column in COLUMNS if column not in ("related", "exported_id"))
_ALSO = {
    "exportid": "exported_id", "exportedidnumber": "exported_id", "taxonomies": "taxonomy",
    "relatedidnumbers": "related", "crossreferencedcompetencyidnumber": "related",
    "crossreferencedidnumbers": "related", "ruleconfiguration": "rule_config", "name": "short_name",
    "parentid": "parent", "parent": "parent",
}  # fmt: skip
_NEEDED = {"parent", "id_number", "short_name", "is_framework"}
_NO = ("", "0", "false", "no", "non", "faux", "falso", "nein", "falsch", "nee", "onwaar")

LONGEST = 100
"""Characters of an id number and of a short name; Moodle cuts what is longer."""
MOST = 50_000
"""Rows of one framework."""
HEAD = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row: its number as a spreadsheet counts, and its cells by our name of the column."""

    number: int
    cells: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")

    @property
    def id_number(self) -> str:
        """What Moodle will know it by."""
        return line(self["id_number"])

    @property
    def is_framework(self) -> bool:
        """Whether it is the framework itself; Moodle writes 1 there, spreadsheets make it TRUE."""
        return self["is_framework"].casefold() not in _NO

    def bad(self, why: str, mend: str) -> BadReport:
        """The refusal of the file because of this row."""
        return BadReport(why, mend, where=f"row {self.number}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """All rows of a file, and what a person should know of how they were read."""

    rows: list[Row]
    remarks: list[str]


def line(text: str) -> str:
    """A short text as Moodle keeps it: on one line, and cut."""
    return " ".join(text.replace("\0", "").split())[:LONGEST].strip()


def is_moodle(file: FrameworkFile) -> bool:
    """Whether the first row has Moodle's headings, or as many in another language with a scale."""
    try:
        text = decode(file.body[:HEAD]).text
        headings = next(_filled(text), (0, [""]))[1]
    except BadReport:
        return False
    return _by_name(headings).keys() >= _NEEDED or (
        len(headings) in (len(COLUMNS), len(_OLD)) and "scaleid" in text
    )


def read_rows(body: bytes) -> Rows:
    """All rows that say something; one that repeats another word for word is left out.

    :raises BadReport: these are not Moodle's columns, or a row does not fit them.
    """
    text = decode(body)
    records = _filled(text.text)
    at, headings = next(records, (1, [""]))
    places, width = _places(headings, at), len(headings)
    rows: dict[tuple[str, bool], Row] = {}
    for number, cells in records:
        row = Row(number=number, cells=_cells(number, cells, places, width))
        _keep(row, rows)
    by_place = "" if _by_name(headings) == places else _BY_PLACE
    remarks = [remark for remark in (text.warning, by_place) if remark]
    return Rows(rows=list(rows.values()), remarks=remarks)


_BY_PLACE = "The headings are not English; the columns were taken in the order Moodle writes them."


def _keep(row: Row, rows: dict[tuple[str, bool], Row]) -> None:
    if not row.id_number:
        raise row.bad(
            "It has no ID number.", "Give every row one; Moodle leaves out those without."
        )
    former = rows.setdefault((row.id_number, row.is_framework), row)
    if former.cells != row.cells:
        differing = next(name for name in COLUMNS if former[name] != row[name])
        heading = HEADINGS[COLUMNS.index(differing)]
        raise row.bad(
            f"The ID number “{row.id_number}” stands in row {former.number} as well, "
            f"with another “{heading}”.",
            f"An ID number names one competency, by its first {LONGEST} characters.",
        )
    if len(rows) > MOST:
        raise row.bad(f"There are more than {MOST} rows.", "Import it in parts.")


def _cells(
    number: int, cells: list[str], places: Mapping[str, int], width: int
) -> Mapping[str, str]:
    if len(cells) < width or any(cells[width:]):
        raise BadReport(
            f"It has {len(cells)} cells, the headings are {width}.",
            "Look for a quotation mark that is missing, or a line break outside quotation marks.",
            where=f"row {number}",
        )
    return {column: cells[at] for column, at in places.items()}


def _places(headings: list[str], at: int) -> dict[str, int]:
    """Where each column stands: by its name, else, in another language, by its place."""
    found = _by_name(headings)
    if found.keys() >= _NEEDED:
        return found
    known = {len(COLUMNS): COLUMNS, len(_OLD): _OLD}.get(len(headings))
    if known is None:
        raise BadReport(
            f"These are not the columns of Moodle's file: {', '.join(headings)[:300] or 'none'}.",
            f"Expected are: {', '.join(HEADINGS)}.",
            where=f"row {at}",
        )
    return {column: place for place, column in enumerate(known)}


def _by_name(headings: list[str]) -> dict[str, int]:
    """The columns whose English headings are known; of two equal ones the first counts."""
    found: dict[str, int] = {}
    for place, heading in enumerate(headings):
        column = _KNOWN.get(_plain(heading))
        if column is not None:
            found.setdefault(column, place)
    return found


def _plain(heading: str) -> str:
    return re.sub(r"[\W_]+", "", heading.casefold().replace("(optional)", ""))


_KNOWN = {_plain(HEADINGS[at]): column for at, column in enumerate(COLUMNS)} | _ALSO


def _delimiter(text: str) -> str:
    """Moodle offers several; the one that the row of headings has most of."""
    head = text.lstrip().partition("\n")[0][:2000]
    return max(",;\t", key=head.count)


def _filled(text: str) -> Iterator[tuple[int, list[str]]]:
    """Each record that says something, with its number from 1; the headings end with the last."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
    number, is_first = 0, True
    try:
        for number, written in enumerate(reader, start=1):
            cells = [cell.strip() for cell in written]
            while is_first and cells and not cells[-1]:
                cells.pop()
            if any(cells):
                is_first = False
                yield number, cells
    except csv.Error as error:
        raise BadReport(
            f"The table breaks off: {error}.",
            "Look for a quotation mark that is opened and never closed.",
            where=f"row {number + 1}",
        ) from error
