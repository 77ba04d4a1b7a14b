"""From a request's body to entries for the record store; everything is checked on the way."""

from __future__ import annotations

import hashlib
import uuid
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import g, request
from werkzeug.exceptions import RequestEntityTooLarge

from engine.config import settings
from engine.errors import Refused, TooLarge
from engine.lrs.callers import Caller
from engine.lrs.references import TooMuch
from engine.lrs.store import Entry
from engine.xapi_http.errors import Unsupported
from xapi import attachments, multipart, text
from xapi.errors import StatementRefused
from xapi.signatures import Signatures
from xapi.walk import walk

JSON = "application/json"
MOST = 10_000
"""How many statements a batch may hold."""
MIXED = "multipart/mixed"
# What a statement without a version gets (xAPI 1.0.3 Data 2.4.10; IEEE 9274.1.1 4.2.4.3).
DEFAULT_VERSION = {"1.0.3": "1.0.0", "2.0.0": "2.0.0"}
# How zlib is told of the header that a coding puts before the data (RFC 9110 8.4.1).
_CODINGS = {"gzip": 31, "x-gzip": 31, "deflate": 15}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sent:
    """What one request sent, by whom and in which version."""

    json: Any
    contents: Mapping[str, bytes]
    version: str
    caller: Caller
    signatures: Signatures


def read_batch() -> list[Entry]:
    """The statements of a POST, which are one or an array (Communication 2.1.2)."""
    sent = _read_sent()
    if isinstance(sent.json, list):
        _refuse_crowd(sent.json)
        entries = [_entry(sent, statement, f"$[{at}]") for at, statement in enumerate(sent.json)]
        _refuse_repeats(entries)
    else:
        entries = [_entry(sent, sent.json, "$")]
    _refuse_surplus(sent, entries)
    return entries


def _refuse_crowd(statements: Sequence[Any]) -> None:
    if len(statements) > MOST:
        raise TooMuch(
            f"This batch has {len(statements)} statements; {MOST} are taken.", "Split it."
        )


def read_one(sid: uuid.UUID) -> Entry:
    """The statement of a PUT, whose id stands in the address too (Communication 2.1.1)."""
    sent = _read_sent()
    statement = sent.json
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
    entry = _entry(sent, statement, "$")
    _refuse_surplus(sent, [entry])
    return entry


def entries(version: str, caller: Caller) -> Callable[[Any], Entry]:
    """What makes an entry of a statement that came as JSON and is taken or refused on its own."""
    signatures = Signatures(version)
    sent = _Sent(json=None, contents={}, version=version, caller=caller, signatures=signatures)
    return lambda statement: _entry(sent, statement, "$")


def read_bytes() -> bytes:
    """The body of the request, unpacked, within the limit in either form."""
    body = request.get_data()
    _refuse_cut_off(body)
    # a body whose length was not announced is cut at the limit without a word
    if request.content_length is None and len(body) == request.max_content_length:
        raise RequestEntityTooLarge
    coding = request.headers.get("Content-Encoding", "identity").strip().lower()
    return body if coding == "identity" else _unpacked(body, coding)


def _refuse_cut_off(body: bytes) -> None:
    """The server hands on what came until the client was gone, whatever was announced."""
    announced = request.content_length or 0
    if len(body) < announced:
        raise Refused(
            f"The body ended after {len(body)} of {announced} bytes.",
            "Send as many bytes as Content-Length says.",
        )


def _unpacked(body: bytes, coding: str) -> bytes:
    if coding not in _CODINGS:
        raise Unsupported(
            f"The body is compressed ({coding}).",
            "Compress it with gzip or deflate, or not at all.",
        )
    most = settings().max_body
    unpacker = zlib.decompressobj(_CODINGS[coding])
    try:
        unpacked = unpacker.decompress(body, most + 1)
    except zlib.error as error:
        raise Refused(f"The body is no {coding}: {error}.", "Compress it anew.") from error
    if len(unpacked) > most:
        raise TooLarge(f"The body holds more than {most} bytes.", "Send smaller batches.")
    if not unpacker.eof or unpacker.unused_data:
        raise Refused(
            f"The {coding} of the body is cut off, or something follows it.",
            "Send one whole compressed text.",
        )
    return unpacked


def _read_sent() -> _Sent:
    """The parsed body, once its form is one that is read here."""
    contents: Mapping[str, bytes] = {}
    if request.mimetype == JSON:
        json = read_bytes()
    elif request.mimetype == MIXED:
        parts = multipart.read(read_bytes(), request.headers["Content-Type"])
        json = attachments.statements_in(parts)
        contents = attachments.contents_of(parts)
        _refuse_large(contents)
    else:
        raise Refused(
            f"The content type is {request.mimetype or 'missing'}; expected {JSON} or {MIXED}.",
            f'Send statements as JSON, with the header "Content-Type: {JSON}".',
        )
    return _Sent(
        json=text.parse(json),
        contents=contents,
        version=g.xapi_version,
        caller=g.caller,
        signatures=Signatures(g.xapi_version),
    )


def _refuse_large(contents: Mapping[str, bytes]) -> None:
    """No attachment is larger than the limit for one (Communication 3.2)."""
    most = settings().max_attachment
    for sha2, content in contents.items():
        if len(content) > most:
            raise TooLarge(
                f"The attachment {sha2} has {len(content)} bytes; {most} are taken.",
                "Put it elsewhere, and its address in the attachment's fileUrl.",
            )


def _entry(sent: _Sent, statement: Any, path: str) -> Entry:
    walked = walk(statement, version=sent.version, path=path)
    attached: Mapping[str, bytes] = {}
    if "attachments" in statement or statement["object"].get("objectType") == "SubStatement":
        attached = attachments.take(statement, sent.contents, path)
        sent.signatures.check(statement, attached, path)
    sid = _sid(statement, sent.caller)
    statement.setdefault("version", DEFAULT_VERSION[sent.version])
    return Entry(
        sid=sid,
        statement=statement,
        walked=walked,
        authority=sent.caller.authority,
        attachments=attached,
    )


def _sid(statement: Mapping[str, Any], caller: Caller) -> uuid.UUID:
    """The statement's id: its own, a new one, or one made of its content.

    The last is for clients that send a batch again after a time-out, without ids: with a timestamp
    the same content is the same happening, so it is stored once.
    """
    if "id" in statement:
        return uuid.UUID(statement["id"])
    if caller.dedupe_namespace is None or "timestamp" not in statement:
        return uuid.uuid4()
    digest = hashlib.sha256(text.canonical(statement)).hexdigest()
    return uuid.uuid5(caller.dedupe_namespace, digest)


def _refuse_repeats(entries: Sequence[Entry]) -> None:
    """No two statements of a batch are sent with one id (IEEE 9274.1.1 4.1.6.1)."""
    seen: set[uuid.UUID] = set()
    for at, entry in enumerate(entries):
        if "id" not in entry.statement:
            continue
        if entry.sid in seen:
            raise StatementRefused(
                path=f"$[{at}].id",
                rule=f"The id {entry.sid} stands twice in this batch.",
                clause="IEEE 9274.1.1 4.1.6.1",
                fix="Give every statement an id of its own.",
            )
        seen.add(entry.sid)


def _refuse_surplus(sent: _Sent, entries: Sequence[Entry]) -> None:
    if sent.contents:
        taken = {sha2 for entry in entries for sha2 in entry.attachments}
        attachments.refuse_surplus(sent.contents, taken)
