"""Workbooks: cells as a CSV would show them, tables wherever they stand, or a refusal."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from openpyxl import Workbook

from engine.errors import BadReport
from engine.reading import Shape, find_sheets, read_id, read_workbook, workbooks

GUESTS = Shape(
    name="guests", columns={"name": ("name",), "email": ("email",)}, required=("name", "email")
)
MOMENT = datetime.fromisoformat("2026-09-22T14:05")  # workbooks know no zones


def book(sheets: Mapping[str, Sequence[Sequence[Any]]], hidden: str = "") -> bytes:
    workbook = Workbook()
    workbook.remove(workbook.worksheets[0])
    for name, rows in sheets.items():
        sheet = workbook.create_sheet(name)
        sheet.sheet_state = "hidden" if name == hidden else "visible"
        for row in rows:
            sheet.append(list(row))
    file = io.BytesIO()
    workbook.save(file)
    return file.getvalue()


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        pytest.param(None, "", id="nothing"),
        pytest.param("  a\nb ", "a\nb", id="text"),
        pytest.param("007", "007", id="digits as text"),
        pytest.param(7, "7", id="whole number"),
        pytest.param(7.0, "7", id="whole number with a point"),
        pytest.param(0.1 + 0.2, "0.3", id="fifteen digits"),
        pytest.param(0.00001, "0.00001", id="small"),
        pytest.param(True, "TRUE", id="truth"),
        pytest.param("#N/A", "", id="error"),
        pytest.param(MOMENT, "2026-09-22T14:05:00", id="moment"),
        pytest.param(date(2026, 9, 22), "2026-09-22T00:00:00", id="day"),
        pytest.param(time(14, 5), "14:05:00", id="time of day"),
        pytest.param(timedelta(hours=26, minutes=3), "26:03:00", id="length"),
    ],
)
def test_a_cell_as_text(value: Any, shown: str) -> None:
    rows = read_workbook(book({"A": [["x", value, "y"]]}))[0].rows
    assert rows == [["x", shown, "y"]]


def test_rows_keep_their_numbers() -> None:
    sheet = read_workbook(book({"A": [[], ["a"], [None, None], ["b", "", None]]}))[0]
    assert (sheet.name, sheet.rows) == ("A", [[], ["a"], [], ["b"]])


def test_an_id_that_lost_its_digits_is_refused() -> None:
    cell = read_workbook(book({"A": [[5621234567890123456.0]]}))[0].rows[0][0]
    with pytest.raises(BadReport, match="shortened by a spreadsheet"):
        read_id(cell, row=1)


def test_an_id_kept_as_text_is_whole() -> None:
    cell = read_workbook(book({"A": [["5621234567890123456"]]}))[0].rows[0][0]
    assert read_id(cell, row=1) == "5621234567890123456"


def test_a_hidden_sheet_says_so() -> None:
    sheets = read_workbook(book({"A": [["a"]], "B": [["b"]]}, hidden="B"))
    assert [(sheet.name, sheet.hidden) for sheet in sheets] == [("A", False), ("B", True)]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"Name,Email\n", id="text"),
        pytest.param(b"PK\x03\x04" + b"\0" * 50, id="broken archive"),
        pytest.param(book({"A": [["a"]]})[:-200], id="cut off"),
    ],
)
def test_no_workbook(body: bytes) -> None:
    with pytest.raises(BadReport, match="cannot be read"):
        read_workbook(body)


def zipped(*names: str) -> bytes:
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w") as archive:
        for name in names:
            archive.writestr(name, "")
    return into.getvalue()


@pytest.mark.parametrize(
    ("body", "why"),
    [
        pytest.param(zipped("a.csv", "b.csv"), "It holds 2 files: a.csv, b.csv.", id="an archive"),
        pytest.param(zipped(*"abcd"), "It holds 4 files: a, b, c and others.", id="many files"),
        pytest.param(zipped("mimetype", "content.xml"), "a file of LibreOffice", id="ODS"),
    ],
)
def test_another_archive_is_named(body: bytes, why: str) -> None:
    with pytest.raises(BadReport) as refusal:
        read_workbook(body)
    assert why in refusal.value.why


@pytest.mark.parametrize("bound", ["MOST_COLUMNS", "MOST_ROWS", "MOST_CELLS"])
def test_a_sheet_over_its_bounds(monkeypatch: pytest.MonkeyPatch, bound: str) -> None:
    monkeypatch.setattr(workbooks, bound, 2)
    with pytest.raises(BadReport, match="is over"):
        read_workbook(book({"A": [[1, 2, 3], [1, 2, 3], [1, 2, 3]]}))


def test_a_workbook_that_unpacks_to_too_much() -> None:
    with pytest.raises(BadReport, match="more than 0 MB"):
        workbooks.open_workbook(book({"A": [["a"]]}), unpacked=1000)


def test_rows_that_only_have_a_colour_are_not_walked_through(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(workbooks, "BLANK_ROWS", 5)
    assert read_workbook(book({"A": [["a"], *[[]] * 20, ["far below"]]}))[0].rows == [["a"]]


# --- tables in them ----------------------------------------------------------------------------

ROWS = [["Report of guests"], ["Email", "Name"], ["bo@example.org", "Bo"]]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(book({"A": ROWS}), id="workbook"),
        pytest.param(book({"H": [["Email", "Name"], ["a", "b"]], "A": ROWS}, "H"), id="hidden"),
        pytest.param(b"Report of guests\nEmail,Name\nbo@example.org,Bo\n", id="comma"),
        pytest.param(b"Report of guests\nEmail;Name\nbo@example.org;Bo\n", id="semicolon"),
        pytest.param(b"Report of guests\nEmail|Name\nbo@example.org|Bo\n", id="bar"),
        pytest.param(
            "Report of guests\nEmail\tName\nbo@example.org\tBo".encode("utf-16"), id="TSV"
        ),
    ],
)
def test_tables_of_any_make(body: bytes) -> None:
    (table,) = find_sheets(body, [GUESTS]).tables
    assert [(line.number, line["name"]) for line in table.lines] == [(3, "Bo")]


def test_a_table_behind_a_sheet_without_one_names_its_sheet() -> None:
    (table,) = find_sheets(book({"About": [["by", "us"]], "A": ROWS}), [GUESTS]).tables
    assert [(line.number, line["name"]) for line in table.lines] == [("sheet A, row 3", "Bo")]


def test_a_second_sheet_names_itself() -> None:
    tables = find_sheets(book({"A": ROWS, "B": ROWS}), [GUESTS]).tables
    assert [table.lines[0].number for table in tables] == [3, "sheet B, row 3"]


def test_a_title_belongs_to_its_sheet() -> None:
    tables = find_sheets(book({"A": [*ROWS, ["The end"]], "B": ROWS[1:]}), [GUESTS]).tables
    assert [table.title for table in tables] == ["Report of guests", ""]


def test_a_workbook_without_such_a_table_tells_its_headings() -> None:
    with pytest.raises(BadReport, match="Headings found: “Colour”, “Size”"):
        find_sheets(book({"A": [["Colour", "Size"], ["red", 3]]}), [GUESTS])
