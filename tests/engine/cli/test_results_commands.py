"""`byway results`: what is decided, publishing now, a new key to sign with."""

from __future__ import annotations

import pytest
from cli_running import Byway
from flask import Flask
from publishing_making import a_learner, chosen, decided

pytestmark = pytest.mark.usefixtures("app")


def test_at_first_nothing_flows_back(byway: Byway) -> None:
    held = {"publishes": False, "badge_level": 0, "issuer": "Byway"}
    assert byway("results", "settings", "--json").json == held


def test_what_is_decided_holds(byway: Byway) -> None:
    byway("results", "settings", "--publish", "--badge-level", "2", "--issuer", "Northmoor")
    said = byway("results", "settings").out
    assert "Levels are published" in said
    assert "from level 2 on" in said
    assert "Northmoor" in said


def test_what_is_not_given_stays(byway: Byway) -> None:
    byway("results", "settings", "--publish", "--badge-level", "2")
    assert byway("results", "settings", "--badge-level", "0", "--json").json["publishes"]


@pytest.mark.parametrize("level", ["9", "-1"])
def test_a_level_that_is_not_there_is_refused(byway: Byway, level: str) -> None:
    done = byway("results", "settings", "--badge-level", level)
    assert (done.code, "The scale has no level" in done.err) == (1, True)


def test_changes_are_published_on_demand(app: Flask, byway: Byway) -> None:
    who = a_learner()
    decided()
    chosen(who)
    assert byway("results", "publish", "--json").json == {"published": 1}
    assert byway("results", "publish", "--json").json == {"published": 0}


def test_those_of_one_learner_are_published_on_demand(app: Flask, byway: Byway) -> None:
    who = a_learner()
    decided()
    chosen(who)
    assert byway("results", "publish", "--learner", "ines@example.org", "--json").json == {
        "published": 0
    }
    assert "Changes published: 1." in byway("results", "publish", "--learner", who.email).out


def test_a_learner_who_is_not_there_is_refused(byway: Byway) -> None:
    done = byway("results", "publish", "--learner", "nobody@example.org")
    assert (done.code, "Nobody here has the address" in done.err) == (1, True)


def test_each_new_key_is_another_one(byway: Byway) -> None:
    first, second = (byway("results", "new-key", "--json").json["kid"] for _ in range(2))
    assert first != second
    assert first.startswith("http://byway.example/badges/keys/")
