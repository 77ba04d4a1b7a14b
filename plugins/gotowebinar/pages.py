"""Spreadsheets that are none: a page of HTML, saved under the name of a spreadsheet."""

from __future__ import annotations

import csv
import io
from html.parser import HTMLParser

from engine.api import decode, is_zip

MOST_CELLS = 2_000_000


def as_table(body: bytes) -> bytes:
    """The rows of an HTML page as CSV; anything else as it is."""
    if is_zip(body) or body[:1] not in (b"<", b"\xef", b"\xff", b"\xfe", b" ", b"\n", b"\r", b"\t"):
        return body
    text = decode(body).text
    start = text[:2000].lower()
    if not start.lstrip().startswith("<") or "<table" not in text.lower():
        return body
    reader = _Rows()
    reader.feed(text)
    reader.close()
    written = io.StringIO()
    csv.writer(written).writerows(reader.rows)
    return written.getvalue().encode()


class _Rows(HTMLParser):
    """The cells of all tables, row by row; nothing else is looked at."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.rows: list[list[str]] = []
        self.cell: list[str] | None = None
        self.cells = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self._close()
            self.rows.append([])
        elif tag in ("td", "th") and self.cells < MOST_CELLS:
            self._close()
            self.cell, self.cells = [], self.cells + 1
        elif tag == "br" and self.cell is not None:
            self.cell.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th", "tr", "table"):
            self._close()

    def handle_data(self, data: str) -> None:
        if self.cell is not None:
            self.cell.append(data)

    def _close(self) -> None:
        if self.cell is not None:
            self.rows = self.rows or [[]]
            self.rows[-1].append("".join(self.cell).strip())
        self.cell = None
