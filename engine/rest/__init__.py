"""The JSON API at /api/v1: what the standard has no resource for."""

from __future__ import annotations

from flask import Flask, Response, request

from engine.rest import learners, public, statements
from engine.xapi_http import errors

ROOT = "/api/v1"


def install(app: Flask) -> None:
    """Mount the API; keys, not cookies, guard it."""
    app.before_request(answer_unrouted)
    for part in (statements, learners):
        app.register_blueprint(part.bp, url_prefix=ROOT)
    app.register_blueprint(public.bp)


def answer_unrouted() -> Response | None:
    """A wrong path or method below the API is refused as JSON, not as a page."""
    ours = request.path == ROOT or request.path.startswith(f"{ROOT}/")
    if ours and request.routing_exception:
        return errors.http(request.routing_exception)
    return None
