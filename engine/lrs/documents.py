"""State and profiles: reading and changing documents, one write transaction for each change.

Every origin has documents of its own; two keys that use the same names never meet.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, select

from engine.config import settings
from engine.db import portions, reading, writing
from engine.errors import TooLarge
from engine.lrs.models import Origin, document
from engine.moments import now_us
from xapi import documents as rules
from xapi import text
from xapi.documents import Condition, Contents

_Change = Callable[[Contents | None], Contents]


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What documents are about: an activity, an agent (by key), or both, as state is.

    Without `registration` one document is meant that has none, but many whatever theirs is
    (Communication 2.3).
    """

    kind: str
    activity: str | None = None
    agent: str | None = None
    registration: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A document as it is kept; `updated_at` in microseconds rises with each change."""

    contents: Contents
    etag: str
    updated_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """The names of documents, and when the latest of them was changed."""

    names: tuple[str, ...]
    updated_at: int | None


def read(context: Context, name: str, *, origin: int, everything: bool = False) -> Document | None:
    """One document: the origin's own, else, for who reads everything, the one changed last."""
    with reading() as connection:
        own = _latest(connection, [_slot(context, name, origin)])
        if own or not everything:
            return own
        return _latest(connection, [_slot(context, name, each) for each in _origins(connection)])


def names(
    context: Context, *, origin: int, everything: bool = False, since: int | None = None
) -> Listing:
    """The names of an origin's documents, or of everybody's, in alphabetical order.

    :param since: a moment in microseconds; only what was changed after it is named.
    """
    wanted = [document.c.registration == context.registration] if context.registration else []
    if since is not None:
        wanted.append(document.c.updated_at > since)
    found: dict[str, int] = {}
    with reading() as connection:
        origins = _origins(connection) if everything else [origin]
        for places in portions(_place(context, each) for each in origins):
            query = select(document.c.name, document.c.updated_at)
            for row in connection.execute(query.where(document.c.place.in_(places), *wanted)):
                found[row.name] = max(row.updated_at, found.get(row.name, 0))
    return Listing(names=tuple(sorted(found)), updated_at=max(found.values(), default=None))


def put(
    context: Context, name: str, contents: Contents, *, origin: int, condition: Condition
) -> Document:
    """Keep a document, in place of the one there; refused when the condition does not hold."""
    return _change(context, name, origin, condition, lambda _before: contents)


def post(
    context: Context, name: str, contents: Contents, *, origin: int, condition: Condition
) -> Document:
    """Keep a new document or merge JSON into the one there; see `xapi.documents.posted`."""
    return _change(context, name, origin, condition, lambda before: rules.posted(before, contents))


def delete(context: Context, name: str, *, origin: int, condition: Condition) -> None:
    """Delete one document; it is no fault that there is none."""
    slot = _slot(context, name, origin)
    with writing() as connection:
        before = _latest(connection, [slot])
        condition.check(before.etag if before else None)
        connection.execute(document.delete().where(document.c.slot == slot))


def clear(context: Context, *, origin: int, condition: Condition) -> None:
    """Delete every document of a context; a tag, which only one document has, rules that out."""
    condition.check(None)
    wanted = [document.c.place == _place(context, origin)]
    if context.registration:
        wanted.append(document.c.registration == context.registration)
    with writing() as connection:
        connection.execute(document.delete().where(*wanted))


def _change(
    context: Context, name: str, origin: int, condition: Condition, change: _Change
) -> Document:
    """Look, decide and write while no other writer can come between."""
    slot = _slot(context, name, origin)
    with writing() as connection:
        before = _latest(connection, [slot])
        condition.check(before.etag if before else None)
        contents = change(before.contents if before else None)
        _check_size(contents)
        after = Document(
            contents=contents,
            etag=rules.etag(contents.content),
            updated_at=max(now_us(), before.updated_at + 1 if before else 0),
        )
        if before:
            mine = document.c.slot == slot
            connection.execute(document.update().where(mine).values(**_columns(after)))
        else:
            named = {"slot": slot, "place": _place(context, origin), "origin": origin, "name": name}
            connection.execute(
                document.insert().values(**named, **asdict(context), **_columns(after))
            )
    return after


def _columns(kept: Document) -> dict[str, Any]:
    return {
        "content_type": kept.contents.media_type,
        "content": kept.contents.content,
        "etag": kept.etag,
        "updated_at": kept.updated_at,
    }


def _check_size(contents: Contents) -> None:
    """No document grows, by being added to, beyond what could be sent at once."""
    size, limit = len(contents.content), settings().max_body
    if size > limit:
        raise TooLarge(
            f"The merged document would have {size:,} bytes; the limit is {limit:,}.",
            "Divide it into several documents.",
        )


def _latest(connection: Connection, slots: Iterable[bytes]) -> Document | None:
    found: list[Document] = []
    for part in portions(slots):
        query = document.select().where(document.c.slot.in_(part))
        row = connection.execute(query.order_by(document.c.updated_at.desc()).limit(1)).first()
        found += [_document(row)] if row else []
    return max(found, key=lambda each: each.updated_at, default=None)


def _document(row: Any) -> Document:
    contents = Contents(media_type=row.content_type, content=row.content)
    return Document(contents=contents, etag=row.etag, updated_at=row.updated_at)


def _origins(connection: Connection) -> list[int]:
    return list(connection.execute(select(Origin.id)).scalars())


def _slot(context: Context, name: str, origin: int) -> bytes:
    """What stands for all that names one document, in a width that every index takes."""
    return _digest([*_about(context, origin), context.registration, name])


def _place(context: Context, origin: int) -> bytes:
    """What stands for all that a list of documents is asked by."""
    return _digest(_about(context, origin))


def _about(context: Context, origin: int) -> list[Any]:
    return [origin, context.kind, context.activity, context.agent]


def _digest(parts: list[Any]) -> bytes:
    return hashlib.blake2b(text.dump(parts), digest_size=16).digest()
