"""The xAPI endpoint: requests in, statements out; at /xapi, however clients write that."""

from __future__ import annotations

from flask import Flask

import engine.xapi_http.documents
import engine.xapi_http.lookups  # noqa: F401  their routes go onto the blueprint
from engine.xapi_http import envelope, oauth
from engine.xapi_http.addresses import Addresses
from engine.xapi_http.statements import bp
from engine.xapi_http.tunnel import Tunnel


def install(app: Flask) -> None:
    """Mount the endpoint; keys, not cookies, guard it."""
    tunnel = Tunnel(app.wsgi_app, max_body=app.config["MAX_CONTENT_LENGTH"])
    app.wsgi_app = Addresses(tunnel)  # type: ignore[method-assign]
    app.before_request(envelope.settle_version)
    app.after_request(envelope.close_request)
    app.register_blueprint(bp, url_prefix="/xapi")
    app.register_blueprint(oauth.bp, url_prefix="/xapi/oauth")
