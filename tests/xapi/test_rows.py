"""Many statements in one text: every way of writing them, and one bad row that spoils no other."""

from __future__ import annotations

import io
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xapi.rows import read_rows, rows_in

ONE, TWO = {"id": "1"}, {"id": "2"}
BOM = b"\xef\xbb\xbf"


def values(body, **limits):
    """The values read, with a refusal as the word bad."""
    rows = read_rows(io.BytesIO(body), **limits)
    return ["bad" if row.refusal else row.value for row in rows]


def places(body):
    return [row.place for row in read_rows(io.BytesIO(body))]


def rules(body, **limits):
    return [row.refusal.rule for row in read_rows(io.BytesIO(body), **limits) if row.refusal]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b'{"id":"1"}\n{"id":"2"}\n', id="JSON lines"),
        pytest.param(b'{"id":"1"}\n{"id":"2"}', id="no line end at the end"),
        pytest.param(b'{"id":"1"}\r\n\r\n  {"id":"2"} \r\n', id="blank lines, spaces, CRLF"),
        pytest.param(BOM + b'{"id":"1"}\n{"id":"2"}', id="a byte order mark before lines"),
        pytest.param(b'[{"id":"1"},{"id":"2"}]', id="an array"),
        pytest.param(BOM + b'\n [ {"id":"1"} ,\n\n{"id":"2"} ] \n', id="an array with space"),
        pytest.param(b'[\n  {\n    "id": "1"\n  },\n  {"id": "2"}\n]', id="an indented array"),
        pytest.param(b'{"statements":[{"id":"1"},{"id":"2"}],"more":""}', id="a page"),
        pytest.param(b'{"statements":[\n{"id":"1"},\n{"id":"2"}\n]\n}', id="an indented page"),
        pytest.param(b'{"statements":[{"id":"1"}]}\n{"statements":[{"id":"2"}]}', id="pages"),
    ],
)
def test_two_statements_however_they_are_written(body):
    assert values(body) == [ONE, TWO]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b'{"id":"1"}', id="in a line"),
        pytest.param(b'{\n  "id": "1"\n}\n', id="indented"),
        pytest.param(b'\n\n{"id":\n"1"}', id="broken over lines"),
        pytest.param(b'[{"id":"1"}]', id="in an array"),
    ],
)
def test_one_statement_however_it_is_written(body):
    assert values(body) == [ONE]


@pytest.mark.parametrize("body", [b"", b"\n \n", b"[]", b" [ \n ] ", b'{"statements":[]}', BOM])
def test_nothing_is_no_row(body):
    assert values(body) == []


@pytest.mark.parametrize(
    ("body", "found"),
    [
        pytest.param(b'{"id":"1"}\n{"id":\n{"id":"2"}', [ONE, "bad", TWO], id="a cut line"),
        pytest.param(b'rubbish\n{"id":"1"}\n{"id":"2"}', ["bad", ONE, TWO], id="first line"),
        pytest.param(b'{"id":\n{"id":"1"}\n{"id":"2"}', ["bad", ONE, TWO], id="first line cut"),
        pytest.param(b'{"a":1,"a":2}\n{"id":"1"}', ["bad", ONE], id="a repeated key"),
        pytest.param(b'{"id":"1"}\n\xff\n{"id":"2"}', [ONE, "bad", TWO], id="no UTF-8"),
        pytest.param(b'[{"id":"1"},{"a":1,"a":2},{"id":"2"}]', [ONE, "bad", TWO], id="in an array"),
        pytest.param(b'[{"id":"1"},,{"id":"2"}]', [ONE, "bad", TWO], id="a comma too many"),
        pytest.param(b'[{"id":"1"},]', [ONE, "bad"], id="a comma at the end"),
        pytest.param(b'[{"id":"1"} {"id":"2"}]', ["bad"], id="no comma"),
        pytest.param(b'[{"id":"1"},{"id":"2"', [ONE, "bad"], id="an array without end"),
        pytest.param(b'[{"id":"1"}] {"id":"2"}', [ONE, "bad"], id="more after an array"),
        pytest.param(b'[{"id":"1"}],{"id":"2"}]', [ONE, "bad"], id="two ends"),
        pytest.param(b"[NaN,1,{]}]", ["bad", 1, "bad"], id="no JSON in between"),
    ],
)  # fmt: skip
def test_bad_row_spoils_no_other(body, found):
    assert values(body) == found


def test_lines_are_counted_as_an_editor_counts_them():
    assert places(b'\n{"id":"1"}\n\n{"id":"2"}') == ["line 2", "line 4"]


def test_elements_are_counted_from_one():
    assert places(b'[{"id":"1"},\n{"id":"2"}]') == ["statement 1", "statement 2"]


def test_statement_of_a_page_has_its_place_in_it():
    page = b'{"id":"1"}\n{"statements":[{"id":"2"}]}'
    assert places(page) == ["line 1", "line 2, statement 1"]


def test_what_is_no_statement_is_handed_on():
    assert values(b'[1,"x",null]') == [1, "x", None]


def test_array_without_end_says_so():
    assert "closing bracket is missing" in rules(b"[1")[0]


def test_more_after_an_array_is_told():
    assert "got more" in rules(b"[1]x")[0]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b'[{"a":"],[{"},{"id":"1"}]', id="brackets in a string"),
        pytest.param(b'[{"a":"\\"],"},{"id":"1"}]', id="an escaped quote"),
        pytest.param(b'[{"a":"\\\\"},{"id":"1"}]', id="a backslash at the end of a string"),
        pytest.param(b'[{"a":[[1,2],{"b":[3]}]},{"id":"1"}]', id="nested"),
    ],
)
@pytest.mark.parametrize("before", [0, 65_520, 65_530, 65_531, 65_532, 65_533, 65_534, 65_535])
def test_array_is_cut_where_its_elements_end(body, before):
    body = b" " * before + b'[{"x":1,"x":2},' + body[1:]
    assert values(body)[2] == ONE


def test_line_that_is_too_long_is_left_out():
    body = b'{"id":"1"}\n{"id":"' + b"x" * 100 + b'"}\n{"id":"2"}'
    assert values(body, limit=50) == [ONE, "bad", TWO]


def test_first_line_that_is_too_long_is_left_out():
    body = b' {"id":"' + b"x" * 100 + b'"}\n{"id":"2"}'
    assert values(body, limit=50) == ["bad", TWO]


def test_element_that_is_too_long_ends_the_reading():
    body = b'[{"id":"1"},{"id":"' + b"x" * 200_000 + b'"},{"id":"2"}]'
    assert values(body, limit=100_000) == [ONE, "bad"]


def test_reading_takes_no_more_of_a_file_than_it_needs():
    file = io.BytesIO(b'{"id":"1"}\n{"id":"2"}\n')
    next(read_rows(file))
    assert file.tell() == 11


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b'["' + b'\\"' * 200_000, id="a string without end"),
        pytest.param(b"[" * 400_000, id="brackets"),
        pytest.param(b'[{"a":' * 60_000, id="objects"),
        pytest.param(b"{\n" * 200_000, id="lines of braces"),
    ],
)
def test_hostile_text_takes_no_long(body):
    began = time.monotonic()
    assert "bad" in values(body)
    assert time.monotonic() - began < 10


@given(st.lists(st.dictionaries(st.text(), st.text())))
def test_array_in_memory_and_from_a_file_are_the_same(things):
    body = json.dumps(things).encode()
    assert [row.value for row in rows_in(body)] == values(body) == things


@given(st.binary())
def test_any_bytes_end_as_rows(body):
    assert list(rows_in(b"[" + body)) is not None


def test_sound_array_in_memory_has_its_places():
    assert [row.place for row in rows_in(b'[{"id":"1"}, 2]')] == ["statement 1", "statement 2"]


def test_unsound_array_in_memory_keeps_its_sound_rows():
    rows = list(rows_in(b'[{"id":"1"},{"a":1,"a":2}]'))
    assert (rows[0].value, rows[1].refusal.path) == (ONE, "$.a")
