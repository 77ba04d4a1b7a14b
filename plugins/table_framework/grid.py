"""Rows and cells out of a file: text with any delimiter, or a workbook, within bounds."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from engine.api import (
    BadReport,
    FrameworkFile,
    Worksheet,
    decode,
    is_blank,
    is_zip,
    read_workbook,
)

MOST_ROWS = 50_000
MOST_COLUMNS = 200
MOST_CELLS = 2_000_000
LARGEST = 50_000_000
"""Bytes of a text, or of a workbook unpacked."""

DELIMITERS = (",", ";", "\t", "|")
WHOLE_LINE = "\x1f"
"""A delimiter that no line has: each is one cell."""

Record = tuple[int, list[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """One sheet of a workbook, or a text under one delimiter; `remark` tells how it was decoded."""

    name: str
    records: Callable[[], Iterator[Record]]
    remark: str = ""

    def rows(self) -> Iterator[Record]:
        """The rows that say something with their numbers from 1, without empty cells at the end.

        :raises BadReport: it cannot be read on, or is too large.
        """
        rows = filled = 0
        for number, cells in self.records():
            while cells and not cells[-1]:
                cells.pop()
            if not cells:
                continue
            rows, filled = rows + 1, filled + len(cells)
            if len(cells) > MOST_COLUMNS or rows > MOST_ROWS or filled > MOST_CELLS:
                raise BadReport(
                    f"It is over {MOST_COLUMNS} columns, {MOST_ROWS} rows or {MOST_CELLS} cells.",
                    "Import it in parts.",
                    where=f"row {number}",
                )
            yield number, cells


def is_workbook(file: FrameworkFile) -> bool:
    """Whether these are the bytes of a workbook (a ZIP) and not text."""
    return is_zip(file.body)


def grids(file: FrameworkFile, *, sheet: str = "", delimiter: str = "") -> list[Grid]:
    """The ways to read a file: each visible sheet of a workbook, each delimiter of a text.

    :raises BadReport: it cannot be read, is too large, or has no such sheet.
    """
    if is_workbook(file):
        return [_grid(one) for one in _chosen(read_workbook(file.body, unpacked=LARGEST), sheet)]
    if len(file.body) > LARGEST:
        raise BadReport(
            f"The table holds more than {LARGEST // 1_000_000} MB.", "Import it in parts."
        )
    text = decode(file.body)
    return [
        Grid(name=one, records=partial(_records, text.text, one), remark=text.warning)
        for one in ((delimiter,) if delimiter else (*DELIMITERS, WHOLE_LINE))
    ]


def _records(text: str, delimiter: str) -> Iterator[Record]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    number = 0
    try:
        for number, cells in enumerate(reader, start=1):
            yield number, [_said(cell) for cell in cells]
    except csv.Error as error:
        raise BadReport(
            f"The table breaks off: {error}.",
            "Look for a quotation mark that is opened and never closed.",
            where=f"row {number + 1}",
        ) from error


def _chosen(sheets: Sequence[Worksheet], wanted: str) -> list[Worksheet]:
    if not wanted:
        return [one for one in sheets if not one.hidden]
    found = [one for one in sheets if one.name.casefold() == wanted.casefold()]
    if not found:
        names = ", ".join(f"“{one.name}”" for one in sheets[:20]) or "none"
        raise BadReport(f"It has no sheet “{wanted}”.", f"There are: {names}.", where="sheet")
    return found


def _grid(sheet: Worksheet) -> Grid:
    return Grid(name=sheet.name, records=partial(_values, sheet))


def _values(sheet: Worksheet) -> Iterator[Record]:
    for number, cells in enumerate(sheet.rows, start=1):
        yield number, [_said(cell) for cell in cells]


def _said(cell: str) -> str:
    text = cell.replace("\0", "").strip()
    return "" if is_blank(text) else text
