"""Who a handle could be: the reason, how far it reaches, and that a name is never one."""

from __future__ import annotations

import pytest
from flask import Flask
from inbox_making import BO, FORUM, INES, NAMED, ODILE, people
from sqlalchemy import update

from engine.db import db, transaction
from engine.people import inbox, service, suggestions
from engine.people.models import Identifier

pytestmark = pytest.mark.both_databases
HERS = "Bo Lund,bo@example.org,blund,4711,https://www.forum.example.org::bo_l\n"


def told(handle: str, *others: str) -> list[tuple[str, str]]:
    """The reasons for a handle, and how far each reaches."""
    db.session.rollback()
    found = suggestions.suggest([handle, *others])
    return [(one.reason, one.strength) for one in found.get(handle, [])]


@pytest.mark.parametrize(
    ("handle", "reason", "strength"),
    [
        pytest.param(
            f"{FORUM}::4711",
            "same account name as the external id of bo@example.org",
            "strong",
            id="external id",
        ),
        pytest.param(
            f"{FORUM}::BLund",
            "same account name as the user name of bo@example.org",
            "strong",
            id="user name",
        ),
        pytest.param(
            f"{FORUM}::Bo@example.org",
            "same verified email as bo@example.org",
            "strong",
            id="email",
        ),
        pytest.param(
            "mailto:bo+zoom@example.org",
            "same mailbox as bo@example.org, but for what follows the plus sign",
            "weak",
            id="plus sign",
        ),
        pytest.param(
            f"{FORUM}::bo_l",
            "same account name as bo@example.org at the same site, "
            "whose address is written otherwise",
            "weak",
            id="site with www",
        ),
        pytest.param(
            "https://www.forum.example.org::BO_L",
            "same account name as bo@example.org at this site, but for capitals",
            "weak",
            id="capitals",
        ),
    ],
)
def test_a_suggestion_has_its_reason(app: Flask, handle: str, reason: str, strength: str) -> None:
    people(HERS)
    assert told(handle) == [(reason, strength)]


@pytest.mark.parametrize(
    "handle",
    [
        pytest.param(f"{FORUM}::Bo Lund", id="an account called as she is"),
        pytest.param(f"{FORUM}::bo", id="part of her address"),
        pytest.param("mailto:bo.lund@example.org", id="an address made of her name"),
        pytest.param("mailto:bo@example.com", id="her mailbox at another domain"),
        pytest.param("https://other.example.org::bo_l", id="the same name at another site"),
        pytest.param(f"{FORUM}::04711", id="almost her id"),
        pytest.param("a" * 40, id="a hash"),
        pytest.param("hash::" + "a" * 64, id="what was too long"),
    ],
)
def test_what_only_looks_alike_is_not_suggested(app: Flask, handle: str) -> None:
    people(HERS)
    assert told(handle) == []


@pytest.mark.parametrize("name", ["Bo Lund", "bo lund"])
def test_the_same_name_is_told_and_not_enough(app: Flask, name: str) -> None:
    people(BO)
    handle = inbox.name_handle("t", name)
    assert told(handle) == [("same name as bo@example.org, which is not enough", "name")]


def test_a_user_name_is_no_reason_for_a_name(app: Flask) -> None:
    people(BO)
    assert told(inbox.name_handle("t", "blund")) == []


def test_reasons_for_two_people_are_not_enough(app: Flask) -> None:
    people("Bo Lund,bo@example.org,77,,\n", "Ines Roy,ines@example.org,,77,\n")
    assert [strength for _, strength in told(f"{FORUM}::77")] == ["weak", "weak"]


def test_two_reasons_for_one_person_are_one_suggestion(app: Flask) -> None:
    people("Bo Lund,bo@example.org,77,77,\n")
    assert told(f"{FORUM}::77") == [
        ("same account name as the external id of bo@example.org", "strong")
    ]


def test_two_accounts_of_one_user_name_are_not_enough(app: Flask) -> None:
    people(BO)
    (found,) = told(f"{FORUM}::blund", f"{FORUM}::BLUND")
    assert found[1] == "weak"


def test_a_second_account_at_a_site_is_not_enough(app: Flask) -> None:
    people(BO)
    with transaction():
        service.link(service.get_person("bo@example.org"), f"{FORUM}::bo_l")
    assert told(f"{FORUM}::blund")[0][1] == "weak"


def test_what_was_unlinked_is_not_enough_and_says_so(app: Flask) -> None:
    people(f"Bo Lund,bo@example.org,,,{FORUM}::bo_l\n")
    with transaction():
        service.unlink(service.get_person("bo@example.org"), f"{FORUM}::bo_l")
    assert told(f"{FORUM}::bo_l") == [
        ("said so for bo@example.org in the people CSV, and unlinked since", "weak")
    ]


def test_what_was_unlinked_is_weak_whatever_speaks_for_it(app: Flask) -> None:
    people(BO)
    with transaction():
        person = service.get_person("bo@example.org")
        inbox.link(f"{FORUM}::blund", person, ODILE)
        service.unlink(person, f"{FORUM}::blund")
    assert [strength for _, strength in told(f"{FORUM}::blund")] == ["weak"]


def test_an_identifier_nobody_verified_is_no_reason(app: Flask) -> None:
    people(BO)
    with transaction() as session:
        session.execute(update(Identifier).values(verified=False))
    assert told(f"{FORUM}::4711") == []


def test_who_was_merged_is_suggested_as_who_she_is_now(app: Flask) -> None:
    people(BO, INES)
    with transaction():
        bo, ines = (service.get_person(f"{name}@example.org") for name in ("bo", "ines"))
        service.merge(ines, bo)
    db.session.rollback()
    (found,) = suggestions.suggest([f"{FORUM}::4711"])[f"{FORUM}::4711"]
    assert found.email == "ines@example.org"


def test_the_strongest_comes_first(app: Flask) -> None:
    people("Bo Lund,bo@example.org,,,https://www.forum.example.org::77\n")
    people("Ines Roy,ines@example.org,,77,\n")
    assert [strength for _, strength in told(f"{FORUM}::77")] == ["strong", "weak"]


def test_without_people_nothing_is_suggested(app: Flask) -> None:
    assert suggestions.suggest([NAMED, f"{FORUM}::x", "mailto:x+y@example.org"]) == {}
