"""multipart/mixed: statements, and after them the bytes of their attachments (RFC 2046).

Parsed by hand: parsers for forms and mail change line ends or guess at encodings, and these bytes
have to keep their hash.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256

from xapi.errors import StatementRefused
from xapi.rules import shown

MOST_PARTS = 1001
"""The statements and a thousand attachments."""

_CLAUSE = "xAPI 1.0.3 Communication 1.5.2 / IEEE 9274.1.1 4.1.3; RFC 2046 5.1.1"
_LONGEST_TYPE = 1000
_LONGEST_HEADERS = 16_384
_LONGEST_PADDING = 100
_CRLF = b"\r\n"

_PARAMETER = re.compile(r';\s*([^\s=;"]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;"]*))')
_QUOTED_PAIR = re.compile(r"\\(.)")
_BOUNDARY = re.compile(r"[0-9A-Za-z'()+_,\-./:=? ]{0,69}[0-9A-Za-z'()+_,\-./:=?]")
_FOLD = re.compile(rb"\r\n[ \t]+")
_HEADER_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part of a body; of one that was read, the names of the headers are in lower case."""

    headers: Mapping[str, str]
    content: bytes


def read(body: bytes, content_type: str) -> tuple[Part, ...]:
    """The parts of a body, in order; StatementRefused for anything that is not whole and plain.

    What stands before the first boundary and after the last one does not count.
    """
    delimiter = b"\r\n--" + _boundary(content_type).encode()
    return tuple(_part(body, start, end) for start, end in _spans(body, delimiter))


def write(json: bytes, parts: Iterable[Part], boundary: str) -> bytes:
    """A body of statements and attachments; the boundary must occur in none of them."""
    first = Part(headers={"Content-Type": "application/json"}, content=json)
    pieces: list[bytes] = []
    for part in (first, *parts):
        lines = [f"--{boundary}", *(f"{name}: {value}" for name, value in part.headers.items())]
        pieces += ["\r\n".join([*lines, "", ""]).encode(), part.content, _CRLF]
    return b"".join([*pieces, f"--{boundary}--\r\n".encode()])


def _boundary(content_type: str) -> str:
    """The boundary that a Content-Type header names."""
    found = [
        _QUOTED_PAIR.sub(r"\1", quoted) or plain.rstrip()
        for name, quoted, plain in _PARAMETER.findall(content_type[:_LONGEST_TYPE])
        if name.lower() == "boundary"
    ]
    if len(found) != 1 or not _BOUNDARY.fullmatch(found[0]):
        raise _refusal(
            f"Expected one boundary of 1 to 70 characters in the content type; got "
            f'"{shown(content_type)}".',
            "For example Content-Type: multipart/mixed; boundary=abc123",
        )
    return found[0]


def _spans(body: bytes, delimiter: bytes) -> Iterator[tuple[int, int]]:
    """Where each part starts and ends, boundaries left out."""
    after = _first_boundary(body, delimiter)
    end = count = 0
    while not body.startswith(b"--", after):
        count += 1
        if count > MOST_PARTS:
            raise _refusal(f"The body has more than {MOST_PARTS} parts.", "Send smaller batches.")
        start = _line_end(body, after)
        if end < start:  # searched for once, however many parts end before it
            end = body.find(delimiter, start)
        if end < 0:
            raise _refusal(
                f"Part {count} is not ended by a boundary.",
                "After the last part write the boundary with two hyphens before and behind it, "
                "on a line of its own.",
            )
        early = _early_end(body, delimiter[2:], start, end)
        yield start, end if early < 0 else early
        after = end + len(delimiter) if early < 0 else early + len(delimiter) - 2


def _early_end(body: bytes, boundary: bytes, start: int, end: int) -> int:
    """Where an attachment ends that has no line break behind it; -1 where there is none.

    TinCanJS and @xapi/xapi write one attachment and the next boundary in one line. It ends there if
    the bytes up to there have the hash that the part names.
    """
    headers_end = body.find(b"\r\n\r\n", start, end)
    found = body.find(boundary, headers_end, end) if headers_end >= 0 else -1
    if found < 0:
        return -1
    part = _part(body, start, found)
    announced = part.headers.get("x-experience-api-hash", "").lower()
    return found if announced == sha256(part.content).hexdigest() else -1


def _first_boundary(body: bytes, delimiter: bytes) -> int:
    """Where the first boundary ends; it begins the body, or a line after a preamble."""
    if body.startswith(delimiter[2:]):
        return len(delimiter) - 2
    found = body.find(delimiter)
    if found < 0:
        raise _refusal(
            "The body of multipart/mixed has no line that begins with the boundary.",
            "Begin each part with two hyphens and the boundary, and end lines with CRLF. "
            "Statements without attachments are sent as application/json.",
        )
    return found + len(delimiter)


def _line_end(body: bytes, after: int) -> int:
    """Where the line of a boundary ends; after the boundary it holds nothing but spaces."""
    end = body.find(_CRLF, after, after + _LONGEST_PADDING)
    if end < 0 or body[after:end].strip(b" \t"):
        raise _refusal(
            "A line that begins with the boundary goes on with something else.",
            "End the line with CRLF, and choose a boundary that occurs in no part.",
        )
    return end + len(_CRLF)


def _part(body: bytes, start: int, end: int) -> Part:
    if body.startswith(_CRLF, start):
        return Part(headers={}, content=body[start + 2 : end])
    # without content, the line break before the boundary is the empty line after the headers
    stop = body.find(b"\r\n\r\n", start, min(end + 2, start + _LONGEST_HEADERS))
    if stop < 0:
        raise _refusal(
            "The headers of a part are not ended by an empty line.",
            f"Put an empty line (CRLF CRLF) after at most {_LONGEST_HEADERS} bytes of headers.",
        )
    return Part(headers=_headers(body[start:stop]), content=body[stop + 4 : end])


def _headers(block: bytes) -> dict[str, str]:
    """The headers of a part, folded lines joined, each name once."""
    headers: dict[str, str] = {}
    for line in _FOLD.sub(b" ", block).decode(errors="replace").split("\r\n"):
        name, colon, value = line.partition(":")
        if not colon or not _HEADER_NAME.fullmatch(name) or name.lower() in headers:
            raise _refusal(
                f'Expected headers, each on a line and once; got "{shown(line)}".',
                "For example Content-Type: text/plain",
            )
        headers[name.lower()] = value.strip(" \t")
    return headers


def _refusal(rule: str, fix: str) -> StatementRefused:
    return StatementRefused(path="$", rule=rule, clause=_CLAUSE, fix=fix)
