"""A JSON object, read field by field: every refusal names the path of the field."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine.api import BadReport, Failed
from plugins.forums.moments import epoch_of, moment_of

MEND = "Upload what the forum sent or showed, unchanged, as JSON."


def found(value: Any) -> str:
    """Name a JSON value in a message: its keys, its kind, or the value itself when it is short."""
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        names = [str(name)[:20].encode("ascii", "replace").decode() for name in list(value)[:6]]
        return "an object with " + (", ".join(names) or "no members")
    if isinstance(value, list):
        return f"a list of {len(value)}"
    return ascii(value[:40] if isinstance(value, str) else value)[:40]


@dataclass(frozen=True, slots=True)
class Record:
    """A JSON object and the path it stands at, read field by field.

    The readers raise BadReport with the path of the field; an absent field and null are None.
    """

    members: Any
    row: str

    def get(self, name: str) -> Any:
        if not isinstance(self.members, dict):
            raise BadReport(
                f"Expected an object, found {found(self.members)}.", MEND, where=self.row
            )
        return self.members.get(name)

    def has(self, name: str) -> bool:
        """Whether the field is there, be it null."""
        return self.get(name) is not None or name in self.members

    def at(self, name: str) -> str:
        return f"{self.row}.{name}" if self.row else name

    def wrong(self, name: str, expected: str) -> BadReport:
        return BadReport(
            f"Expected {expected}, found {found(self.get(name))}.", MEND, where=self.at(name)
        )

    def text(self, name: str) -> str | None:
        """A text without what no database takes (NUL, half of a surrogate pair); empty is None."""
        value = self.get(name)
        if not isinstance(value, str | None):
            raise self.wrong(name, "text")
        return (value or "").replace("\0", "").encode(errors="replace").decode().strip() or None

    def number(self, name: str) -> int:
        value = self.get(name)
        if isinstance(value, str) and re.fullmatch("[0-9]{1,20}", value):
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise self.wrong(name, "a whole number")
        return value

    def digits(self, name: str) -> str:
        """An id as the system writes it, be it a number or a text of digits."""
        return str(self.number(name))

    def flag(self, name: str) -> bool:
        """Whether it is so, be it said with true, 1 or a text; absent is no."""
        value = self.get(name)
        if isinstance(value, str):
            value = value.strip().casefold() in ("true", "1", "yes")
        if not isinstance(value, bool | int | None):
            raise self.wrong(name, "true or false")
        return bool(value)

    def moment(self, name: str) -> datetime | None:
        text = self.text(name)
        if text is None:
            return None
        moment = moment_of(text)
        if moment is None:
            raise self.wrong(name, "a time with its zone, such as 2026-09-08T15:01:00.000Z")
        return moment

    def seconds(self, name: str) -> datetime | None:
        """A moment given in seconds since 1970; 0 stands for none."""
        value = self.get(name)
        if value in (None, "", 0, "0"):
            return None
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        text = repr(value) if is_number else value
        moment = epoch_of(text) if isinstance(text, str) else None
        if moment is None:
            raise self.wrong(name, "a time in seconds since 1970")
        return moment

    def created(self) -> datetime:
        moment = self.moment("created_at")
        if moment is None:
            raise self.wrong("created_at", "a time")
        return moment

    def record(self, name: str) -> Record:
        value = self.get(name)
        return Record({} if value is None else value, self.at(name))

    def records(self, name: str) -> list[Record]:
        value = self.get(name)
        if not isinstance(value, list | None):
            raise self.wrong(name, "a list")
        return [Record(each, f"{self.at(name)}[{n}]") for n, each in enumerate(value or [])]


def failed(error: BadReport) -> Failed:
    """What could not be read of a delivery whose other parts can."""
    return Failed(row=error.where, why=error.why, mend=error.mend)
