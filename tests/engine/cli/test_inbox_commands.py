"""The identity inbox from the shell."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_running import Byway
from flask import Flask
from inbox_making import BO, FORUM, NAMED, an_account, people, seen, waits

from engine.db import db

ACCOUNT = f"{FORUM}::4711"


@pytest.fixture
def open_ones(toys: Flask) -> None:
    """Bo is known; her account waits with one row, and a name waits with another."""
    people(BO)
    seen(an_account("4711"))
    waits("Bo Lund")
    db.session.remove()


pytestmark = pytest.mark.usefixtures("open_ones")


def test_it_lists_what_is_open_with_the_reasons(byway: Byway) -> None:
    ran = byway("people", "inbox")
    assert (ran.code, ran.err) == (0, "")
    assert f"{ACCOUNT}  1 (lms 1)" in ran.out
    assert "same account name as the external id of bo@example.org" in ran.out


def test_scripts_read_json(byway: Byway) -> None:
    account, name = byway("people", "inbox", "--json").json
    assert (account["handle"], account["suggestions"][0]["strength"]) == (ACCOUNT, "strong")
    assert (name["handle"], name["waits"]) == (NAMED, True)


def test_it_goes_out_as_csv_and_comes_back_in(byway: Byway, tmp_path: Path) -> None:
    head, account, _ = byway("people", "inbox", "--csv").out.splitlines()
    file = tmp_path / "filled.csv"
    file.write_text(f"{head}\n{account[:-2]}bo@example.org,,\n", encoding="utf-8")
    assert "linked" in byway("people", "link-csv", str(file), "--preview").out
    assert [one["outcome"] for one in byway("people", "link-csv", file, "--json").json] == [
        "linked"
    ]
    assert ACCOUNT not in byway("people", "inbox").out


def test_a_file_of_refusals_ends_with_one(byway: Byway, tmp_path: Path) -> None:
    file = tmp_path / "filled.csv"
    file.write_text(f"handle,email\n{ACCOUNT},x@example.org\n", encoding="utf-8")
    ran = byway("people", "link-csv", str(file))
    assert (ran.code, "row 2: Nobody here has" in ran.err) == (1, True)


def test_a_name_whose_plugin_is_not_there_is_not_linked(byway: Byway) -> None:
    ran = byway("people", "link", "bo@example.org", NAMED)
    assert (ran.code, "No plugin" in ran.err) == (1, True)
    assert NAMED in byway("people", "inbox").out


def test_a_handle_is_put_aside_and_taken_up(byway: Byway) -> None:
    byway("people", "ignore", ACCOUNT)
    assert ACCOUNT not in byway("people", "inbox").out
    assert ACCOUNT in byway("people", "inbox", "--ignored").out
    byway("people", "ignore", ACCOUNT, "--undo")
    assert ACCOUNT in byway("people", "inbox").out


def test_the_history_takes_a_decision_back(byway: Byway) -> None:
    byway("people", "link", "bo@example.org", ACCOUNT)
    newest = byway("people", "history").out.splitlines()[0]
    assert "linked bo@example.org" in newest
    assert byway("people", "history", "--undo", newest.split()[0]).code == 0
    assert ACCOUNT in byway("people", "inbox").out


def test_policies_are_shown_and_set(byway: Byway) -> None:
    byway("keys", "create", "moodle", "--account-rule", "username")
    ran = byway("people", "policies", "--trust", "example.org")
    assert "example.org is trusted, by byway people inbox." in ran.out
    assert "moodle: account names are the username" in ran.out
    assert "trusted" not in byway("people", "policies", "--distrust", "example.org").out


def test_a_sources_reports_are_followed(byway: Byway) -> None:
    byway("sources", "add", "feed", "blogs", "--set", "feeds=https://blog.example.org/feed")
    told = "blogs: accounts are linked by the address its reports give."
    assert told in byway("people", "policies", "--follow", "blogs").out
    assert told not in byway("people", "policies", "--follow-no-more", "blogs").out


def test_following_what_is_no_source_is_refused(byway: Byway) -> None:
    ran = byway("people", "policies", "--follow", "nowhere")
    assert (ran.code, "There is no source" in ran.err) == (1, True)


def test_a_person_is_created_with_the_link(byway: Byway) -> None:
    ran = byway("people", "link", "new@example.org", ACCOUNT, "--create", "--name", "New One")
    assert (ran.code, ran.out) == (0, f"{ACCOUNT} is new@example.org.\n")
    assert ACCOUNT not in byway("people", "inbox").out


def test_a_link_to_nobody_is_refused(byway: Byway) -> None:
    ran = byway("people", "link", "new@example.org", ACCOUNT)
    assert (ran.code, "Nobody here has" in ran.err) == (1, True)
