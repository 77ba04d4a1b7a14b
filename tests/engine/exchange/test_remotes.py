"""What is kept of another record store: one spelling of its address, and the secret sealed."""

from __future__ import annotations

import pytest
from exchange_making import a_forward, a_pull, change, the_forward, the_pull
from flask import Flask

from engine.db import transaction
from engine.errors import Conflict, Refused
from engine.exchange import forwards, pulls
from engine.exchange.remotes import Remote, endpoint, remote_of

URL = "https://lrs.example.org/xapi"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        pytest.param(URL, URL, id="as it is"),
        pytest.param(f"{URL}/", URL, id="slash at the end"),
        pytest.param(f"{URL}/statements", URL, id="with the resource"),
        pytest.param(f" {URL}/statements/ ", URL, id="spaces around"),
        pytest.param("HTTPS://LRS.example.ORG:443/xapi", URL, id="case and port of no matter"),
        pytest.param("http://lrs.example.org:80", "http://lrs.example.org", id="root"),
        pytest.param("https://lrs.example.org/xAPI", "https://lrs.example.org/xAPI", id="path"),
        pytest.param("http://[::1]:8000/xapi", "http://[::1]:8000/xapi", id="IPv6"),
        pytest.param("https://lrs.example.org/a b", "https://lrs.example.org/a%20b", id="escaped"),
    ],
)
def test_one_spelling_of_an_endpoint(text: str, kept: str) -> None:
    assert endpoint(text) == kept


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("lrs.example.org/xapi", id="no scheme"),
        pytest.param("ftp://lrs.example.org/", id="ftp"),
        pytest.param("https://me:hush@lrs.example.org/", id="key inside"),
        pytest.param(f"{URL}?key=hush", id="question mark"),
        pytest.param("", id="nothing"),
    ],
)
def test_what_is_no_endpoint(text: str) -> None:
    with pytest.raises(Refused) as refused:
        endpoint(text)
    assert refused.value.mend
    assert "hush" not in str(refused.value)


def test_secrets_are_sealed(app: Flask) -> None:
    a_forward(URL)
    a_pull(URL)
    assert b"hush" not in the_forward().secret + the_pull().secret
    assert remote_of(the_forward()).secret == "hush"


def test_secrets_are_not_shown() -> None:
    remote = Remote(url=URL, version="2.0.0", username="us", secret="hush")
    assert "hush" not in repr(remote)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        pytest.param({"url": "nowhere"}, "http", id="address"),
        pytest.param({"version": "0.95"}, "0.95", id="version"),
        pytest.param({"secret": ""}, "empty", id="secret"),
        pytest.param({"audiences": ["everybody"]}, "everybody", id="audience"),
        pytest.param({"match": {"verbs": ["attended"]}}, "attended", id="verb"),
        pytest.param({"match": {"activities": ["x y"]}}, "x y", id="activity"),
        pytest.param({"match": {"agents": ["Bo"]}}, "Bo", id="agent"),
        pytest.param({"match": {"origins": ["moodle"]}}, "There are: Byway", id="origin"),
    ],
)
def test_a_change_that_does_not_fit_changes_nothing(
    app: Flask, given: dict[str, object], why: str
) -> None:
    a_forward(URL)
    with pytest.raises(Refused) as refused:
        change(**given)
    assert why in str(refused.value)
    row = the_forward()
    assert (row.url, row.version, row.audiences, row.match) == (URL, "2.0.0", ["public"], {})


@pytest.mark.parametrize("name", ["", "With Capitals", "-", "x" * 60, "a/b"])
def test_names_that_cannot_be(app: Flask, name: str) -> None:
    wish = {"url": URL, "username": "us", "secret": "hush", "version": "2.0.0"}
    with pytest.raises(Refused), transaction():
        forwards.add(name, forwards.Wish(**wish), after=0)
    with pytest.raises(Refused), transaction():
        pulls.add(name, pulls.Wish(**wish), basis="notice")


def test_names_are_given_once(app: Flask) -> None:
    a_forward(URL)
    a_pull(URL)
    with pytest.raises(Conflict):
        a_forward(URL)
    with pytest.raises(Conflict):
        a_pull(URL)


@pytest.mark.parametrize(
    ("every", "kept"), [pytest.param(0, 10, id="too often"), pytest.param(10**9, 2_592_000, id="x")]
)
def test_a_pull_is_neither_restless_nor_forgotten(app: Flask, every: int, kept: int) -> None:
    a_pull(URL, every=every)
    assert the_pull().every == kept


def test_a_time_that_is_none(app: Flask) -> None:
    with pytest.raises(Refused):
        a_pull(URL, since="yesterday")
