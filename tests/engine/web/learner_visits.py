"""A learner at her own pages: signed in by link, reading words, sending forms with their token."""

from __future__ import annotations

import html
import json
import re
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from factories import a_key, a_person, headers
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from engine import profiles
from engine.db import db, transaction
from engine.people import service as people
from engine.people import signin
from engine.people.service import Who

EMAIL = "bo@example.org"
ADL, TINCAN, STREAMS = (
    "http://adlnet.gov/expapi/",
    "http://id.tincanapi.com/",
    "http://activitystrea.ms/",
)
TAGS = "https://w3id.org/byway/ext/tags"
WEBINAR, QUESTION = TINCAN + "activitytype/webinar", ADL + "activities/question"
ARTICLE = STREAMS + "article"
ATTENDED, REPLIED, ACCEPTED = ADL + "verbs/attended", TINCAN + "verb/replied", STREAMS + "accept"
READ, HOSTED = STREAMS + "read", STREAMS + "host"


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One learner in one browser."""

    app: Flask
    client: FlaskClient
    who: Who

    def html(self, path: str, status: int = 200, **given: str) -> str:
        """A page as it is sent."""
        response = self.client.get(path, headers=given)
        assert response.status_code == status, response.text
        return response.text

    def page(self, path: str, status: int = 200, **given: str) -> str:
        """What a page says, without its markup."""
        return said(self.html(path, status, **given))

    def send(self, path: str, **fields: str) -> TestResponse:
        """Send a form with its token, and go where it leads."""
        fields["csrf_token"] = token(self.html("/learning/add"))
        return self.client.post(path, data=fields, follow_redirects=True)

    def told(self, path: str, **fields: str) -> str:
        """Send a form; what the page it leads to says."""
        return said(self.send(path, **fields).text)


def said(markup: str) -> str:
    """The words of a page."""
    body = re.sub(r"<(script|style|svg)\b.*?</\1>", " ", markup, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", body)).split())


def token(markup: str) -> str:
    """The token of a page's forms."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', markup)
    assert found
    return found[1]


def sign_in(app: Flask, who: Who) -> Visit:
    """Open a browser and follow a sign-in link."""
    with app.app_context(), transaction():
        link = signin.make_link(people.get_person(who.email), public_url="")
    client = app.test_client()
    asked = client.get(link)
    client.post(link, data={"csrf_token": token(asked.text)})
    return Visit(app=app, client=client, who=who)


def a_learner(app: Flask, name: str = "Bo Lund", email: str = EMAIL) -> Visit:
    """Somebody new, signed in."""
    with app.app_context():
        who = a_person(name, email)
        db.session.remove()
    return sign_in(app, who)


def ago(days: float) -> str:
    """A moment some days before now, as statements write it."""
    return (datetime.now(UTC) - timedelta(days=days)).isoformat()


def happening(
    title: str,
    *,
    verb: str = ATTENDED,
    kind: str = WEBINAR,
    days: float = 1,
    tags: tuple[str, ...] = (),
    duration: str = "",
    email: str = EMAIL,
    **members: Any,
) -> dict[str, Any]:
    """A statement about something that happened some days ago."""
    thing = f"https://hub.example.org/{uuid.uuid5(uuid.NAMESPACE_URL, title)}"
    return {
        "id": str(uuid.uuid4()),
        "actor": {"mbox": f"mailto:{email}", "name": email.partition("@")[0]},
        "verb": {"id": verb},
        "object": {"id": thing, "definition": {"name": {"en": title}, "type": kind}},
        "timestamp": ago(days),
        "context": {"extensions": {TAGS: list(tags)}},
        **({"result": {"duration": duration}} if duration else {}),
        **members,
    }


def acceptance(statement: dict[str, Any], email: str, days: float = 0.5) -> dict[str, Any]:
    """Somebody accepts what a statement says."""
    accepted = happening("", verb=ACCEPTED, days=days, email=email)
    return accepted | {"object": {"objectType": "StatementRef", "id": statement["id"]}}


def stored(app: Flask, *statements: dict[str, Any], key: str = "Policy Hub", **given: Any) -> None:
    """Statements sent to the endpoint with a key that may attest, and projected."""
    with app.app_context():
        made = a_key(key, **{"scopes": ["all"], "may_attest": True, **given})
        db.session.remove()
    response = app.test_client().post(
        "/xapi/statements", data=json.dumps(statements), headers=headers(made)
    )
    assert response.status_code == 200, response.text
    catch_up(app)


def catch_up(app: Flask) -> None:
    """Bring the projection to the end of the log."""
    with app.app_context():
        profiles.catch_up()
        db.session.remove()
