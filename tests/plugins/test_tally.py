"""The tally: one line a batch, with counts and without people."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from factories import a_statement
from flask import Flask

from engine.lrs.keys import authority_of, own_origin
from engine.pipeline import entry_of, record
from plugins import tally

REPLIED = "http://id.tincanapi.com/verb/replied"


def lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    return [json.loads(one.getMessage()) for one in caplog.records if one.name == "engine.tally"]


@pytest.fixture
def heard(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The log, also of loggers that keep their lines to themselves."""
    monkeypatch.setattr(logging.getLogger("engine"), "propagate", True)
    caplog.set_level(logging.DEBUG, logger="engine")
    return caplog


def test_verbs_are_counted_by_name() -> None:
    statements = [a_statement(), a_statement(), a_statement(verb=REPLIED)]

    assert tally.counts(statements) == {"attended": 2, "replied": 1}


def test_other_spellings_of_a_verb_count_with_it() -> None:
    assert tally.counts([a_statement(verb="http://activitystrea.ms/attend")]) == {"attended": 1}


def test_a_verb_of_somebodys_own_is_not_written_down() -> None:
    statement = a_statement(verb="https://example.org/bo.lund@example.org/did")

    assert tally.counts([statement]) == {"other": 1}


def test_a_stored_batch_is_one_line(app: Flask, heard: pytest.LogCaptureFixture) -> None:
    authority = authority_of(own_origin())

    record([entry_of(a_statement(), authority=authority) for _ in range(2)])

    assert lines(heard) == [{"stored": 2, "verbs": {"attended": 2}}]


def test_what_was_known_is_not_counted_again(app: Flask, heard: pytest.LogCaptureFixture) -> None:
    statement, authority = a_statement(), authority_of(own_origin())
    record([entry_of(dict(statement), authority=authority)])
    heard.clear()

    record([entry_of(dict(statement), authority=authority)])

    assert lines(heard) == []


def test_the_line_names_nobody(app: Flask, heard: pytest.LogCaptureFixture) -> None:
    record([entry_of(a_statement("bo@example.org"), authority=authority_of(own_origin()))])

    assert "example.org" not in heard.text
