"""Many statements in one text, each read on its own: JSON lines, an array, a StatementResult.

A row that cannot be read is handed on as a refusal; the rows after it are read all the same.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from xapi.errors import StatementRefused
from xapi.rules import both_clauses
from xapi.text import parse

LIMIT = 256 * 1024 * 1024

_CHUNK = 64 * 1024
_BOM = b"\xef\xbb\xbf"
_ARRAY = re.compile(rb"(?:\xef\xbb\xbf)?\s*\[")
_PLAIN = re.compile(rb'["\[\]{},]')
_QUOTED = re.compile(rb'["\\]')


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One value and where it stands, or why it could not be read."""

    place: str
    value: Any = None
    refusal: StatementRefused | None = None


def rows_in(body: bytes) -> Iterator[Row]:
    """The rows of a text that is in memory; a sound array is parsed at once."""
    if _ARRAY.match(body):
        try:
            values = parse(body)
        except StatementRefused:
            pass  # one of its elements is unsound: which one, the slow way tells
        else:
            yield from (
                Row(place=f"statement {number}", value=one) for number, one in enumerate(values, 1)
            )
            return
    yield from read_rows(io.BytesIO(body))


def read_rows(file: BinaryIO, *, limit: int = LIMIT) -> Iterator[Row]:
    """The rows of a file, whichever way they are written, holding one at a time.

    A value over several lines, other than an array, is held whole.

    :param limit: the most bytes that one row may have.
    """
    number, first = _first_line(file, limit)
    if first.startswith(b"["):
        yield from _array(_Ahead(first[1:], file), limit)
        return
    if first.startswith(b"{") and not first.rstrip().endswith(b"}"):
        first += file.read(limit)
        if _is_sound(first):
            yield from _spread("statement 1", first)
            return
    yield from _lines(number, _Ahead(first, file), limit)


class _Ahead:
    """A file of which some was read ahead."""

    def __init__(self, held: bytes, file: BinaryIO) -> None:
        self._held = io.BytesIO(held)
        self._file = file

    def readline(self, limit: int) -> bytes:
        line = self._held.readline(limit)
        whole = line.endswith(b"\n") or len(line) == limit
        return line if whole else line + self._file.readline(limit - len(line))

    def read(self, size: int) -> bytes:
        return self._held.read(size) or self._file.read(size)


def _first_line(file: BinaryIO, limit: int) -> tuple[int, bytes]:
    """The first line that is not blank, without what stands before its value; its number."""
    number, line = 1, file.readline(limit).removeprefix(_BOM)
    while line and not line.strip():
        number, line = number + 1, file.readline(limit)
    return number, line.lstrip()


def _is_sound(body: bytes) -> bool:
    try:
        parse(body)
    except StatementRefused:
        return False
    return True


def _lines(number: int, file: _Ahead, limit: int) -> Iterator[Row]:
    """A row per line that is not blank, the first of which has this number."""
    while line := file.readline(limit):
        if len(line) == limit and not line.endswith(b"\n"):
            _skip_line(file)
            yield Row(place=f"line {number}", refusal=_too_long(limit))
        elif line.strip():
            yield from _spread(f"line {number}", line.strip())
        number += 1


def _skip_line(file: _Ahead) -> None:
    while (part := file.readline(_CHUNK)) and not part.endswith(b"\n"):
        pass


def _array(file: _Ahead, limit: int) -> Iterator[Row]:
    """A row per element of an array, whose opening bracket has been read."""
    cut, number = _Cut(limit), 0
    for element in cut.elements(file):
        if number or not cut.ended or element.strip():  # an array of nothing has no row
            number += 1
            yield _row(f"statement {number}", element.strip())
    if cut.trouble:
        yield Row(place=f"statement {number + 1}", refusal=cut.trouble)


class _Cut:
    """Cuts an array into its elements as they are written, chunk by chunk."""

    def __init__(self, limit: int) -> None:
        self.ended = False
        self.trouble: StatementRefused | None = None
        self._limit = limit
        self._held = bytearray()
        self._depth = 0
        self._quoted = False
        self._escaped = 0

    def elements(self, file: _Ahead) -> Iterator[bytes]:
        """Each element; what is wrong with the array itself is `trouble` afterwards."""
        while not self.trouble and (chunk := file.read(_CHUNK)):
            yield from self._feed(chunk)
            if len(self._held) > self._limit:
                self.trouble = _too_long(self._limit)
        if not self.ended and not self.trouble:
            self.trouble = _not_ended()

    def _feed(self, chunk: bytes) -> Iterator[bytes]:
        start, at = 0, self._escaped
        while found := (_QUOTED if self._quoted else _PLAIN).search(chunk, at):
            at = found.end()
            if self._separates(found[0]):
                element = bytes(self._held + chunk[start : at - 1])
                self._held.clear()
                start = at
                yield element
            elif found[0] == b"\\":
                at += 1  # whatever it is, it ends no string
        self._held += chunk[start:]
        self._escaped = max(0, at - len(chunk))
        if self.ended and self._held.strip():
            self.trouble = _goes_on()

    def _separates(self, sign: bytes) -> bool:
        """Whether an element ends here; strings and nesting are kept count of."""
        if sign == b'"':
            self._quoted = not self._quoted
        elif sign in (b"[", b"{"):
            self._depth += 1
        elif self._depth and sign in (b"]", b"}"):
            self._depth -= 1
        elif not self._depth and not self.ended and sign in (b",", b"]"):
            self.ended = sign == b"]"
            return True
        return False


def _spread(place: str, body: bytes) -> Iterator[Row]:
    """A row; of a StatementResult, as record stores answer, one for each of its statements."""
    row = _row(place, body)
    value = row.value
    if isinstance(value, dict) and isinstance(value.get("statements"), list):
        for number, one in enumerate(value["statements"], 1):
            yield Row(place=f"{place}, statement {number}", value=one)
    else:
        yield row


def _row(place: str, body: bytes) -> Row:
    try:
        return Row(place=place, value=parse(body))
    except StatementRefused as refusal:
        return Row(place=place, refusal=refusal)


def _too_long(limit: int) -> StatementRefused:
    return _refusal(
        f"Expected a statement; got more than {limit} bytes without an end.",
        "Write one statement per line.",
    )


def _not_ended() -> StatementRefused:
    return _refusal(
        "The array has no end: its closing bracket is missing.",
        "Send the whole file; what stands before this was read.",
    )


def _goes_on() -> StatementRefused:
    return _refusal(
        "Expected nothing after the array's closing bracket; got more.",
        "Put all statements into one array, or write one per line.",
    )


def _refusal(rule: str, fix: str) -> StatementRefused:
    clause = f"RFC 8259; {both_clauses('format')}"
    return StatementRefused(path="$", rule=rule, clause=clause, fix=fix)
