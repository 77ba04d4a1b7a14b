"""Tables, JSON and feeds as they arrive, read by a mapping."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from mapped_making import (
    BASIC,
    HEAD,
    ROW,
    a_table,
    a_workbook,
    an_answer,
    in_json,
    loaded,
    read,
)

import plugins.mapped
from engine.api import (
    BadReport,
    Bundle,
    Delivery,
)
from engine.db import db, transaction
from engine.sources import instances, runs
from plugins.mapped import Mapped

# --- Tables -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(a_table(ROW), id="CSV"),
        pytest.param(a_table(ROW, delimiter=";"), id="semicolons"),
        pytest.param(a_table(ROW, delimiter="\t").decode().encode("utf-16"), id="tabs in UTF-16"),
        pytest.param(b"\xef\xbb\xbf" + a_table(ROW), id="with a mark"),
        pytest.param(b"Talks of September\n\n" + a_table(ROW), id="a title above"),
        pytest.param(a_workbook(ROW), id="a workbook"),
        pytest.param(a_table(ROW[::-1], head=HEAD[::-1]), id="columns in another order"),
    ],
)
def test_a_table_is_read_however_it_is_written(body: bytes) -> None:
    (found,) = read(body, loaded())
    assert (found.keys, found.title) == (("7",), "Budgets")


def test_an_old_encoding_is_guessed_and_said() -> None:
    body = a_table(("7", "Écrire", *ROW[2:])).decode().encode("cp1252")
    bundle = Bundle(key=None, deliveries=(Delivery(body=body),))
    assert read(body, loaded())[0].title == "Écrire"
    assert "Windows-1252" in " ".join(Mapped().remarks(bundle))


def test_columns_that_are_not_needed_may_be_absent() -> None:
    body = a_table((ROW[0], *ROW[2:]), head=(HEAD[0], *HEAD[2:]))
    assert read(body, loaded(tags="Topics"))[0].title is None


def test_a_table_without_a_needed_column_is_refused_with_those_there_are() -> None:
    body = a_table(ROW, head=("Id", "Talk", "Finished", "Email"))
    with pytest.raises(BadReport, match="“Finished”"):
        read(body, loaded())


def test_of_several_tables_none_of_which_is_meant_the_headings_are_told() -> None:
    with pytest.raises(BadReport, match="“Region”, “Budget”"):
        read(b"Region,Budget\nNorth,12\n\nTeam,Room\nBlue,4\n", loaded())


def test_of_several_tables_the_one_below_its_title_is_read() -> None:
    body = b"September\n" + a_table(ROW) + b"\nOctober\n" + a_table(("8", *ROW[1:]))
    (found,) = read(body, loaded(rows="October"))
    assert found.keys == ("8",)


# --- JSON and feeds -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("document", "rows"),
    [
        pytest.param([in_json()], "", id="a list"),
        pytest.param({"n": 1, "data": {"talks": [in_json()]}}, "", id="found by itself"),
        pytest.param({"old": [{}], "new": [in_json()]}, "new", id="at a path"),
        pytest.param({"talk": in_json()}, "talk", id="a single one"),
    ],
)
def test_the_rows_of_json_are_found(document: Any, rows: str) -> None:
    (found,) = read(json.dumps(document).encode(), loaded(rows=rows))
    assert found.title == "Budgets"


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        pytest.param("about.name", "Deep", id="below"),
        pytest.param("speakers[1].name", "Noor", id="by number"),
        pytest.param("speakers[].name", "Bo", id="the first of all"),
        pytest.param("speakers.name", "Bo", id="without brackets"),
        pytest.param("a.b", "Dots", id="a name with dots"),
        pytest.param("is_on", "true", id="a truth"),
        pytest.param("nothing.at.all", None, id="nowhere"),
    ],
)
def test_a_path_leads_to_a_text(title: str, expected: str | None) -> None:
    people = [{"name": "Bo"}, {"name": "Noor"}]
    row = in_json(about={"name": "Deep"}, speakers=people, is_on=True, **{"a.b": "Dots"})
    assert read(an_answer(row), loaded(title=title))[0].title == expected


def test_a_list_gives_all_its_tags() -> None:
    row = in_json(topics=["policy", {"name": "budgets"}, None])
    assert read(an_answer(row), loaded(tags="topics"))[0].tags == ("policy", "budgets")


def test_a_row_that_is_no_object_fails_with_its_path() -> None:
    assert read(an_answer(None, in_json()), loaded())[0].row == "items[0]"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        pytest.param(b'{"total": 0}', "No list of rows", id="no list"),
        pytest.param(b'{"items": [', "is not JSON", id="cut off"),
        pytest.param(b"<html><p>Sign in</p></html>", "It is a web page", id="a page"),
        pytest.param(b"<feed>", "not sound XML", id="half a feed"),
    ],
)
def test_what_is_no_answer_is_refused(body: bytes, told: str) -> None:
    with pytest.raises(BadReport, match=told):
        read(body, loaded())


def test_nothing_at_the_path_is_refused_with_what_there_is() -> None:
    with pytest.raises(BadReport, match="it has “items”"):
        read(an_answer(in_json()), loaded(rows="data"))


ATOM = b"""<feed xmlns="http://www.w3.org/2005/Atom"><entry>
<id>tag:t.example.org,2026:7</id><title type="html">&lt;b&gt;Bud&lt;/b&gt;gets</title>
<link rel="self" href="https://t.example.org/api/7"/>
<link rel="alternate" href="https://t.example.org/7"/>
<author><name>Bo</name><email>bo@northmoor.example</email></author>
<published>2026-09-17T13:00:00Z</published><category term="policy"/><category term="tax"/>
</entry></feed>"""


def test_an_atom_entry_is_read_by_its_members() -> None:
    parts = {"key": "id", "email": "author.email", "at": "published", "title": "title"}
    (found,) = read(ATOM, loaded(**parts, url="link", tags="category"))
    assert (found.title, found.url) == ("Budgets", "https://t.example.org/7")
    assert found.tags == ("policy", "tax")


# --- In an instance -----------------------------------------------------------------------------


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Iterator[Flask]:
    app = make_app([("mapped", plugins.mapped)])
    with app.app_context():
        yield app
        db.session.remove()


@pytest.mark.both_databases
def test_a_file_and_an_answer_of_one_system_meet(app: Flask) -> None:
    given = {"system": "Talks", "mapping": json.dumps(BASIC)}
    with transaction():
        instances.add("mapped", "sheet", given, basis="notice")
        instances.add("mapped", "api", given, basis="notice")
    runs.run_file("sheet", Delivery(body=a_table(ROW), name="talks.csv"))
    report = runs.run_file("api", Delivery(body=an_answer(in_json()), name="talks.json"))
    assert (report.rows, report.counts["known"]) == (1, 1)
