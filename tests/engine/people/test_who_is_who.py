"""Links, merges and roles: who an identifier stands for, now and after it is taken back."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import pytest
from factories import a_person
from flask import Flask
from live_log import DAY, an_origin, answered, here, on, put, where

from engine import profiles
from engine.db import db, transaction
from engine.errors import Conflict, NotFound, Refused
from engine.people import matching, service
from engine.people.models import ManagerOf, Membership, Person

pytestmark = pytest.mark.both_databases
FORUM = "https://forum.example.org"
ACCOUNT = {"objectType": "Agent", "account": {"homePage": f"{FORUM}/", "name": "Bo"}}
SHA1 = hashlib.sha1(b"mailto:bo@example.org", usedforsecurity=False).hexdigest()


def record(email: str) -> Person:
    """The record of this address itself, whatever it was merged into."""
    return db.session.query(Person).filter_by(email=email).one()


def who(email: str) -> service.Who:
    return service.who(service.get_person(email))


def link(email: str, identifier: str) -> None:
    with transaction():
        service.link(service.get_person(email), identifier)


def unlink(email: str, identifier: str) -> None:
    with transaction():
        service.unlink(service.get_person(email), identifier)


def merge(into: str, other: str) -> None:
    with transaction():
        service.merge(record(into), record(other))


def unmerge(other: str) -> None:
    with transaction():
        service.unmerge(record(other))


def people(*emails: str) -> None:
    for email in emails:
        a_person(email.partition("@")[0], email)


def digests() -> dict[str, str]:
    profiles.catch_up()
    db.session.rollback()
    return profiles.person_digests(DAY)


def keys() -> dict[str, frozenset[str]]:
    db.session.rollback()
    return {person.email: service.keys_of(person.id) for person in service.all_people()}


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        pytest.param("mailto:Bo.Two@Example.org", "mailto:bo.two@example.org", id="mailto"),
        pytest.param("bo.two@example.org", "mailto:bo.two@example.org", id="a bare address"),
        pytest.param(f"{FORUM}/::Bo", f"{FORUM}::Bo", id="account"),
        pytest.param("https://id.example.org/bo", "https://id.example.org/bo", id="openid"),
        pytest.param(SHA1.upper(), SHA1, id="sha1"),
    ],
)
def test_an_identifier_is_kept_in_one_form(app: Flask, typed: str, key: str) -> None:
    people("bo@example.org")
    link("bo@example.org", typed)
    assert key in who("bo@example.org").keys


@pytest.mark.parametrize("typed", ["bo", "", "mailto:", "ftp://x", "::x", "a@b@c.org"])
def test_what_is_no_identifier_is_refused(app: Flask, typed: str) -> None:
    people("bo@example.org")
    with pytest.raises(Refused, match="is not an"):
        link("bo@example.org", typed)


def test_a_mailbox_covers_its_sha1(app: Flask) -> None:
    people("bo@example.org")
    put(an_origin(), answered() | {"actor": {"objectType": "Agent", "mbox_sha1sum": SHA1}})
    assert where() is not None


def test_a_link_lights_up_what_is_recorded(app: Flask) -> None:
    people("bo@example.org")
    put(an_origin(), answered() | {"actor": ACCOUNT})
    assert where() is None
    link("bo@example.org", f"{FORUM}::Bo")
    assert here() is not None


def test_an_unlink_takes_it_away_again(app: Flask) -> None:
    people("bo@example.org")
    link("bo@example.org", f"{FORUM}::Bo")
    put(an_origin(), answered() | {"actor": ACCOUNT})
    assert where() is not None
    unlink("bo@example.org", f"{FORUM}::Bo")
    assert here() is None


def test_an_unlinked_identifier_can_be_somebody_elses(app: Flask) -> None:
    people("bo@example.org", "ines@example.org")
    link("bo@example.org", f"{FORUM}::Bo")
    unlink("bo@example.org", f"{FORUM}::Bo")
    link("ines@example.org", f"{FORUM}::Bo")
    assert f"{FORUM}::Bo" in who("ines@example.org").keys


def test_what_is_somebody_elses_is_refused_whole(app: Flask) -> None:
    people("bo@example.org", "ines@example.org")
    link("ines@example.org", hashlib.sha1(b"mailto:b2@example.org").hexdigest())
    before = keys()
    with pytest.raises(Conflict, match=r"already belongs to ines@"):
        link("bo@example.org", "mailto:b2@example.org")
    assert keys() == before


def test_unlinking_what_is_not_linked_is_refused(app: Flask) -> None:
    people("bo@example.org")
    with pytest.raises(NotFound):
        unlink("bo@example.org", f"{FORUM}::Bo")


def test_somebody_is_found_by_a_linked_address(app: Flask) -> None:
    people("bo@example.org")
    link("bo@example.org", "mailto:b2@example.org")
    assert service.get_person(" B2@example.org").email == "bo@example.org"


def a_history() -> None:
    """Three people, evidence of two of them, and words on it by the third."""
    people("a@example.org", "b@example.org", "c@example.org")
    link("b@example.org", f"{FORUM}::Bo")
    source = an_origin("forum", "source", attests="peer")
    first, second = put(source, answered("a@example.org"), answered("x@y.org") | {"actor": ACCOUNT})
    put(source, on(first, by="b@example.org"), on(second, by="c@example.org"))


def test_merging_and_back_leaves_every_digest_as_it_was(app: Flask) -> None:
    a_history()
    before = digests()
    merge("a@example.org", "b@example.org")
    merged = digests()
    unmerge("b@example.org")
    assert (digests(), before == merged) == (before, False)


CHAIN = [("a@example.org", "b@example.org"), ("c@example.org", "a@example.org")]


@pytest.mark.parametrize(
    "back",
    [
        pytest.param(["a@example.org", "b@example.org"], id="the later first"),
        pytest.param(["b@example.org", "a@example.org"], id="the earlier first"),
    ],
)
def test_a_chain_of_merges_comes_apart_in_any_order(app: Flask, back: Iterable[str]) -> None:
    a_history()
    before, owned = digests(), keys()
    [merge(into, other) for into, other in CHAIN]
    assert len(keys()) == 1
    [unmerge(other) for other in back]
    assert (keys(), digests()) == (owned, before)


def test_a_merged_person_has_all_of_both(app: Flask) -> None:
    with transaction():
        matching.import_people(
            b"email,communities,manager\na@example.org,Policy|Data,\n"
            b"b@example.org,Policy|Wiki,c@example.org\nc@example.org,,\n"
        )
        service.give_role(service.get_person("b@example.org"), "expert")
        service.say(service.get_person("b@example.org"), 1, "objected")
    merge("a@example.org", "b@example.org")
    found = who("b@example.org")
    assert (found.email, found.roles) == ("a@example.org", {"learner", "expert"})
    assert [slug for slug, _ in found.communities] == ["data", "policy", "wiki"]
    assert service.words_of(found.id) == {1: "objected"}
    assert service.words_about(1) == {found.id: "objected"}
    assert [one.email for one in service.managers_of(found.id)] == ["c@example.org"]


def test_what_was_linked_since_the_merge_stays_where_it_was_linked(app: Flask) -> None:
    people("a@example.org", "b@example.org")
    merge("a@example.org", "b@example.org")
    link("b@example.org", f"{FORUM}::Bo")
    unmerge("b@example.org")
    assert f"{FORUM}::Bo" in who("a@example.org").keys
    assert f"{FORUM}::Bo" not in who("b@example.org").keys


def test_a_merged_record_can_be_unlinked_from(app: Flask) -> None:
    people("a@example.org", "b@example.org")
    link("b@example.org", f"{FORUM}::Bo")
    merge("a@example.org", "b@example.org")
    unlink("a@example.org", f"{FORUM}::Bo")
    assert f"{FORUM}::Bo" not in who("a@example.org").keys


@pytest.mark.parametrize(
    ("into", "other"),
    [
        pytest.param("a@example.org", "a@example.org", id="herself"),
        pytest.param("a@example.org", "b@example.org", id="twice"),
        pytest.param("b@example.org", "a@example.org", id="in a circle"),
    ],
)
def test_a_person_is_not_merged_with_herself(app: Flask, into: str, other: str) -> None:
    people("a@example.org", "b@example.org")
    merge("a@example.org", "b@example.org")
    with pytest.raises(Refused, match="same person already"):
        merge(into, other)


def test_what_was_not_merged_is_not_unmerged(app: Flask) -> None:
    people("a@example.org")
    with pytest.raises(Refused, match="is not merged"):
        unmerge("a@example.org")


def test_a_manager_who_was_merged_still_manages(app: Flask) -> None:
    people("a@example.org", "b@example.org", "c@example.org")
    ids = {email: record(email).id for email in ("a@example.org", "c@example.org")}
    with transaction() as session:
        session.add(ManagerOf(person_id=ids["a@example.org"], manager_id=ids["c@example.org"]))
    merge("b@example.org", "c@example.org")
    managers = service.managers_of(ids["a@example.org"])
    assert [one.email for one in managers] == ["b@example.org"]


def test_a_role_is_given_once_and_taken_away(app: Flask) -> None:
    people("a@example.org")
    with transaction():
        [service.give_role(service.get_person("a@example.org"), "expert") for _ in range(2)]
    assert "expert" in who("a@example.org").roles
    with transaction():
        service.take_role(service.get_person("a@example.org"), "expert")
    assert "expert" not in who("a@example.org").roles


@pytest.mark.parametrize("role", ["learner", "admin"])
def test_what_is_no_role_of_hers_alone_is_not_taken_away(app: Flask, role: str) -> None:
    people("a@example.org")
    with transaction(), pytest.raises(Refused):
        service.take_role(service.get_person("a@example.org"), role)


def test_a_role_of_a_merged_record_is_taken_away_too(app: Flask) -> None:
    people("a@example.org", "b@example.org")
    with transaction():
        service.give_role(service.get_person("b@example.org"), "ld")
    merge("a@example.org", "b@example.org")
    with transaction():
        service.take_role(service.get_person("a@example.org"), "ld")
    assert who("a@example.org").roles == {"learner"}


def test_members_are_counted_once(app: Flask) -> None:
    with transaction():
        matching.import_people(b"email,communities\na@example.org,Policy|policy\n")
    assert db.session.query(Membership).count() == 1
