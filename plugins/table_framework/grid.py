"""Rows and cells out of a file: text with any delimiter, or a workbook, within bounds."""

from __future__ import annotations

import csv
import io
import warnings
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import partial
from itertools import count
from typing import Any
from xml.etree.ElementTree import ParseError

from openpyxl import load_workbook
from openpyxl.cell.cell import ERROR_CODES
from openpyxl.utils.exceptions import InvalidFileException

from engine.api import BadReport, FrameworkFile, decode, is_blank

MOST_ROWS = 50_000
MOST_COLUMNS = 200
MOST_CELLS = 2_000_000
BLANK_ROWS = 10_000
"""So many blank rows end a sheet; below may be a million more that only have a colour."""
UNPACKED = 50_000_000
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
    return file.body.startswith(b"PK\x03\x04")


def grids(file: FrameworkFile, *, sheet: str = "", delimiter: str = "") -> list[Grid]:
    """The ways to read a file: each visible sheet of a workbook, each delimiter of a text.

    :raises BadReport: it cannot be read, is too large, or has no such sheet.
    """
    if is_workbook(file):
        return [_grid(one) for one in _chosen(_sheets(file), sheet)]
    if len(file.body) > UNPACKED:
        raise BadReport(
            f"The table holds more than {UNPACKED // 1_000_000} MB.", "Import it in parts."
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


_BROKEN = (
    InvalidFileException, zipfile.BadZipFile, ParseError, ValueError, KeyError, TypeError,
    AttributeError, IndexError, OSError, EOFError, OverflowError, NotImplementedError, RuntimeError,
)  # fmt: skip
"""What openpyxl and zipfile raise for files that are damaged or made up."""


def _sheets(file: FrameworkFile) -> list[Any]:
    with _reading_workbook(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # on features of a workbook that no table needs
        _refuse_large(file)
        book = load_workbook(io.BytesIO(file.body), read_only=True, data_only=True)
        return list(book.worksheets)


@contextmanager
def _reading_workbook() -> Iterator[None]:
    try:
        yield
    except _BROKEN as error:
        raise BadReport(
            f"The workbook cannot be read: {str(error)[:200]}.",
            "Open it and save it as .xlsx again, or as CSV (UTF-8).",
        ) from error


def _refuse_large(file: FrameworkFile) -> None:
    """A workbook may unpack to a thousand times its size."""
    with zipfile.ZipFile(io.BytesIO(file.body)) as archive:
        size = sum(one.file_size for one in archive.infolist())
    if size > UNPACKED:
        raise BadReport(
            f"The workbook holds more than {UNPACKED // 1_000_000} MB.", "Save its table as CSV."
        )


def _chosen(sheets: Sequence[Any], wanted: str) -> list[Any]:
    if not wanted:
        return [one for one in sheets if one.sheet_state == "visible"]
    found = [one for one in sheets if one.title.casefold() == wanted.casefold()]
    if not found:
        names = ", ".join(f"“{one.title}”" for one in sheets[:20]) or "none"
        raise BadReport(f"It has no sheet “{wanted}”.", f"There are: {names}.", where="sheet")
    return found


def _grid(sheet: Any) -> Grid:
    sheet.reset_dimensions()  # some programs write that all of it is one cell
    return Grid(name=sheet.title, records=partial(_values, sheet))


def _values(sheet: Any) -> Iterator[Record]:
    """The records of a sheet, down to where nothing but blank rows comes."""
    blank = 0
    rows = iter(sheet.iter_rows(max_col=MOST_COLUMNS + 1, values_only=True))
    for number in count(1):
        with _reading_workbook():
            values = next(rows, None)
        cells = [_shown(value) for value in values or ()]
        blank = 0 if any(cells) else blank + 1
        if values is None or blank > BLANK_ROWS:
            return
        yield number, cells


def _shown(value: Any) -> str:
    """A workbook's value as text; formulas come as the value they had when it was saved."""
    if value is None or value in ERROR_CODES:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return _said(str(value))


def _said(cell: str) -> str:
    text = cell.replace("\0", "").strip()
    return "" if is_blank(text) else text
