"""The bytes of attachments: each content is kept once, linked to the statements it came with.

Contents are found through statements only, so whoever knows a hash has not yet the bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Connection, func, select, text

from engine.db import portions
from engine.lrs.models import attachment, statement_attachment

# The same on SQLite and PostgreSQL; a content or link that is there already stays as it is.
_KEEP = text(
    "INSERT INTO attachment (sha2, content) VALUES (:sha2, :content) ON CONFLICT DO NOTHING"
)
_LINK = text(
    "INSERT INTO statement_attachment (seq, sha2) VALUES (:seq, :sha2) ON CONFLICT DO NOTHING"
)


def keep(connection: Connection, rows: Iterable[tuple[int, Mapping[str, bytes]]]) -> None:
    """Keep what came with new statements, given as (position, bytes by their sha2).

    Called by the store, in the transaction that stores the statements.
    """
    contents: dict[str, bytes] = {}
    links = []
    for seq, attached in rows:
        for sha2, content in attached.items():
            contents[sha2.lower()] = content
            links.append({"seq": seq, "sha2": sha2.lower()})
    if links:
        connection.execute(_KEEP, [{"sha2": key, "content": one} for key, one in contents.items()])
        connection.execute(_LINK, links)


def read(connection: Connection, seqs: Sequence[int]) -> dict[str, bytes]:
    """The contents linked to these statements, by their sha2 in lower case."""
    found: dict[str, bytes] = {}
    for part in portions(seqs):
        linked = select(statement_attachment.c.sha2).where(statement_attachment.c.seq.in_(part))
        query = select(attachment.c.sha2, attachment.c.content).where(attachment.c.sha2.in_(linked))
        found.update((sha2, bytes(content)) for sha2, content in connection.execute(query))
    return found


def fitting(connection: Connection, seqs: Sequence[int], most: int) -> int:
    """How many of these statements, from the first, have attachments of at most so many bytes.

    At least one, so that a page of statements with large attachments is short but never empty.
    """
    sizes: dict[int, int] = {}
    link = statement_attachment
    for part in portions(seqs):
        query = (
            select(link.c.seq, func.sum(func.length(attachment.c.content)))
            .join(attachment, attachment.c.sha2 == link.c.sha2)
            .where(link.c.seq.in_(part))
            .group_by(link.c.seq)
        )
        sizes.update((seq, int(size)) for seq, size in connection.execute(query))
    total = 0
    for at, seq in enumerate(seqs):
        total += sizes.get(seq, 0)
        if total > most and at:
            return at
    return len(seqs)
