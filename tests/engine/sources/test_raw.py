"""A row of a delivery as it arrived, wherever it stands."""

from __future__ import annotations

import pytest

from engine.reading import Worksheet, write_workbook
from engine.sources.raw import LONGEST, Raw

TABLE = b'a,b\n\n1,"two\nlines"\n3,4\n'
FEED = b"<feed><entry><id>1</id></entry><entry><id>2</id></entry></feed>"
TOPIC = b'{"post_stream": {"posts": [{"id": 1}, {"id": 2}]}}'


@pytest.mark.parametrize(
    ("body", "place", "row"),
    [
        pytest.param(TABLE, 1, "a,b", id="first record"),
        pytest.param(TABLE, 3, '1,"two\nlines"', id="a cell with two lines is one record"),
        pytest.param(TABLE, 4, "3,4", id="records count, not lines"),
        pytest.param(TABLE, 5, None, id="behind the end"),
        pytest.param(TABLE, 0, None, id="before the beginning"),
        pytest.param(b'a;b\n1;"x\ny"\n2;3\n', 3, "2;3", id="semicolons"),
        pytest.param("a,b\né,2".encode("utf-16"), 2, "é,2", id="UTF-16"),
        pytest.param(FEED, "entry 2", "<entry><id>2</id></entry>", id="entry of a feed"),
        pytest.param(FEED, "entry 3", None, id="no such entry"),
        pytest.param(TOPIC, "post_stream.posts[1]", '{\n "id": 2\n}', id="path"),
        pytest.param(b"[[1], [2]]", "[1]", "[\n 2\n]", id="place in a list"),
        pytest.param(b"not json", "posts[1]", None, id="no document"),
        pytest.param(b"", 1, None, id="nothing"),
        pytest.param(b"PK\x03\x04", 1, None, id="a workbook"),
    ],
)
def test_row(body: bytes, place: int | str, row: str | None) -> None:
    assert Raw(body).row(place) == row


def test_a_row_has_a_limit() -> None:
    assert len(Raw(b"x" * 5000).row(1) or "") == LONGEST


@pytest.mark.parametrize(
    ("place", "row"),
    [
        pytest.param(2, "Bo, 50", id="of the first sheet"),
        pytest.param("sheet Later, row 1", "Ines", id="of a later one"),
        pytest.param(9, None, id="no such row"),
    ],
)
def test_row_of_a_workbook(place: int | str, row: str | None) -> None:
    body = write_workbook(
        [Worksheet("First", [["Name", "Time"], ["Bo", "50"]]), Worksheet("Later", [["Ines"]])]
    )
    assert Raw(body).row(place) == row
