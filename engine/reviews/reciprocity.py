"""How many items of each other people accept: said where it is mutual, and lowering nothing."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import select

from engine.competencies import projector
from engine.competencies.models import line, revision, validation
from engine.db import db, portions
from engine.lrs.keys import origins
from engine.lrs.models import statement as log
from engine.people import many
from engine.records import HOPS


def accepted(persons: Iterable[int]) -> Counter[tuple[int, int]]:
    """How many items of each of these people each other of them accepts now: (who, whose).

    Somebody's latest word on an item counts, over all its revisions and her identifiers, and only
    through origins that have a say. What was taken back, word or item, is not counted.
    """
    owners = {key: one for one, keys in many.keys_of(set(persons)).items() for key in keys}
    words = _words(owners)
    items = _items({row.target for row in words}, owners)
    latest: dict[tuple[int, str], int] = {}
    for row in sorted(words, key=lambda row: (row.at, row.statement_id)):
        if row.target in items:
            latest[owners[row.validator], items[row.target][0]] = row.verdict
    authors = dict(items.values())
    return Counter(
        (who, authors[item])
        for (who, item), verdict in latest.items()
        if verdict > 0 and who != authors[item]
    )


def _words(owners: Mapping[str, int]) -> list[Any]:
    """The validations by any of these identifiers."""
    trusted = [one for one, origin in origins().items() if origin["attests"] is not None]
    here = (validation.c.generation == projector.serving().generation) & (
        validation.c.origin.in_(trusted)
    )
    return [
        row
        for part in portions(sorted(owners))
        for row in db.session.execute(
            select(validation).where(here, validation.c.validator.in_(part))
        )
    ]


def _items(targets: Iterable[str], owners: Mapping[str, int]) -> dict[str, tuple[str, int]]:
    """Each of these statements that is an item of theirs: the revision that stands, and whose."""
    found: dict[str, tuple[str, int]] = {}
    left = {target: target for target in targets}  # the latest revision looked at -> the target
    for _ in range(HOPS):
        here = _standing(left, owners)
        found |= {left[sid]: (sid, owner) for sid, owner in here.items()}
        left = {new: left[old] for old, new in _successors(left.keys() - here.keys()).items()}
        if not left:
            break
    return found


def _standing(sids: Iterable[str], owners: Mapping[str, int]) -> dict[str, int]:
    """Those that are lines of their records, which voided ones are not; and whose."""
    generation = projector.serving().generation
    found: dict[str, int] = {}
    for part in portions(map(_bytes, sids)):
        query = select(line.c.sid, line.c.actor).where(
            line.c.generation == generation, line.c.sid.in_(part)
        )
        for sid, actor in db.session.execute(query):
            if actor in owners:
                found[str(uuid.UUID(bytes=bytes(sid)))] = owners[actor]
    return found


def _successors(sids: Iterable[str]) -> dict[str, str]:
    """The revisions that came in place of these statements, of the same origin."""
    generation, sids = projector.serving().generation, list(sids)
    origin_of: dict[str, int] = {}
    for part in portions(map(_bytes, sids)):
        for sid, origin in db.session.execute(
            select(log.c.sid, log.c.origin).where(log.c.sid.in_(part))
        ):
            origin_of[str(uuid.UUID(bytes=bytes(sid)))] = origin
    found: dict[str, str] = {}
    for names in portions(origin_of):
        query = select(revision).where(
            revision.c.generation == generation, revision.c.replaces.in_(names)
        )
        for row in db.session.execute(query.order_by(revision.c.seq)):
            if row.origin == origin_of[row.replaces]:
                found[row.replaces] = row.sid
    return found


def _bytes(sid: str) -> bytes:
    return uuid.UUID(sid).bytes
