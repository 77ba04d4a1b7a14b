"""What a form tries: what is wrong with a field comes back as a value, to be shown at the field."""

from __future__ import annotations

from collections.abc import Callable

from engine.db import db, transaction
from engine.errors import Refused


def in_one(work: Callable[[], object]) -> Refused | None:
    """Do a piece of work in one transaction; the refusal of a field, with nothing changed.

    :raises Refused: it is about no field.
    """

    def whole() -> None:
        with transaction():
            work()

    return tried(whole)


def tried(work: Callable[[], object]) -> Refused | None:
    """The same for work that brings its own transactions."""
    try:
        work()
    except Refused as refusal:
        db.session.rollback()
        if not refusal.where:
            raise
        return refusal
    return None
