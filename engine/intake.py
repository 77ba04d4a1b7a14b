"""Many statements from outside, each judged on its own: a bad one never poisons the rest."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from engine.errors import Conflict, Refused
from engine.lrs.store import Entry
from engine.pipeline import reader, record
from xapi import text
from xapi.errors import StatementRefused
from xapi.rows import Row
from xapi.sameness import same
from xapi.versions import V1, V2
from xapi.walk import Walked, walk

PORTION = 500
"""How many statements are stored in one transaction."""
PORTION_BYTES = 16 * 1024 * 1024
"""How many bytes of attachments make a portion full."""
TRIES = 5
OUTCOMES = ("stored", "known", "refused", "conflict")


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A row that may be stored: an entry for the record store, or why there is none."""

    place: str
    entry: Entry | None = None
    refusal: StatementRefused | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a row: one of OUTCOMES, and for the last two of them why."""

    place: str
    outcome: str
    sid: uuid.UUID | None = None
    why: StatementRefused | Refused | None = None


def checked(statement: Any, version: str | None = None) -> tuple[Walked, str]:
    """What the walk found in a statement, and the version whose rules it keeps.

    :param version: by default that which the statement claims; what 2.0 added passes also where
        the statement claims an older one, since record stores label liberally.
    """
    if version is not None or _claims_newer(statement):
        version = version or V2
        return walk(statement, version=version), version
    try:
        return walk(statement, version=V1), V1
    except StatementRefused as older:
        return _checked_as_newer(statement, older), V2


def _checked_as_newer(statement: Any, older: StatementRefused) -> Walked:
    """Whether only the version was in the way; the refusal is in the words of the one claimed."""
    try:
        return walk(statement, version=V2)
    except StatementRefused as newer:
        raise older if newer.path == older.path else newer from None


def _claims_newer(statement: Any) -> bool:
    return isinstance(statement, dict) and str(statement.get("version")).startswith("2")


def candidates(rows: Iterable[Row], entry_of: Callable[[Any], Entry]) -> Iterator[Candidate]:
    """Each row as a candidate; `entry_of` raises StatementRefused for what cannot be stored."""
    for row in rows:
        yield _candidate(row, entry_of)


def _candidate(row: Row, entry_of: Callable[[Any], Entry]) -> Candidate:
    if row.refusal is not None:
        return Candidate(place=row.place, refusal=row.refusal)
    try:
        return Candidate(place=row.place, entry=entry_of(row.value))
    except StatementRefused as refusal:
        return Candidate(place=row.place, refusal=refusal)


def take(found: Iterable[Candidate]) -> Iterator[list[Outcome]]:
    """Store what can be stored, portion by portion; what became of each portion, in order."""
    portion: list[Candidate] = []
    weight = 0
    for candidate in found:
        portion.append(candidate)
        weight += _weight(candidate)
        if len(portion) >= PORTION or weight >= PORTION_BYTES:
            yield _take_portion(portion)
            portion, weight = [], 0
    if portion:
        yield _take_portion(portion)


def _weight(candidate: Candidate) -> int:
    contents = candidate.entry.attachments.values() if candidate.entry else ()
    return sum(map(len, contents))


def _take_portion(portion: Sequence[Candidate]) -> list[Outcome]:
    results = iter(store_each([one.entry for one in portion if one.entry is not None]))
    return [
        Outcome(place=one.place, outcome="refused", why=one.refusal)
        if one.entry is None
        else _outcome(one.place, one.entry, next(results))
        for one in portion
    ]


def _outcome(place: str, entry: Entry, result: str | Conflict) -> Outcome:
    if isinstance(result, Conflict):
        return Outcome(place=place, outcome="conflict", sid=entry.sid, why=result)
    return Outcome(place=place, outcome=result, sid=entry.sid)


def store_each(entries: Sequence[Entry]) -> list[str | Conflict]:
    """Store all entries but those that contradict the record; for each: stored, known or why not.

    An id with other content than is stored, or than an earlier one of these entries has, is a
    conflict of that entry alone.
    """
    conflicts: dict[int, Conflict] = {}
    for _ in range(TRIES):  # somebody may store a contradiction between looking and storing
        kept = {at: entry for at, entry in enumerate(entries) if at not in conflicts}
        try:
            known = record(list(kept.values())).known
        except Conflict:
            conflicts |= _conflicts(kept)
        else:
            return _results(entries, conflicts, known)
    contested = Conflict("Others store statements with these ids just now.", "Send these again.")
    return [conflicts.get(at, contested) for at in range(len(entries))]


def _conflicts(entries: dict[int, Entry]) -> dict[int, Conflict]:
    """Which entries contradict the record or an entry before them."""
    stored = reader().many([entry.sid for entry in entries.values()])
    before = {sid: text.parse(one.payload) for sid, one in stored.items()}
    return {
        at: _conflict(entry, entry.sid in stored)
        for at, entry in entries.items()
        if not same(before.setdefault(entry.sid, entry.statement), entry.statement)
    }


def _conflict(entry: Entry, is_stored: bool) -> Conflict:
    where = "is already stored" if is_stored else "stands further up"
    return Conflict(
        f"Statement {entry.sid} {where} with other content.",
        "Send a changed statement under a new id; what is stored never changes.",
    )


def _results(
    entries: Sequence[Entry], conflicts: dict[int, Conflict], known: Sequence[uuid.UUID]
) -> list[str | Conflict]:
    """Each entry's result; of one that came twice and was new, the first was stored."""
    times = Counter(entry.sid for at, entry in enumerate(entries) if at not in conflicts)
    new = set(times - Counter(known))
    results: list[str | Conflict] = []
    for at, entry in enumerate(entries):
        if at in conflicts:
            results.append(conflicts[at])
        elif entry.sid in new:
            new.remove(entry.sid)
            results.append("stored")
        else:
            results.append("known")
    return results
