"""What tests of frameworks' and rulesets' pages make: the L&D team's browser, files, drafts."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from factories import a_person
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse
from workbench_making import signed_in

FRAMEWORKS = Path(__file__).parents[2] / "data" / "frameworks"
IMPORT = "/workbench/frameworks/import"
RULES = "/workbench/rulesets"
TABLE = b"""What,Said of it,Fits,Awareness,Working
Data,About data,Digital,You read charts,You make charts
Digital,,,You write mails,You share files
"""


def the_team(app: Flask, name: str = "Odile Brandt", role: str = "ld") -> FlaskClient:
    """Somebody of the L&D team, signed in."""
    email = name.split(" ")[0].lower() + "@example.org"
    return signed_in(app, a_person(name, email, role))


def sent(client: FlaskClient, path: str, **fields: Any) -> TestResponse:
    """What comes back for a form, sent with the token that every page has."""
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/sources").text)
    form = {"csrf_token": token[1] if token else "", **fields}
    return client.post(path, data=form, content_type="multipart/form-data")


def brought(client: FlaskClient, *files: tuple[str, bytes], **fields: Any) -> TestResponse:
    """The page after these files were uploaded."""
    listed = [(io.BytesIO(body), name) for name, body in files]
    return sent(client, IMPORT, files=listed, **fields)


def a_file(name: str) -> tuple[str, bytes]:
    """A public sample."""
    return name, (FRAMEWORKS / name).read_bytes()


def hidden(page: str, action: str) -> dict[str, Any]:
    """What a form of a page would send: its hidden fields, those of one name together."""
    body = re.search(rf'<form[^>]*action="{re.escape(action)}"[^>]*>(.*?)</form>', page, re.DOTALL)
    assert body, f"no form leads to {action}"
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', body[1]):
        found.setdefault(name, []).append(html.unescape(value))
    found.pop("csrf_token")
    return {name: values if len(values) > 1 else values[0] for name, values in found.items()}


def a_draft(client: FlaskClient, **fields: Any) -> str:
    """The address of a new draft, of the version in force unless told otherwise."""
    return str(sent(client, f"{RULES}/drafts", **fields).location)


def revision(client: FlaskClient, draft: str) -> str:
    """The revision that is on a draft's page."""
    found = re.search(r'name="revision" value="(\d+)"', client.get(draft).text)
    assert found
    return found[1]


def text_of(client: FlaskClient, draft: str) -> str:
    """The text of a draft, as its page has it."""
    return area(client.get(draft).text, "yaml")


def area(page: str, ident: str) -> str:
    """What a text field of a page holds."""
    found = re.search(rf'<textarea[^>]*id="{ident}"[^>]*>\n(.*?)</textarea>', page, re.DOTALL)
    assert found
    return html.unescape(found[1])


def filled(page: str) -> dict[str, Any]:
    """The fields of a rule's form as they stand on its page; those with several values together."""
    body = page.split('class="text-beside"')[0]
    found: dict[str, list[str]] = {}
    pairs = [
        *re.findall(r'<input class="form-control[^>]*? name="([^"]+)" value="([^"]*)"', body),
        *re.findall(r'<textarea[^>]*? name="([^"]+)"[^>]*>\n(.*?)</textarea>', body, re.DOTALL),
        *re.findall(r'<input type="checkbox"[^>]*? name="([^"]+)" value="([^"]*)" checked', body),
        *re.findall(r'type="hidden" name="(revision)" value="(\d+)"', body),
        *re.findall(r'<select[^>]*? name="([^"]+)"[^>]*>.*?value="([^"]*)" selected', body),
    ]
    for name, value in pairs:
        found.setdefault(name, []).append(html.unescape(value))
    return {name: values if len(values) > 1 else values[0] for name, values in found.items()}


def save_text(client: FlaskClient, draft: str, text: str) -> TestResponse:
    """Send a draft's text."""
    return sent(client, f"{draft}/text", text=text, revision=revision(client, draft))


def change_rule(client: FlaskClient, draft: str, at: int, **fields: Any) -> TestResponse:
    """Send a rule's form with other values in these fields."""
    there = f"{draft}/rules/{at}"
    given: Mapping[str, Any] = filled(client.get(there).text)
    return sent(client, there, **{**given, **fields})


def publish(client: FlaskClient, draft: str, note: str = "Less for answers") -> TestResponse:
    """Publish a draft."""
    return sent(client, f"{draft}/publish", note=note, revision=revision(client, draft))
