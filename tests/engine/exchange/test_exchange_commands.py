"""forwards and pulls on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cli_running import Byway, inside
from exchange_making import Elsewhere, put, send
from factories import a_statement
from flask import Flask
from lrs_making import an_entry
from werkzeug import Response

from engine.db import transaction
from engine.exchange import forwards
from engine.lrs.store import Authority

ACCESS = ("--key", "us", "--secret", "hush")
VERB = "http://adlnet.gov/expapi/verbs/completed"


@pytest.fixture
def byway(
    instance_dir: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Byway:
    """Runs commands on the test's instance, which may reach this machine."""
    run = inside(instance_dir, monkeypatch, capfd)
    return lambda *words: run(*words, BYWAY_ALLOW_PRIVATE_FETCH="1")


@pytest.fixture
def store(elsewhere: Elsewhere) -> Elsewhere:
    """Another record store that says what it speaks."""
    about = {"version": ["1.0.3", "2.0.0"]}
    elsewhere.server.expect_request("/xapi/about").respond_with_json(about)
    return elsewhere


# --- forwards ----------------------------------------------------------------------------------


@pytest.fixture
def forward(byway: Byway, store: Elsewhere) -> str:
    """A forward named b."""
    done = byway("forwards", "add", "b", store.url, *ACCESS)
    assert done.code == 0, done.err
    return "b"


def listed(byway: Byway, what: str = "forwards") -> dict[str, Any]:
    """The only one there is, as the list has it."""
    [found] = byway(what, "list", "--json").json
    return dict(found)


def test_a_forward_is_added(byway: Byway, forward: str, store: Elsewhere) -> None:
    assert listed(byway) == {
        "name": "b",
        "url": store.url,
        "version": "2.0.0",
        "key": "us",
        "audiences": ["public"],
        "match": {},
        "enabled": True,
        "behind": 0,
        "sent": 0,
        "withheld": 0,
        "letters": 0,
        "trouble": None,
        "next_try": None,
    }


def test_what_leaves_is_said(byway: Byway, store: Elsewhere) -> None:
    done = byway("forwards", "add", "b", store.url, *ACCESS)
    assert done.out == f"Added b: what is public goes to {store.url}, as xAPI 2.0.0.\n"


def test_private_is_warned_of(byway: Byway, store: Elsewhere) -> None:
    done = byway("forwards", "add", "b", store.url, *ACCESS, "--audience", "private")
    assert (done.code, listed(byway)["audiences"]) == (0, ["private"])
    assert "what learners keep to themselves leaves too" in done.err


def test_public_is_not_warned_of(byway: Byway, store: Elsewhere) -> None:
    assert "learners" not in byway("forwards", "add", "b", store.url, *ACCESS).err


def test_http_is_warned_of(byway: Byway, store: Elsewhere) -> None:
    assert "over http" in byway("forwards", "add", "b", store.url, *ACCESS).err


def test_filters_are_kept(byway: Byway, store: Elsewhere) -> None:
    given = ("--verb", VERB, "--agent", "bo@example.org", "--origin", "Byway")
    assert byway("forwards", "add", "b", store.url, *ACCESS, *given).code == 0
    assert listed(byway)["match"] == {
        "verbs": [VERB],
        "agents": ["mailto:bo@example.org"],
        "origins": ["Byway"],
    }


def test_a_store_that_cannot_be_asked_is_taken_for_1_0_3(byway: Byway) -> None:
    done = byway("forwards", "add", "b", "http://127.0.0.1:1/xapi", *ACCESS)
    assert (done.code, listed(byway)["version"]) == (0, "1.0.3")
    assert "cannot be asked now" in done.err


@pytest.mark.parametrize(
    ("answer", "version"),
    [
        pytest.param(Response('{"version": ["1.0.3", "2.0.0"]}'), "2.0.0", id="both"),
        pytest.param(Response('{"version": ["1.0.0", "1.0.3"]}'), "1.0.3", id="older"),
        pytest.param(Response("<html>"), "1.0.3", id="no JSON"),
        pytest.param(Response("[]"), "1.0.3", id="an array"),
        pytest.param(Response('{"version": "2.0.0"}'), "1.0.3", id="no list"),
    ],
)
def test_it_is_asked_what_it_speaks(
    byway: Byway, elsewhere: Elsewhere, answer: Response, version: str
) -> None:
    elsewhere.server.expect_request("/xapi/about").respond_with_response(answer)
    byway("forwards", "add", "b", elsewhere.url, *ACCESS)
    assert listed(byway)["version"] == version


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        pytest.param(("--off",), {"enabled": False}, id="paused"),
        pytest.param(("--version", "1.0.3"), {"version": "1.0.3"}, id="version"),
        pytest.param(("--key", "them"), {"key": "them"}, id="key"),
        pytest.param(("--url", "https://b.example/"), {"url": "https://b.example"}, id="url"),
        pytest.param(("--verb", VERB), {"match": {"verbs": [VERB]}}, id="filter"),
        pytest.param(
            ("--audience", "public", "--audience", "manager"),
            {"audiences": ["public", "manager"]},
            id="audience",
        ),
    ],
)
def test_a_forward_is_changed(
    byway: Byway, forward: str, given: tuple[str, ...], kept: dict[str, Any]
) -> None:
    before = listed(byway)
    assert byway("forwards", "set", "b", *given).code == 0
    assert listed(byway) == before | kept


def test_a_secret_is_changed_and_never_shown(byway: Byway, forward: str) -> None:
    done = byway("forwards", "set", "b", "--secret", "mum")
    shown = done.out + done.err + byway("forwards", "list", "--json").out
    assert "hush" not in shown
    assert "mum" not in shown


@pytest.fixture
def refused(forward: str, store: Elsewhere, us: Authority) -> list[str]:
    """Two statements that the other store refused."""
    sent = put(an_entry(us, "public"), an_entry(us, "public"))
    store.bad = {*sent}
    send()
    return sent


def test_letters_are_listed(byway: Byway, refused: list[str]) -> None:
    found = byway("forwards", "letters", "b", "--json").json
    assert [(one["statement"], one["status"], one["why"]) for one in found] == [
        (sid, 400, "one of 1 is no good") for sid in refused
    ]
    assert f"{refused[0]} 400 one of 1 is no good" in byway("forwards", "letters", "b").out
    assert listed(byway)["letters"] == 2


def test_letters_are_sent_again(byway: Byway, refused: list[str]) -> None:
    first = byway("forwards", "letters", "b", "--json").json[0]["id"]
    assert byway("forwards", "resend", "b", first).out == "1 will be sent again.\n"
    assert byway("forwards", "resend", "b", "--all").out == "2 will be sent again.\n"


def test_letters_that_are_none(byway: Byway, refused: list[str]) -> None:
    done = byway("forwards", "resend", "b", 99)
    assert (done.code, "b has no letter 99." in done.err) == (1, True)


def test_which_letters_must_be_said(byway: Byway, forward: str) -> None:
    assert byway("forwards", "resend", "b").code == 2


def test_a_forward_is_removed_with_its_letters(byway: Byway, refused: list[str]) -> None:
    assert byway("forwards", "remove", "b").out.startswith("Removed b and 2 letters.")
    assert byway("forwards", "list", "--json").json == []


def test_trouble_is_listed(byway: Byway, forward: str, app: Flask) -> None:
    with transaction():
        forwards.get("b").trouble = "It answered with status 500."
    assert "0 sent, 0 withheld, 0 refused, 0 to go. It answered" in byway("forwards", "list").out


@pytest.mark.parametrize("group", ["forwards", "pulls"])
@pytest.mark.parametrize("words", [("set", "x"), ("remove", "x")], ids=" ".join)
def test_what_there_is_not(byway: Byway, group: str, words: tuple[str, ...]) -> None:
    done = byway(group, *words)
    assert (done.code, "There are: none yet." in done.err) == (1, True)


# --- pulls -------------------------------------------------------------------------------------


@pytest.fixture
def pull(byway: Byway, store: Elsewhere) -> str:
    """A pull named p."""
    done = byway("pulls", "add", "p", store.url, *ACCESS, "--basis", "consent")
    assert done.code == 0, done.err
    return "p"


def test_pulling_over_http_is_warned_of(byway: Byway, store: Elsewhere) -> None:
    assert "over http" in byway("pulls", "add", "p", store.url, *ACCESS).err
    assert "over http" in byway("pulls", "set", "p", "--every", "60").err


def test_a_pull_is_added(byway: Byway, pull: str, store: Elsewhere) -> None:
    assert listed(byway, "pulls") == {
        "name": "p",
        "url": store.url,
        "version": "2.0.0",
        "key": "us",
        "basis": "consent",
        "every": 300,
        "since": None,
        "enabled": True,
        "new": 0,
        "known": 0,
        "refused": 0,
        "trouble": None,
        "next_try": None,
    }


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        pytest.param(("--off",), {"enabled": False}, id="paused"),
        pytest.param(("--every", "60"), {"every": 60}, id="every"),
        pytest.param(
            ("--since", "2027-01-31T08:00:00+01:00"),
            {"since": "2027-01-31T07:00:00.000000Z"},
            id="since",
        ),
        pytest.param(("--since", ""), {"since": None}, id="everything"),
    ],
)
def test_a_pull_is_changed(
    byway: Byway, pull: str, given: tuple[str, ...], kept: dict[str, Any]
) -> None:
    before = listed(byway, "pulls")
    assert byway("pulls", "set", "p", *given).code == 0
    assert listed(byway, "pulls") == before | kept


def test_a_pull_is_run(byway: Byway, store: Elsewhere) -> None:
    store.stored = [a_statement(stored="2026-09-08T12:00:00Z")]
    byway("pulls", "add", "p", store.url, *ACCESS)
    assert byway("pulls", "run", "p").out == "1 new, 0 known, 0 refused.\n"
    assert byway("pulls", "run", "p", "--json").json == {"new": 0, "known": 0, "refused": 0}
    assert byway("pulls", "list").out.startswith("p                        1 new, 0 known")


def test_a_pull_that_fails_says_why(byway: Byway, pull: str, store: Elsewhere) -> None:
    store.answers = [Response("who?", 401)]
    done = byway("pulls", "run", "p")
    assert (done.code, "status 401: who?" in done.err) == (1, True)


def test_a_pull_is_removed(byway: Byway, pull: str) -> None:
    assert byway("pulls", "remove", "p").out == "Removed p. What came stays.\n"
    assert byway("pulls", "list", "--json").json == []
