"""Answers with attachments: the statements first, then each content once (multipart/mixed)."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping

from flask import Response

from xapi import attachments, multipart, text

_NAMED = b'"attachments":'


def mixed(body: bytes, contents: Mapping[str, bytes], types: Mapping[str, str]) -> Response:
    """The answer to attachments=true, also where nothing is attached (Communication 2.1.3).

    :param body: the JSON that the answer would be without attachments.
    :param contents: bytes by their sha2 in lower case.
    :param types: what `types_of` gives for the statements in the body.
    """
    boundary = f"byway-{uuid.uuid4().hex}"  # nobody can know it, so no content holds it
    written = multipart.write(body, attachments.parts_for(types, contents), boundary)
    return Response(written, content_type=f"multipart/mixed; boundary={boundary}")


def types_of(payloads: Iterable[bytes]) -> dict[str, str]:
    """The content type of each attachment of stored statements, by its sha2 as written there."""
    parsed = (text.parse(payload) for payload in payloads if _NAMED in payload)
    return attachments.types_of(parsed)
