"""Everything kept under one person, as a condition of a query: her record, and those merged in."""

from __future__ import annotations

from sqlalchemy import Select, literal, select

from engine.people.models import Person


def records_of(person_id: int) -> Select[int]:
    """The numbers of a person's own record and of those merged into it, however deep."""
    first = select(literal(person_id).label("id")).cte("records", recursive=True)
    merged = select(Person.id).where(Person.merged_into == first.c.id)
    found = first.union(merged)
    return select(found.c.id)
