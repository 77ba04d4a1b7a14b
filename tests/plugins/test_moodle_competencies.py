"""Moodle's competency CSV: what becomes of it, what is refused, and that it comes back equal."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from engine import imports
from engine.api import BadReport, FrameworkFile
from engine.competencies import frameworks
from engine.competencies.framework_documents import read as checked
from engine.competencies.nodes import read_node
from engine.db import transaction
from plugins.moodle_competencies import read, register_framework_formats
from plugins.moodle_competencies.rows import COLUMNS, HEADINGS, is_moodle, line
from plugins.moodle_competencies.texts import plain
from plugins.moodle_competencies.writing import written

FILES = Path(__file__).parents[1] / "data" / "frameworks"
SCALE = '[{"scaleid":"7"},{"id":2,"scaledefault":1,"proficient":1}]'
HEAD = {"id_number": "T", "short_name": "Town", "scale_values": "No,Yes", "is_framework": "1"}
TOWN = "https://w3id.org/byway/moodle/OUR-TOWN"
POINTS = r"core_competency\competency_rule_points"


def imported(body: bytes, **options: str) -> dict[str, Any]:
    return read([FrameworkFile(name="f.csv", body=body)], options)


def sample(name: str) -> dict[str, Any]:
    return imported((FILES / f"moodle_{name}.csv").read_bytes())


def table(*rows: dict[str, str]) -> bytes:
    """A file of fourteen columns; the framework's row stands second, at the top."""
    file = io.StringIO()
    cells = ([row.get(column, "") for column in COLUMNS] for row in (HEAD, *rows))
    csv.writer(file).writerows([HEADINGS, *cells])
    return file.getvalue().encode()


def row(id_number: str, **cells: str) -> dict[str, str]:
    return {"id_number": id_number, "short_name": id_number.upper(), **cells}


def by_code(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {one["code"]: one for one in document["competencies"]}


def told(document: dict[str, Any]) -> dict[str, Any]:
    """A document without what it says of its reading."""
    return {name: value for name, value in document.items() if name != "remarks"}


def test_children_stand_below_parents_that_come_later() -> None:
    assert checked(sample("town")).children[f"{TOWN}/writing"] == (f"{TOWN}/plain", f"{TOWN}/forms")


def test_levels_are_the_values_of_the_scale() -> None:
    levels = [level["label"]["en"] for level in sample("town")["levels"]]
    assert levels == ["Not yet competent", "Competent", "Very competent"]


def test_html_becomes_plain_text_and_is_kept_for_export() -> None:
    found = by_code(sample("town"))["plain"]
    lines = "Writes so that everybody understands.\n- short words\n- short sentences"
    assert found["description"] == {"en": lines}
    assert found["extra"]["moodle"]["description"].startswith("<p>Writes so that <strong>")


def test_a_comma_in_a_cross_reference_is_written_as_percent() -> None:
    assert by_code(sample("town"))["plain"]["extra"]["moodle"]["related"] == ["forms", "a,b"]


def test_the_taxonomy_names_the_kind_by_depth() -> None:
    found = by_code(sample("town"))
    assert (found["writing"]["kind"], found["plain"]["kind"]) == ("domain", "competency")


def test_a_points_rule_is_one_that_a_ruleset_reads() -> None:
    node = read_node("writing", by_code(sample("town"))["writing"]["rule"])
    children = [(child.id, child.points, child.required) for child in node.children]
    assert children == [(f"{TOWN}/plain", 2, True), (f"{TOWN}/forms", 1, False)]
    assert (node.rule, node.required_points, node.target_level) == ("points", 3, 2)


def test_the_rule_all_asks_for_every_child() -> None:
    rule = by_code(sample("town"))["a,b"]["rule"]
    assert rule == {"rule": "all", "children": [{"id": f"{TOWN}/listen"}]}


def test_a_scale_of_its_own_is_kept_and_said() -> None:
    document = sample("town")
    assert by_code(document)["forms"]["extra"]["moodle"]["scale_values"] == "Fail,Pass"
    assert document["remarks"] == ["Scales of single competencies are kept for export only: 1."]


def test_the_address_can_be_given() -> None:
    document = imported(table(row("a")), uri="https://town.example/f")
    assert document["competencies"][0]["uri"] == "https://town.example/f/a"


def test_the_language_can_be_given() -> None:
    assert imported(table(row("a")), language="fr")["title"] == {"fr": "Town"}


def test_an_id_too_long_for_an_address_gives_its_hash() -> None:
    uri = imported(table(row("語" * 100)))["competencies"][0]["uri"]
    assert len(uri) < 200


def test_the_twelve_columns_of_2016_are_read() -> None:
    found = by_code(sample("2016"))
    assert found["plain"]["parents"] == ["https://w3id.org/byway/moodle/OLD-TOWN/writing"]


def test_headings_in_another_language_are_taken_by_place() -> None:
    document = sample("french")
    assert by_code(document)["clair"]["label"] == {"en": "Langage clair"}
    assert "in the order Moodle writes them" in document["remarks"][0]


def test_columns_in_another_order_are_taken_by_name() -> None:
    first = [("Is framework", "1", ""), ("ID NUMBER", "T", "a"), ("shortname", "Town", "A")]
    columns = [*first, ("Parent id number", "", "T")]
    body = "\n".join(",".join(cells) for cells in zip(*columns, strict=True))
    assert checked(imported(body.encode())).tops()[0].code == "a"


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda body: b"\xef\xbb\xbf" + body, id="a byte order mark"),
        pytest.param(lambda body: body.decode().encode("utf-16"), id="UTF-16"),
        pytest.param(lambda body: body.replace(b"\r\n", b"\r\n,,,\r\n\r\n"), id="blank rows"),
        pytest.param(lambda body: body.replace(b"\r\n", b",,\r\n"), id="empty cells at the end"),
        pytest.param(lambda body: body.replace(b",", b"\t"), id="tabs"),
        pytest.param(lambda body: body + body.splitlines()[-1], id="a row twice, word for word"),
        pytest.param(lambda body: body.replace(b",1,", b",TRUE,"), id="TRUE in place of 1"),
    ],
)
def test_what_a_spreadsheet_does_to_it_changes_nothing(change: Any) -> None:
    body = table(row("b", parent="a"), row("a")).replace(b'"No,Yes"', b"")
    assert told(imported(change(body))) == told(imported(body))


@pytest.mark.parametrize(
    ("name", "body", "ours"),
    [
        pytest.param("town", None, True, id="Moodle's"),
        pytest.param("2016", None, True, id="twelve columns with semicolons"),
        pytest.param("french", None, True, id="another language"),
        pytest.param("", b"Skill Name,Description\nA,B\n", False, id="another table"),
        pytest.param("", b"", False, id="empty"),
        pytest.param("", b"PK\x03\x04", False, id="a workbook"),
        pytest.param("", b'{"CFDocument": {}}', False, id="JSON"),
    ],
)
def test_which_files_are_moodle_s(name: str, body: bytes | None, ours: bool) -> None:
    found = body if body is not None else (FILES / f"moodle_{name}.csv").read_bytes()
    assert is_moodle(FrameworkFile(name="f.csv", body=found)) is ours


def points(config: str, **cells: str) -> tuple[dict[str, str], dict[str, str]]:
    """A competency `a` with a points rule, and `b` below it, exported as 2."""
    rule = {"rule_type": POINTS, "rule_outcome": "2", "rule_config": config, **cells}
    return row("a", exported_id="1", **rule), row("b", parent="a", exported_id="2")


def child(**members: Any) -> str:
    shown = {"id": "2", "points": "1", "required": "0", **members}
    told = ",".join(f'"{name}":{value}' for name, value in shown.items())
    return f'{{"base":{{"points":1}},"competencies":[{{{told}}}]}}'


@pytest.mark.parametrize(
    ("rows", "where", "why"),
    [
        pytest.param([], "row 2", "no competency", id="nothing in it"),
        pytest.param([HEAD | {"id_number": "U"}], "row 3", "Row 2 is a framework", id="two"),
        pytest.param([row("", short_name="A")], "row 3", "no ID number", id="no id number"),
        pytest.param([row("a"), row("a", short_name="B")], "row 4", "row 3 as well", id="twice"),
        pytest.param([row("a", parent="x")], "row 3", "not in the file", id="unknown parent"),
        pytest.param([row("a", parent="a")], "row 3", "a > a", id="its own parent"),
        pytest.param(
            [row("x"), row("a", parent="b"), row("b", parent="a")],
            "row 4",
            "a > b > a",
            id="circle",
        ),
        pytest.param([row("a", rule_type="any")], "row 3", "rule type", id="unknown rule"),
        pytest.param(
            [row("a", rule_type=POINTS, rule_outcome="9")], "row 3", "outcome", id="unknown outcome"
        ),
        pytest.param(points("null"), "row 3", "none of a points rule", id="no config"),
        pytest.param(points("[" * 99_999), "row 3", "none of a points rule", id="nested config"),
        pytest.param(points('{"base":[],"competencies":[]}'), "row 3", "none of", id="odd config"),
        pytest.param(points(child(id=9)), "row 3", "not in the file", id="points for nobody"),
        pytest.param(points(child(id=1)), "row 3", "not below it", id="points for itself"),
        pytest.param(points(child(points=-1)), "row 3", "number of points", id="negative points"),
        pytest.param(points(child(points=0)), "row 3", "cannot be", id="out of reach"),
        pytest.param(
            [row("a", exported_id="1"), row("b", exported_id="1")], "row 4", "row 3", id="one id"
        ),
        pytest.param(
            [row("a", scale_values="A,,B")], "row 3", "value of its scale", id="a hole in the scale"
        ),
        pytest.param(
            [row("a", scale_values="A", scale_configuration=SCALE)], "row 3", "fit", id="off scale"
        ),
        pytest.param(
            [row("a", scale_values="A", scale_configuration="{")], "row 3", "fit", id="no JSON"
        ),
    ],
)
def test_what_contradicts_itself_is_refused_with_its_row(
    rows: list[dict[str, str]], where: str, why: str
) -> None:
    with pytest.raises(BadReport, match=why) as refused:
        imported(table(*rows))
    assert refused.value.where == where


@pytest.mark.parametrize(
    ("body", "where", "why"),
    [
        pytest.param(b"", "row 1", "not the columns", id="empty"),
        pytest.param(b"a,b\n1,2\n", "row 1", "a, b", id="another table"),
        pytest.param(table(row("a")) + b"a,b\r\n", "row 4", "2 cells", id="too few cells"),
        pytest.param(table(row("a")) + b"," * 20 + b"x\r\n", "row 4", "21 cells", id="too many"),
        pytest.param(table().replace(b"\r\n,T", b"\r\n,a").replace(b",1,", b",,"), "row 2",
                     "No row of the file", id="no framework"),
        pytest.param(table() + b'"' + b"x" * 200_000, "row 3", "breaks off", id="endless cell"),
    ],
)  # fmt: skip
def test_what_does_not_fit_the_columns_is_refused(body: bytes, where: str, why: str) -> None:
    with pytest.raises(BadReport, match=why) as refused:
        imported(body)
    assert refused.value.where == where


def test_several_files_are_refused() -> None:
    with pytest.raises(BadReport, match="one file"):
        read([FrameworkFile(name="f", body=b"")] * 2, {})


def test_a_points_rule_without_exported_ids_is_left_out() -> None:
    body = table(
        row("a", rule_type=POINTS, rule_outcome="2", rule_config="{}"), row("b", parent="a")
    )
    document = imported(body)
    assert "rule_type" not in by_code(document)["a"]["extra"]["moodle"]
    assert "no exported ids" in document["remarks"][0]


def test_a_rule_without_an_outcome_does_nothing() -> None:
    found = imported(table(*points(child(), rule_outcome="0")))
    assert "rule" not in by_code(found)["a"]


def test_a_long_chain_is_read() -> None:
    chain = [row(f"c{at}", parent=f"c{at + 1}") for at in range(3000)]
    assert len(imported(table(*chain, row("c3000")))["competencies"]) == 3001


@pytest.mark.parametrize(
    ("text", "form", "shown"),
    [
        pytest.param("<p>a</p>\n<p>b&nbsp;c</p>", "1", "a\nb c", id="paragraphs"),
        pytest.param("<p><br></p>", "1", "", id="nothing"),
        pytest.param("a<script>alert(1)</script>", "1", "a", id="a script"),
        pytest.param("a &lt;b&gt; <![x[ c", "1", "a <b>", id="broken markup"),
        pytest.param("a < b", "2", "a < b", id="plain"),
        pytest.param("a\r\nb", "0", "a\nb", id="automatic without markup"),
        pytest.param("a<br>b", "0", "a\nb", id="automatic with markup"),
        pytest.param("<a" * 50_000, "0", "<a" * 50_000, id="no end of tags"),
    ],
)
def test_descriptions_as_plain_text(text: str, form: str, shown: str) -> None:
    assert plain(text, form) == shown


@pytest.mark.parametrize("name", ["town", "2016", "french"])
def test_a_file_comes_back_equal(name: str) -> None:
    document = sample(name)
    assert told(imported(written(document))) == told(document)


def competency(code: str, **members: Any) -> dict[str, Any]:
    uri = f"https://f.example/{code}"
    return {"uri": uri, "code": code, "label": {"en": code}, **members}


def exported(*competencies: dict[str, Any], **members: Any) -> list[dict[str, str]]:
    """The rows written for a framework, the framework's own first."""
    head = {"uri": "https://f.example/f", "title": {"en": "F"}}
    text = written({**head, "competencies": list(competencies), **members}).decode()
    return [
        dict(zip(COLUMNS, cells, strict=True)) for cells in list(csv.reader(io.StringIO(text)))[1:]
    ]


def test_further_parents_become_cross_references() -> None:
    parents = ["https://f.example/a", "https://f.example/b,c"]
    last = exported(competency("a"), competency("b,c"), competency("d", parents=parents))[-1]
    assert (last["parent"], last["related"]) == ("a", "b%2Cc")


def test_what_levels_mean_is_written_below_the_description() -> None:
    told = {"description": {"en": "Writes."}, "levels": {"2": {"en": "Rewrites."}}}
    levels = [{"label": "Aware"}, {"label": "Working"}]
    last = exported(competency("a", **told), levels=levels)[-1]
    assert last["description"] == "Writes.\n\nWorking\nRewrites."


def test_retired_competencies_are_not_written() -> None:
    rows = exported(competency("a"), competency("b", status="retired"))
    assert [one["id_number"] for one in rows] == ["f", "a"]


def test_a_framework_without_levels_gets_moodle_s_usual_scale() -> None:
    assert exported(competency("a"))[0]["scale_values"] == "Not yet competent,Competent"


def test_the_second_level_is_the_first_proficient_one() -> None:
    levels = [{"label": {"en": name}} for name in ("Aware", "Working, alone", "Expert")]
    head = exported(competency("a"), levels=levels)[0]
    assert head["scale_values"] == "Aware,Working; alone,Expert"
    assert head["scale_configuration"] == (
        '[{"scaleid":"0"},{"id":2,"scaledefault":1,"proficient":1},'
        '{"id":3,"scaledefault":0,"proficient":1}]'
    )


@pytest.mark.parametrize(
    ("codes", "ids"),
    [
        pytest.param(("1.1", "1.10"), ["1.1", "1.10 (2)"], id="equal as numbers"),
        pytest.param(("a", "A"), ["a", "A (2)"], id="equal but for capitals"),
        pytest.param(("x" * 120, "x" * 130), ["x" * 100, "x" * 90 + " (2)"], id="cut"),
        pytest.param(("a", "a", "a (2)", "a"), ["a", "a (2)", "a (2) (2)", "a (3)"], id="many"),
    ],
)
def test_id_numbers_are_made_unique_as_moodle_compares_them(
    codes: tuple[str, ...], ids: list[str]
) -> None:
    listed = [competency(code, uri=f"https://f.example/{at}") for at, code in enumerate(codes)]
    assert [one["id_number"] for one in exported(*listed)[1:]] == ids


def test_a_description_that_was_changed_is_written_as_plain_text() -> None:
    document = sample("town")
    by_code(document)["plain"]["description"] = {"en": "New"}
    again = by_code(imported(written(document)))["plain"]
    assert again["description"] == {"en": "New"}
    assert "description" not in again["extra"]["moodle"]


def test_the_format_says_that_it_reads_and_writes() -> None:
    form = register_framework_formats()[0]
    assert (form.name, form.suffix, form.write) == ("moodle", ".csv", written)


texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
labels = st.dictionaries(st.sampled_from(("en", "fr")), texts.filter(str.strip), min_size=1)


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """A framework of any origin: several languages and parents, odd codes, levels or none."""
    listed: list[dict[str, Any]] = []
    for at in range(draw(st.integers(1, 5))):
        above = st.sampled_from([one["uri"] for one in listed]) if listed else st.nothing()
        parents = draw(st.lists(above, unique=True, max_size=2)) if listed else []
        told = {"label": draw(labels), "code": draw(texts), "parents": parents}
        description = draw(st.one_of(st.just({}), labels))
        listed.append({"uri": f"https://f.example/{at}", "description": description, **told})
    levels = [{"label": one} for one in draw(st.lists(labels, max_size=4))]
    head = {"uri": "https://f.example/f", "title": draw(labels)}
    return {**head, "levels": levels, "competencies": listed}


@given(documents())
def test_what_is_written_is_read_and_written_the_same_ever_after(document: dict[str, Any]) -> None:
    once = imported(written(document))
    assert told(imported(written(once))) == told(once)
    assert len(checked(once).competencies) == len(document["competencies"])


cells = st.one_of(texts, st.sampled_from(("<p>a</p>", "x, y", "1", "01", "a\r\nb", "é" * 150)))


@st.composite
def rows_of_moodle(draw: st.DrawFn) -> list[dict[str, str]]:
    """Competencies as Moodle exports them, with what it leaves empty and what it fills."""
    ids = draw(st.lists(cells.map(line).filter(bool), min_size=1, max_size=5, unique=True))
    forms = st.sampled_from(("", "0", "1", "2", "4"))
    return [
        row(
            id_,
            parent=draw(st.sampled_from(["", *ids[:at]])),
            short_name=draw(cells),
            description=draw(cells),
            description_format=draw(forms),
            related=draw(cells),
            exported_id=draw(st.sampled_from(("", str(at)))),
            scale_values=draw(st.sampled_from(("", "A, B", "A,B,C"))),
        )
        for at, id_ in enumerate(ids)
    ]


@given(rows_of_moodle())
def test_what_moodle_wrote_comes_back_equal(rows: list[dict[str, str]]) -> None:
    document = imported(table(*rows))
    assert told(imported(written(document))) == told(document)


def test_what_is_imported_is_exported_equal(app: Flask) -> None:
    file = FrameworkFile(name="town.csv", body=(FILES / "moodle_town.csv").read_bytes())
    with transaction():
        uri = imports.import_framework([file]).uri
    body, _ = imports.export_framework(uri, "moodle")
    found = imports.preview([FrameworkFile(name="again.csv", body=body)])
    assert (found.form.name, found.changes.is_any) == ("moodle", False)


def test_the_shipped_framework_is_one_that_moodle_takes(app: Flask) -> None:
    shipped = frameworks.every()[0]
    body, _ = imports.export_framework(shipped.uri, "moodle")
    found = imports.preview([FrameworkFile(name="f.csv", body=body)])
    assert len(found.changes.new) == len(shipped.document["competencies"])
