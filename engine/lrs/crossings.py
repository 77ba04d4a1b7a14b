"""Statements about a person and a thing at once, however common either of them is.

The general search walks page by page and reads each statement on its way. Here the index alone
is asked, once: what is filed under one of these agents is looked up under one of these activities.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import exists, select

from engine.config import keyring
from engine.db import portions, reading
from engine.lrs import terms as kinds
from engine.lrs.models import posting, statement
from engine.lrs.terms import MAX_HOP, TermIndex


def crossing(
    agents: Iterable[str], activities: Iterable[str], most: int
) -> list[tuple[int, bytes]]:
    """Origin and payload of the newest statements in which both stand by themselves.

    Voided ones are left out. An agent stands anywhere in a statement, an activity is its object.

    :param agents: keys as `xapi.actors.key` writes them.
    """
    index = TermIndex(keyring().derive("index terms"))  # the secret that the store files by
    who = [index.term(kind, key) for key in agents for kind in (kinds.AGENT, kinds.RELATED_AGENT)]
    what = [index.term(kinds.ACTIVITY, key) for key in activities]
    other = posting.alias()
    met = exists().where(other.c.term.in_(what), other.c.pos == posting.c.pos)
    places = select(posting.c.pos).where(posting.c.term.in_(who), met).distinct()
    with reading() as connection:
        found = connection.scalars(places)
        # what refers to such a statement is filed with it, at a higher hop
        seqs = sorted((pos >> kinds.HOP_BITS for pos in found if not pos & MAX_HOP), reverse=True)
        columns = select(statement.c.origin, statement.c.payload)
        return [
            (origin, bytes(payload))
            for part in portions(seqs[:most])
            for origin, payload in connection.execute(
                columns.where(statement.c.seq.in_(part), statement.c.voided == 0)
            )
        ]
