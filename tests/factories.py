"""Things tests make: people, keys, statements, sources of a toy kind."""

from __future__ import annotations

import base64
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from engine.config import Settings, read_settings
from engine.db import transaction
from engine.lrs import keys
from engine.people import service as people
from engine.people.service import Who

HOME = "http://byway.example"
ATTENDED = "http://adlnet.gov/expapi/verbs/attended"


def settings_in(directory: Path, database_url: str = "") -> Settings:
    """Settings of an instance in a directory, as the environment would give them."""
    return read_settings(
        {
            "BYWAY_INSTANCE": str(directory),
            "BYWAY_PUBLIC_URL": HOME,
            "BYWAY_DATABASE_URL": database_url,
        }
    )


def a_person(name: str = "Bo Lund", email: str = "bo@example.org", *roles: str) -> Who:
    """Somebody with an email, in the database."""
    with transaction():
        person = people.create_person(name=name, email=email)
        for role in roles:
            people.give_role(person, role)
        return people.who(person)


def a_key(name: str = "lms", **given: Any) -> keys.NewKey:
    """A key that may write and read its own, unless told otherwise."""
    wanted = {
        "scopes": list(keys.DEFAULT_SCOPES),
        "reads": "mine",
        "may_attest": False,
        "basis": "notice",
        "home_page": HOME,
    }
    with transaction():
        return keys.create_key(name, **{**wanted, **given})


def headers(key: keys.NewKey, version: str = "1.0.3") -> dict[str, str]:
    """The headers an xAPI client sends."""
    pair = base64.b64encode(f"{key.key}:{key.secret}".encode()).decode()
    return {
        "Authorization": f"Basic {pair}",
        "X-Experience-API-Version": version,
        "Content-Type": "application/json",
    }


def a_statement(
    email: str = "bo@example.org",
    verb: str = ATTENDED,
    thing: str = "https://events.example.org/1",
    **members: Any,
) -> dict[str, Any]:
    """A statement that passes, with an id of its own."""
    statement = {
        "id": str(uuid.uuid4()),
        "actor": {"objectType": "Agent", "mbox": f"mailto:{email}"},
        "verb": {"id": verb},
        "object": {"objectType": "Activity", "id": thing},
        "timestamp": datetime(2026, 9, 8, 12, 0, tzinfo=UTC).isoformat(),
    }
    return statement | members
