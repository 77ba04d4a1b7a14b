"""Every refusal of the xAPI endpoint as JSON: what came, the rule, its clause, and the fix."""

from __future__ import annotations

import logging
from typing import Any

from flask import Blueprint, Response
from sqlalchemy.exc import OperationalError, TimeoutError
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from engine.errors import Forbidden, Refused, Unauthorized
from engine.xapi_http.credentials import credentials
from xapi import text
from xapi.errors import QueryRefused, StatementRefused
from xapi.examples import example_of

log = logging.getLogger(__name__)

CHALLENGE = "WWW-Authenticate"
BASIC = 'Basic realm="xAPI", charset="UTF-8"'
BEARER = 'Bearer realm="xAPI"'


class Unsupported(Refused):
    """A body in a form that is not read here."""

    status = 415


class BadToken(Unauthorized):
    """A bearer token that is not ours, has expired, or whose key has."""


def install(bp: Blueprint) -> None:
    """Answer every kind of refusal raised under this blueprint."""
    bp.register_error_handler(StatementRefused, _statement)
    bp.register_error_handler(QueryRefused, _query)
    bp.register_error_handler(Refused, _refused)
    bp.register_error_handler(OperationalError, _busy)
    bp.register_error_handler(TimeoutError, _busy)
    bp.register_error_handler(HTTPException, http)


def refusal(error: Refused | QueryRefused) -> Response:
    """The answer to a request that is refused before any resource saw it."""
    return _query(error) if isinstance(error, QueryRefused) else _refused(error)


def _answer(status: int, body: dict[str, Any]) -> Response:
    """A JSON answer without empty members."""
    filled = {name: value for name, value in body.items() if value}
    return Response(text.dump(filled), status=status, mimetype="application/json")


def describe(error: StatementRefused) -> dict[str, Any]:
    """The members of a refusal of one statement; `example`, if any, is one that would pass."""
    body = {"error": error.rule, "path": error.path, "clause": error.clause, "fix": error.fix}
    return body | {"example": example_of(error)}


def _statement(error: StatementRefused) -> Response:
    return _answer(error.status, describe(error))


def _query(error: QueryRefused) -> Response:
    body = {"error": error.rule, "parameter": error.parameter}
    return _answer(error.status, body | {"clause": error.clause, "fix": error.fix})


def _refused(error: Refused) -> Response:
    response = _answer(error.status, {"error": error.why, "fix": error.mend})
    for challenge in _challenges(error):
        response.headers.add(CHALLENGE, challenge)
    return response


def _challenges(error: Refused) -> tuple[str, ...]:
    """How to prove who one is, and what was wrong with a token (RFC 9110 11.6.1; RFC 6750 3.1)."""
    if isinstance(error, BadToken):
        return BASIC, f'{BEARER}, error="invalid_token"'
    if isinstance(error, Unauthorized):
        return BASIC, BEARER
    shown = credentials()
    by_token = shown is not None and shown.type == "bearer"
    if isinstance(error, Forbidden) and by_token:
        return (f'{BEARER}, error="insufficient_scope"',)
    return ()


def _busy(error: OperationalError | TimeoutError) -> Response:
    log.error("the record store could not be reached", exc_info=error)
    body = {"error": "The record store is busy; nothing was stored.", "fix": "Send it again."}
    response = _answer(503, body)
    response.headers["Retry-After"] = "5"
    return response


def http(error: HTTPException) -> Response:
    """What Flask itself refuses: no such path or method, too many bytes, a failure of ours."""
    fix = "Send smaller batches." if error.code == 413 else ""
    body = {"error": error.description or error.name, "fix": fix}
    response = _answer(error.code or 500, body)
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        response.headers["Allow"] = ", ".join(sorted(error.valid_methods))
    return response
