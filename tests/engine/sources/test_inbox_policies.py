"""Trusted domains: what they make by themselves, and what they leave alone."""

from __future__ import annotations

import pytest
from inbox_making import BO, ODILE, an_account, keys_of, open_handles, people, seen, waits
from live_log import here

from engine.db import db, transaction
from engine.errors import NotFound, Refused
from engine.people import inbox, policies, service
from engine.sources import newcomers

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("toys")]
NEW = {"mbox": "mailto:new@example.org"}


def trust(domain: str = "example.org") -> int:
    """Trust a domain; how many people it made at once."""
    with transaction():
        policies.trust(domain, by=ODILE.name)
    return newcomers.create_people()


def anybody(email: str) -> bool:
    db.session.rollback()
    return service.find_person(email) is not None


def test_no_domain_is_trusted_by_itself() -> None:
    seen(NEW)
    assert policies.trusted() == []
    assert newcomers.create_people() == 0


def test_an_address_of_a_trusted_domain_becomes_a_person_with_her_level() -> None:
    seen(NEW)
    assert trust() == 1
    assert here("new@example.org") is not None
    assert open_handles() == []


def test_doing_it_again_makes_nobody() -> None:
    seen(NEW)
    assert (trust(), newcomers.create_people()) == (1, 0)


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("new@sub.example.org", id="a domain below it"),
        pytest.param("new@example.org.evil.test", id="a domain that begins like it"),
        pytest.param("new@notexample.org", id="a domain that ends like it"),
    ],
)
def test_other_domains_are_not_trusted(address: str) -> None:
    seen({"mbox": f"mailto:{address}"})
    assert trust() == 0
    assert not anybody(address)


def test_no_policy_makes_a_person_of_a_name_or_an_account() -> None:
    waits("new@example.org")
    seen(an_account("new@example.org"))
    assert trust() == 0
    assert not anybody("new@example.org")


def test_who_was_unlinked_by_hand_is_not_made_again() -> None:
    people(BO)
    seen({"mbox": "mailto:bo@example.org"})
    with transaction():
        service.unlink(service.get_person("bo@example.org"), "bo@example.org")
    assert trust() == 0
    assert keys_of() == {"urn:byway:username::blund", "urn:byway:external-id::4711"}


def test_what_was_put_aside_is_left_alone() -> None:
    seen(NEW)
    with transaction():
        inbox.ignore(["mailto:new@example.org"], ODILE)
    assert trust() == 0


def test_a_domain_trusted_no_more_makes_nobody_and_keeps_whom_it_made() -> None:
    seen(NEW)
    trust()
    with transaction():
        policies.distrust("example.org", by=ODILE.name)
    seen({"mbox": "mailto:later@example.org"}, origin="other")
    assert newcomers.create_people() == 0
    assert anybody("new@example.org")


def test_the_log_says_which_domain_it_was() -> None:
    seen(NEW)
    trust()
    assert inbox.history()[0].by == "trusted domain example.org"


@pytest.mark.parametrize("text", ["Example.org", " @example.org ", "example.org."])
def test_a_domain_is_read_however_it_is_written(text: str) -> None:
    with transaction():
        assert policies.trust(text, by="") == "example.org"


@pytest.mark.parametrize(
    "text", ["", "org", "a b.org", "x@example.org", "*.example.org", "%", "a" * 300, "-a.org"]
)
def test_what_is_no_domain_is_refused(text: str) -> None:
    with pytest.raises(Refused, match="not a domain"):
        policies.trust(text, by="")


def test_distrusting_what_is_not_trusted_is_refused() -> None:
    with pytest.raises(NotFound):
        policies.distrust("example.org", by="")
