"""What tests of the inbox's pages make: a site that has them, and somebody who is signed in."""

from __future__ import annotations

import re
from typing import Any

from factories import a_person
from flask import Flask
from flask.testing import FlaskClient
from workbench_making import signed_in

from engine import web
from engine.web import inbox

INBOX = "/workbench/people/inbox"


def a_site(app: Flask) -> Flask:
    """The application with the inbox, whose forms need their token."""
    if inbox.bp.name not in app.blueprints:
        web._require_token(inbox.bp, app.extensions["csrf"])
        app.register_blueprint(inbox.bp)
    return app


def odile(app: Flask) -> FlaskClient:
    """Odile of the L&D team, signed in."""
    return signed_in(a_site(app), a_person("Odile Brandt", "odile@example.org", "ld"))


def sent(client: FlaskClient, path: str, **fields: Any) -> Any:
    """What comes back for a form of the inbox, with the token of its page."""
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get(f"{INBOX}/file").text)
    form = {"csrf_token": token[1] if token else "", **fields}
    return client.post(path, data=form, content_type="multipart/form-data")
