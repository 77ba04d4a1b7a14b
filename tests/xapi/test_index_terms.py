"""What the walk files each statement under, and what it says of references and voiding."""

from __future__ import annotations

import uuid

import pytest
from xapi_samples import (
    ANNA,
    BEN,
    CARA,
    REFERENCE,
    REGISTRATION,
    SID,
    TEAM,
    VOIDED,
    full,
    modern,
    planned,
    put,
    short,
)

from xapi.walk import walk

ANNAS, BENS = "mailto:anna@example.org", "https://lms.example.org::ben"
CARAS, DORAS = "https://id.example.org/cara", "ebd31e95054c018b10727ccffd2ef2ec3a016ee9"
IDENTIFIED = {"objectType": "Group", "mbox": "mailto:Team@Example.org", "member": [CARA]}


def terms(statement, *kinds, version="1.0.3"):
    found = walk(statement, version=version).terms
    return {key for kind, key in found if kind in kinds}


def test_least_statement_is_filed_under_actor_verb_and_object():
    assert walk(short(), version="1.0.3").terms == {
        ("a", ANNAS),
        ("v", "http://adlnet.gov/expapi/verbs/attended"),
        ("o", "http://example.org/webinars/12"),
    }


def test_registration_is_filed_in_lower_case():
    statement = put(short(), "context", {"registration": REGISTRATION.upper()})
    assert terms(statement, "r") == {REGISTRATION}


@pytest.mark.parametrize(
    ("path", "who", "keys"),
    [
        pytest.param("actor", ANNA, {ANNAS}, id="actor"),
        pytest.param("actor", TEAM, {ANNAS, BENS}, id="members of the actor"),
        pytest.param("actor", IDENTIFIED, {"mailto:team@example.org", CARAS}, id="group, members"),
        pytest.param("object", {"objectType": "Agent", **BEN}, {ANNAS, BENS}, id="object"),
        pytest.param("object", TEAM, {ANNAS, BENS}, id="members of the object"),
    ],
)
def test_agents_of_the_plain_filter(path, who, keys):
    assert terms(put(short(), path, who), "a") == keys


@pytest.mark.parametrize(
    ("path", "value", "keys"),
    [
        pytest.param("authority", BEN, {BENS}, id="authority"),
        pytest.param("context", {"instructor": CARA}, {CARAS}, id="instructor"),
        pytest.param(
            "context", {"team": IDENTIFIED}, {"mailto:team@example.org", CARAS}, id="team"
        ),
        pytest.param("object", planned()["object"], {BENS}, id="actor of a SubStatement"),
    ],
)
def test_agents_of_the_related_filter(path, value, keys):
    assert terms(put(short(), path, value), "A") == keys


def test_agents_and_groups_of_the_newer_context_are_related():
    assert terms(modern(), "A", version="2.0.0") == {DORAS, BENS}


def test_agent_found_by_the_plain_filter_is_filed_once():
    statement = put(short(), "context", {"instructor": ANNA})
    assert terms(statement, "A") == set()


def test_context_activities_are_related():
    assert terms(full(), "O") == {
        "http://example.org/webinars/12",
        "urn:example:category",
        "tag:example.org,2026:other",
    }


def test_activities_of_a_substatement_are_related():
    assert terms(planned(), "o", "O") == {
        "http://example.org/course/1",
        "http://example.org/programme",
    }
    assert terms(planned(), "o") == set()


def test_verb_and_registration_of_a_substatement_are_not_filed():
    statement = put(planned(), "object.context.registration", REGISTRATION)
    assert terms(statement, "v", "r") == {"http://adlnet.gov/expapi/verbs/attended"}


def test_reference_is_the_target():
    walked = walk(put(short(), "object", REFERENCE), version="1.0.3")
    assert (walked.target, walked.voids) == (uuid.UUID(SID), False)


def test_voiding_statement_says_so():
    statement = put(put(short(), "object", REFERENCE), "verb.id", VOIDED)
    walked = walk(statement, version="1.0.3")
    assert (walked.target, walked.voids) == (uuid.UUID(SID), True)


def test_planned_voiding_voids_nothing():
    statement = put(put(planned(), "object.verb.id", VOIDED), "object.object", REFERENCE)
    walked = walk(statement, version="1.0.3")
    assert (walked.target, walked.voids) == (None, False)


def test_reference_in_the_context_is_no_target():
    assert walk(full(), version="1.0.3").target is None
