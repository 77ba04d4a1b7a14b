"""The identifiers and words of many people at once, for work that goes over everybody."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from sqlalchemy import select

from engine.db import db, portions
from engine.people.models import Consent, Identifier, Person


def keys_of(person_ids: Iterable[int]) -> dict[int, frozenset[str]]:
    """All identifiers of each of these people, those of records merged into them included."""
    stands = _records(person_ids)
    found: dict[int, set[str]] = {person: set() for person in stands.values()}
    for part in portions(stands):
        query = select(Identifier.key, Identifier.person_id)
        for key, record in db.session.execute(query.where(Identifier.person_id.in_(part))):
            if record is not None:
                found[stands[record]].add(key)
    return {person: frozenset(keys) for person, keys in found.items()}


def words_of(person_ids: Iterable[int]) -> dict[int, dict[int, str]]:
    """The last word of each of these people about each origin; who said nothing is left out."""
    stands = _records(person_ids)
    said: list[tuple[int, int, int, str]] = []
    for part in portions(stands):
        query = select(Consent.id, Consent.person_id, Consent.origin_id, Consent.word)
        rows = db.session.execute(query.where(Consent.person_id.in_(part)))
        said += [(id_, record, origin, word) for id_, record, origin, word in rows]
    found: dict[int, dict[int, str]] = defaultdict(dict)
    for _, record, origin, word in sorted(said):
        found[stands[record]][origin] = word
    return dict(found)


def _records(person_ids: Iterable[int]) -> dict[int, int]:
    """Each of these people's records, and the person it stands for, however often merged."""
    found = {person: person for person in person_ids}
    level = list(found)
    while level:
        merged = list[int]()
        for part in portions(level):
            query = select(Person.id, Person.merged_into).where(Person.merged_into.in_(part))
            for record, into in db.session.execute(query):
                if into is not None and record not in found:
                    found[record] = found[into]
                    merged.append(record)
        level = merged
    return found
