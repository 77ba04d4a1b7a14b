"""From bytes to tables: encodings, and headings wherever they stand in the file."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from engine.errors import BadReport
from engine.reading.archives import is_zip
from engine.reading.cells import is_blank
from engine.reading.workbooks import open_workbook

SAVE_AS_CSV = "Save or export it as CSV (UTF-8) and send that file."


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """Decoded bytes; `warning` says when the encoding was only a guess."""

    text: str
    encoding: str
    warning: str = ""


def decode(body: bytes) -> Text:
    """Decode by byte order mark, else by the density of NULs (UTF-16), else UTF-8, else cp1252.

    Stray NULs are dropped: a report with one of them must not lose its other rows.
    """
    if body.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise BadReport("This is an Excel workbook, not a text file.", SAVE_AS_CSV)
    encoding = _encoding(body)
    text = body.decode(encoding, errors="strict" if encoding == "utf-8-sig" else "replace")
    guess = "The file is not UTF-8; it was read as Windows-1252. Look at the accents in the names."
    warning = guess if encoding == "cp1252" else ""
    return Text(
        text=text.replace("\0", "").removeprefix("\ufeff"), encoding=encoding, warning=warning
    )


def _encoding(body: bytes) -> str:
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16-le" if body[0] == 0xFF else "utf-16-be"
    sample = body[:65536]
    if sample.count(0) * 4 > len(sample):
        return "utf-16-le" if sample[1::2].count(0) >= sample[::2].count(0) else "utf-16-be"
    try:
        body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8-sig"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A kind of table, known by its headings and never by where it stands.

    `columns` gives each column's name in our code and the headings it goes by, in lower case;
    without all `required` columns a row is not the header of this kind of table.
    """

    name: str
    columns: Mapping[str, tuple[str, ...]]
    required: tuple[str, ...]

    def match(self, headings: Sequence[str]) -> dict[str, int] | None:
        """Where each known column stands, or None. Of two equal headings the first counts."""
        found = {
            column: headings.index(alias)
            for column, aliases in self.columns.items()
            for alias in reversed(aliases)
            if alias in headings
        }
        return found if all(column in found for column in self.required) else None


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a table: `line["email"]` is the cell under that column.

    `number` counts the file's records from 1, blank ones too, as a spreadsheet does; a cell with
    line breaks in it is one record. In the second and later sheets of a workbook it is a text that
    names the sheet. Absent columns, short rows and dashes all read as "".
    """

    number: int | str
    cells: tuple[str, ...]
    columns: Mapping[str, int]

    def __getitem__(self, column: str) -> str:
        place = self.columns.get(column)
        return "" if place is None or is_blank(self.cells[place]) else self.cells[place]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table that was found: its kind, the row of its header, the lone cell above it, its lines.

    Columns that the shape does not name are left out of the lines.
    """

    shape: str
    number: int | str
    title: str
    columns: Mapping[str, int]
    lines: list[Line] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """The tables of a file in their order, and the filled rows that belong to none."""

    tables: list[Table]
    loose: list[tuple[int | str, list[str]]]

    def value(self, *headings: str) -> tuple[int | str, str] | None:
        """The row and text beside a heading that stands outside the tables ("Report time, ...")."""
        for number, cells in self.loose:
            if _heading(cells[0]).rstrip(":") in headings:
                return number, ", ".join(cell for cell in cells[1:] if cell)
        return None


def read_records(text: str, delimiter: str, name: str) -> Iterator[tuple[int, list[str]]]:
    """The records of a table, counted from 1, whatever they mean; nothing odd is passed over.

    :raises BadReport: a quotation mark is left open, which would swallow the rest; with the row.
    """
    number = 0
    try:
        reader = csv.reader(_lines(text), delimiter=delimiter, strict=True)
        for number, cells in enumerate(reader, start=1):
            yield number, cells
    except csv.Error as error:
        raise BadReport(
            f"The table breaks off: {error}.",
            "Look for a quotation mark that is opened and never closed, or is not doubled.",
            where=f"{name} row {number + 1}",
        ) from error


_LINE = re.compile(r"[^\r\n]*(?:\r\n|[\r\n])|[^\r\n]+")


def _lines(text: str) -> Iterator[str]:
    """The lines with their ends, as csv wants them; StringIO would take four times the text."""
    return (line[0] for line in _LINE.finditer(text))


def find_tables(text: str, shapes: Sequence[Shape]) -> Sheet:
    """Find every table whose header has one of the shapes; of two that fit, the first counts.

    The delimiter is the one that makes a header readable. A row with its first cell alone ends a
    table and titles the next, unless data goes on below it.

    :raises BadReport: the file is empty, or no header fits; the message says what was there.
    """
    if not text.strip():
        raise BadReport("The file is empty.", "Export the report again and send the new file.")
    finder = _Finder(shapes)
    for number, cells in _records(text, _delimiter(text, finder)):
        finder.take(number, cells)
    if not finder.tables:
        raise _unknown(finder.loose, shapes)
    return Sheet(tables=finder.tables, loose=finder.loose)


def find_sheets(body: bytes, shapes: Sequence[Shape]) -> Sheet:
    """Find every table of a file: CSV, TSV, or the visible sheets of a workbook; see `find_tables`.

    :raises BadReport: it cannot be read, is empty, or no header fits.
    """
    if not is_zip(body):
        return find_tables(decode(body).text, shapes)
    finder = _Finder(shapes)
    for at, sheet in enumerate(one for one in open_workbook(body) if not one.hidden):
        for number, cells in sheet.records():
            finder.take(place_in(at, sheet.name, number), cells)
        finder.close()
    if not finder.tables:
        raise _unknown(finder.loose, shapes)
    return Sheet(tables=finder.tables, loose=finder.loose)


def place_in(at: int, name: str, number: int) -> int | str:
    """A row's place in a workbook: its number in the first sheet one sees, else with the sheet."""
    return number if at == 0 else f"sheet {name[:40]}, row {number}"


def _records(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(_lines(text), delimiter=delimiter, skipinitialspace=True)
    number = 0
    try:
        for number, cells in enumerate(reader, start=1):
            yield number, [cell.strip() for cell in cells]
    except csv.Error as error:
        raise BadReport(
            f"The table breaks off: {error}.",
            "Look for a quotation mark that is opened and never closed.",
            where=f"row {number + 1}",
        ) from error


def _delimiter(text: str, finder: _Finder) -> str:
    for delimiter in ",;\t|":
        try:
            if any(finder.header(cells) for _, cells in _records(text, delimiter)):
                return delimiter
        except BadReport:
            continue
    return ","


def _unknown(loose: list[tuple[int | str, list[str]]], shapes: Sequence[Shape]) -> BadReport:
    """What was found in place of a header; rows that may hold personal data are not repeated."""
    rows = (cells for _, cells in loose if sum(map(bool, cells)) > 1)
    headers = (cells for cells in rows if not re.search(r"[\d@]", "".join(cells)))
    found = ", ".join(f"“{cell}”" for cell in next(headers, [])[:12] if cell) or "none"
    wanted = "; or ".join(
        dict.fromkeys(
            ", ".join(shape.columns[name][0] for name in shape.required) for shape in shapes
        )
    )
    return BadReport(
        f"No table was found that this source knows. Headings found: {found}. "
        f"Expected a row with: {wanted}.",
        "Export the report again as CSV and send it as it is, with its row of headings.",
    )


def _heading(cell: str) -> str:
    return " ".join(cell.split()).casefold()


class _Finder:
    """Walks the records once, opening and closing tables."""

    def __init__(self, shapes: Sequence[Shape]) -> None:
        self.shapes = shapes
        self.known = {alias for s in shapes for names in s.columns.values() for alias in names}
        self.tables: list[Table] = []
        self.loose: list[tuple[int | str, list[str]]] = []
        self.open: Table | None = None
        self.places: list[int] = []
        self.width = 0
        self.title = ""
        self.marker: tuple[int | str, list[str]] | None = None

    def header(self, cells: list[str]) -> tuple[str, dict[str, int]] | None:
        headings = [_heading(cell) for cell in cells]
        if len(self.known.intersection(headings)) < 2:
            return None
        matches = ((shape.name, shape.match(headings)) for shape in self.shapes)
        return next(((name, found) for name, found in matches if found), None)

    def take(self, number: int | str, cells: list[str]) -> None:
        if not any(cells):
            return
        alone = not any(cells[1:])
        if header := self.header(cells):
            self._begin(number, header, len(cells))
            return
        if self.marker:
            self._judge_marker(goes_on=not alone and any(map(str.isdigit, "".join(cells))))
        if alone and self.open:
            self.marker = (number, cells)
        elif self.open:
            self._add(number, cells)
        else:
            self.loose.append((number, cells))
        self.title = cells[0] if alone else ""

    def close(self) -> None:
        """The sheet ends: what comes next belongs to none of its tables."""
        self._judge_marker(goes_on=False)
        self.open, self.title = None, ""

    def _begin(self, number: int | str, header: tuple[str, dict[str, int]], width: int) -> None:
        shape, found = header
        self.places, self.width = list(found.values()), width
        columns = {name: place for place, name in enumerate(found)}
        self.open = Table(shape=shape, number=number, title=self.title, columns=columns)
        self.tables.append(self.open)
        self.title, self.marker = "", None

    def _judge_marker(self, *, goes_on: bool) -> None:
        """A lone first cell was a title, unless the row after it goes on with data."""
        if self.marker and goes_on:
            self._add(*self.marker)
        elif self.marker:
            self.loose.append(self.marker)
            self.open = None
        self.marker = None

    def _add(self, number: int | str, cells: list[str]) -> None:
        if self.open is None:
            return
        if len(cells) > self.width:
            cells = _mend_dates(cells)
        padded = tuple(cells[at] if at < len(cells) else "" for at in self.places)
        self.open.lines.append(Line(number, padded, self.open.columns))


def _mend_dates(cells: list[str]) -> list[str]:
    """Join "Mar 22" and "2025 19:13:27" again, which an unquoted date broke into two cells."""
    mended = cells[:1]
    for cell in cells[1:]:
        if re.match(r"\d{4}\b", cell) and re.fullmatch(r"[^\W\d_]{3,9}\.? \d{1,2}", mended[-1]):
            mended[-1] += f", {cell}"
        else:
            mended.append(cell)
    return mended
