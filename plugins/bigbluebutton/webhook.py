"""BigBlueButton's webhook: events in a form, and two ways to prove who is calling.

A server that is set to `auth2_0` sends its shared secret as a bearer token. Others put a checksum
into the query, over the registered address, the fields as JSON, and the secret. Since a change in
2022 the fields are left out of it by mistake (they are written as "{}"): such a checksum proves
who called once, not what was said. It is taken, for there is no other; see the guide.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl

from engine.api import Answer, BadReport, Delivery, HookRequest, Unauthorized, read_json
from plugins.bigbluebutton.values import members, text_of

ALGORITHMS = {40: "sha1", 64: "sha256", 96: "sha384", 128: "sha512"}
"""By the length of what they come to in hexadecimal; the server chooses."""
MOST_EVENTS = 10_000
MEETINGS = ("meeting-created", "meeting-ended", "user-joined", "user-left")


def receive(request: HookRequest, secret: str, *, callback: str) -> Delivery | Answer:
    """One call: kept with all others of its meeting."""
    check_proof(request, secret, callback)
    events = [members(members(one).get("data")) for one in read_call(request.body)]
    used = [event for event in events if text_of(event, "id") in MEETINGS]
    if not used:
        return Answer(status=200, body=b"not used")
    meeting = members(members(used[0].get("attributes")).get("meeting"))
    internal = text_of(meeting, "internal-meeting-id")
    if not internal:
        raise BadReport(
            "The event names no meeting: “internal-meeting-id” is missing.",
            "Send it as BigBlueButton sends it.",
        )
    return Delivery(
        body=request.body,
        name=text_of(used[0], "id"),
        media_type=request.headers.get("content-type", ""),
        bundle=f"meeting:{internal}",
        uid=f"call:{hashlib.sha256(request.body).hexdigest()}",
    )


def is_call(body: bytes) -> bool:
    """Whether a delivery is a call of the webhook: a form with events, or the events alone."""
    return body[:1] == b"[" or (body[:1] not in (b"{", b"<") and b"event=" in body[:4000])


def read_call(body: bytes) -> list[Any]:
    """The events of one call.

    :raises BadReport: it is no form with a list of events.
    """
    text = body.lstrip()
    if text[:1] != b"[":
        text = _fields(body).get("event", "").encode()
    events = read_json(text, what="The call's field “event”") if text.strip() else None
    if not isinstance(events, list) or len(events) > MOST_EVENTS:
        raise BadReport(
            "Expected a form whose field “event” holds a list of events in JSON.",
            "Send it as BigBlueButton sends it.",
        )
    return events


def _fields(body: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(body.decode("utf-8", "replace"), max_num_fields=20)
    except ValueError as error:
        raise BadReport("The form has more fields than any call.", "Send it again.") from error
    return dict(pairs)


def check_proof(request: HookRequest, secret: str, callback: str) -> None:
    """Refuse a call that proves neither by token nor by checksum that it knows the secret."""
    if not secret:
        raise Unauthorized(
            "This source has no shared secret, so it cannot tell who is calling.",
            "Enter the secret of the server, which `bbb-conf --secret` shows.",
        )
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and hmac.compare_digest(
        token.strip().encode(errors="replace"), secret.encode()
    ):
        return
    given = request.query.get("checksum", "").lower()
    algorithm = ALGORITHMS.get(len(given))
    if not algorithm or not callback:
        raise Unauthorized(
            "The call brings no token, and no checksum that could be looked at.",
            "Enter the address that the webhook was registered with, exactly as it was given.",
        )
    proofs = (
        hashlib.new(algorithm, f"{callback}{said}{secret}".encode(errors="replace")).hexdigest()
        for said in _said(request.body)
    )
    matches = [hmac.compare_digest(given.encode(errors="replace"), one.encode()) for one in proofs]
    if not any(matches):
        raise Unauthorized(
            "The checksum does not fit the secret and the registered address set here.",
            "Enter both exactly as the server has them; the address with its query, if it has one.",
        )


def _said(body: bytes) -> Iterator[str]:
    """The fields as the server may have written them into the checksum, in their order."""
    given = _fields(body) if body[:1] != b"[" else {}
    fields: dict[str, Any] = dict(given)
    stamp = given.get("timestamp", "")
    if stamp.isascii() and stamp.isdecimal() and len(stamp) < 20:
        fields["timestamp"] = int(stamp)
    yield json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
    yield "{}"
