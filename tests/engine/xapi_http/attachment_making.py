"""Statements with attachments as clients send them, and answers with attachments taken apart."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from factories import a_statement
from werkzeug.test import TestResponse
from xapi_making import STATEMENTS, Lms

from engine.xapi_http.bodies import JSON
from xapi import multipart, text
from xapi.multipart import Part

BOUNDARY = "-------314159265358979323846"
MIXED = f"multipart/mixed; boundary={BOUNDARY}"
CONTENT = b"\x89here is\r\na certificate\x00\xff"


def sha2(content: bytes) -> str:
    """The SHA-256 of a content."""
    return hashlib.sha256(content).hexdigest()


def an_attachment(content: bytes = CONTENT, **changed: Any) -> dict[str, Any]:
    """What a statement says of an attachment."""
    return {
        "usageType": "http://example.org/attachments/certificate",
        "display": {"en": "Certificate"},
        "contentType": "application/pdf",
        "length": len(content),
        "sha2": sha2(content),
        **changed,
    }


def attached(*contents: bytes, **members: Any) -> dict[str, Any]:
    """A statement with attachments of these contents."""
    return a_statement(attachments=[an_attachment(one) for one in contents], **members)


def a_part(content: bytes = CONTENT, **changed: str) -> Part:
    """The part that brings a content."""
    headers = {
        "Content-Type": "application/pdf",
        "Content-Transfer-Encoding": "binary",
        "X-Experience-API-Hash": sha2(content),
        **{name.replace("_", "-"): value for name, value in changed.items()},
    }
    return Part(headers=headers, content=content)


def mixed(statements: Any, *parts: Part) -> bytes:
    """A body of statements and parts."""
    return multipart.write(text.dump(statements), parts, BOUNDARY)


def post_mixed(lms: Lms, statements: Any, *contents: bytes, **more: Any) -> TestResponse:
    """POST statements together with the contents of their attachments."""
    return post_parts(lms, statements, *map(a_part, contents), **more)


def post_parts(lms: Lms, statements: Any, *parts: Part, **more: Any) -> TestResponse:
    """POST statements and parts as they are."""
    return lms.post(mixed(statements, *parts), with_={"Content-Type": MIXED}, **more)


def put_mixed(lms: Lms, statement: Any, *contents: bytes) -> TestResponse:
    """PUT a statement under its id, together with the contents of its attachments."""
    body, query = mixed(statement, *map(a_part, contents)), {"statementId": statement["id"]}
    sent = {"Content-Type": MIXED}
    return lms.send("PUT", STATEMENTS, data=body, query_string=query, with_=sent)


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """An answer with attachments: the JSON, and the other parts."""

    json: Any
    parts: tuple[Part, ...]

    @property
    def contents(self) -> list[bytes]:
        """What the attachments hold."""
        return [part.content for part in self.parts]


def read_mixed(answer: TestResponse) -> Read:
    """An answer taken apart; it has to be one with attachments."""
    assert answer.status_code == 200, answer.data
    first, *parts = multipart.read(answer.data, answer.headers["Content-Type"])
    assert first.headers == {"content-type": JSON}
    return Read(json=text.parse(first.content), parts=tuple(parts))


def get_mixed(lms: Lms, **query: str) -> Read:
    """What GET answers with attachments."""
    return read_mixed(lms.get(attachments="true", **query))
