"""A page of another record store's statements: read, and what of it can be stored here."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine.api import Fetched
from engine.exchange.client import Trouble
from engine.lrs.store import Authority, Entry
from xapi import attachments, multipart, text
from xapi.errors import StatementRefused
from xapi.shapes import is_uuid
from xapi.times import read_timestamp
from xapi.versions import V1, V2
from xapi.walk import walk

LONGEST_MORE = 8000


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Statements as they came, the bytes of their attachments, and where it goes on."""

    statements: Sequence[Any]
    contents: Mapping[str, bytes]
    more: str


def read_page(answer: Fetched) -> Page:
    """A StatementResult (xAPI 1.0.3 Communication 2.1.3), with or without attachments."""
    kind = answer.headers.get("content-type", "")
    try:
        parts = _parts(answer.body, kind)
        result = text.parse(attachments.statements_in(parts))
    except StatementRefused as refused:
        raise Trouble(f"Its answer cannot be read: {refused.rule}", _MEND) from refused
    found = result if isinstance(result, dict) else {}
    statements, more = found.get("statements"), found.get("more") or ""
    if not isinstance(statements, list) or not isinstance(more, str) or len(more) > LONGEST_MORE:
        raise Trouble("Its answer is no list of statements.", _MEND)
    return Page(statements=statements, contents=_contents(parts), more=more)


_MEND = "Look at the address: it is the one that clients are configured with."


def _parts(body: bytes, kind: str) -> tuple[multipart.Part, ...]:
    if kind.strip().lower().startswith("multipart/mixed"):
        return multipart.read(body, kind)
    return (multipart.Part(headers={"content-type": "application/json"}, content=body),)


def _contents(parts: Sequence[multipart.Part]) -> dict[str, bytes]:
    """The attachments whose hash is right; the others are left out."""
    contents: dict[str, bytes] = {}
    for part in parts[1:]:
        with suppress(StatementRefused):
            contents.update(attachments.contents_of((parts[0], part)))
    return contents


def stored_at(statement: Any) -> datetime | None:
    """When the other store says that it stored a statement."""
    stored = statement.get("stored") if isinstance(statement, dict) else None
    try:
        return read_timestamp(stored) if isinstance(stored, str) else None
    except ValueError:
        return None


def entry_of(
    statement: Any, contents: Mapping[str, bytes], *, authority: Authority, version: str
) -> Entry:
    """A statement of a page, checked by the version it says it is of.

    Who vouches for it here is the pull, and when it was stored is our time; the time it was
    stored there stands in where it says no other.

    :param version: of the page, for a statement that names none.
    :raises StatementRefused: it breaks a rule, or has no id.
    """
    if not isinstance(statement, dict) or not is_uuid(statement.get("id")):
        raise StatementRefused(
            path="$.id",
            rule="Expected a statement with the id that it is stored under.",
            clause="xAPI 1.0.3 Data 2.4.1 / IEEE 9274.1.1 4.2.4.2",
            fix="",
        )
    kept = {name: part for name, part in statement.items() if name not in ("authority", "stored")}
    if "timestamp" not in kept and stored_at(statement) is not None:
        kept["timestamp"] = statement["stored"]
    kept.setdefault("version", "1.0.0" if version == V1 else V2)
    walked = walk(kept, version=V2 if str(kept["version"]).startswith("2") else V1)
    attached = {one["sha2"].lower() for _, one in attachments.described(kept)}
    return Entry(
        sid=uuid.UUID(kept["id"]),
        statement=kept,
        walked=walked,
        authority=authority,
        attachments={sha2: contents[sha2] for sha2 in attached & contents.keys()},
    )
