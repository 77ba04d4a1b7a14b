"""Whether the legal basis of a statement's origin holds for those whom the statement is about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.db import db
from engine.lrs.origins import origins
from engine.people import service as people
from xapi import actors

Told = tuple[int, Mapping[str, Any]]
"""The origin of a statement, and the statement."""


def denied(told: Sequence[Told]) -> list[bool]:
    """For each statement whether the basis is missing, for its actor or one of a group's members.

    Asks the database anew, in a transaction of its own that ends here.
    """
    db.session.rollback()
    subjects = [_subjects(statement["actor"]) for _, statement in told]
    owners = people.owners(key for keys in subjects for key in keys)
    table = origins()
    words = {origin: people.words_about(origin) for origin in {origin for origin, _ in told}}
    db.session.rollback()
    return [
        any(
            not people.allows(str(table[origin]["basis"]), words[origin].get(owners.get(key, 0)))
            for key in keys
        )
        for (origin, _), keys in zip(told, subjects, strict=True)
    ]


def _subjects(actor: Mapping[str, Any]) -> list[str]:
    keys = (actors.key(dict(one)) for one in (actor, *actor.get("member", ())))
    return [key for key in keys if key]
