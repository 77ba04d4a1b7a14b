"""ZIP archives, unpacked in memory and within bounds, one member after the other."""

from __future__ import annotations

import io
import lzma
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from engine.errors import BadReport

MOST_MEMBERS = 2_000
UNPACKED = 200_000_000
"""Bytes of all members together; what an archive says of its own size is not believed."""

_BROKEN = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, NotImplementedError, RuntimeError,
    EOFError, OSError, ValueError, IndexError, OverflowError,
)  # fmt: skip
"""What zipfile raises for archives that are damaged, made up, or packed in rare ways."""

_CLUTTER = re.compile(r"(?:^|/)(?:__MACOSX/|\.DS_Store$|Thumbs\.db$|desktop\.ini$)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Member:
    """A file in an archive: `name` with its folders and slashes, for reading and never a path."""

    name: str
    body: bytes


def is_zip(body: bytes) -> bool:
    """Whether these are the bytes of a ZIP archive, which a workbook is as well."""
    return body.startswith((b"PK\x03\x04", b"PK\x05\x06"))


def read_zip(body: bytes, *, what: str = "The archive") -> Iterator[Member]:
    """The files in an archive in their order; archives within it stay packed.

    What operating systems add of their own is left out.

    :raises BadReport: it is damaged, encrypted, unpacks to too much, or holds too many files. This
        may happen after some members: keep nothing before the last has come.
    """
    left = UNPACKED
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            for entry in _entries(archive, what):
                member = _unpacked(archive, entry, left, what)
                left -= len(member.body)
                yield member
    except _BROKEN as error:
        raise BadReport(
            f"{what} cannot be unpacked: {str(error)[:200]}.",
            "Pack it again as an ordinary ZIP, or give its files one by one.",
        ) from error


def _entries(archive: zipfile.ZipFile, what: str) -> list[zipfile.ZipInfo]:
    files = [entry for entry in archive.infolist() if not entry.is_dir()]
    if len(files) > MOST_MEMBERS:
        raise BadReport(
            f"{what} holds {len(files)} files; at most {MOST_MEMBERS} are read.",
            "Give it in parts.",
        )
    return [entry for entry in files if not _CLUTTER.search(_name(entry))]


def _unpacked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, left: int, what: str) -> Member:
    name = _name(entry)
    if entry.flag_bits & 1:
        raise BadReport(f"{what} is encrypted.", "Unpack it, and give it unencrypted.", where=name)
    too_much = BadReport(
        f"{what} unpacks to more than {UNPACKED // 1_000_000} MB.", "Give it in parts.", where=name
    )
    if entry.file_size > left:
        raise too_much
    with archive.open(entry) as stream:
        unpacked = stream.read(left + 1)
    if len(unpacked) > left:
        raise too_much
    return Member(name, unpacked)


def _name(entry: zipfile.ZipInfo) -> str:
    """Most programs write UTF-8, also where they do not say so."""
    name = entry.filename
    if not entry.flag_bits & 0x800:
        try:
            name = name.encode("cp437").decode()
        except UnicodeError:
            name = entry.filename
    clean = re.sub(r"[\0-\x1f\x7f\ud800-\udfff]", "", name.replace("\\", "/"))
    return clean[:500]
