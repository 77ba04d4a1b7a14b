"""Bodies of which a server hands on the beginning only (WSGI with wsgi.input_terminated)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
from document_making import STATE
from factories import a_statement
from flask import Flask
from werkzeug.test import TestResponse
from xapi_making import STATEMENTS, Lms

from engine.pipeline import reader
from xapi import text

NOTE = f"{STATE.path}?{urlencode(STATE.about | {'stateId': 'note'})}"


@pytest.fixture
def lms(app: Flask) -> Lms:
    return Lms(app)


def send_part(lms: Lms, body: bytes, **given: Any) -> TestResponse:
    """Send a body that should have been longer."""
    said = {"wsgi.input_terminated": True, "CONTENT_LENGTH": str(len(body) + 1)}
    return lms.send(
        **{"method": "POST", "path": STATEMENTS, **given}, data=body, environ_overrides=said
    )


def test_whole_statement_is_refused_where_more_was_announced(lms: Lms) -> None:
    answer = send_part(lms, text.dump(a_statement()))
    assert answer.status_code == 400
    assert "ended after" in answer.json["error"]
    assert reader().count() == 0


def test_line_of_bulk_is_refused_where_more_was_announced(lms: Lms) -> None:
    answer = send_part(lms, text.dump(a_statement()), path="/api/v1/statements/bulk")
    assert answer.status_code == 400
    assert reader().count() == 0


def test_part_of_a_document_is_not_kept(lms: Lms) -> None:
    assert send_part(lms, b"hal", method="PUT", path=NOTE).status_code == 400
    assert lms.get(NOTE).status_code == 404


def test_part_of_a_tunnelled_form_is_not_read(lms: Lms) -> None:
    form = urlencode(lms.headers | {"content": text.dump([a_statement()]).decode()})
    answer = send_part(lms, form.encode(), path=f"{STATEMENTS}?method=POST")
    assert answer.status_code == 400
    assert "ended early" in answer.json["error"]
    assert reader().count() == 0
