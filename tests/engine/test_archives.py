"""Archives of strangers: unpacked within bounds, or refused."""

from __future__ import annotations

import io
import struct
import warnings
import zipfile
from collections.abc import Mapping
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import BadReport
from engine.reading import Member, archives, is_zip, read_zip


def packed(members: Mapping[str, bytes], how: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", how) as archive:
        for name, body in members.items():
            archive.writestr(name, body)
    return file.getvalue()


def refusal(body: bytes) -> BadReport:
    with pytest.raises(BadReport) as caught:
        list(read_zip(body, what="The export"))
    return caught.value


def test_members_in_their_order() -> None:
    body = packed({"z/b.csv": b"1", "z/a.csv": b"2", "z/": b""})
    assert list(read_zip(body)) == [Member("z/b.csv", b"1"), Member("z/a.csv", b"2")]


@pytest.mark.parametrize("how", [zipfile.ZIP_STORED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_ways_of_packing(how: int) -> None:
    assert list(read_zip(packed({"a": b"body"}, how))) == [Member("a", b"body")]


def test_what_operating_systems_add_is_left_out() -> None:
    body = packed({"__MACOSX/._a.csv": b"x", "b/.DS_Store": b"x", "Thumbs.db": b"x", "a": b"y"})
    assert [member.name for member in read_zip(body)] == ["a"]


def test_a_name_in_utf8_that_does_not_say_so() -> None:
    body = packed({"caf__.csv": b"1"}).replace(b"caf__", "café".encode())
    assert [member.name for member in read_zip(body)] == ["café.csv"]


def test_a_name_with_backslashes_and_controls() -> None:
    body = packed({"a~b~c.csv": b"1"}).replace(b"a~b~", b"a\\b\x1b")
    assert [member.name for member in read_zip(body)] == ["a/bc.csv"]


def test_an_archive_without_files() -> None:
    assert is_zip(packed({}))
    assert list(read_zip(packed({}))) == []


def test_text_is_no_archive() -> None:
    assert not is_zip(b"Name,Email\n")


def encrypted() -> bytes:
    """Flag bit 0 set in both places where an archive keeps it."""
    body = bytearray(packed({"a": b"x"}))
    body[6] |= 1
    body[body.index(b"PK\x01\x02") + 8] |= 1
    return bytes(body)


def lying(size: int) -> bytes:
    """An archive whose member unpacks to more than it says."""
    body = bytearray(packed({"a": b"x" * 5000}))
    for at in (22, body.index(b"PK\x01\x02") + 24):
        body[at : at + 4] = struct.pack("<I", size)
    return bytes(body)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        pytest.param(encrypted(), "is encrypted", id="encrypted"),
        pytest.param(packed({"a": b"x"})[:-10], "cannot be unpacked", id="cut off"),
        pytest.param(b"PK\x03\x04" + b"\0" * 99, "cannot be unpacked", id="only a beginning"),
        pytest.param(lying(10), "cannot be unpacked", id="larger than it says"),
        pytest.param(b"", "cannot be unpacked", id="empty"),
    ],
)
def test_an_archive_that_is_refused(body: bytes, why: str) -> None:
    refused = refusal(body)
    assert why in refused.why
    assert refused.status == 422


def test_a_bomb(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "UNPACKED", 1_000_000)
    assert "more than 1 MB" in refusal(packed({"a": b"0" * 1_000_001})).why


def test_a_bomb_of_many_members(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "UNPACKED", 1_000_000)
    body = packed({str(n): b"0" * 400_000 for n in range(3)})
    assert refusal(body).where == "2"


def test_too_many_members() -> None:
    body = packed(dict.fromkeys(map(str, range(archives.MOST_MEMBERS + 1)), b""))
    assert "holds 2001 files" in refusal(body).why


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_damage_is_refused_or_read(data: st.DataObject) -> None:
    body = bytearray(packed({"a.csv": b"Name\nBo\n", "b/c.json": b"{}"}))
    for at in data.draw(st.lists(st.integers(0, len(body) - 1), min_size=1, max_size=4)):
        body[at] = data.draw(st.integers(0, 255))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with suppress(BadReport):
            assert len(list(read_zip(bytes(body)))) <= 2
