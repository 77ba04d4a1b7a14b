"""GoTo's webhook: a hint that somebody registered or joined, which the next poll confirms.

GoTo signs its calls with the account's secret key, and has changed how; so a proof over the raw
body in any of the usual forms is taken, and no call alone becomes a record.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterator

from engine.api import Answer, BadReport, Delivery, HookRequest, Unauthorized, read_json
from plugins.gotowebinar.answers import text_of

USED = ("registrant.joined",)


def receive(request: HookRequest, secret: str) -> Delivery | Answer:
    """One call."""
    check_signature(request, secret)
    told = read_json(request.body, what="The call")
    name = text_of(told, "eventName")
    if not name:
        raise BadReport("The call names no event.", "Send it as GoTo sends it.")
    if name not in USED:
        return Answer(status=200, body=f"not used: {name[:80]}".encode(errors="replace"))
    key = text_of(told, "eventKey")
    return Delivery(
        body=request.body,
        name=name,
        media_type="application/json",
        uid=f"event:{key or hashlib.sha256(request.body).hexdigest()}",
    )


def check_signature(request: HookRequest, secret: str) -> None:
    """Refuse a call that was not signed with the secret key over its raw body."""
    if not secret:
        raise Unauthorized(
            "This source has no webhook secret key, so it cannot tell who is calling.",
            "Enter the value that GoTo answered when the secret key was created.",
        )
    given = request.headers.get("x-webhook-signature", "").strip()
    if not given:
        raise Unauthorized(
            "The call is not signed: X-Webhook-Signature is missing.",
            "Only GoTo calls this address; look at the webhook there.",
        )
    proofs = set(_proofs(request, secret.encode()))
    plain = given.removeprefix("sha256=").encode(errors="replace")
    if not any(hmac.compare_digest(plain, proof) for proof in proofs):
        raise Unauthorized(
            "The signature does not fit the body and the secret key set here.",
            "Enter the secret key again; nothing on the way may change the body.",
        )


def _proofs(request: HookRequest, secret: bytes) -> Iterator[bytes]:
    """The body's HMAC-SHA256, with the call's time before it where it is sent; hex and base64."""
    stamp = request.headers.get("x-webhook-timestamp", "").encode(errors="replace")
    for signed in (request.body, stamp + request.body, stamp + b"." + request.body):
        proof = hmac.new(secret, signed, hashlib.sha256).digest()
        yield proof.hex().encode()
        yield base64.b64encode(proof)
