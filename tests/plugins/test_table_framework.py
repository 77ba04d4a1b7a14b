"""Frameworks as tables: columns guessed and named, what contradicts itself, workbooks, bounds."""

from __future__ import annotations

import io
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from engine import imports
from engine.api import BadReport, FrameworkFile, Refused
from engine.competencies.framework_documents import read as checked
from plugins.table_framework import TableSettings, columns, read, reads
from plugins.table_framework.grid import MOST_COLUMNS
from plugins.table_framework.headings import words

FILES = Path(__file__).parents[1] / "data" / "frameworks"
BASE = "https://w3id.org/byway/tables/our_town/"


def imported(body: bytes | str, name: str = "our_town.csv", **options: Any) -> dict[str, Any]:
    told = body.encode() if isinstance(body, str) else body
    file = FrameworkFile(name=name, body=told)
    return read([file], TableSettings().load(options))


def sample(name: str, **options: Any) -> dict[str, Any]:
    return imported((FILES / name).read_bytes(), name, **options)


def by_label(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {next(iter(one["label"].values())): one for one in document["competencies"]}


def workbook(*rows: tuple[Any, ...], **sheets: list[tuple[Any, ...]]) -> bytes:
    """A workbook with these rows on its first sheet, and further sheets by name."""
    book, file = Workbook(), io.BytesIO()
    for sheet, cells in (
        (book.active, rows),
        *((book.create_sheet(n), r) for n, r in sheets.items()),
    ):
        assert sheet is not None
        for row in cells:
            sheet.append(row)
    book.save(file)
    return file.getvalue()


def told(document: dict[str, Any]) -> dict[str, Any]:
    """A document without what it says of its reading."""
    return {name: value for name, value in document.items() if name != "remarks"}


def test_the_levels_of_the_uk_framework_are_found() -> None:
    labels = [level["label"]["en"] for level in sample("uk_gddpcf_skills.csv")["levels"]]
    assert labels == ["Awareness", "Working", "Practitioner", "Expert"]


def test_each_level_keeps_its_words() -> None:
    levels = by_label(sample("uk_gddpcf_skills.csv"))["Accessibility"]["levels"]
    assert levels["1"]["en"].startswith("You can:\n- understand accessibility")


def test_a_level_without_words_has_none() -> None:
    assert "levels" not in by_label(sample("uk_gddpcf_skills.csv"))["Changing security culture"]


def test_other_columns_are_kept_beside() -> None:
    found = by_label(sample("uk_gddpcf_skills.csv"))["Accessibility"]
    assert found["extra"] == {"table": {"Roles that require Skill": "Frontend developer"}}


def test_what_was_taken_for_what_is_said() -> None:
    said = sample("uk_gddpcf_skills.csv")["remarks"][0]
    assert "label is “Skill Name”, description is “Skill Description”" in said
    assert "levels are “Awareness”, “Working”, “Practitioner”, “Expert”" in said


def test_a_tree_by_coding_scheme_is_read() -> None:
    framework = checked(sample("table_opensalt_sample_case.csv", uri="https://o.example/"))
    below = framework.children["https://o.example/Math.Fractions"]
    assert [framework.competencies[one].code for one in below] == ["M.F.1-2", "M.F.C2"]


def test_a_tree_by_identifier_is_read() -> None:
    body = (FILES / "table_opensalt_sample_case.csv").read_text()
    changed = body.replace('"Testing","M"', '"Testing","math"')
    again = imported(changed, "table_opensalt_sample_case.csv")
    assert told(again) == told(sample("table_opensalt_sample_case.csv"))


PLAIN = "Name,Description\nForms,\nPlain language,Writes so that all understand\n"


def test_what_has_only_a_name_gets_an_address_from_it() -> None:
    document = imported(PLAIN)
    assert document["title"] == {"en": "our town"}
    assert [one["uri"] for one in document["competencies"]] == [
        BASE + "forms",
        BASE + "plain_language",
    ]


def test_title_address_and_language_can_be_given() -> None:
    options = {"title": "Notre ville", "uri": "https://v.example/f", "language": "fr"}
    document = imported(PLAIN, **options)
    assert (document["title"], document["uri"]) == ({"fr": "Notre ville"}, "https://v.example/f")
    assert document["competencies"][0]["uri"] == "https://v.example/f/forms"


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(PLAIN.replace(",", ";"), id="semicolons"),
        pytest.param(PLAIN.replace(",", "\t"), id="tabs"),
        pytest.param(PLAIN.replace(",", "|"), id="bars"),
        pytest.param("\ufeff" + PLAIN, id="a byte order mark"),
        pytest.param(PLAIN.encode("utf-16"), id="UTF-16"),
        pytest.param(PLAIN.replace("\n", "\r\n\r\n,,\r\n"), id="blank rows"),
        pytest.param("Our town\n\nLast changed in May\n" + PLAIN, id="a title above"),
        pytest.param(
            "Description,Name\n,Forms\nWrites so that all understand,Plain language\n", id="order"
        ),
        pytest.param(PLAIN + PLAIN.splitlines()[2], id="a row twice"),
        pytest.param(PLAIN.replace("Forms,", "Forms"), id="a short row"),
        pytest.param(PLAIN.replace("Forms,", "Forms,-"), id="a dash for nothing"),
        pytest.param(PLAIN.replace("Name,Description", "NOMBRE,Descripción"), id="Spanish"),
        pytest.param(PLAIN.replace("Name,Description", "Intitulé, descriptif "), id="French"),
        pytest.param(PLAIN.replace("Name,Description", "prefLabel,definition"), id="camel case"),
        pytest.param(
            workbook(
                ("Name", "Description"), ("Forms", None), (None, None),
                ("Plain language", "Writes so that all understand"),
            ),
            id="a workbook",
        ),
    ],
)  # fmt: skip
def test_tables_of_every_make_say_the_same(body: bytes | str) -> None:
    assert told(imported(body)) == told(imported(PLAIN))


def test_columns_can_be_named() -> None:
    body = "A;B;C;D;E;F;G;H;I\n1;x;Plain;P1;Says so;skill;urn:x:1;can a;can b\n2;1;Forms;;;;;;\n"
    named = {"id": "a", "parent": "B", "label": "C", "code": "D", "description": "E"}
    options = {**named, "type": "F", "exact": "G", "levels": "H, I"}
    document = imported(body.replace(";x;", ";;"), **options)
    assert told(document)["levels"][1] == {"number": 2, "label": {"en": "I"}}
    assert document["competencies"] == [
        {
            "uri": BASE + "1", "label": {"en": "Plain"}, "description": {"en": "Says so"},
            "code": "P1", "kind": "skill", "exact": ["urn:x:1"],
            "levels": {"1": {"en": "can a"}, "2": {"en": "can b"}},
        },
        {"uri": BASE + "2", "label": {"en": "Forms"}, "code": "2", "parents": [BASE + "1"]},
    ]  # fmt: skip


def test_a_column_can_be_left_out() -> None:
    body = "Name,Details\nForms,x\n"
    found = imported(body, description="-")["competencies"][0]
    assert found["extra"] == {"table": {"Details": "x"}}


def test_levels_can_be_left_out() -> None:
    assert imported("Name,Basic,Advanced\nForms,x,y\n", levels="-")["levels"] == []


def test_the_row_of_headings_can_be_named() -> None:
    found = by_label(imported("Name,x\nName,Description\nForms,y\n", header=2))
    assert found["Forms"]["description"] == {"en": "y"}


@pytest.mark.parametrize(
    ("headings", "labels"),
    [
        pytest.param("Name,Level 1,Level 2", ["Level 1", "Level 2"], id="numbered"),
        pytest.param("Nom,Niveau 1,Niveau 2", ["Niveau 1", "Niveau 2"], id="numbered in French"),
        pytest.param("Nombre,Básico,Avanzado", ["Básico", "Avanzado"], id="Spanish words"),
        pytest.param("Name,Expert level,Basic level", ["Expert level", "Basic level"], id="as is"),
        pytest.param("Name,Working,Hours", [], id="one alone is none"),
    ],
)
def test_levels_are_known_by_their_headings(headings: str, labels: list[str]) -> None:
    document = imported(f"{headings}\nForms,x,y\n")
    assert [level["label"]["en"] for level in document["levels"]] == labels


def test_addresses_as_ids_stay_as_they_are() -> None:
    body = "URI,Label,Broader\nhttp://a.example/1,One,\nhttp://a.example/2,Two,http://a.example/1\n"
    second = imported(body)["competencies"][1]
    assert second == {
        "uri": "http://a.example/2",
        "label": {"en": "Two"},
        "parents": ["http://a.example/1"],
    }


@pytest.mark.parametrize(
    ("rows", "parents"),
    [
        pytest.param(("1,A", "1.2,B"), ["A"], id="the number above"),
        pytest.param(("1.,A", "1.2.,B"), ["A"], id="with full stops"),
        pytest.param(("1,A", "1.2.3,B"), ["A"], id="the nearest that is there"),
        pytest.param(("2,A", "1.2,B"), [], id="none above"),
        pytest.param(("1,A", "1.1,C", "1.1,D", "1.1.1,B"), ["A"], id="one that two rows have"),
    ],
)
def test_outline_numbers_put_rows_under_others(rows: tuple[str, ...], parents: list[str]) -> None:
    document = imported("\n".join(("Smart Level,Name", *rows)))
    labels = {one["uri"]: label for label, one in by_label(document).items()}
    assert [labels[uri] for uri in by_label(document)["B"].get("parents", [])] == parents


def test_a_named_parent_counts_before_an_outline() -> None:
    found = by_label(imported("WBS,Name,Parent\n1,A,\n2,C,\n1.1,B,C\n"))
    assert found["B"]["parents"] == [f"{BASE}c"]


def test_outline_numbers_of_several_rows_are_said() -> None:
    remarks = imported("WBS,Name\n1.1,A\n1.1,B\n")["remarks"]
    assert any("such as 1.1" in remark for remark in remarks)


@pytest.mark.parametrize(
    ("headings", "member"),
    [
        pytest.param("RSD Name,Skill Statement", "description", id="a library of rich skills"),
        pytest.param("Title,O*NET-SOC Code", "code", id="occupations of O*NET"),
        pytest.param("PREFERREDLABEL,SCOPENOTE", "description", id="all in capitals"),
    ],
)
def test_headings_of_public_libraries_are_known(headings: str, member: str) -> None:
    assert imported(f"{headings}\nA,b\n")["competencies"][0][member] in ("b", {"en": "b"})


@pytest.mark.parametrize(
    ("cell", "parents"),
    [
        pytest.param("a", ["a"], id="an id"),
        pytest.param("Label A", ["a"], id="a label"),
        pytest.param("label a", ["a"], id="a label in small letters"),
        pytest.param("a|b", ["a", "b"], id="bars"),
        pytest.param("a; Label B", ["a", "b"], id="semicolons"),
        pytest.param("c, d", ["c, d"], id="a comma within"),
        pytest.param("a, b", ["a", "b"], id="commas between"),
        pytest.param("our town", [], id="the framework itself"),
        pytest.param("a; a", ["a"], id="twice"),
    ],
)
def test_parents_are_found(cell: str, parents: list[str]) -> None:
    body = 'Id;Label;Parent\na;Label A;\nb;Label B;\n"c, d";Label C;\ne;Label E;"' + cell
    found = by_label(imported(body, delimiter=";", title="Our town"))["Label E"].get("parents", [])
    ids = {one["uri"]: one["code"] for one in imported(body, delimiter=";")["competencies"]}
    assert [ids[uri] for uri in found] == parents


@pytest.mark.parametrize(
    ("body", "where", "why"),
    [
        pytest.param("", "", "empty", id="empty"),
        pytest.param("Name,Description\n", "row 1", "no rows", id="headings only"),
        pytest.param(
            "Id,Name\n1,A\n\n1,B\n", "row 4", "row 2 as well, with another “Name”", id="id"
        ),
        pytest.param("Name,Notes\nA,x\na,x\n", "row 3", "row 2 as well", id="one label twice"),
        pytest.param("Id,Name\n1,\n", "row 2", "nothing under “Name”", id="no label"),
        pytest.param("Name,Parent\nA,B\n", "row 2", "“B” is not in the table", id="unknown parent"),
        pytest.param("Name,Parent\nA,A|B\n", "row 2", "not in the table", id="one unknown parent"),
        pytest.param(
            "Id,Name,Parent\n1,A,\n2,A,\n3,B,A\n", "row 4", "more than one", id="which one"
        ),
        pytest.param("Name,Parent\nA,A\n", "row 2", "a > a", id="its own parent"),
        pytest.param("Name,Parent\nX,\nA,B\nB,C\nC,A\n", "row 3", "a > b > c > a", id="circle"),
        pytest.param("Name,Notes\nA,b,c\n", "row 2", "3 cells", id="a comma too many"),
        pytest.param('Name,Notes\nA,"' + "x" * 200_000, "row 2", "breaks off", id="open quotes"),
        pytest.param("Name,Notes\n" + "A," * 300 + "b", "row 2", "columns", id="too many columns"),
        pytest.param(b"\xd0\xcf\x11\xe0old", "", "Excel workbook", id="an old workbook"),
        pytest.param(b"PK\x03\x04broken", "", "cannot be read", id="a broken workbook"),
        pytest.param("a,b\n1,2\n", "label", "Columns found: “a”, “b”", id="no label column"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(
    body: bytes | str, where: str, why: str
) -> None:
    with pytest.raises(BadReport, match=why) as refused:
        imported(body)
    assert refused.value.where == where


@pytest.mark.parametrize(
    ("options", "where", "why"),
    [
        pytest.param({"label": "Nom"}, "label", "no column “Nom”", id="no such column"),
        pytest.param({"levels": "Low,High"}, "levels", "no column “Low”", id="no such level"),
        pytest.param({"label": "-"}, "label", "No column says", id="no label"),
        pytest.param({"header": 9}, "", "Row 9 is empty", id="no such row"),
    ],
)
def test_options_that_do_not_fit_the_table_are_refused(
    options: dict[str, Any], where: str, why: str
) -> None:
    with pytest.raises(Refused, match=why) as refused:
        imported(PLAIN, **options)
    assert refused.value.where == where


def test_without_a_file_name_a_title_is_asked_for() -> None:
    with pytest.raises(BadReport, match="no title"):
        imported(PLAIN, "<stdin>")


def test_several_files_are_refused() -> None:
    with pytest.raises(BadReport, match="one file"):
        read([FrameworkFile(name="f.csv", body=b"Name\nA")] * 2, {})


def test_a_single_column_may_hold_commas() -> None:
    assert list(by_label(imported("Skill\nForms, letters\nTalks\n"))) == ["Forms, letters", "Talks"]


def test_an_encoding_that_was_a_guess_is_said() -> None:
    assert "Windows-1252" in imported("Nom\nÉcrire\n".encode("cp1252"))["remarks"][0]


def test_numbers_dates_and_truths_of_a_workbook_are_texts() -> None:
    body = workbook(("Id", "Name", "a", "b", "c"), (7.0, 1.5, date(2026, 5, 1), True, "#N/A"))
    found = imported(body, "t.xlsx")["competencies"][0]
    assert (found["code"], found["label"]) == ("7", {"en": "1.5"})
    assert found["extra"] == {"table": {"a": "2026-05-01T00:00:00", "b": "TRUE"}}


def test_the_sheet_that_reads_like_a_framework_is_taken() -> None:
    body = workbook(("Read me",), Skills=[("Name", "Description"), ("Forms", "x")])
    assert list(by_label(imported(body, "t.xlsx"))) == ["Forms"]


def test_sheets_that_were_not_read_are_said() -> None:
    body = workbook(("Name", "Description"), ("A", "x"), Links=[("From", "To")], Empty=[])
    assert "Read was the sheet “Sheet”, not read: “Links”." in imported(body, "t.xlsx")["remarks"]


def test_a_sheet_can_be_named() -> None:
    body = workbook(("Name", "Description"), ("A", "x"), Two=[("Name",), ("B",)])
    assert list(by_label(imported(body, "t.xlsx", sheet="two"))) == ["B"]


def test_a_sheet_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(BadReport, match="no sheet “Three”") as refused:
        imported(workbook(("Name",), Two=[]), "t.xlsx", sheet="Three")
    assert refused.value.mend == "There are: “Sheet”, “Two”."


def with_part(body: bytes, part: str, change: Any) -> bytes:
    """A workbook with one of its parts changed."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(body)) as old, zipfile.ZipFile(file, "w", 8) as new:
        for name in old.namelist():
            new.writestr(name, change(old.read(name)) if name == part else old.read(name))
    return file.getvalue()


SHEET = "xl/worksheets/sheet1.xml"
BOMB = b'<!DOCTYPE a [<!ENTITY a "x">]>'


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda xml: b"", id="no sheet"),
        pytest.param(lambda xml: xml[:200], id="cut off"),
        pytest.param(lambda xml: xml.replace(b"?>", b"?>" + BOMB, 1) + b"&a;", id="entities"),
        pytest.param(lambda xml: xml + b" " * 60_000_000, id="a bomb"),
        pytest.param(lambda xml: xml.replace(b'r="A1"', b'r="ZZZZZZ1"'), id="a column far away"),
    ],
)
def test_a_damaged_or_hostile_workbook_is_refused(change: Any) -> None:
    body = with_part(workbook(("Name",), ("A",)), SHEET, change)
    with pytest.raises(BadReport):
        imported(body, "t.xlsx")


def test_a_workbook_that_tells_a_wrong_size_is_read_whole() -> None:
    body = workbook(("Name", "Description"), ("A", "x"), ("B", "y"))
    shrunk = with_part(body, SHEET, lambda xml: xml.replace(b'ref="A1:B3"', b'ref="A1"'))
    assert list(by_label(imported(shrunk, "t.xlsx"))) == ["A", "B"]


def test_a_cell_far_below_is_not_waited_for() -> None:
    body = workbook(("Name",), ("A",), ("B",))
    far = with_part(body, SHEET, lambda xml: xml.replace(b'r="3"', b'r="2000000000"'))
    assert list(by_label(imported(far, "t.xlsx"))) == ["A"]


def test_a_table_too_wide_is_refused() -> None:
    with pytest.raises(BadReport, match="columns"):
        imported(workbook(("Name", *["x"] * MOST_COLUMNS), ("A",)), "t.xlsx")


@pytest.mark.parametrize(
    ("name", "body", "ours"),
    [
        pytest.param("a.csv", b"a", True, id="CSV"),
        pytest.param("A.XLSX", b"PK", True, id="a workbook in capitals"),
        pytest.param("a.txt", b"a\tb", True, id="text with tabs"),
        pytest.param("README.txt", b"Read me, please", False, id="text"),
        pytest.param("a.json", b"{}", False, id="JSON"),
        pytest.param("a.csv", b"", False, id="empty"),
    ],
)
def test_which_files_are_tables(name: str, body: bytes, ours: bool) -> None:
    assert reads(FrameworkFile(name=name, body=body)) is ours


@pytest.mark.parametrize(
    ("body", "found"),
    [
        pytest.param("x,y\n,2\n1,3\n", [("x", "1"), ("y", "2")], id="unknown headings"),
        pytest.param("Town\nName;y\nA;2\n", [("Name", "A"), ("y", "2")], id="known headings"),
        pytest.param(
            "Name,,Name\nA,b,c", [("Name", "A"), ("(column 2)", "b"), ("Name (column 3)", "c")],
            id="empty and equal ones",
        ),
    ],
)  # fmt: skip
def test_columns_are_shown_with_their_first_values(body: str, found: list[tuple[str, str]]) -> None:
    assert columns(FrameworkFile(name="t.csv", body=body.encode()), {}) == found


def test_headings_are_compared_without_accents_marks_and_capitals() -> None:
    assert words("  Libellé_de l'Élément (fullStatement) ") == "libelle de l element full statement"


@given(
    st.binary(max_size=300) | st.text(max_size=300).map(lambda text: text.encode(errors="replace"))
)
def test_whatever_comes_is_read_or_refused(body: bytes) -> None:
    with pytest.raises(BadReport):
        imported(b"\x00" + body, label="Nothing is called this")


@given(st.lists(st.text(st.characters(exclude_categories=("Cs",)), max_size=20), min_size=1))
def test_every_label_gets_an_address_of_its_own(labels: list[str]) -> None:
    names = {" ".join(label.split()).casefold(): f"x{label}x" for label in labels}
    listed = ['"' + name.replace('"', '""') + '"' for name in names.values()]
    document = imported("Name\n" + "\n".join(listed))
    assert len(checked(document).competencies) == len(set(names))


def test_a_table_is_imported_with_options_as_they_are_typed(app: Flask) -> None:
    file = FrameworkFile(name="t.csv", body=b"a;b;c;d\nForms;x;y;z\n")
    options = {"label": "a", "levels": "c,d", "header": "1", "delimiter": "semicolon"}
    found = imports.preview([file], form="table", options=options)
    assert [level.label["en"] for level in found.framework.levels] == ["c", "d"]


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({"colour": "red"}, id="no such option"),
        pytest.param({"header": "first"}, id="no number"),
        pytest.param({"delimiter": "x"}, id="no delimiter"),
        pytest.param({"uri": "our town"}, id="no address"),
        pytest.param({"language": "English"}, id="no language"),
    ],
)
def test_options_that_cannot_be_are_refused(app: Flask, options: dict[str, str]) -> None:
    file = FrameworkFile(name="t.csv", body=PLAIN.encode())
    with pytest.raises(Refused):
        imports.preview([file], form="table", options=options)
