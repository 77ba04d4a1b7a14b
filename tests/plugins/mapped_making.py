"""What tests of mapped sources make: mappings, deliveries, and what comes of them."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from typing import Any

from openpyxl import Workbook

from engine.api import Activity, Bundle, Delivery, Failed, Skipped
from plugins.mapped import Mapped

HEAD = ("Id", "Talk", "Ended", "Email")
ROW = ("7", "Budgets", "2026-09-17 13:00", "bo@northmoor.example")
BASIC: dict[str, Any] = {
    "key": ["Id"],
    "email": "Email",
    "verb": {"const": "attended"},
    "title": "Talk",
    "at": "Ended",
    "zone": "Europe/Madrid",
}


def loaded(mapping: Any = None, **more: Any) -> dict[str, Any]:
    """The settings of a source with a mapping; the basic one with other parts unless given."""
    given = {**BASIC, **more} if mapping is None else mapping
    settings: dict[str, Any] = Mapped().settings().load({"system": "Talks", "mapping": given})
    return settings


def read(body: bytes, settings: dict[str, Any], name: str = "talks") -> list[Any]:
    """What a delivery comes to."""
    bundle = Bundle(key=None, deliveries=(Delivery(body=body, name=name),))
    return list(Mapped().activities(bundle, settings))


def a_table(*rows: Sequence[str], head: Sequence[str] = HEAD, delimiter: str = ",") -> bytes:
    """A table as CSV."""
    quoted = [delimiter.join(f'"{cell}"' for cell in row) for row in (head, *rows)]
    return "\n".join([*quoted, ""]).encode()


def a_workbook(*rows: Sequence[Any], head: Sequence[str] = HEAD) -> bytes:
    """A table as a workbook."""
    book, packed = Workbook(), io.BytesIO()
    assert book.active is not None
    for row in (head, *rows):
        book.active.append(list(row))
    book.save(packed)
    return packed.getvalue()


def an_answer(*rows: Any, **around: Any) -> bytes:
    """The answer of an API."""
    return json.dumps({**around, "items": list(rows)}).encode()


def in_json(**more: Any) -> dict[str, Any]:
    """The usual row as an object."""
    return {**dict(zip(HEAD, ROW, strict=True)), **more}


def one_of(settings: dict[str, Any], **cells: str) -> Activity | Skipped | Failed:
    """What the usual row comes to, with further or other cells."""
    row = {**dict(zip(HEAD, ROW, strict=True)), **cells}
    (found,) = read(a_table(tuple(row.values()), head=tuple(row)), settings)
    assert isinstance(found, Activity | Skipped | Failed)
    return found


def done_in(settings: dict[str, Any], **cells: str) -> Activity:
    """The activity that the usual row comes to, with further or other cells."""
    found = one_of(settings, **cells)
    assert isinstance(found, Activity), found
    return found
