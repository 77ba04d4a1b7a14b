"""Stored statements in the format a client asks for: exact, ids or canonical."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import islice
from typing import Any

from engine.db import reading
from engine.lrs.reader import Access
from engine.pipeline import definitions
from xapi import formats, text
from xapi.languages import ranges
from xapi.query import Query

MOST_ACTIVITIES = 2_000
LARGEST_PAGE = 1 << 25
"""How many activities of a page are looked up, and how many bytes their definitions may add."""


def formatted(
    payloads: Sequence[bytes], query: Query, access: Access, accept_language: str | None
) -> Sequence[bytes]:
    """Statements as they are answered with; exact ones are the stored bytes, untouched.

    Where a page would grow beyond all measure, activities keep the definition that its statement
    holds, in one language like the others.
    """
    if query.format == "exact":
        return payloads
    statements = [text.parse(payload) for payload in payloads]
    if query.format == "ids":
        return [text.dump(formats.ids(statement)) for statement in statements]
    wanted = ranges(accept_language)
    known = _known(statements, access)
    return [text.dump(formats.canonical(statement, wanted, known)) for statement in statements]


def _known(statements: Sequence[dict[str, Any]], access: Access) -> dict[str, dict[str, Any]]:
    """The definitions of the activities on a page, as many as it bears."""
    uses = Counter(iri for statement in statements for iri in formats.activity_ids(statement))
    with reading() as connection:
        found = definitions().read(connection, islice(uses, MOST_ACTIVITIES), access)
    left, borne = LARGEST_PAGE, {}
    for iri, definition in found.items():
        left -= uses[iri] * len(text.dump(definition))
        if left >= 0:
            borne[iri] = definition
    return borne
