"""What tests of the mapping pages make: a team, a sample, and the form of a page as it stands."""

from __future__ import annotations

import html
import io
import re
from typing import Any

from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse
from workbench_making import posted

PAGES = "/workbench/mappings"
SHEET = b"""Talk,Room,Ended,Name,Email,Came
How the budget office thinks,Blue,17/09/2026 13:00,Bo Lindqvist,bo@northmoor.example,yes
How the budget office thinks,Blue,17/09/2026 13:00,Noor Castellane,noor@northmoor.example,yes
How the budget office thinks,Blue,17/09/2026 13:00,Tove Arnesen,tove@northmoor.example,no
How the budget office thinks,Blue,17/09/2026 13:00,Iria Souto,iria@,yes
"""
MAPPING = """# our own words
key: [Talk, Ended, Email]
email: Email
verb: {const: attended}
title: Talk
at: Ended
zone: Europe/Madrid
"""


def shown(client: FlaskClient, body: bytes = SHEET, name: str = "talks.csv", **fields: Any) -> Any:
    """The page after a sample was given."""
    sample = (io.BytesIO(body), name)
    return posted(client, f"{PAGES}/new", sample=sample, **fields)


def form_of(page: str, action: str) -> dict[str, Any]:
    """What a form of a page would send as it stands, but for its buttons and files."""
    found = re.search(rf'<form[^>]*action="{re.escape(action)}"[^>]*>(.*?)</form>', page, re.DOTALL)
    assert found, f"no form leads to {action}"
    body, sent = found[1], MultiDict[str, str]()
    for tag in re.findall(r"<input[^>]*>", body):
        told = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        is_on = told.get("type") not in ("checkbox", "radio", "file") or " checked" in tag
        if is_on and told["name"] != "csrf_token":
            sent.add(told["name"], html.unescape(told.get("value", "")))
    for name, options in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', body, re.S):
        chosen = re.search(r'value="([^"]*)" selected', options)
        sent.add(name, html.unescape(chosen[1]) if chosen else "")
    for name, text in re.findall(
        r'<textarea[^>]*name="([^"]+)"[^>]*>\n(.*?)</textarea>', body, re.S
    ):
        sent.add(name, html.unescape(text))
    return {name: sent.getlist(name) for name in sent}


def asked(client: FlaskClient, page: str, then: str, **fields: Any) -> TestResponse:
    """What comes back for the form of a new mapping, with some of its fields filled otherwise."""
    action = f"{PAGES}/columns"
    given = {**form_of(page, action), **fields, "then": then}
    response: TestResponse = posted(client, action, **given)
    return response


FILLED = {
    "way-verb": "const:attended",
    "way-type": "const:lunch-and-learn",
    "text-zone": "Europe/Madrid",
}
"""What nobody can guess of the sample."""
NAMED = {"name": "lunch-talks", "set-system": "Lunch talks", "set-tags": "policy"}
