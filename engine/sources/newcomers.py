"""Trusted domains at work: people made of the addresses that turn up in the record."""

from __future__ import annotations

from engine.db import db, portions, transaction
from engine.people import policies
from engine.sources import handles
from engine.sources.handles import Wanted


def create_people() -> int:
    """Make people of all open addresses of trusted domains; how many. A portion at a time."""
    created = 0
    for trusted in policies.trusted():
        wanted = Wanted(search=f"@{trusted.domain}")
        found = [one.key for one in handles.every(wanted)]
        db.session.rollback()
        for part in portions(found):
            with transaction():
                created += policies.create_trusted(part)
    return created
