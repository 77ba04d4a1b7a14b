"""What tests of sheets and lists make: readings of one delivery, tables in any order, workbooks."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from openpyxl import Workbook

from engine.api import Activity, Actor, Bundle, Delivery, Source


def read(source: Source, body: bytes | str, given: Mapping[str, Any]) -> list[Any]:
    """What a source says of one file, under settings as a person gives them."""
    raw = body.encode() if isinstance(body, str) else body
    loaded = source.settings().load(dict(given))
    bundle = Bundle(key=None, deliveries=(Delivery(body=raw, name="sheet"),))
    return list(source.activities(bundle, loaded))


def done(said: Sequence[Any]) -> list[tuple[str, str]]:
    """Who did what, of the activities among what was said."""
    return [
        (one.actor.email or one.actor.name or "", one.verb.rsplit("/", 1)[-1])
        for one in said
        if isinstance(one, Activity) and isinstance(one.actor, Actor)
    ]


def table(
    rows: Sequence[Mapping[str, str]],
    headings: Mapping[str, str],
    order: Sequence[str],
    delimiter: str = ",",
) -> str:
    """A table whose columns have these headings, in this order."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerow([headings[name] for name in order])
    writer.writerows([[row.get(name, "") for name in order] for row in rows])
    return out.getvalue()


def workbook(**sheets: Any) -> bytes:
    """A workbook with these sheets, each a list of rows."""
    book = Workbook()
    for first in book.worksheets:
        book.remove(first)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
