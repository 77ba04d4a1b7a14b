"""A client of the xAPI endpoint, as tests hold it."""

from __future__ import annotations

from typing import Any

from factories import a_key, headers
from flask import Flask
from werkzeug.test import TestResponse

from engine.lrs.keys import NewKey
from xapi import text

STATEMENTS = "/xapi/statements"


class Lms:
    """Somebody with a key who sends requests."""

    def __init__(self, app: Flask, version: str = "1.0.3", **given: Any) -> None:
        self.key: NewKey = a_key(**given)
        self.headers = headers(self.key, version)
        self._client = app.test_client()

    def post(self, body: Any, path: str = STATEMENTS, **more: Any) -> TestResponse:
        """POST statements, or bytes as they are."""
        sent = body if isinstance(body, bytes) else text.dump(body)
        return self.send("POST", path, data=sent, **more)

    def put(self, statement: Any, sid: str, **more: Any) -> TestResponse:
        """PUT one statement under an id."""
        body = text.dump(statement)
        return self.send("PUT", STATEMENTS, data=body, query_string={"statementId": sid}, **more)

    def get(self, path: str = STATEMENTS, **query: str) -> TestResponse:
        """GET with query parameters."""
        return self.send("GET", path, query_string=query or None)

    def send(
        self, method: str, path: str, *, without: str = "", with_: Any = (), **more: Any
    ) -> TestResponse:
        """Send a request with the usual headers, without one of them, or with others."""
        sent = {name: value for name, value in self.headers.items() if name != without}
        return self._client.open(path, method=method, headers=sent | dict(with_), **more)

    def ids(self, **query: str) -> list[str]:
        """The ids on the first page that a query gives."""
        return [statement["id"] for statement in self.get(**query).json["statements"]]
