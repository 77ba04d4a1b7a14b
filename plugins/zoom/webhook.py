"""Zoom's webhook: proof of who is calling, the handshake, and which events are kept."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from engine.api import Answer, BadReport, Delivery, HookRequest, Unauthorized, read_json
from plugins.zoom.happenings import EVENTS, Event

STALE = timedelta(hours=6)
"""A call older than this is not taken; Zoom itself gives up after two hours."""


def receive(request: HookRequest, settings: Mapping[str, Any]) -> Delivery | Answer:
    """One call: an event to be kept, or what a handshake asks for."""
    secret = settings.get("webhook_secret") or ""
    check_signature(request, secret)
    told = read_json(request.body, what="The call")
    name = told.get("event") if isinstance(told, dict) else None
    if not isinstance(name, str):
        raise BadReport("The call names no event.", "Send it as Zoom sends it.")
    if name == "endpoint.url_validation":
        return handshake(told.get("payload"), secret)
    check_account(told.get("payload"), settings.get("account_id") or "")
    if name not in EVENTS:
        return Answer(status=200, body=f"not used: {name[:80]}".encode(errors="replace"))
    event = Event.of(told, row="event")
    return Delivery(
        body=request.body,
        name=name,
        media_type="application/json",
        bundle=f"session:{event.session.uuid or event.session.number}",
        uid=f"event:{hashlib.sha256(request.body).hexdigest()}",
    )


def check_signature(request: HookRequest, secret: str) -> None:
    """Refuse a call that is not signed with the secret over its time and raw body, or is old."""
    if not secret:
        raise Unauthorized(
            "This source has no webhook secret, so it cannot tell who is calling.",
            "Enter the Secret Token that the app shows in Zoom under Feature, Event Subscriptions.",
        )
    stamp = request.headers.get("x-zm-request-timestamp", "")
    given = request.headers.get("x-zm-signature", "")
    if not re.fullmatch(r"[0-9]{1,13}", stamp) or not given:
        raise Unauthorized(
            "The call is not signed: x-zm-signature or x-zm-request-timestamp is missing.",
            "Only Zoom calls this address; look at the app's event subscription.",
        )
    signed = hmac.new(secret.encode(), f"v0:{stamp}:".encode() + request.body, hashlib.sha256)
    if not hmac.compare_digest(
        given.strip().encode(errors="replace"), f"v0={signed.hexdigest()}".encode()
    ):
        raise Unauthorized(
            "The signature does not fit the body and the secret set here.",
            "Enter the app's Secret Token again; nothing on the way may change the body.",
        )
    check_age(int(stamp))


def check_age(stamp: int) -> None:
    """Refuse what was signed long ago; the stamp is in seconds, in some accounts milliseconds."""
    seconds = stamp / 1000 if stamp > 1 << 35 else stamp
    if abs(datetime.now(UTC).timestamp() - seconds) > STALE.total_seconds():
        raise Unauthorized(
            "The call was signed too long ago.", "Set the clock of this server right."
        )


def check_account(payload: Any, account_id: str) -> None:
    """Refuse the events of another account."""
    named = payload.get("account_id") if isinstance(payload, dict) else None
    if account_id and isinstance(named, str) and named and named != account_id:
        raise Unauthorized(
            "The event is of another Zoom account.",
            "Give each account a source of its own, or correct the account ID here.",
        )


def handshake(payload: Any, secret: str) -> Answer:
    """Zoom's question whether this address knows the secret.

    Its token is letters and digits. What could be the beginning of a signed call is not signed:
    whoever learned that signature could send it.
    """
    token = payload.get("plainToken") if isinstance(payload, dict) else None
    if not isinstance(token, str) or not re.fullmatch(r"[\w=+/-]{1,200}", token, re.ASCII):
        raise BadReport(
            "The handshake holds no plainToken of letters and digits.", "Start it again in Zoom."
        )
    proof = hmac.new(secret.encode(), token.encode(), hashlib.sha256).hexdigest()
    body = json.dumps({"plainToken": token, "encryptedToken": proof}).encode()
    return Answer(body=body, media_type="application/json")
