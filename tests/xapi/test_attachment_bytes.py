"""Attachments: the bytes in a body against what statements say of them (Communication 1.5.2)."""

from __future__ import annotations

import contextlib
import hashlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from xapi_samples import ATTACHMENT, full, planned, put, short

from xapi.attachments import (
    contents_of,
    described,
    parts_for,
    refuse_surplus,
    statements_in,
    take,
    types_of,
)
from xapi.errors import StatementRefused
from xapi.multipart import Part, read, write
from xapi.text import dump, parse
from xapi.walk import walk

BYTES = b"here is a certificate"
HASH = hashlib.sha256(BYTES).hexdigest()
BYTES_WERE_SENT = {HASH: BYTES}
SAID = {**ATTACHMENT, "sha2": HASH}
FIRST = Part(headers={"content-type": "application/json"}, content=b"{}")


def a_part(content: bytes = BYTES, **changed: str | None) -> Part:
    """An attachment's part; headers are changed, or left out with None."""
    headers = {
        "content-type": "application/pdf",
        "content-transfer-encoding": "binary",
        "x-experience-api-hash": HASH,
        **{name.replace("_", "-"): value for name, value in changed.items()},
    }
    return Part(headers={k: v for k, v in headers.items() if v is not None}, content=content)


def with_attachments(*attachments: Any) -> Any:
    return put(short(), "attachments", list(attachments))


# The first part.


@pytest.mark.parametrize(
    "kind", ["application/json", "Application/JSON; charset=utf-8", "application/json ;x=y"]
)
def test_first_part_holds_the_statements(kind: str) -> None:
    assert statements_in([Part(headers={"content-type": kind}, content=b"[1]"), a_part()]) == b"[1]"


@pytest.mark.parametrize(
    "parts",
    [
        pytest.param([], id="no part"),
        pytest.param([Part(headers={}, content=b"{}")], id="no content type"),
        pytest.param([Part(headers={"content-type": "text/plain"}, content=b"{}")], id="text"),
        pytest.param([a_part(), FIRST], id="second"),
    ],
)
def test_first_part_of_another_type_is_refused(parts: list[Part]) -> None:
    with pytest.raises(StatementRefused, match="first part") as caught:
        statements_in(parts)
    assert "application/json" in caught.value.fix


# The other parts.


def test_contents_are_found_by_their_hash() -> None:
    assert contents_of([FIRST, a_part()]) == BYTES_WERE_SENT


@pytest.mark.parametrize("name", ["sha224", "sha256", "sha384", "sha512"])
def test_each_kind_of_sha2_is_verified(name: str) -> None:
    sha2 = hashlib.new(name, BYTES).hexdigest()
    assert contents_of([FIRST, a_part(x_experience_api_hash=sha2)]) == {sha2: BYTES}
    with pytest.raises(StatementRefused, match="have the hash"):
        contents_of([FIRST, a_part(b"other bytes", x_experience_api_hash=sha2)])


@pytest.mark.parametrize(
    "part",
    [
        pytest.param(a_part(x_experience_api_hash=HASH.upper()), id="hash in capitals"),
        pytest.param(a_part(content_transfer_encoding="Binary"), id="encoding in capitals"),
        pytest.param(a_part(content_type=None), id="no content type"),
        pytest.param(a_part(content_type="text/plain"), id="another content type"),
        pytest.param(a_part(content_length="1"), id="another length"),
    ],
)
def test_what_does_not_matter_of_a_part(part: Part) -> None:
    assert contents_of([FIRST, part]) == BYTES_WERE_SENT


def test_the_same_bytes_may_come_twice() -> None:
    assert contents_of([FIRST, a_part(), a_part()]) == BYTES_WERE_SENT


@pytest.mark.parametrize(
    ("part", "said"),
    [
        pytest.param(a_part(x_experience_api_hash=None), "it is missing", id="no hash"),
        pytest.param(a_part(x_experience_api_hash="12"), '"12"', id="no SHA-2"),
        pytest.param(a_part(x_experience_api_hash="g" * 64), '"ggg', id="no hexadecimal"),
        pytest.param(a_part(b"changed"), "have the hash", id="other bytes"),
        pytest.param(a_part(content_transfer_encoding=None), "it is missing", id="no encoding"),
        pytest.param(a_part(content_transfer_encoding="base64"), '"base64"', id="base64"),
        pytest.param(FIRST, "X-Experience-API-Hash", id="more statements"),
    ],
)
def test_part_that_cannot_be_an_attachment_is_refused(part: Part, said: str) -> None:
    with pytest.raises(StatementRefused) as caught:
        contents_of([FIRST, a_part(), part])
    assert said in caught.value.rule
    assert "art 3" in caught.value.rule
    assert caught.value.path == "$"


# What belongs to a statement.


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param(with_attachments(SAID), id="attachment"),
        pytest.param(with_attachments({**SAID, "sha2": HASH.upper()}), id="hash in capitals"),
        pytest.param(with_attachments({**SAID, "length": 2 * len(BYTES)}), id="another length"),
        pytest.param(with_attachments({**SAID, "fileUrl": "x:y"}), id="with fileUrl too"),
        pytest.param(with_attachments(SAID, SAID), id="twice"),
        pytest.param(put(planned(), "object.attachments", [SAID]), id="of a SubStatement"),
    ],
)
def test_bytes_of_a_statement_are_taken(statement: Any) -> None:
    assert take(statement, BYTES_WERE_SENT) == BYTES_WERE_SENT


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param(short(), id="no attachments"),
        pytest.param(with_attachments(), id="none listed"),
        pytest.param(full(), id="another one with fileUrl"),
    ],
)
def test_bytes_of_other_statements_are_not_taken(statement: Any) -> None:
    assert take(statement, BYTES_WERE_SENT) == {}


@pytest.mark.parametrize(
    ("statement", "path"),
    [
        pytest.param(with_attachments(SAID, ATTACHMENT), "$[3].attachments[1]", id="statement"),
        pytest.param(
            put(planned(), "object.attachments", [ATTACHMENT]),
            "$[3].object.attachments[0]",
            id="SubStatement",
        ),
    ],
)
def test_missing_bytes_without_fileurl_are_refused(statement: Any, path: str) -> None:
    with pytest.raises(StatementRefused, match="did not come") as caught:
        take(statement, BYTES_WERE_SENT, "$[3]")
    assert caught.value.path == path
    assert "fileUrl" in caught.value.fix


def test_bytes_that_nobody_took_are_refused() -> None:
    refuse_surplus(BYTES_WERE_SENT, {HASH})
    with pytest.raises(StatementRefused, match=HASH):
        refuse_surplus(BYTES_WERE_SENT, set())


# And back.


def test_each_attachment_is_described_with_its_place() -> None:
    statement = put(planned(), "object.attachments", [SAID])
    statement["attachments"] = [ATTACHMENT]
    assert list(described(statement)) == [
        ("$.attachments[0]", ATTACHMENT),
        ("$.object.attachments[0]", SAID),
    ]


def test_types_are_those_of_the_first_that_says_so() -> None:
    other = {**SAID, "sha2": HASH.upper(), "contentType": "text/plain"}
    assert types_of([with_attachments(other), with_attachments(SAID, ATTACHMENT)]) == {
        HASH.upper(): "text/plain",
        ATTACHMENT["sha2"]: "application/pdf",
    }


def test_parts_are_written_for_what_is_there() -> None:
    types = {HASH.upper(): "text/plain", ATTACHMENT["sha2"]: "application/pdf"}
    (part,) = parts_for(types, BYTES_WERE_SENT)
    assert part.content == BYTES
    assert part.headers == {
        "Content-Type": "text/plain",
        "Content-Transfer-Encoding": "binary",
        "X-Experience-API-Hash": HASH.upper(),
    }


# All of it, mangled on the way.

STATEMENT = with_attachments(SAID)
SENT = write(dump(STATEMENT), parts_for(types_of([STATEMENT]), BYTES_WERE_SENT), "abc")


def receive(body: bytes) -> dict[str, bytes]:
    """A body with one statement, as it is read."""
    parts = read(body, "multipart/mixed; boundary=abc")
    statement = parse(statements_in(parts))
    contents = contents_of(parts)
    walk(statement, version="1.0.3")
    taken = take(statement, contents)
    refuse_surplus(contents, taken)
    return taken


def test_what_is_written_is_received() -> None:
    assert receive(SENT) == BYTES_WERE_SENT


@given(at=st.integers(0, len(SENT)), cut=st.integers(0, 30), put_in=st.binary(max_size=30))
def test_mangled_body_brings_whole_bytes_or_is_refused(at: int, cut: int, put_in: bytes) -> None:
    with contextlib.suppress(StatementRefused):
        assert set(receive(SENT[:at] + put_in + SENT[at + cut :]).values()) <= {BYTES}
