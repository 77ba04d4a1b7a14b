"""A row of a delivery as it arrived, for whoever wants to see what a line was read from."""

from __future__ import annotations

import csv
import io
import json
import re
from functools import cached_property
from typing import Any

from engine.errors import BadReport
from engine.reading import decode, is_zip, place_in, visible_sheets

LONGEST = 1200
_STEP = re.compile(r"\[(\d+)\]|\.?([^.\[\]]+)")
_ENTRY = re.compile(r"entry (\d+)")
_ELEMENT = re.compile(r"<(entry|item)\b.*?</\1\s*>", re.DOTALL | re.IGNORECASE)


class Raw:
    """One delivery's bytes; each kind of place is looked up in the form it belongs to."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def row(self, place: int | str) -> str | None:
        """What stands at a place, at most LONGEST letters of it; None when it cannot be shown."""
        if self._sheets:
            found = self._sheets.get(place)
        elif isinstance(place, int) and isinstance(self._document, list):
            found = self._at(f"[{place - 1}]") if 0 < place <= len(self._document) else None
        elif isinstance(place, int):
            found = self.records[place - 1] if 0 < place <= len(self.records) else None
        elif entry := _ENTRY.match(place):
            number = int(entry[1])
            found = self._entries[number - 1] if 0 < number <= len(self._entries) else None
        else:
            found = self._at(place)
        return None if found is None else found.strip()[:LONGEST]

    @cached_property
    def _sheets(self) -> dict[int | str, str]:
        """The rows of a workbook by their place, cells with commas between them."""
        if not is_zip(self._body):
            return {}
        try:
            return {
                place_in(at, sheet.name, number): ", ".join(cells)
                for at, sheet in enumerate(visible_sheets(self._body))
                for number, cells in enumerate(sheet.rows, start=1)
            }
        except BadReport:
            return {}

    @cached_property
    def _text(self) -> str:
        try:
            return decode(self._body).text
        except BadReport:
            return ""

    @cached_property
    def records(self) -> list[str]:
        """The file's records from the first on, blank ones too, as they were written."""
        lines = io.StringIO(self._text, newline="").readlines()
        reader = csv.reader(lines, delimiter=_delimiter(lines), skipinitialspace=True)
        records, before = [], 0
        try:
            for _ in reader:
                records.append("".join(lines[before : reader.line_num]))
                before = reader.line_num
        except csv.Error:
            return records
        return records

    @cached_property
    def _entries(self) -> list[str]:
        return [element[0] for element in _ELEMENT.finditer(self._text)]

    @cached_property
    def _document(self) -> Any:
        if self._text.lstrip()[:1] not in ("[", "{"):
            return None
        try:
            return json.loads(self._text)
        except (ValueError, RecursionError):
            return None

    def _at(self, path: str) -> str | None:
        """What a path such as "posts[3]" leads to; as far as it leads."""
        here = self._document
        for step in steps_of(path):
            try:
                here = below(here, step)
            except LookupError:
                break
        return None if here is None else json.dumps(here, ensure_ascii=False, indent=1)


def steps_of(path: str) -> list[int | str]:
    """A path such as "posts[3].title" as its steps, numbers counted from 0."""
    return [int(number) if number else name for number, name in _STEP.findall(path)]


def below(here: Any, step: int | str) -> Any:
    """What is one step below something in a JSON document; a LookupError where nothing is."""
    if not isinstance(here, list if isinstance(step, int) else dict):
        raise LookupError(step)
    found: Any = here
    return found[step]


def _delimiter(lines: list[str]) -> str:
    """The delimiter that most of the first lines are made of."""
    sample = "".join(lines[:40])
    return max(",;\t", key=sample.count)
