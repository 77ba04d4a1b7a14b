"""OAuth 2.0 for machines: a key's name and secret for a token of an hour (RFC 6749 4.4, 6750).

A token is a signed note of the key, the scopes and the hour it ends. Nothing is stored: the key is
looked up each time, so a token ends with its key.
"""

from __future__ import annotations

import hashlib
from typing import Any

from flask import Blueprint, Response, request
from itsdangerous import BadData, URLSafeSerializer
from werkzeug.exceptions import HTTPException

from engine.config import keyring
from engine.errors import Refused, Unauthorized
from engine.lrs import keys
from engine.lrs.keys import Caller
from engine.moments import now_us
from engine.xapi_http import errors
from engine.xapi_http.credentials import credentials
from engine.xapi_http.errors import BadToken
from xapi import text

LIFETIME_S = 3600
LARGEST_FORM = 16 * 1024
LONGEST_TOKEN = 2000
FORM = "application/x-www-form-urlencoded"

bp = Blueprint("oauth", __name__)


class TokenRefused(Refused):
    """A request for a token that is not granted; `code` is its name in RFC 6749 5.2."""

    def __init__(self, code: str, why: str, mend: str) -> None:
        super().__init__(why, mend)
        self.code = code


@bp.post("/token")
def token() -> Response:
    """Grant a token to whoever shows a key; `scope` may ask for less than the key gives."""
    request.max_content_length = LARGEST_FORM
    form = _form()
    holder = _holder(form)
    if form.get("grant_type") != "client_credentials":
        code = "unsupported_grant_type" if "grant_type" in form else "invalid_request"
        raise TokenRefused(code, "The grant type is missing or another.", "Use client_credentials.")
    granted = _granted(holder, form.get("scope", "").split())
    return _answer(
        200,
        {
            "access_token": issue(granted, now_us() // 1_000_000 + LIFETIME_S),
            "token_type": "Bearer",
            "expires_in": LIFETIME_S,
            "scope": " ".join(sorted(granted.scopes)),
        },
    )


def issue(caller: Caller, until: int) -> str:
    """A token with a caller's scopes that holds until a time, in seconds of the epoch."""
    note = [caller.key_id, until, sorted(caller.scopes)]
    return str(_serializer().dumps(note))


def caller_of(given: str) -> Caller:
    """Who a token speaks for, with no more than the scopes it was granted."""
    key_id, until, scopes = _read(given)
    if until <= now_us() // 1_000_000:
        raise BadToken("This token has expired.", "Ask for a new one.")
    try:
        holder = keys.caller_of(key_id)
    except Unauthorized as error:
        raise BadToken(error.why, error.mend) from error
    return holder.narrowed(scopes)


def _read(given: str) -> tuple[int, int, list[str]]:
    refusal = BadToken("This token was not issued here.", "Ask for a new one.")
    if len(given) > LONGEST_TOKEN:
        raise refusal
    try:
        key_id, until, scopes = _serializer().loads(given)
    except BadData as error:
        raise refusal from error
    return key_id, until, scopes


def _serializer() -> URLSafeSerializer:
    signing = {"key_derivation": "hmac", "digest_method": hashlib.sha256}
    secret = keyring().derive("access tokens")
    return URLSafeSerializer(secret, salt="access token", signer_kwargs=signing)


def _form() -> dict[str, str]:
    """What was sent, each parameter once; an empty one is none (RFC 6749 3.2)."""
    if request.mimetype != FORM:
        why = f"Expected the content type {FORM}."
        raise TokenRefused("invalid_request", why, "Send grant_type=client_credentials so.")
    if any(len(values) > 1 for _, values in request.form.lists()):
        raise TokenRefused("invalid_request", "A parameter stands twice.", "Send each once.")
    return {name: value for name, value in request.form.items() if value}


def _holder(form: dict[str, str]) -> Caller:
    """The client, shown by Basic or in the form, never by both (RFC 6749 2.3.1)."""
    basic = credentials()
    if basic is None or basic.type != "basic":
        return keys.authenticate(form.get("client_id", ""), form.get("client_secret", ""))
    if "client_secret" in form or form.get("client_id", basic.username) != basic.username:
        why = "The key is shown twice, by Basic and in the form."
        raise TokenRefused("invalid_request", why, "Use one of the two.")
    return keys.authenticate(basic.username or "", basic.password or "")


def _granted(holder: Caller, asked: list[str]) -> Caller:
    """The caller with the scopes asked for, which the key must give; all of them unless named."""
    if not asked:
        return holder
    granted = holder.narrowed(asked)
    if not granted.scopes.issuperset(asked):
        scopes = " ".join(sorted(holder.scopes))
        raise TokenRefused("invalid_scope", f"This key gives: {scopes}.", "Ask for some of these.")
    return granted


def _answer(status: int, body: dict[str, Any]) -> Response:
    response = Response(text.dump(body), status=status, mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    response.headers["Pragma"] = "no-cache"
    return response


def _refused(error: TokenRefused) -> Response:
    description = f"{error.why} {error.mend}"
    return _answer(400, {"error": error.code, "error_description": description})


def _stranger(error: Unauthorized) -> Response:
    description = f"{error.why} {error.mend}"
    response = _answer(401, {"error": "invalid_client", "error_description": description})
    response.headers[errors.CHALLENGE] = errors.BASIC
    return response


def _unread(error: HTTPException) -> Response:
    description = error.description or error.name
    code = "invalid_request" if (error.code or 500) < 500 else "server_error"
    return _answer(error.code or 500, {"error": code, "error_description": description})


errors.install(bp)
bp.register_error_handler(TokenRefused, _refused)
bp.register_error_handler(Unauthorized, _stranger)
bp.register_error_handler(HTTPException, _unread)
