"""The xAPI endpoint: requests in, statements out; at /xapi and /xAPI, with and without a slash."""

from __future__ import annotations

from flask import Flask

from engine.xapi_http.statements import bp

PREFIXES = ("/xapi", "/xAPI")


def install(app: Flask) -> None:
    """Mount the endpoint under both spellings clients use; keys, not cookies, guard it."""
    for prefix in PREFIXES:
        name = "xapi" if prefix == "/xapi" else "xapi_alias"
        app.register_blueprint(bp, url_prefix=prefix, name=name)
