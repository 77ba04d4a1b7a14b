"""From rows to activities, as a mapping says; each row comes to exactly one outcome."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from urllib.parse import quote, urljoin, urlsplit

from engine.api import (
    Account,
    Activity,
    Actor,
    BadCell,
    Delivery,
    Failed,
    Skipped,
    Thing,
    clean_name,
    excerpt,
    is_blank,
    plain,
    read_email,
    read_id,
)
from plugins.mapped.language import RowMapping
from plugins.mapped.moments import Moments, learn, read_length
from plugins.mapped.records import Kind, Record, kind_of, records
from plugins.mapped.values import LeftOut, Value, folded
from xapi.vocabulary import TYPES, VERBS

_VALUES = (
    "email", "account", "home_page", "name", "verb", "type", "title", "url", "at", "start",
    "duration", "tags", "community", "community_title", "parent", "parent_title", "language",
    "excerpt", "reported_at",
)  # fmt: skip
_SHORTENED = re.compile(r"\s*\d(?:[.,]\d+)?E\s*\+\s*\d+\s*", re.IGNORECASE)
_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,30}:[^\s<>\"{}|\\^`]+")
_SPLIT = re.compile(r"[,;|]")

Said = Activity | Skipped | Failed


def happenings(delivery: Delivery, mapping: RowMapping, *, base: str = "") -> Iterator[Said]:
    """Everything the rows of a delivery come to, in their order.

    :param base: the address that relative links stand on.
    :raises BadReport: the delivery is not of the mapped kind or lacks a needed column, its dates
        contradict each other, or a spreadsheet shortened its ids.
    """
    kind: Kind = mapping["reads"] or kind_of(delivery)
    rows = records(delivery, kind, mapping["rows"], columns_of(mapping), needed_of(mapping))
    moments = learn(_written(rows, mapping), zone=mapping["zone"], order=mapping["date_order"])
    reader = _Reader(mapping, kind, moments, base)
    yield from map(reader.read, rows)


def columns_of(mapping: RowMapping) -> list[str]:
    """Every column that a mapping reads."""
    values = [mapping[name] for name in _VALUES if mapping[name]]
    read = [column for value in values for column in value.columns()]
    return [*mapping["key"], *read, *mapping["skip_when"]]


def needed_of(mapping: RowMapping) -> list[str]:
    """The columns a table must have; systems leave others out in older or shorter exports."""
    moment: Value = mapping["at"] or mapping["start"]
    verb: Value = mapping["verb"]
    plain_ones = [value.column for value in (moment, verb) if value.column]
    return [*mapping["key"], *plain_ones]


def _written(rows: Sequence[Record], mapping: RowMapping) -> Iterator[tuple[int | str, str]]:
    """Every moment as it is written, with its row; rows that are left out do not decide."""
    for name in ("at", "start", "reported_at"):
        value: Value | None = mapping[name]
        for row in rows if value else ():
            if value and _reason_to_skip(row, mapping) is None:
                yield from ((row.place, text) for text in _texts(value, row)[:1])


def _texts(value: Value, row: Record) -> list[str]:
    """What a row says, where it is only looked at."""
    try:
        return value.texts(row)
    except (BadCell, LeftOut):
        return []


def _reason_to_skip(row: Record, mapping: RowMapping) -> str | None:
    for column, values in mapping["skip_when"].items():
        found = " ".join(row.texts(column)[:1])
        if folded(found) in map(folded, values):
            return f"“{column[:60]}” is “{found[:60]}”." if found else f"“{column[:60]}” is empty."
    return None


class _Reader:
    """Reads the rows of one delivery."""

    def __init__(self, mapping: RowMapping, kind: Kind, moments: Moments, base: str) -> None:
        self.mapping = mapping
        self.kind = kind
        self.moments = moments
        self.base = base

    def read(self, row: Record) -> Said:
        """What one row comes to."""
        if row.members is None:
            why = "This is no object, so it has no columns."
            return Failed(row=row.place, why=why, mend="Look at what the system sends there.")
        try:
            if reason := _reason_to_skip(row, self.mapping):
                return Skipped(row=row.place, why=reason)
            return self._activity(row)
        except LeftOut as left:
            return Skipped(row=row.place, why=str(left))
        except BadCell as bad:
            return Failed(row=row.place, why=bad.why, mend=bad.mend)

    def _activity(self, row: Record) -> Activity:
        at, duration = self._when(row)
        return Activity(
            rows=(row.place,),
            keys=(self._key(row),),
            actor=self._who(row),
            verb=self._word("verb", row, VERBS) or "",
            type=self._word("type", row, TYPES),
            title=self._shown("title", row),
            url=self._address("url", row),
            at=at,
            duration=duration,
            tags=self._tags(row),
            community=self._thing("community", row, "community"),
            parent=self._thing("parent", row, "series"),
            language=self._one("language", row),
            excerpt=self._excerpt(row),
            reported_at=self._moment("reported_at", row),
        )

    def _one(self, name: str, row: Record) -> str | None:
        value: Value | None = self.mapping[name]
        found = value.texts(row) if value else []
        return found[0] if found and not is_blank(found[0]) else None

    def _key(self, row: Record) -> str:
        """The cells of the key as they are written; a bar between them, escaped inside."""
        parts = []
        for column in self.mapping["key"]:
            found = row.texts(column)
            if not found or is_blank(found[0]):
                raise BadCell(
                    f"“{column[:60]}” is empty, and is part of what tells one row from another.",
                    "Fill the cell, or name other columns as the key.",
                )
            if _SHORTENED.fullmatch(found[0]):
                read_id(found[0], row=row.place)
            parts.append(found[0].replace("\\", "\\\\").replace("|", "\\|"))
        return "|".join(parts)

    def _who(self, row: Record) -> Actor:
        email, account = read_email(self._one("email", row) or ""), self._one("account", row)
        name = clean_name(self._one("name", row) or "")
        if not (email or account or name):
            raise BadCell(
                "Nobody is named.", "Fill the email, the account name or the name, or leave it out."
            )
        known = None
        if account and not email:
            home = self._address("home_page", row)
            if home is None:
                raise BadCell(
                    "The account has no system.", "Give its address in the mapping's “home_page”."
                )
            if _SHORTENED.fullmatch(account):
                read_id(account, row=row.place)
            known = Account(home_page=home.rstrip("/"), name=account)
        return Actor(name=name or None, email=email, account=known)

    def _word(self, name: str, row: Record, known: object) -> str | None:
        """A verb or a type, by its name here or as an IRI."""
        found = self._one(name, row)
        if found is None and name == "verb":
            raise BadCell("It does not say what was done.", "Fill the cell of the verb.")
        if found is None or (isinstance(known, dict) and found in known):
            return found
        if isinstance(known, dict) and found.casefold() in known:
            return found.casefold()
        if "://" in found and _IRI.fullmatch(found):
            return found
        raise BadCell(
            f"“{found[:60]}” is no {name} that is known.",
            f"Say in the mapping's “map” of “{name}” what it means, such as attended or webinar.",
        )

    def _shown(self, name: str, row: Record) -> str | None:
        """A text that people read; what is not from a table may hold markup."""
        found = self._one(name, row)
        return plain(found).replace("\n", " ") if found and self.kind != "table" else found

    def _excerpt(self, row: Record) -> str | None:
        found = self._one("excerpt", row)
        return (excerpt(found) or None) if found else None

    def _when(self, row: Record) -> tuple[datetime, timedelta | None]:
        """When it ended, and how long it took as far as the row says it."""
        end, start = self._moment("at", row), self._moment("start", row)
        written = self._one("duration", row)
        length = read_length(written, self.mapping["duration_unit"]) if written else None
        if end and start and end < start:
            raise BadCell(
                "It ends before it begins.",
                "Correct one of the two, or look which column is which.",
            )
        if start and not end:
            return start + (length or timedelta()), length
        if end is None:
            raise BadCell("It does not say when it was.", "Fill the cell of its date.")
        return end, length if length is not None or start is None else end - start

    def _moment(self, name: str, row: Record) -> datetime | None:
        written = self._one(name, row)
        return self.moments.at(written) if written else None

    def _address(self, name: str, row: Record) -> str | None:
        """An address, with what is not allowed in one escaped; relative ones on the base."""
        found = self._one(name, row)
        if found is None:
            return None
        whole = quote(found if ":" in found[:30] else urljoin(self.base, found), safe=_ALLOWED)
        if not _IRI.fullmatch(whole) or (whole[:4] == "http" and not _has_host(whole)):
            raise BadCell(
                f"“{found[:80]}” is no address.",
                "Write it whole, with https:// before it, or empty the cell.",
            )
        return whole

    def _thing(self, name: str, row: Record, kind: str) -> Thing | None:
        url = self._address(name, row)
        return Thing(url=url, title=self._shown(f"{name}_title", row), type=kind) if url else None

    def _tags(self, row: Record) -> tuple[str, ...]:
        value: Value | None = self.mapping["tags"]
        found = value.texts(row) if value else []
        if value and not value.split:
            found = [part for text in found for part in _SPLIT.split(text)]
        return tuple(dict.fromkeys(one.strip() for one in found if not is_blank(one)))


_ALLOWED = "/%:=@!$&'()*+,;~-._?#[]"


def _has_host(address: str) -> bool:
    try:
        return bool(urlsplit(address).hostname)
    except ValueError:
        return False
