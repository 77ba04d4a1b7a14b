"""Building statements of Byway's own: parts, times, voiding."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any, Protocol

from xapi.times import duration, duration_seconds, read_timestamp, timestamp
from xapi.vocabulary import VERBS, Verb

__all__ = [
    "build",
    "duration",
    "duration_seconds",
    "from_tincan",
    "read_timestamp",
    "statement_ref",
    "timestamp",
    "voiding",
]


class _TinCan(Protocol):
    def as_version(self) -> Any: ...


def build(
    *,
    sid: uuid.UUID,
    actor: dict[str, Any],
    verb: Verb | str,
    obj: dict[str, Any],
    at: datetime,
    result: dict[str, Any] | None = None,
    context: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """A statement from its parts; what the record store fills in is left out.

    `verb` is a Verb, its name in the vocabulary ("attended") or any IRI. An empty result or
    context is left out. ValueError if `at` names no zone.
    """
    optional = {"result": result, "context": context}
    return {
        "id": str(sid),
        "actor": actor,
        "verb": _verb(verb),
        "object": obj,
        **{name: value for name, value in optional.items() if value},
        "timestamp": timestamp(at),
    }


def _verb(verb: Verb | str) -> dict[str, Any]:
    known = VERBS.get(verb) if isinstance(verb, str) else verb
    return {"id": str(verb)} if known is None else {"id": known.iri, "display": known.display}


def voiding(
    sid: uuid.UUID, target: uuid.UUID, actor: dict[str, Any], at: datetime
) -> dict[str, Any]:
    """The statement `sid` by which `actor` voids the statement `target`."""
    return build(sid=sid, actor=actor, verb="voided", obj=statement_ref(target), at=at)


def statement_ref(sid: uuid.UUID) -> dict[str, Any]:
    """The object (or context.statement) that refers to a statement."""
    return {"objectType": "StatementRef", "id": str(sid)}


def from_tincan(statement: _TinCan) -> dict[str, Any]:
    """A statement built with the tincan library, as a dict ready for the walk.

    tincan writes the protocol version it was made for into the statement; that is left out.
    """
    built: dict[str, Any] = statement.as_version()
    built.pop("version", None)
    return built
