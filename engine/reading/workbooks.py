"""Workbooks (XLSX) as rows of text, within bounds, down to where nothing but blank rows comes."""

from __future__ import annotations

import io
import math
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial
from itertools import count
from typing import Any
from xml.etree.ElementTree import ParseError

from openpyxl import Workbook, load_workbook
from openpyxl.cell.cell import ERROR_CODES
from openpyxl.utils.exceptions import InvalidFileException

from engine.errors import BadReport

MOST_COLUMNS = 500
MOST_ROWS = 250_000
MOST_CELLS = 5_000_000
"""Filled ones, of all sheets together."""
BLANK_ROWS = 10_000
"""So many blank rows end a sheet; below may be a million more that only have a colour."""
UNPACKED = 200_000_000
"""Bytes of a workbook unpacked."""
EXACT = 10**15
"""Spreadsheets keep fifteen digits: a larger number that went through one has lost its last."""

_BROKEN = (
    InvalidFileException, zipfile.BadZipFile, zlib.error, ParseError, ValueError, KeyError,
    TypeError, AttributeError, IndexError, OSError, EOFError, OverflowError, NotImplementedError,
    RuntimeError, AssertionError,
)  # fmt: skip
"""What openpyxl and zipfile raise for files that are damaged or made up."""


@dataclass(frozen=True, slots=True)
class Worksheet:
    """A sheet as it shows: row 1 stands first, a blank row is empty, as are cells at the end.

    Dates and times are ISO text, lengths H:MM:SS; formulas are the value they had when saved.
    """

    name: str
    rows: list[list[str]]
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Leaves:
    """A sheet that is read while it is walked through: `records()` gives each row's number, from 1,
    and its cells; blank rows come as well."""

    name: str
    hidden: bool
    records: Callable[[], Iterator[tuple[int, list[str]]]]


def read_workbook(body: bytes, *, unpacked: int = UNPACKED) -> list[Worksheet]:
    """Every sheet of an XLSX workbook, also hidden ones.

    :param unpacked: how many bytes it may hold unpacked.
    :raises BadReport: it is no such workbook, is damaged, or is larger than anybody can look at.
    """
    filled = 0
    found = []
    for sheet in open_workbook(body, unpacked):
        rows: list[list[str]] = []
        for number, cells in sheet.records():
            filled += len(cells)
            _refuse_large_sheet(number, cells, filled, sheet.name)
            rows.append(cells)
        while rows and not rows[-1]:
            rows.pop()
        found.append(Worksheet(sheet.name, rows, sheet.hidden))
    return found


def write_workbook(sheets: Iterable[Worksheet]) -> bytes:
    """A workbook of these sheets; every cell is a text, so that no spreadsheet mangles it."""
    book = Workbook(write_only=True)
    for sheet in sheets:
        page = book.create_sheet(sheet.name[:31])
        page.sheet_state = "hidden" if sheet.hidden else "visible"
        for cells in sheet.rows:
            page.append(cells)
    body = io.BytesIO()
    book.save(body)
    return body.getvalue()


def visible_sheets(body: bytes) -> list[Worksheet]:
    """The sheets of a workbook that one sees on opening it."""
    return [sheet for sheet in read_workbook(body) if not sheet.hidden]


def open_workbook(body: bytes, unpacked: int = UNPACKED) -> list[Leaves]:
    """The sheets of a workbook, to be read one after the other.

    :raises BadReport: it is no such workbook, or holds more than `unpacked` bytes.
    """
    with _reading(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # on features of a workbook that no table needs
        _refuse_large(body, unpacked)
        book = load_workbook(io.BytesIO(body), read_only=True, data_only=True)
        return [
            Leaves(str(one.title), one.sheet_state != "visible", partial(_records, one))
            for one in book.worksheets
        ]


@contextmanager
def _reading() -> Iterator[None]:
    try:
        yield
    except _BROKEN as error:
        raise BadReport(
            f"The workbook cannot be read: {str(error)[:200]}.",
            "Open it and save it as .xlsx again, or as CSV (UTF-8).",
        ) from error


def _refuse_large(body: bytes, unpacked: int) -> None:
    """It may unpack to a thousand times its size; zipfile reads no more than is declared."""
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        _refuse_other(archive.namelist())
        size = sum(one.file_size for one in archive.infolist())
    if size > unpacked:
        raise BadReport(
            f"The workbook holds more than {unpacked // 1_000_000} MB.", "Save its table as CSV."
        )


def _refuse_other(names: list[str]) -> None:
    """A ZIP that is no workbook of Excel says so itself."""
    if "[Content_Types].xml" in names:
        return
    if "mimetype" in names and "content.xml" in names:
        raise BadReport(
            "This is a file of LibreOffice or OpenOffice.", "Save it as .xlsx, or as CSV (UTF-8)."
        )
    first = "".join(filter(str.isprintable, ", ".join(names[:3])))[:200]
    raise BadReport(
        f"This is an archive, not a table. It holds {len(names)} files: "
        f"{first or 'none'}{' and others' if len(names) > 3 else ''}.",
        "Unpack it and give the table alone.",
    )


def _refuse_large_sheet(number: int, cells: list[str], filled: int, name: str) -> None:
    if len(cells) > MOST_COLUMNS or number > MOST_ROWS or filled > MOST_CELLS:
        raise BadReport(
            f"The workbook is over {MOST_COLUMNS} columns, {MOST_ROWS} rows or {MOST_CELLS} cells.",
            "Save its table as CSV, or give it in parts.",
            where=f"sheet {name[:40]}, row {number}",
        )


def _records(sheet: Any) -> Iterator[tuple[int, list[str]]]:
    sheet.reset_dimensions()  # some programs write that all of it is one cell
    blank = 0
    rows = iter(sheet.iter_rows(max_col=MOST_COLUMNS + 1, values_only=True))
    for number in count(1):
        with _reading(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # on dates that are none
            values = next(rows, None)
        cells = [_shown(value) for value in values or ()]
        while cells and not cells[-1]:
            cells.pop()
        blank = 0 if cells else blank + 1
        if values is None or blank > BLANK_ROWS:
            return
        yield number, cells


def _shown(value: Any) -> str:
    """A workbook's value as text, which reads the same as it would in a CSV."""
    if value is None or value in ERROR_CODES:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return _length(value)
    return str(value).replace("\0", "").strip()


def _number(value: float) -> str:
    """What the cell shows, with the fifteen digits a spreadsheet knows.

    A longer whole number is written 5.62E+18, as a spreadsheet does, so that nobody takes the
    digits it lost for digits of an id.
    """
    if not math.isfinite(value):
        return ""
    if value.is_integer():
        return str(int(value)) if abs(value) < EXACT else f"{value:.14E}"
    short = f"{value:.15g}"
    return f"{value:.15f}".rstrip("0") if "e" in short else short


def _length(value: timedelta) -> str:
    seconds = round(value.total_seconds())
    sign = "-" if seconds < 0 else ""
    minutes, seconds = divmod(abs(seconds), 60)
    return f"{sign}{minutes // 60}:{minutes % 60:02}:{seconds:02}"
