"""The pages: views that parse, call one service and answer; their words, charts and look."""

from __future__ import annotations

from flask import Blueprint, Flask, Response
from flask_wtf import CSRFProtect
from werkzeug.exceptions import HTTPException

from engine.errors import Refused
from engine.web import (
    approvals,
    badges,
    catalogue,
    charts,
    disputes,
    frame,
    frameworks,
    hooks,
    inbox,
    instances,
    learner,
    mappings,
    pages,
    rulesets,
    session,
    validator,
    voices,
    words,
    workbench,
)
from engine.web.session import Sessions

__all__ = ["Sessions", "install", "secure"]

POLICY = "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; form-action 'self'"
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cache-control": "private, no-store",
}


def install(app: Flask, csrf: CSRFProtect) -> None:
    """Mount the pages."""
    session.login.init_app(app)
    app.jinja_env.globals.update(words=words, charts=charts)
    app.context_processor(frame.context)
    for bp in (
        *(session.bp, learner.bp, workbench.bp, inbox.bp, frameworks.bp, rulesets.bp),
        *(catalogue.bp, instances.bp, mappings.bp),
        *(voices.bp, disputes.bp, badges.bp, approvals.bp, validator.bp, pages.bp),
    ):
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
    said = {name.lower() for name, _ in response.headers}
    response.headers.extend([(name, HEADERS[name]) for name in HEADERS.keys() - said])
    return response
