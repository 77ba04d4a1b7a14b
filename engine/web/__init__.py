"""The pages: views that parse, call one service and answer; their words, charts and look."""

from __future__ import annotations

from flask import Blueprint, Flask, Response, request
from flask_wtf import CSRFProtect
from werkzeug.exceptions import HTTPException

from engine.errors import Refused
from engine.web import charts, frame, hooks, learner, pages, session, validator, words, workbench

POLICY = "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; form-action 'self'"
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}


def install(app: Flask, csrf: CSRFProtect) -> None:
    """Mount the pages."""
    session.login.init_app(app)
    app.jinja_env.globals.update(words=words, charts=charts)
    app.context_processor(frame.context)
    for bp in (session.bp, learner.bp, workbench.bp, validator.bp, pages.bp):
        _require_token(bp, csrf)
        app.register_blueprint(bp)
    app.register_blueprint(hooks.bp)
    app.register_error_handler(Refused, frame.refused)
    app.register_error_handler(HTTPException, frame.failed)
    app.after_request(secure)


def _require_token(bp: Blueprint, csrf: CSRFProtect) -> None:
    """Every form of these pages carries a token; what lacks it is refused."""
    if csrf.protect not in bp.before_request_funcs.get(None, []):
        bp.before_request(csrf.protect)


def secure(response: Response) -> Response:
    """No page runs foreign code, is framed, or is kept by a shared cache."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.endpoint != "static" and "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = "private, no-store"
    return response
