"""What strangers send in place of a report, made up and made from a source's own samples."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from engine.api import Delivery

MANGLED = "5.62E+18"
"""How a spreadsheet writes an id of 19 digits."""
FORMULA = '=HYPERLINK("https://example.org")'
LONG = 1_000_000
MEMBERS = 40
"""Of how many members of an object each is tried as null."""

_LONG_NUMBER = re.compile(r"(?<![\w.@/-])\d(?: ?\d){8,}(?![\w.@/-])")
_CELL = re.compile(r"[^,;\t\r\n\"]+")
_BILLION = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))


@dataclass(frozen=True, slots=True, kw_only=True)
class Hostile:
    """A delivery no source should trust.

    :param refused: no source can make anything of it, so saying nothing of it would be wrong.
    """

    name: str
    delivery: Delivery
    refused: bool = False


def hostile(deliveries: Iterable[Delivery]) -> Iterator[Hostile]:
    """What nobody can read, then each sample spoilt in every way."""
    for name, body in _ALIEN.items():
        yield Hostile(name=name, delivery=Delivery(body=body, name="hostile"), refused=True)
    for name, body in _ODD.items():
        yield Hostile(name=name, delivery=Delivery(body=body, name="hostile"))
    for delivery in deliveries:
        for name, body in _spoilt(delivery.body):
            yield Hostile(name=f"{delivery.name}, {name}", delivery=replace(delivery, body=body))


_ALIEN = {
    "an empty file": b"",
    "blank lines": b"\r\n \r\n\t\r\n",
    "a picture": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)) * 4,
    "a workbook": b"PK\x03\x04\x14\0\x06\0" + bytes(range(256)),
    "two tables nobody knows": b"Region,Budget\nNorth,12\n\nTeam,Room\nBlue,4\nRed,5\n",
    "one line of a million letters": b"x" * LONG,
}
_ODD = {
    "a page that asks to sign in": b"<!doctype html><html><body><form>Sign in</form></body></html>",
    "bytes of no encoding": bytes(range(128, 256)) * 20,
    "NULs": b"\0" * 5000,
    "JSON a hundred thousand deep": b"[" * 100_000,
    "objects a thousand deep": b'{"a":' * 1000 + b"1" + b"}" * 1000,
    "XML ten thousand deep": b"<a>" * 10_000,
    "an entity bomb": (f'<!DOCTYPE r [<!ENTITY l0 "ha">{_BILLION}]><r>&l9;</r>'.encode()),
    "an entity that reads a file": (
        b'<!DOCTYPE r [<!ENTITY e SYSTEM "file:///etc/hostname">]><r>&e;</r>'
    ),
    "JSON null": b"null",
    "a JSON number": b"1e999",
    "an empty list": b"[]",
    "an empty object": b"{}",
    "a list of odd things": b'[1, null, "x", [], {}, true, {"id": []}]',
}


def _spoilt(body: bytes) -> Iterator[tuple[str, bytes]]:
    """A report after what happens to reports on their way."""
    for part in (4, 2):
        yield f"cut off after one part in {part}", body[: len(body) // part]
    yield "cut off before its last byte", body[:-1]
    yield "twice", body + b"\n" + body
    yield "with NULs", body.replace(b"e", b"\0e")
    yield (
        "with one byte in five flipped",
        bytes(b ^ (0x80 * (n % 5 == 0)) for n, b in enumerate(body)),
    )
    text = body.decode("utf-8-sig", errors="replace")
    yield "in UTF-16", text.encode("utf-16", errors="replace")
    yield "in UTF-16 without its mark", text.encode("utf-16-be", errors="replace")
    yield "in an old encoding", text.encode("cp1252", errors="replace")
    yield (
        "with its long numbers as a spreadsheet leaves them",
        _LONG_NUMBER.sub(MANGLED, text).encode(),
    )
    yield from _spoilt_json(text) if _json(text) is not None else _spoilt_table(text)


def _spoilt_table(text: str) -> Iterator[tuple[str, bytes]]:
    first, _, rest = text.partition("\n")
    yield "its first line alone", first.encode()
    yield "without its first line", rest.encode()
    yield "formulas in its cells", f"{first}\n{_CELL.sub(FORMULA, rest)}".encode()
    yield "a quotation mark left open", f'{first}\n"{rest}'.encode()
    yield "a cell of a million letters", f"{first}\n{'x' * LONG},{rest}".encode()
    yield "a row of ten thousand cells", f"{first}\n{',' * 10_000}\n{rest}".encode()


def _spoilt_json(text: str) -> Iterator[tuple[str, bytes]]:
    """Every value replaced by one of another kind."""
    whole = json.loads(text)
    for name, odd in (
        ("nulls", None),
        ("numbers", -1),
        ("huge numbers", 10**30),
        ("lists", [[]]),
        ("objects", {"a": {}}),
        ("long texts", "x" * 10_000),
        ("control characters", "\x00\ud800\x1b"),
    ):
        yield f"{name} for all its values", json.dumps(_replaced(whole, odd)).encode()
    for at, spoilt in enumerate(_each_null(whole)):
        yield f"null for its value {at + 1}", json.dumps(spoilt).encode()


def _replaced(value: Any, odd: Any) -> Any:
    if isinstance(value, dict):
        return {name: _replaced(part, odd) for name, part in value.items()}
    if isinstance(value, list):
        return [_replaced(part, odd) for part in value]
    return odd


def _each_null(whole: Any) -> Iterator[Any]:
    """The value once for each of its first members, with that member null."""
    if isinstance(whole, list) and whole:
        yield from ([spoilt, *whole[1:]] for spoilt in _each_null(whole[0]))
    elif isinstance(whole, dict):
        for name in list(whole)[:MEMBERS]:
            yield {**whole, name: None}
            yield from ({**whole, name: spoilt} for spoilt in _each_null(whole[name]))


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None
