"""What tests of the L&D team's pages make: sources, reports, somebody who is signed in."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from flask import Flask, g, has_app_context
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from engine import profiles
from engine.api import Delivery
from engine.competencies import projector
from engine.db import Base, db, transaction
from engine.people.service import Who
from engine.pipeline import reader
from engine.sources import instances

REPORT = Path(__file__).parents[2] / "data" / "zoom" / "webinar.csv"
HOLDER = "test:0:0"
TITLE = "Evidence for policy"
HOSTILE = '<script>alert("x")</script>'
DATA_LITERACY = "https://w3id.org/byway/frameworks/public-service-learning/data-literacy"


def a_source(name: str = "zoom", plugin: str = "zoom", **given: str) -> str:
    """A source; of Zoom in Toronto unless told otherwise."""
    wanted = {"timezone": "America/Toronto"} if plugin == "zoom" else {}
    with transaction():
        instances.add(plugin, name, wanted | given, basis="notice")
    return name


def a_report(topic: str = TITLE, people: Iterable[str] = ("bo",), minutes: int = 50) -> bytes:
    """A webinar's report in which each of these stayed so long."""
    came, left = "09/22/2026 11:00:00 AM", f"09/22/2026 11:{minutes}:00 AM"
    rows = [f"Yes,{one},{one}@example.org,{came},{left},{minutes}" for one in people]
    head = [
        "Attendee Report",
        "Report generated time,09/22/2026 02:31:08 PM",
        "Topic,Webinar ID,Actual Start Time",
        f'"{topic.replace(chr(34), chr(34) * 2)}",912 3456 7890,09/22/2026 10:58:12 AM',
        "Attendee Details",
        "Attended,User Name (Original Name),Email,Join Time,Leave Time,Time in Session (minutes)",
    ]
    return "\n".join([*head, *rows, ""]).encode()


def a_delivery(body: bytes | None = None, name: str = "webinar.csv") -> Delivery:
    """A report as it is uploaded; the sample with rows of every kind unless given."""
    return Delivery(body=REPORT.read_bytes() if body is None else body, name=name)


class Browser(FlaskClient):
    """A client in the test's own application context, where nothing of its last request stays."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        for name in list(g) if has_app_context() else ():
            g.pop(name)
        return super().open(*args, **kwargs)


def signed_in(app: Flask, who: Who) -> FlaskClient:
    """A browser in which this person is signed in."""
    app.test_client_class = Browser
    client = app.test_client()
    with client.session_transaction() as session:
        session["_user_id"], session["_fresh"] = who.uid, True
    return client


def posted(client: FlaskClient, path: str, **fields: Any) -> Any:
    """What comes back for a form, sent with the token that every page has."""
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/sources").text)
    form = {"csrf_token": token[1] if token else "", **fields}
    return client.post(path, data=form, content_type="multipart/form-data")


def uploaded(
    client: FlaskClient, source: str, body: bytes | None = None, name: str = "webinar.csv"
) -> Any:
    """The page after an upload."""
    file = (io.BytesIO(REPORT.read_bytes() if body is None else body), name)
    return posted(client, f"/sources/{source}/preview", report=file)


def token_in(page: str) -> str:
    """The token of the preview on a page."""
    found = re.search(r'name="token" value="([^"]+)"', page)
    assert found
    return found[1]


def words_of(page: str) -> str:
    """A page as it is read: without tags, entities resolved, spaces run together."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split()).replace(" .", ".")


def every_table() -> dict[str, list[Any]]:
    """All rows of all tables."""
    db.session.rollback()
    return {
        table.name: sorted(db.session.execute(select(table)).all(), key=repr)
        for table in Base.metadata.sorted_tables
    }


def weigh_anew() -> None:
    """Bring every projection to the end of the log, as the worker does by itself."""
    profiles.catch_up()
    while projector.advance(reader(), holder=HOLDER):
        pass
    projector.release(HOLDER)
    db.session.rollback()
