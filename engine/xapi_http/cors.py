"""Cross-origin requests: courses that run on one web site and report to this one.

No cookie counts at the xAPI endpoint, so any site may ask unless `BYWAY_CORS_ORIGINS` names some.
"""

from __future__ import annotations

import re

from flask import Response, current_app, request

from engine.config import settings

# What a script may read of an answer besides its body, and what it may send.
EXPOSED = (
    "ETag, Last-Modified, Content-Length, WWW-Authenticate, Retry-After, "
    "X-Experience-API-Version, X-Experience-API-Consistent-Through"
)
ALLOWED = (
    "Authorization, Content-Type, Content-Encoding, Accept, Accept-Language, "
    "If-Match, If-None-Match, X-Experience-API-Version, X-Experience-API-Hash"
)
A_DAY = "86400"
_NAMES = re.compile(r"[\w!#$%&'*+.^`|~-]+(?: *, *[\w!#$%&'*+.^`|~-]+){0,49}", re.ASCII)


def preflight() -> Response:
    """The answer to OPTIONS: what the resource takes, for whoever asks, without key or version."""
    response = current_app.make_default_options_response()
    response.status_code = 204
    del response.headers["Content-Type"]
    response.headers["Access-Control-Allow-Methods"] = ", ".join(sorted(response.allow))
    response.headers["Access-Control-Allow-Headers"] = _allowed_headers()
    response.headers["Access-Control-Max-Age"] = A_DAY
    return response


def _allowed_headers() -> str:
    """The usual ones and those asked for: libraries add headers of their own, which mean nothing
    here, and one that is not allowed would stop the request."""
    asked = request.headers.get("Access-Control-Request-Headers", "").strip()
    return f"{ALLOWED}, {asked}" if _NAMES.fullmatch(asked) else ALLOWED


def share(response: Response) -> None:
    """Let pages of the allowed origins read an answer, a refusal too."""
    origins = settings().cors_origins
    asking = request.headers.get("Origin", "")
    if origins != ("*",):
        response.vary.add("Origin")
        if asking.lower() not in origins:
            return
    allowed = "*" if origins == ("*",) else asking
    response.headers.extend(
        [("Access-Control-Allow-Origin", allowed), ("Access-Control-Expose-Headers", EXPOSED)]
    )
