"""Addresses as clients write them: /xAPI, a slash too many, a slash at the end.

They are read as what they mean. Nothing is redirected, because clients do not follow a POST.
"""

from __future__ import annotations

from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

ROOT = "xapi"
TOKEN = ["oauth", "token"]


class Addresses:
    """The application, told of one spelling per xAPI resource; other paths stay as they are."""

    def __init__(self, app: WSGIApplication) -> None:
        self._app = app

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request under the plain spelling of its address."""
        parts = [part for part in environ.get("PATH_INFO", "").split("/") if part]
        if parts and parts[0].lower() == ROOT:
            parts[0] = ROOT
        if [part.lower() for part in parts if part != ROOT] == TOKEN:
            parts = [ROOT, *TOKEN]
        if parts and parts[0] == ROOT:
            environ["PATH_INFO"] = "/" + "/".join(parts)
        return self._app(environ, start_response)


def is_ours(path: str) -> bool:
    """Whether a path, in its plain spelling, belongs to the xAPI endpoint."""
    return path == f"/{ROOT}" or path.startswith(f"/{ROOT}/")
