"""Every refusal of the xAPI endpoint as JSON: what came, the rule, its clause, and the fix."""

from __future__ import annotations

import logging
from typing import Any

from flask import Blueprint, Response
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from engine.errors import Refused, Unauthorized
from xapi import text
from xapi.errors import QueryRefused, StatementRefused

log = logging.getLogger(__name__)


class Unsupported(Refused):
    """A body in a form that is not read here."""

    status = 415


def install(bp: Blueprint) -> None:
    """Answer every kind of refusal raised under this blueprint."""
    bp.register_error_handler(StatementRefused, _statement)
    bp.register_error_handler(QueryRefused, _query)
    bp.register_error_handler(Refused, _refused)
    bp.register_error_handler(OperationalError, _busy)
    bp.register_error_handler(HTTPException, http)


def _answer(status: int, body: dict[str, Any]) -> Response:
    """A JSON answer without empty members."""
    filled = {name: value for name, value in body.items() if value}
    return Response(text.dump(filled), status=status, mimetype="application/json")


def _statement(error: StatementRefused) -> Response:
    return _answer(
        400,
        {"error": error.rule, "path": error.path, "clause": error.clause, "fix": error.fix},
    )


def _query(error: QueryRefused) -> Response:
    body = {"error": error.rule, "parameter": error.parameter}
    return _answer(400, body | {"clause": error.clause, "fix": error.fix})


def _refused(error: Refused) -> Response:
    response = _answer(error.status, {"error": error.why, "fix": error.mend})
    if isinstance(error, Unauthorized):
        response.headers["WWW-Authenticate"] = 'Basic realm="xAPI", charset="UTF-8"'
    return response


def _busy(error: OperationalError) -> Response:
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
