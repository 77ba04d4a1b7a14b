"""Webhooks of sources; guarded by each source's signature, not by a session."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

from engine.api import Answer
from engine.errors import Refused
from engine.sources import doors

bp = Blueprint("hooks", __name__)


@bp.post("/sources/<name>/hook")
def receive(name: str) -> Response:
    """Take one delivery from a source's webhook; the worker reads it."""
    taken = doors.receive(name, dict(request.headers), request.args.to_dict(), request.get_data())
    if isinstance(taken, Answer):
        return Response(taken.body, status=taken.status, mimetype=taken.media_type)
    response = jsonify(run=taken)
    response.status_code = 202
    return response


@bp.errorhandler(Refused)
def refused(error: Refused) -> tuple[Response, int]:
    """Systems read JSON, not pages."""
    return jsonify(error=error.why, mend=error.mend), error.status
