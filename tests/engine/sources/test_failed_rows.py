"""The rows that need a hand, as the file they came from."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator

import changing
import pytest
import toy
from flask import Flask
from looking import ended, run, run_delivery
from workbench_making import a_source

from engine.api import Delivery
from engine.db import db
from engine.errors import NotFound, Refused
from engine.reading import Worksheet, read_workbook, write_workbook
from engine.sources import failed_rows
from engine.sources.failed_rows import File
from plugins import discourse, zoom

HEAD = """Attendee Report
Report generated time,"09/22/2026 02:31:08 PM"
Topic,Webinar ID,Actual Start Time
"Evidence, for policy",912 3456 7890,"09/22/2026 10:58:12 AM"
Attendee Details
Attended,User Name (Original Name),Email,Join Time,Leave Time,Time in Session (minutes)
"""
GOOD = 'Yes,Bo Lund,bo@example.org,"09/22/2026 11:00:00 AM","09/22/2026 11:50:00 AM",50\n'
BAD = 'Yes,Zoë Müller,zoe at example.org,"09/22/2026 11:00:00 AM","09/22/2026 11:50:00 AM",50\n'
NAMELESS = 'Yes,Ines Núñez,,"09/22/2026 11:00:00 AM","09/22/2026 11:50:00 AM",50\n'


@pytest.fixture(autouse=True)
def sources(make_app: Callable[..., Flask]) -> Iterator[Flask]:
    """An application with sources of tables and of JSON."""
    plugins = [("toy", toy), ("zoom", zoom), ("discourse", discourse), ("changing", changing)]
    app = make_app(plugins)
    with app.app_context():
        toy.add_toy("t")
        a_source()
        yield app
        db.session.remove()


def mended(body: bytes, name: str = "report.csv", source: str = "zoom") -> File:
    """The download after a file was read."""
    report = run_delivery(Delivery(body=body, name=name), source)
    return failed_rows.of_run(report.run or 0)


def test_everything_stays_but_the_rows_that_are_well() -> None:
    file = mended((HEAD + GOOD + BAD + GOOD.replace("bo@", "bea@") + NAMELESS).encode())
    assert file.body.decode() == HEAD + BAD + NAMELESS
    assert (file.name, file.media_type) == ("report-to-mend.csv", "text/csv")


@pytest.mark.parametrize(
    "encoding",
    [
        pytest.param("utf-8-sig", id="UTF-8 with its mark"),
        pytest.param("cp1252", id="Windows-1252"),
        pytest.param("utf-16", id="UTF-16 with its mark"),
        pytest.param("utf-16-le", id="UTF-16 without one"),
    ],
)
def test_it_is_encoded_as_it_was(encoding: str) -> None:
    file = mended((HEAD + GOOD + BAD).encode(encoding))
    assert file.body == (HEAD + BAD).encode(encoding)


@pytest.mark.parametrize("delimiter", [pytest.param(";", id=";"), pytest.param("\t", id="tab")])
def test_it_is_delimited_as_it_was(delimiter: str) -> None:
    given = [part.replace(",", delimiter) for part in (HEAD, GOOD, BAD)]
    assert mended("".join(given).encode()).body.decode() == given[0] + given[2]


def test_its_lines_end_as_they_did() -> None:
    given = [part.replace("\n", "\r\n") for part in (HEAD, GOOD, BAD)]
    assert mended("".join(given).encode()).body.decode() == given[0] + given[2]


def test_mended_and_uploaded_again_only_that_row_is_new() -> None:
    file = mended((HEAD + GOOD + BAD).encode())
    again = run_delivery(Delivery(body=file.body.replace(b" at ", b"@")), "zoom")
    assert ended(again) == {"new": 1}


def test_elements_of_an_array() -> None:
    said = [toy.did("a"), toy.fail(), toy.did("b"), toy.did("n", email=None, name="Bo")]
    report = run(*said)
    file = failed_rows.of_run(report.run or 0)
    assert json.loads(file.body) == [said[1], said[3]]
    assert (file.name, file.media_type) == ("toy-to-mend.json", "application/json")


def test_long_numbers_stay_as_they_are() -> None:
    report = run(toy.fail() | {"id": 1234567890123456789}, toy.did("a"))
    assert b"1234567890123456789" in failed_rows.of_run(report.run or 0).body


def test_without_such_rows_there_is_no_file() -> None:
    report = run(toy.did("a"))
    with pytest.raises(NotFound, match="No row of this run needs a hand"):
        failed_rows.of_run(report.run or 0)


def test_of_a_bundle_there_is_no_one_file() -> None:
    report = run(toy.fail(), bundle="session")
    with pytest.raises(Refused, match="several deliveries"):
        failed_rows.of_run(report.run or 0)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("../../etc/passwd", "passwd-to-mend", id="a path"),
        pytest.param("C:\\reports\\mai.csv", "mai-to-mend.csv", id="a path of Windows"),
        pytest.param('a"\r\nX: y.csv', "a-X- y-to-mend.csv", id="a header"),
        pytest.param("", "report-to-mend", id="none"),
    ],
)
def test_its_name_leads_nowhere(name: str, expected: str) -> None:
    assert mended((HEAD + BAD).encode(), name).name == expected


def a_workbook(*tables: str) -> bytes:
    """A workbook with a table in each sheet, as a spreadsheet saves it."""
    rows = [list(csv.reader(text.splitlines())) for text in tables]
    return write_workbook(Worksheet(f"Part {at}", one) for at, one in enumerate(rows, start=1))


def test_of_a_workbook_a_workbook_comes_back() -> None:
    file = mended(a_workbook(HEAD + GOOD + BAD + NAMELESS), name="report.xlsx")
    (sheet,) = read_workbook(file.body)
    assert (sheet.name, sheet.rows[6:]) == ("Part 1", list(csv.reader([BAD, NAMELESS])))
    assert (file.name, file.media_type) == ("report-to-mend.xlsx", failed_rows.XLSX)


def test_mended_rows_of_a_workbook_are_recorded() -> None:
    file = mended(a_workbook(HEAD + GOOD + BAD), name="report.xlsx")
    (sheet,) = read_workbook(file.body)
    sheet.rows[6][2] = "zoe@example.org"
    again = run_delivery(Delivery(body=write_workbook([sheet]), name="report.xlsx"), "zoom")
    assert (again.counts["new"], again.counts["failed"]) == (1, 0)
