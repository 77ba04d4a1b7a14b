"""Every refusal of the xAPI endpoint as JSON: what came, the rule, its clause, and the fix."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response
from werkzeug.exceptions import HTTPException

from engine.errors import Refused, Unauthorized
from xapi import text
from xapi.errors import QueryRefused, StatementRefused


def install(bp: Blueprint) -> None:
    """Answer every kind of refusal raised under this blueprint."""
    bp.register_error_handler(StatementRefused, _statement)
    bp.register_error_handler(QueryRefused, _query)
    bp.register_error_handler(Refused, _refused)
    bp.register_error_handler(HTTPException, _http)


def answer(status: int, body: dict[str, Any]) -> Response:
    """A JSON answer without empty members."""
    filled = {name: value for name, value in body.items() if value}
    return Response(text.dump(filled), status=status, mimetype="application/json")


def _statement(error: StatementRefused) -> Response:
    return answer(
        400,
        {"error": error.rule, "path": error.path, "clause": error.clause, "fix": error.fix},
    )


def _query(error: QueryRefused) -> Response:
    body = {"error": error.rule, "parameter": error.parameter}
    return answer(400, body | {"clause": error.clause, "fix": error.fix})


def _refused(error: Refused) -> Response:
    response = answer(error.status, {"error": error.why, "fix": error.mend})
    if isinstance(error, Unauthorized):
        response.headers["WWW-Authenticate"] = 'Basic realm="xAPI"'
    return response


def _http(error: HTTPException) -> Response:
    return answer(error.code or 500, {"error": error.description or error.name})
