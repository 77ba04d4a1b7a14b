"""The xAPI endpoint: requests in, statements out; at /xapi, however clients write that."""

from __future__ import annotations

from flask import Flask

from engine.xapi_http import envelope
from engine.xapi_http.addresses import Addresses
from engine.xapi_http.statements import bp


def install(app: Flask) -> None:
    """Mount the endpoint; keys, not cookies, guard it."""
    app.wsgi_app = Addresses(app.wsgi_app)  # type: ignore[method-assign]
    app.before_request(envelope.settle_version)
    app.after_request(envelope.close_request)
    app.register_blueprint(bp, url_prefix="/xapi")
