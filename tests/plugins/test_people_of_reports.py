"""Reports that give accounts with addresses, and what the same systems say of the account alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest
from factories import a_person
from flask import Flask
from forum_making import sample, settings_of, zipped

from engine import profiles
from engine.api import Delivery
from engine.db import db, transaction
from engine.jobs.accounts import match_accounts
from engine.people import service, suggestions
from engine.sources import account_rules, instances, runs

pytestmark = pytest.mark.both_databases
PLUGINS = ("slack", "wordpress")


def slack(profile: dict[str, str], stamp: str) -> bytes:
    """An export with one message of Ines, whose profile holds this."""
    message = {"type": "message", "user": "U1", "text": "We drop ours.", "ts": stamp}
    files = {
        "channels.json": [{"id": "C1", "name": "evidence"}],
        "users.json": [{"id": "U1", "real_name": "Ines Roy", "profile": profile}],
        "evidence/2026-09-08.json": [message],
    }
    return zipped({name: json.dumps(value) for name, value in files.items()})


# With accounts and addresses, then by accounts alone: whose they are, and by which account.
REPORTS = [
    pytest.param(
        "slack",
        slack({"email": "ines@example.org"}, "1788879660.000200"),
        slack({}, "1788879999.000100"),
        "ines@example.org",
        "https://northmoor.slack.com::U1",
        id="a Slack export without addresses",
    ),
    pytest.param(
        "wordpress",
        sample("wordpress", "export.xml"),
        sample("wordpress", "posts.json").replace(b"112", b"140"),  # a later post
        "odile.ferrand@commons.example.org",
        "https://commons.example.org::7",
        id="what WordPress answers when it is asked",
    ),
]


@pytest.fixture(autouse=True)
def site(make_app: Callable[..., Flask]) -> Iterator[Flask]:
    """An application with what is installed, and an instance of each plugin."""
    app = make_app()
    with app.app_context(), transaction():
        for name in PLUGINS:
            instances.add(name, name, settings_of(name), basis="notice")
    with app.app_context():
        yield app
        db.session.remove()


def recorded(plugin: str, *bodies: bytes) -> None:
    for body in bodies:
        runs.run_file(plugin, Delivery(body=body))
    profiles.catch_up()
    db.session.rollback()


@pytest.mark.parametrize(("plugin", "full", "later", "email", "account"), REPORTS)
def test_an_account_is_suggested_by_the_address_of_an_earlier_report(
    plugin: str, full: bytes, later: bytes, email: str, account: str
) -> None:
    a_person("She", email)
    recorded(plugin, full, later)
    (found,) = suggestions.suggest([account])[account]
    assert (found.email, found.strength) == (email, "strong")


@pytest.mark.parametrize(("plugin", "full", "later", "email", "account"), REPORTS)
def test_it_is_linked_where_reports_are_followed(
    plugin: str, full: bytes, later: bytes, email: str, account: str
) -> None:
    person = a_person("She", email)
    with transaction():
        account_rules.follow(plugin)
    recorded(plugin, full, later)
    assert match_accounts() == 1
    assert account in service.keys_of(person.id)
