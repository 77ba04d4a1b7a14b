"""multipart/mixed, read and written (RFC 2046)."""

from __future__ import annotations

import contextlib
import time
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xapi.errors import StatementRefused
from xapi.multipart import MOST_PARTS, Part, read, write

MIXED = "multipart/mixed; boundary=abc"
JSON = b"--abc\r\nContent-Type: application/json\r\n\r\n{}\r\n"


def refused(body: bytes, content_type: str = MIXED) -> StatementRefused:
    with pytest.raises(StatementRefused) as caught:
        read(body, content_type)
    return caught.value


def contents(body: bytes, content_type: str = MIXED) -> list[bytes]:
    return [part.content for part in read(body, content_type)]


def test_parts_come_in_order_with_headers_in_lower_case() -> None:
    body = JSON + b"--abc\r\nContent-Type: Text/Plain\r\nX-Hash:  1F \r\n\r\nhello\r\n--abc--\r\n"
    assert read(body, MIXED) == (
        Part(headers={"content-type": "application/json"}, content=b"{}"),
        Part(headers={"content-type": "Text/Plain", "x-hash": "1F"}, content=b"hello"),
    )


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(JSON + b"--abc--\r\n", id="plain"),
        pytest.param(JSON + b"--abc--", id="no line end at the end"),
        pytest.param(b"\r\n" + JSON + b"--abc--", id="a line end first"),
        pytest.param(b"For old readers.\r\n" + JSON + b"--abc--", id="a preamble"),
        pytest.param(JSON + b"--abc--\r\nThe end.\r\n", id="an epilogue"),
        pytest.param(JSON + b"--abc-- \r\n", id="a space at the end"),
        pytest.param(b"--abc \t\r\nA: b\r\n\r\n{}\r\n--abc--", id="spaces after a boundary"),
        pytest.param(b"--abc\r\nA:b\r\n\r\n{}\r\n--abc--", id="no space after the colon"),
        pytest.param(b"--abc\r\nA: b\r\n c\r\n\r\n{}\r\n--abc--", id="a folded header"),
        pytest.param(b"--abc\r\n\r\n{}\r\n--abc--", id="no headers"),
        pytest.param(b"--abc\r\nA: \xff\r\n\r\n{}\r\n--abc--", id="a header beyond UTF-8"),
    ],
)
def test_body_with_one_part_is_read(body: bytes) -> None:
    assert contents(body) == [b"{}"]


def test_folded_header_is_joined() -> None:
    (part,) = read(b"--abc\r\nA: b\r\n\t c\r\n\r\n--abc--", MIXED)
    assert part.headers == {"a": "b c"}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\r\n",
        b"\r\n\r\n",
        b"--",
        b" --abc",
        b"x--abc--",
        b"\n--abc\n",
        b"\r\n--ab",
        b"\x00\xff\r",
        bytes(range(256)),
    ],
)
def test_no_byte_of_a_content_is_lost(content: bytes) -> None:
    assert contents(JSON + b"--abc\r\nA: b\r\n\r\n" + content + b"\r\n--abc--") == [b"{}", content]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"--abc\r\nA: b\r\n\r\n--abc--", id="headers only"),
        pytest.param(b"--abc\r\n\r\n--abc--", id="nothing at all"),
        pytest.param(b"--abc\r\n\r\n\r\n--abc--", id="an empty content"),
    ],
)
def test_part_may_be_empty(body: bytes) -> None:
    assert contents(body) == [b""]


def test_body_may_have_no_part() -> None:
    assert read(b"--abc--", MIXED) == ()


@pytest.mark.parametrize(
    "content_type",
    [
        'multipart/mixed; boundary="abc"',
        r'multipart/mixed; boundary="a\bc"',
        "multipart/mixed;boundary=abc",
        "Multipart/Mixed; Boundary = abc ; charset=utf-8",
        "multipart/mixed; charset=utf-8; boundary=abc;",
        'multipart/mixed; start="; boundary=xyz"; boundary=abc',
    ],
)
def test_boundary_is_found(content_type: str) -> None:
    assert contents(JSON + b"--abc--", content_type) == [b"{}"]


@pytest.mark.parametrize("boundary", ["-" * 7 + "3.14", "abcABC0123'()+_,-./:=?", "a b", "x" * 70])
def test_boundary_may_have_any_character_it_may_have(boundary: str) -> None:
    body = write(b"{}", [], boundary)
    assert contents(body, f'multipart/mixed; boundary="{boundary}"') == [b"{}"]


@pytest.mark.parametrize(
    "content_type",
    [
        "multipart/mixed",
        "multipart/mixed;",
        "multipart/mixed; boundary=",
        'multipart/mixed; boundary=""',
        'multipart/mixed; boundary="abc',
        'multipart/mixed; boundary="abc "',
        "multipart/mixed; boundary=a*c",
        "multipart/mixed; boundary=abc; boundary=abc",
        "multipart/mixed; boundary=" + "x" * 71,
        "multipart/mixed; x=" + "y" * 1000 + "; boundary=abc",
        "multipart/mixed" + ';a="\\' * 2000,
    ],
    ids=range(11),
)
def test_content_type_without_one_good_boundary_is_refused(content_type: str) -> None:
    assert "boundary of 1 to 70 characters" in refused(JSON + b"--abc--", content_type).rule


@pytest.mark.parametrize(
    ("body", "said"),
    [
        pytest.param(b"", "no line that begins with the boundary", id="nothing"),
        pytest.param(b"{}", "no line that begins with the boundary", id="JSON alone"),
        pytest.param(b"x--abc\r\n\r\n{}\r\n--ab", "no line", id="not at the start of a line"),
        pytest.param(b"--xyz\r\n\r\n{}\r\n--xyz--", "no line", id="another boundary"),
        pytest.param(JSON.replace(b"\r", b"") + b"--abc--", "something else", id="bare line feeds"),
        pytest.param(b"--abc", "something else", id="cut in the boundary"),
        pytest.param(b"--abcd\r\n\r\n{}\r\n--abc--", "something else", id="a longer boundary"),
        pytest.param(b"--abc" + b" " * 200 + b"\r\n\r\n--abc--", "something else", id="padding"),
        pytest.param(JSON, "not ended", id="no boundary at the end"),
        pytest.param(JSON + b"--abc\r\nA: b\r\n\r\nhel", "not ended", id="cut in a part"),
        pytest.param(b"--abc\r\n--abc--", "not ended", id="no line between boundaries"),
        pytest.param(b"--abc\r\nA: b\r\n--abc--", "empty line", id="no empty line"),
        pytest.param(b"--abc\r\nA: b\r\nhello\r\n--abc--", "empty line", id="no end of headers"),
        pytest.param(
            b"--abc\r\n" + b"A: b\r\n" * 5000 + b"\r\n\r\n--abc--", "empty line", id="many headers"
        ),
        pytest.param(b"--abc\r\nhello\r\n\r\n\r\n--abc--", "hello", id="no header"),
        pytest.param(b"--abc\r\n: b\r\n\r\n\r\n--abc--", ": b", id="no name"),
        pytest.param(b"--abc\r\nA : b\r\n\r\n\r\n--abc--", "A : b", id="space in a name"),
        pytest.param(b"--abc\r\nA: b\r\na: c\r\n\r\n\r\n--abc--", "a: c", id="a header twice"),
        pytest.param(b"--abc\r\n A: b\r\n\r\n\r\n--abc--", " A: b", id="a fold first"),
    ],
)
def test_malformed_body_is_refused(body: bytes, said: str) -> None:
    refusal = refused(body)
    assert said in refusal.rule
    assert (refusal.path, refusal.status) == ("$", 400)
    assert "Communication 1.5.2" in refusal.clause
    assert refusal.fix


def test_parts_are_limited() -> None:
    part = b"--abc\r\n\r\n\r\n"
    assert len(contents(part * MOST_PARTS + b"--abc--")) == MOST_PARTS
    assert "Send smaller batches" in refused(part * (MOST_PARTS + 1) + b"--abc--").fix


def test_written_body_reads_as_it_was() -> None:
    parts = [Part(headers={"X-Hash": "1f", "Content-Type": "a/b; é=1"}, content=b"\r\n--ab\x00")]
    json, other = read(write(b'{"a":1}', parts, "abc"), MIXED)
    assert json == Part(headers={"content-type": "application/json"}, content=b'{"a":1}')
    assert other.content == parts[0].content
    assert other.headers == {"x-hash": "1f", "content-type": "a/b; é=1"}


@given(st.binary())
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    with contextlib.suppress(StatementRefused):
        read(body, MIXED)


@given(st.lists(st.sampled_from([b"--abc", b"\r\n", b"--", b"A: b", b"{}", b" ", b"\n"])))
def test_any_order_of_pieces_is_read_or_refused(pieces: list[bytes]) -> None:
    with contextlib.suppress(StatementRefused):
        read(b"".join(pieces), MIXED)


@given(st.text())
def test_any_content_type_is_taken_or_refused(content_type: str) -> None:
    with contextlib.suppress(StatementRefused):
        read(JSON + b"--abc--", content_type)


@given(st.lists(st.binary(), max_size=5))
def test_what_is_written_is_read(given_contents: list[bytes]) -> None:
    boundary = "a-boundary-that-is-in-no-content"
    parts = [Part(headers={"A": "b"}, content=content) for content in given_contents]
    body = write(b"{}", parts, boundary)
    assert contents(body, f"multipart/mixed; boundary={boundary}") == [b"{}", *given_contents]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"\r\n--ab" * 400_000, id="nearly the boundary"),
        pytest.param(b"\r\n" * 1_000_000, id="line ends"),
        pytest.param(b"-" * 2_000_000, id="hyphens"),
        pytest.param(b"A: b\r\n " * 250_000, id="folded headers"),
    ],
)
def test_hostile_content_is_read_in_linear_time(content: bytes) -> None:
    start = time.process_time()
    assert contents(JSON + b"--abc\r\nA: b\r\n\r\n" + content + b"\r\n--abc--")[1] == content
    assert time.process_time() - start < 1


def attachment(content: bytes) -> bytes:
    """An attachment as TinCanJS and @xapi/xapi write it: nothing between it and the next part."""
    named = b"X-Experience-API-Hash: " + sha256(content).hexdigest().encode()
    return b"--abc\r\nContent-Type: text/plain\r\n" + named + b"\r\n\r\n" + content


def test_an_attachment_without_a_line_break_behind_it_ends_where_its_hash_says() -> None:
    body = JSON + attachment(b"one") + attachment(b"two") + b"\r\n--abc--\r\n"
    assert contents(body) == [b"{}", b"one", b"two"]


@pytest.mark.parametrize("content", [b"one--abc\r\ntwo", b"one--abc--", b" --abc"])
def test_a_boundary_amid_a_line_is_content_where_the_hash_says_so(content: bytes) -> None:
    body = JSON + attachment(content) + b"\r\n--abc--\r\n"
    assert contents(body) == [b"{}", content]


def test_a_thousand_attachments_without_line_breaks_are_read_in_linear_time() -> None:
    body = JSON + attachment(b"x" * 20_000) * 1000 + b"\r\n--abc--\r\n"
    start = time.process_time()
    assert len(contents(body)) == MOST_PARTS
    assert time.process_time() - start < 2
