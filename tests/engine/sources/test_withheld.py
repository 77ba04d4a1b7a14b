"""Whoever did not allow a source is not recorded by it."""

from __future__ import annotations

import pytest
from factories import a_person
from looking import count_statements, ended, live_statements, run
from sqlalchemy import select
from toy import add_toy, did

from engine.db import db, transaction
from engine.people import service as people
from engine.people.models import Person
from engine.sources import instances

pytestmark = pytest.mark.usefixtures("toys")


def say(word: str, name: str, email: str = "bo@example.org") -> None:
    """What a person says about a source."""
    with transaction():
        person = db.session.scalars(select(Person).where(Person.email == email)).one()
        people.say(person, instances.get(name).origin_id, word)


@pytest.fixture
def asking(toys: object) -> None:
    """Bo, and a source that needs consent."""
    a_person()
    add_toy("c", basis="consent", account="other")


@pytest.mark.usefixtures("asking")
def test_without_consent_nothing_is_stored() -> None:
    report = run(did("a", rows=[1, 2]), name="c")
    assert ended(report) == {"withheld": 2}
    assert count_statements() == 0


@pytest.mark.usefixtures("asking")
def test_somebody_nobody_knows_has_not_consented() -> None:
    assert ended(run(did("a", email="who@example.org"), name="c")) == {"withheld": 1}


@pytest.mark.usefixtures("asking")
def test_after_consent_importing_again_records() -> None:
    run(did("a"), name="c")
    say("given", "c")
    assert ended(run(did("a"), name="c")) == {"new": 1}


@pytest.mark.usefixtures("asking")
def test_consent_withdrawn_withholds_again() -> None:
    say("given", "c")
    say("withdrawn", "c")
    assert ended(run(did("a"), name="c")) == {"withheld": 1}


@pytest.mark.usefixtures("asking")
def test_an_objection_holds_against_notice() -> None:
    say("objected", "t")
    report = run(did("a"), did("b", email="ines@example.org"))
    assert ended(report) == {"withheld": 1, "new": 1}


@pytest.mark.usefixtures("asking")
def test_an_objection_to_one_source_is_none_to_another() -> None:
    say("objected", "c")
    assert ended(run(did("a"))) == {"new": 1}


@pytest.mark.usefixtures("asking")
def test_an_objection_holds_for_every_identifier() -> None:
    with transaction():
        people.link(people.get_person("bo@example.org"), "https://toy.example.org::bo")
    say("objected", "t")
    assert ended(run(did("a", email=None, account="bo"))) == {"withheld": 1}


@pytest.mark.usefixtures("asking")
def test_an_objection_holds_for_an_account_beside_a_new_address() -> None:
    with transaction():
        people.link(people.get_person("bo@example.org"), "https://toy.example.org::bo")
    say("objected", "t")
    assert ended(run(did("a", email="new@example.org", account="bo"))) == {"withheld": 1}


@pytest.mark.usefixtures("asking")
def test_consent_by_an_address_is_enough_beside_an_account_of_nobody() -> None:
    say("given", "c")
    assert ended(run(did("a", account="unknown"), name="c")) == {"new": 1}


@pytest.mark.usefixtures("asking")
def test_an_objection_holds_where_another_item_names_the_doer() -> None:
    run(did("topic"), did("answer", email="ines@example.org"))
    say("objected", "t")
    report = run(did("yes", by="topic", about="answer", verb="accepted"))
    assert ended(report) == {"withheld": 1}
    assert live_statements() == 2


@pytest.mark.usefixtures("asking")
def test_what_is_withheld_names_nobody() -> None:
    say("objected", "t")
    assert run(did("a")).problems == []
