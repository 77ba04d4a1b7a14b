"""What a request shows of who sends it."""

from __future__ import annotations

from flask import request
from werkzeug.datastructures import Authorization


def credentials() -> Authorization | None:
    """The header Authorization; None where there is none or it cannot be read."""
    try:
        return request.authorization
    except ValueError:  # werkzeug expects that what should be base64 is ASCII
        return None
