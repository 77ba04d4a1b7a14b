"""Profiles on read: whose word counts, which rows count, and what decisions change at once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from factories import a_person
from flask import Flask
from live_log import (
    ACCEPTED,
    DATA,
    DAY,
    REJECTED,
    VERIFIED,
    VOIDED,
    an_origin,
    answered,
    classes,
    here,
    new_id,
    on,
    put,
    where,
)

from engine import profiles
from engine.competencies import exclusions, rulesets
from engine.config import settings
from engine.db import db, transaction
from engine.lrs import keys
from engine.lrs.store import Authority
from engine.people import service as people
from engine.rebuilding.rebuild import rebuild
from xapi.vocabulary import BYWAY, COMPETENCY, Extension

pytestmark = pytest.mark.both_databases
REPLACES = BYWAY + "ext/replaces"
ORDINARY: dict[str, Any] = {}
ATTESTING = {"ceiling": "expert", "attests": "expert"}
VOUCHING = {"kind": "source", "attests": "peer"}


@pytest.fixture(autouse=True)
def cast(app: Flask) -> None:
    a_person("Bo Lund", "bo@example.org")
    a_person("Ines Roy", "ines@example.org")


def give(role: str, email: str = "ines@example.org") -> None:
    with transaction():
        people.give_role(people.get_person(email), role)


def approve(
    answer: dict[str, Any], by: Authority, who: str = "ines@example.org", **more: Any
) -> None:
    put(by, on(answer["id"], ACCEPTED, who, **more))


def an_answer() -> dict[str, Any]:
    answer = answered()
    put(an_origin("where it was written"), answer)
    return answer


@pytest.mark.parametrize(
    ("origin", "role", "becomes"),
    [
        pytest.param(ORDINARY, "ld", "system", id="an ordinary key"),
        pytest.param(ORDINARY, "expert", "system", id="an ordinary key, by an expert"),
        pytest.param(ATTESTING, "ld", "peer", id="a key that may attest, by a peer"),
        pytest.param(ATTESTING, "expert", "expert", id="a key that may attest, by an expert"),
        pytest.param(VOUCHING, "ld", "peer", id="a forum, by a peer"),
        pytest.param(VOUCHING, "expert", "peer", id="a forum, by an expert: still a peer"),
    ],
)
def test_whose_approval_lifts_how_far(origin: dict[str, Any], role: str, becomes: str) -> None:
    give(role)
    approve(an_answer(), an_origin("who says so", **origin))
    assert classes(where()) == [becomes]


def test_what_is_said_in_byway_itself_counts() -> None:
    approve(an_answer(), keys.authority_of(keys.own_origin()))
    assert classes(where()) == ["peer"]


def test_an_expert_counts_from_the_moment_she_is_one() -> None:
    approve(an_answer(), an_origin("attesting", **ATTESTING))
    assert classes(where()) == ["peer"]
    give("expert")
    assert classes(here()) == ["expert"]


def test_an_expert_counts_as_a_peer_once_she_is_none() -> None:
    give("expert")
    approve(an_answer(), an_origin("attesting", **ATTESTING))
    assert classes(where()) == ["expert"]
    with transaction():
        people.take_role(people.get_person("ines@example.org"), "expert")
    assert classes(here()) == ["peer"]


def test_an_expert_counts_under_each_of_her_identifiers() -> None:
    approve(an_answer(), an_origin("attesting", **ATTESTING), "roy@elsewhere.example")
    give("expert")
    assert classes(where()) == ["peer"]
    with transaction():
        people.link(people.get_person("ines@example.org"), "mailto:roy@elsewhere.example")
    assert classes(here()) == ["expert"]


def test_an_experts_rejection_takes_the_weight() -> None:
    give("expert")
    answer = an_answer()
    put(an_origin("attesting", **ATTESTING), on(answer["id"], REJECTED))
    standing = where()
    assert standing is not None
    assert (standing.positive[0], standing.evidence_count) == (0, 1)


SELF = {
    "the same address": "bo@example.org",
    "another address": "bo.two@example.org",
    "its hash": hashlib.sha1(b"mailto:bo.two@example.org", usedforsecurity=False).hexdigest(),
}


@pytest.mark.parametrize("who", [pytest.param(who, id=name) for name, who in SELF.items()])
def test_nobody_approves_her_own_work(who: str) -> None:
    with transaction():
        people.link(people.get_person("bo@example.org"), "mailto:bo.two@example.org")
    actor = {"mbox": f"mailto:{who}"} if "@" in who else {"mbox_sha1sum": who}
    approve(an_answer(), an_origin("attesting", **ATTESTING), actor=actor)
    assert classes(where()) == ["system"]


def test_nobody_approves_the_work_of_whom_she_was_merged_with() -> None:
    approve(an_answer(), an_origin("attesting", **ATTESTING))
    assert classes(where()) == ["peer"]
    with transaction():
        people.merge(people.get_person("bo@example.org"), people.get_person("ines@example.org"))
    assert classes(here()) == ["system"]


def test_two_identifiers_of_one_person_are_one_peer() -> None:
    """An approval and, from another account of hers, a later rejection: only the latter counts."""
    answer, forum = an_answer(), an_origin("forum", **VOUCHING)
    approve(answer, forum, timestamp="2026-09-08T13:00:00Z")
    put(
        forum, on(answer["id"], REJECTED, "roy@elsewhere.example", timestamp="2026-09-08T14:00:00Z")
    )
    assert classes(where()) == ["system"]
    with transaction():
        people.link(people.get_person("ines@example.org"), "mailto:roy@elsewhere.example")
    assert classes(here()) == ["system"]


def attested(by: str = "ines@example.org") -> dict[str, Any]:
    thing = {"id": DATA, "definition": {"type": COMPETENCY}}
    context = {"instructor": {"mbox": f"mailto:{by}"}}
    result = {"score": {"raw": 3}}
    return answered() | {
        "verb": {"id": VERIFIED}, "object": thing, "context": context, "result": result
    }  # fmt: skip


@pytest.mark.parametrize(
    ("origin", "counts_as"),
    [
        pytest.param(ORDINARY, [], id="through an ordinary key it is nothing"),
        pytest.param(VOUCHING, ["system"], id="through a forum it is what the forum says"),
        pytest.param(ATTESTING, ["expert"], id="through a key that may attest it is hers"),
    ],
)
def test_an_experts_attestation(origin: dict[str, Any], counts_as: list[str]) -> None:
    give("expert")
    put(an_origin("who says so", **origin), attested())
    assert classes(where()) == counts_as


def test_an_attestation_by_somebody_who_is_no_expert_is_nothing() -> None:
    put(an_origin("attesting", **ATTESTING), attested())
    assert where() is None


def test_nobody_attests_herself() -> None:
    give("expert", "bo@example.org")
    put(an_origin("attesting", **ATTESTING), attested(by="bo@example.org"))
    assert where() is None


def test_a_void_of_somebody_elses_statement_changes_nothing() -> None:
    answer = an_answer()
    put(an_origin("stranger"), on(answer["id"], VOIDED))
    assert classes(where()) == ["system"]


def test_a_void_with_the_right_to_it_takes_it_away() -> None:
    answer = an_answer()
    put(an_origin("administrator", may_void=True), on(answer["id"], VOIDED))
    assert where() is None


def test_a_stranger_cannot_void_an_approval() -> None:
    answer, forum = an_answer(), an_origin("forum", **VOUCHING)
    (word,) = put(forum, on(answer["id"]))
    put(an_origin("stranger"), on(word, VOIDED))
    assert classes(where()) == ["peer"]


def test_what_a_learner_corrected_is_her_own_word() -> None:
    put(an_origin(), answered(**{Extension.CORRECTED_BY: "learner"}))
    assert classes(where()) == ["self"]


def test_a_revision_keeps_the_words_on_what_it_replaces() -> None:
    origin, answer = an_origin("forum", **VOUCHING), answered()
    put(origin, answer, on(answer["id"]), on(answer["id"], VOIDED))
    put(origin, answered(**{REPLACES: answer["id"]}))
    assert classes(where()) == ["peer"]


@pytest.mark.parametrize("first", ["the forgery", "the original"])
def test_a_forged_revision_of_anothers_accepted_statement_gains_nothing(first: str) -> None:
    forum, stranger = an_origin("forum", **VOUCHING), an_origin("stranger")
    accepted = answered("ines@example.org") | {"id": new_id()}
    forged = answered("bo@example.org", "2", **{REPLACES: accepted["id"]})
    both = [(stranger, forged), (forum, accepted)]
    [put(*one) for one in (both if first == "the forgery" else reversed(both))]
    put(forum, on(accepted["id"], by="odile@example.org"))
    assert classes(where()) == ["system"]


def test_a_forged_chain_through_ones_own_statement_gains_nothing() -> None:
    forum, stranger = an_origin("forum", **VOUCHING), an_origin("stranger")
    (accepted,) = put(forum, answered("ines@example.org"))
    put(forum, on(accepted, by="odile@example.org"))
    (between,) = put(stranger, answered(thing="2", **{REPLACES: accepted}))
    put(stranger, answered(thing="3", **{REPLACES: between}))
    assert classes(where()) == ["system", "system"]


def test_what_a_learner_leaves_out_does_not_count_and_can_come_back() -> None:
    answer = an_answer()
    bo = people.get_person("bo@example.org")
    assert where() is not None
    leave(answer["id"], bo.id, out=True)
    assert here() is None
    leave(answer["id"], bo.id, out=False)
    assert here() is not None


def leave(root: str, person_id: int, *, out: bool) -> None:
    with transaction():
        exclusions.exclude(root, person_id, excluded=out)


def test_what_is_left_out_stays_out_through_its_revisions() -> None:
    origin, answer = an_origin("forum", **VOUCHING), answered()
    put(origin, answer)
    leave(answer["id"], people.get_person("bo@example.org").id, out=True)
    for _ in range(2):
        put(origin, on(answer["id"], VOIDED))
        answer = answered(**{REPLACES: answer["id"]})
        put(origin, answer)
    assert where() is None
    rebuild(check=False)
    assert where() is None


@pytest.mark.parametrize(
    ("basis", "words", "counts"),
    [
        pytest.param("notice", [], True, id="notice"),
        pytest.param("notice", ["objected"], False, id="notice, objected to"),
        pytest.param("notice", ["objected", "given"], True, id="notice, objection taken back"),
        pytest.param("consent", [], False, id="consent not given"),
        pytest.param("consent", ["given"], True, id="consent given"),
        pytest.param("consent", ["given", "withdrawn"], False, id="consent withdrawn"),
    ],
)
def test_the_legal_basis_decides_what_counts(basis: str, words: list[str], counts: bool) -> None:
    origin = an_origin("lms", basis=basis)
    put(origin, answered())
    with transaction():
        [people.say(people.get_person("bo@example.org"), origin.origin, word) for word in words]
    assert (where() is not None) is counts


def test_a_word_about_another_origin_changes_nothing() -> None:
    put(an_origin("lms"), answered())
    other = an_origin("other")
    with transaction():
        people.say(people.get_person("bo@example.org"), other.origin, "objected")
    assert where() is not None


@pytest.mark.parametrize(
    ("day", "seen"),
    [
        pytest.param(date(2026, 9, 7), False, id="the day before"),
        pytest.param(date(2026, 9, 8), True, id="the day itself"),
        pytest.param(date(2041, 1, 1), True, id="long after"),
    ],
)
def test_a_profile_is_of_a_day(day: date, seen: bool) -> None:
    an_answer()
    assert (where(as_of=day) is not None) is seen


def test_an_approval_counts_from_its_own_day() -> None:
    approve(an_answer(), an_origin("forum", **VOUCHING), timestamp="2026-09-10T00:00:00Z")
    assert classes(where(as_of=date(2026, 9, 9))) == ["system"]
    assert classes(here(as_of=date(2026, 9, 10))) == ["peer"]


def test_a_profile_is_named_by_the_ruleset_it_was_worked_out_with() -> None:
    found = profiles.profile_of(people.get_person("bo@example.org").id, DAY)
    assert found.ruleset_sha256 == rulesets.current().sha256


def test_an_identifier_that_nobody_owns_has_a_digest_of_its_own() -> None:
    put(an_origin(), answered("nobody@example.org"))
    profiles.catch_up()
    assert list(profiles.person_digests(DAY)) == ["mailto:nobody@example.org"]


def reordered() -> None:
    origin = an_origin("forum", **VOUCHING)
    first, second = answered() | {"id": ONE}, answered(thing="2") | {"id": TWO}
    put(origin, second, on(ONE) | {"id": THREE}, first)


def in_order() -> None:
    origin = an_origin("forum", **VOUCHING)
    put(origin, answered() | {"id": ONE}, answered(thing="2") | {"id": TWO})
    put(origin, on(ONE) | {"id": THREE})


def under_other_ids() -> None:
    answer = answered()
    put(an_origin("forum", **VOUCHING), answer, answered(thing="2"), on(answer["id"]))


ONE, TWO, THREE = (f"00000000-0000-4000-8000-00000000000{n}" for n in (1, 2, 3))


@pytest.mark.parametrize("history", [reordered, under_other_ids])
def test_the_digest_knows_neither_order_nor_ids(
    make_app: Callable[..., Flask], history: Callable[[], None]
) -> None:
    in_order()
    profiles.catch_up()
    before = profiles.person_digests(DAY)
    with transaction() as session:
        for table in ("evidence", "validation", "line", "revision", "statement", "posting"):
            session.connection().exec_driver_sql(f"DELETE FROM {table}")
        session.connection().exec_driver_sql("UPDATE projection SET cursor = 0")
    history()
    profiles.catch_up()
    assert profiles.person_digests(DAY) == before
    assert settings().instance.is_dir()
    db.session.rollback()
