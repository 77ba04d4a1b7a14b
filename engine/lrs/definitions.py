"""What is known of activities: one definition per activity and origin, merged over its statements.

An origin changes only what it said itself (xAPI 1.0.3 Data 2.4.4.1), so nobody rewords another's
activities; who reads everything is given all of it, the newest word on top.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any, Protocol

from sqlalchemy import Connection, Engine, select
from sqlalchemy import text as sql

from engine.db import portions
from engine.lrs.backends import backend_of
from engine.lrs.models import activity
from engine.lrs.reader import Access
from engine.lrs.terms import ACTIVITY, TermIndex
from xapi import formats, text

LARGEST = 1 << 16
"""How many bytes a definition may grow to; what would make it larger stays in its statement."""

_REMEMBERED = 10_000
_REMEMBERED_LENGTH = 512
_REMEMBERED_PRINTS = 16
_FRESH_US = 60_000_000  # after that another process may have said something else

_KEEP = sql(
    "INSERT INTO activity (term, origin, iri, definition, updated_at)"
    " VALUES (:term, :origin, :iri, :definition, :updated_at)"
    " ON CONFLICT (term, origin) DO UPDATE"
    " SET definition = excluded.definition, updated_at = excluded.updated_at"
)


class Speaker(Protocol):
    """In whose name a statement is stored, and whether she may define activities."""

    @property
    def origin(self) -> int: ...

    @property
    def may_define(self) -> bool: ...


class Told(Protocol):
    """A statement on its way into the store."""

    @property
    def statement(self) -> dict[str, Any]: ...

    @property
    def authority(self) -> Speaker: ...


_Key = tuple[int, str]  # origin, activity
_Heard = dict[int, dict[str, Any]]  # fingerprint -> definition, the last one said last


@dataclass(frozen=True, slots=True)
class _Absorbed:
    """Fingerprints of definitions that would change nothing, and until when that is believed."""

    prints: set[int]
    until: int


class Definitions:
    """Keeps and gives the definitions of activities.

    What it remembers in the process only saves work. It is learnt from rows that were read, never
    from rows that were written, because the write may still be taken back.
    """

    def __init__(self, engine: Engine, index: TermIndex) -> None:
        self._backend = backend_of(engine)
        self._index = index
        self._absorbed: dict[_Key, _Absorbed] = {}

    def note(self, connection: Connection, entries: Sequence[Told], at_us: int) -> None:
        """Merge what statements say of activities; once in the transaction that stores them.

        Entries whose authority may not define activities are passed over.

        :param at_us: when they are stored, in microseconds.
        """
        heard = self._news(entries, at_us)
        for keys in portions(heard):
            self._settle(connection, {key: heard[key] for key in keys}, at_us)

    def read(
        self, connection: Connection, iris: Iterable[str], access: Access
    ) -> dict[str, dict[str, Any]]:
        """The known definitions of these activities, as far as the reader may see.

        That is what her own origin said; for who reads everything, what all of them said.
        """
        terms = {self._index.term(ACTIVITY, iri): iri for iri in iris}
        query = select(activity.c.iri, activity.c.definition).order_by(activity.c.updated_at)
        if not access.everything:
            query = query.where(activity.c.origin == access.origin)
        found: dict[str, dict[str, Any]] = {}
        for part in portions(terms):
            for iri, content in connection.execute(query.where(activity.c.term.in_(part))):
                found[iri] = formats.merge(found.get(iri), text.parse(bytes(content)))
        return found

    def _news(self, entries: Sequence[Told], at_us: int) -> dict[_Key, _Heard]:
        """What is said of each activity, unless all of it is known to change nothing."""
        heard: dict[_Key, _Heard] = {}
        for entry in entries:
            if not entry.authority.may_define:
                continue
            for iri, definition in formats.definitions(entry.statement):
                said = heard.setdefault((entry.authority.origin, iri), {})
                fingerprint = hash(text.dump(definition))
                said.pop(fingerprint, None)
                said[fingerprint] = definition
        return {key: said for key, said in heard.items() if not self._knows(key, said, at_us)}

    def _knows(self, key: _Key, said: _Heard, at_us: int) -> bool:
        known = self._absorbed.get(key)
        return known is not None and at_us < known.until and known.prints.issuperset(said)

    def _settle(self, connection: Connection, heard: Mapping[_Key, _Heard], at_us: int) -> None:
        """Merge what is said into the rows, or remember that it changes none."""
        stored = self._stored(connection, heard)
        rows = []
        for key, said in heard.items():
            before = stored.get(key)
            after = _merged(before, said.values())
            if after == before:
                unchanging = {
                    fingerprint
                    for fingerprint, definition in said.items()
                    if _merged(before, [definition]) == before
                }
                self._remember(key, unchanging, at_us)
            else:
                self._absorbed.pop(key, None)
                rows.append(self._row(key, after, at_us))
        if rows:
            connection.execute(_KEEP, rows)

    def _stored(self, connection: Connection, keys: Iterable[_Key]) -> dict[_Key, bytes]:
        terms = sorted({self._index.term(ACTIVITY, iri) for _, iri in keys})
        among, values = self._backend.among(terms)
        query = f"SELECT origin, iri, definition FROM activity WHERE term {among}"
        rows = self._backend.rows(connection, query, values)
        return {(origin, iri): bytes(definition) for origin, iri, definition in rows}

    def _row(self, key: _Key, definition: bytes | None, at_us: int) -> dict[str, Any]:
        origin, iri = key
        return {
            "term": self._index.term(ACTIVITY, iri),
            "origin": origin,
            "iri": iri,
            "definition": definition,
            "updated_at": at_us,
        }

    def _remember(self, key: _Key, prints: set[int], at_us: int) -> None:
        """Add to what is known to change nothing; bounded, whatever is sent."""
        if len(key[1]) > _REMEMBERED_LENGTH:
            return
        if len(self._absorbed) >= _REMEMBERED:
            self._absorbed.clear()
        known = self._absorbed.get(key)
        if known is not None and at_us < known.until and len(known.prints) < _REMEMBERED_PRINTS:
            known.prints.update(prints)
        else:
            self._absorbed[key] = _Absorbed(prints, at_us + _FRESH_US)


def _merged(before: bytes | None, said: Iterable[dict[str, Any]]) -> bytes | None:
    """The definition as it is kept; what was kept before when the new one would grow too large."""
    merged = reduce(formats.merge, said, text.parse(before) if before else None)
    content = text.dump(merged)
    return content if len(content) <= LARGEST else before
