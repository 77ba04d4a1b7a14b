"""What every request and answer has around it: the version, the caller, Consistent-Through."""

from __future__ import annotations

from flask import Response, g, request

from engine.config import settings
from engine.errors import Unauthorized
from engine.lrs import keys
from engine.lrs.keys import Caller
from engine.moments import iso
from engine.pipeline import reader
from engine.xapi_http import cors, errors, oauth, tunnel
from engine.xapi_http.addresses import is_ours
from engine.xapi_http.credentials import credentials
from xapi.errors import QueryRefused
from xapi.versions import HEADER, negotiate

THROUGH = "X-Experience-API-Consistent-Through"
# Whoever stored a page of HTML, as a document or attached, does not get it run under this address.
HARMLESS = "default-src 'none'; sandbox"


def settle_version() -> Response | None:
    """Settle which version the answer is in, and answer what no resource takes.

    Runs before routing is acted upon, so that a wrong path or method is refused as here, not as
    a page.
    """
    if not is_ours(request.path):
        return None
    asked = asked_version()
    g.xapi_version = asked or settings().xapi_default_version
    g.through = None
    refused = tunnel.refusal(request.environ, asked)
    if refused:
        return errors.refusal(refused)
    if request.routing_exception:
        return errors.http(request.routing_exception)
    return cors.preflight() if request.method == "OPTIONS" else None


def asked_version() -> str | None:
    """The version that the client speaks; None when it names none that is spoken here."""
    try:
        return negotiate(request.headers.get(HEADER))
    except QueryRefused:
        return None


def open_request() -> None:
    """Refuse whoever names no version or no key, before anything is read (Communication 3.3, 4.0).

    /about needs neither (Communication 2.8).
    """
    if request.endpoint == "xapi.about":
        return
    g.xapi_version = negotiate(request.headers.get(HEADER))
    g.caller = caller()
    if request.method in ("GET", "HEAD") and _is_about_statements():
        g.through = _read_through()  # before the page is read, which may then hold more


def caller() -> Caller:
    """Who sends this request, by HTTP Basic or with a bearer token."""
    shown = credentials()
    if shown is not None and shown.type == "basic":
        return keys.authenticate(shown.username or "", shown.password or "")
    if shown is not None and shown.type == "bearer":
        return oauth.caller_of(shown.token or "")
    raise Unauthorized(
        "This needs a key.",
        "Send HTTP Basic, the key's name and its secret, or a bearer token got with them.",
    )


def close_request(response: Response) -> Response:
    """The version on every answer, errors too (Communication 3.3); how far the log was read."""
    if is_ours(request.path):
        told = [(HEADER, g.xapi_version), ("Content-Security-Policy", HARMLESS)]
        if _is_about_statements() and _tells(response):
            through = _read_through() if g.through is None else g.through
            told.append((THROUGH, iso(through)))
        response.headers.extend(told)
        cors.share(response)
    return response


def _read_through() -> int:
    return reader().consistent_through()


def _is_about_statements() -> bool:
    return request.path.startswith(("/xapi/statements", "/xapi/more"))


def _tells(response: Response) -> bool:
    """Strangers are told nothing of the log; where it cannot be read, nothing is looked up."""
    return response.status_code != 401 and response.status_code < 500
