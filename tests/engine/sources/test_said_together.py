"""Accounts and addresses that came together: when that is kept, and whom it suggests."""

from __future__ import annotations

from typing import Any

import pytest
from inbox_making import BO as BO_ROW
from inbox_making import INES, link, people
from sqlalchemy import update
from together_making import GIVES, U7, alone, pairs, suggested, told
from toy import accepted, add_toy, did, file

from engine.db import transaction
from engine.people import inbox, service
from engine.people.models import Identifier
from engine.sources import instances, runs, undo

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("toys")]
MAIL = "mailto:bo@example.org"


def say(word: str, source: str = "t") -> None:
    """Bo says something about a source."""
    with transaction():
        origin = instances.get(source).origin_id
        service.say(service.get_person("bo@example.org"), origin, word)


def unlink(handle: str = U7) -> None:
    with transaction():
        service.unlink(service.get_person("bo@example.org"), handle)


# What is kept.


def test_what_came_together_is_kept_with_its_run() -> None:
    run = told()
    assert pairs() == [(U7, MAIL, run)]


def test_a_run_says_it_once_however_often_it_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.sources.reading.BATCH", 2)
    runs.run_file("t", file(*(did(f"{n}", account="u7") for n in range(5))))
    assert len(pairs()) == 1


def test_each_run_says_it_for_itself() -> None:
    assert [told("a"), told("b")] == [run for _, _, run in pairs()]


def test_a_run_that_goes_on_says_it_once() -> None:
    run = told()
    with transaction() as session:
        session.execute(update(runs.Run).values(state="running", done=0, rows=0, counts={}))
    runs.process(run)
    assert pairs() == [(U7, MAIL, run)]


def test_the_keys_are_written_as_the_record_has_them() -> None:
    told(email=" Bo@Example.ORG ", home="https://toy.example.org/")
    assert [pair[:2] for pair in pairs()] == [(U7, MAIL)]


def test_a_preview_keeps_nothing() -> None:
    runs.preview("t", file(did("a", account="u7")))
    assert pairs() == []


@pytest.mark.parametrize(
    "given",
    [
        pytest.param({"account": None}, id="no account"),
        pytest.param({"email": None}, id="no address"),
        pytest.param({"account": " "}, id="an empty account"),
        pytest.param({"account": "x" * 700}, id="an account that is known by its hash"),
        pytest.param({"account": "\U0001f600" * 560}, id="an account too long for an index"),
        pytest.param({"account": "u7 "}, id="an account that nobody can link"),
        pytest.param({"home": "not an address"}, id="a home page that is none"),
        pytest.param({"home": "urn:byway:username"}, id="a user name of ours"),
        pytest.param({"home": "urn:byway:name-at:t"}, id="a name of ours"),
        pytest.param({"verb": "no verb"}, id="a row that fails"),
        pytest.param({"email": "no address"}, id="a row whose address fails"),
    ],
)
def test_what_cannot_be_both_is_not_kept(given: dict[str, Any]) -> None:
    told(**given)
    assert pairs() == []


def test_of_whoever_objected_nothing_is_kept() -> None:
    people(BO_ROW)
    say("objected")
    told()
    assert pairs() == []


@pytest.mark.parametrize(("word", "kept"), [("given", 1), ("withdrawn", 0)])
def test_with_consent_it_takes_hers(word: str, kept: int) -> None:
    add_toy("asks", "consent", account="asks")
    people(BO_ROW)
    say(word, "asks")
    runs.run_file("asks", file(did("a", account="u7")))
    assert len(pairs()) == kept


def test_a_row_that_waits_says_it_when_it_is_read() -> None:
    runs.run_file("t", file(accepted("b", "a", account="u8")))
    assert pairs() == []
    runs.run_file("t", file(did("a")))
    assert [pair[0] for pair in pairs()] == ["https://toy.example.org::u8"]


# Whom it suggests.


def test_an_account_alone_is_suggested_by_the_address_it_came_with() -> None:
    people(BO_ROW)
    told()
    alone()
    assert suggested() == [(GIVES, "strong")]


def test_she_may_become_a_person_later() -> None:
    told()
    assert suggested() == []
    people(BO_ROW)
    assert suggested() == [(GIVES, "strong")]


def test_any_address_of_hers_will_do() -> None:
    people("Bo Lund,bo@example.org,,,b.lund@example.org\n")
    told(email="b.lund@example.org")
    assert suggested() == [(GIVES, "strong")]


def test_an_account_with_two_addresses_is_not_enough() -> None:
    people(BO_ROW, INES)
    told("a")
    told("b", email="ines@example.org")
    assert [strength for _, strength in suggested()] == ["weak", "weak"]


def test_a_second_address_that_is_nobodys_is_a_doubt_too() -> None:
    people(BO_ROW)
    told("a")
    told("b", email="else@example.org")
    assert suggested() == [(GIVES, "weak")]


def test_an_address_of_two_accounts_at_a_site_is_not_enough() -> None:
    people(BO_ROW)
    told("a")
    told("b", account="u8")
    assert suggested() == [(GIVES, "weak")]


def test_what_was_unlinked_by_hand_is_not_enough() -> None:
    people(BO_ROW)
    told()
    alone()
    link(U7)
    unlink()
    assert suggested() == [(GIVES, "weak")]


def test_a_second_account_at_the_site_is_not_enough() -> None:
    people(BO_ROW)
    told()
    with transaction():
        service.link(service.get_person("bo@example.org"), "https://toy.example.org::u8")
    assert suggested() == [(GIVES, "weak")]


def test_an_address_that_nobody_verified_is_no_reason() -> None:
    people(BO_ROW)
    told()
    with transaction() as session:
        session.execute(update(Identifier).values(verified=False))
    assert suggested() == []


def test_a_run_that_was_undone_suggests_nobody() -> None:
    people(BO_ROW)
    run = told()
    undo.undo(run)
    assert suggested() == []
    undo.redo(run)
    assert suggested() == [(GIVES, "strong")]


def test_another_run_that_stands_goes_on_saying_it() -> None:
    people(BO_ROW)
    told("a")
    undo.undo(told("b"))
    assert suggested() == [(GIVES, "strong")]


def test_another_account_is_not_meant() -> None:
    people(BO_ROW)
    told()
    assert suggested("https://toy.example.org::u77") == []


def test_a_name_is_no_account() -> None:
    people(BO_ROW)
    told(name="Bo Lund")
    handle = inbox.name_handle("t", "Bo Lund")
    assert suggested(handle) == [("same name as bo@example.org, which is not enough", "name")]
