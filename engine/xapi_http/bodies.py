"""From a request's body to entries for the record store; everything is checked on the way."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from flask import g, request
from werkzeug.exceptions import RequestEntityTooLarge

from engine.errors import Refused
from engine.lrs.store import Entry
from engine.xapi_http.errors import Unsupported
from xapi import text
from xapi.errors import StatementRefused
from xapi.walk import walk

JSON = "application/json"
# What a statement without a version gets (xAPI 1.0.3 Data 2.4.10; IEEE 9274.1.1 4.2.4.3).
DEFAULT_VERSION = {"1.0.3": "1.0.0", "2.0.0": "2.0.0"}


def read_batch() -> list[Entry]:
    """The statements of a POST, which are one or an array (Communication 2.1.2)."""
    body = _read_json()
    if not isinstance(body, list):
        return [_entry(body, "$")]
    entries = [_entry(statement, f"$[{at}]") for at, statement in enumerate(body)]
    _refuse_repeats(entries)
    return entries


def read_one(sid: uuid.UUID) -> Entry:
    """The statement of a PUT, whose id stands in the address too (Communication 2.1.1)."""
    statement = _read_json()
    if not isinstance(statement, dict):
        raise StatementRefused(
            path="$",
            rule="PUT takes one statement; this is not a JSON object.",
            clause="xAPI 1.0.3 Communication 2.1.1",
            fix="Send one statement, or POST an array.",
        )
    inside = statement.setdefault("id", str(sid))
    if not isinstance(inside, str) or inside.lower() != str(sid):
        raise StatementRefused(
            path="$.id",
            rule=f"The statement's id differs from statementId={sid}.",
            clause="xAPI 1.0.3 Communication 2.1.1",
            fix="Use the same id in both places, or leave it out of the statement.",
        )
    return _entry(statement, "$")


def _read_json() -> Any:
    """The parsed body, once its form is one that is read here."""
    coding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if coding != "identity":
        raise Unsupported(f"The body is compressed ({coding}).", "Send it uncompressed.")
    if request.mimetype != JSON:
        raise Refused(
            f"The content type is {request.mimetype or 'missing'}; expected {JSON}.",
            f'Send statements as JSON, with the header "Content-Type: {JSON}".',
        )
    body = request.get_data()
    # a body whose length was not announced is cut at the limit without a word
    if request.content_length is None and len(body) == request.max_content_length:
        raise RequestEntityTooLarge
    return text.parse(body)


def _entry(statement: Any, path: str) -> Entry:
    walked = walk(statement, version=g.xapi_version, path=path)
    sid = uuid.UUID(statement["id"]) if "id" in statement else uuid.uuid4()
    statement.setdefault("version", DEFAULT_VERSION[g.xapi_version])
    return Entry(sid=sid, statement=statement, walked=walked, authority=g.caller.authority)


def _refuse_repeats(entries: Sequence[Entry]) -> None:
    """No two statements of a batch share an id (IEEE 9274.1.1 4.1.6.1)."""
    seen: set[uuid.UUID] = set()
    for at, entry in enumerate(entries):
        if entry.sid in seen:
            raise StatementRefused(
                path=f"$[{at}].id",
                rule=f"The id {entry.sid} stands twice in this batch.",
                clause="IEEE 9274.1.1 4.1.6.1",
                fix="Give every statement an id of its own.",
            )
        seen.add(entry.sid)
