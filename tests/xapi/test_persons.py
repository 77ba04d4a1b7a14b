"""The Person of an agent (xAPI 1.0.3 Communication 2.4)."""

from __future__ import annotations

from typing import Any

import pytest
from xapi_samples import ANNA, BEN, CARA, DORA, REFERENCE, planned, put, short

from xapi.persons import MOST_IDENTIFIERS, MOST_NAMES, names, person

ANNAS = "mailto:anna@example.org"
NAMED = {"name": "Anna", **ANNA}


@pytest.mark.parametrize(
    ("agent", "arrays"),
    [
        pytest.param(ANNA, {"mbox": ["mailto:anna@example.org"]}, id="mbox"),
        pytest.param(DORA, {"mbox_sha1sum": [DORA["mbox_sha1sum"]]}, id="mbox_sha1sum"),
        pytest.param(CARA, {"openid": ["https://id.example.org/cara"]}, id="openid"),
        pytest.param(BEN, {"account": [BEN["account"]]}, id="account"),
        pytest.param(NAMED, {"name": ["Anna"], "mbox": [ANNAS]}, id="with a name"),
    ],
)
def test_of_an_unknown_agent_a_person_has_what_was_asked(agent: Any, arrays: Any) -> None:
    assert person(agent) == {"objectType": "Person", **arrays}


def test_the_type_of_the_agent_is_not_the_persons() -> None:
    assert person({"objectType": "Agent", **ANNA})["objectType"] == "Person"


def test_names_come_each_once_and_the_one_asked_with_first() -> None:
    assert person(NAMED, ["Anna B.", "Anna", "Anna B."])["name"] == ["Anna", "Anna B."]


def test_empty_names_are_none() -> None:
    assert "name" not in person({"name": "", **ANNA}, [""])


def test_further_identifiers_stand_beside_the_one_asked_with() -> None:
    keys = ["https://lms.example.org::anna", "mailto:a@example.org", ANNAS]
    assert person(ANNA, keys=keys) == {
        "objectType": "Person",
        "mbox": [ANNAS, "mailto:a@example.org"],
        "account": [{"homePage": "https://lms.example.org", "name": "anna"}],
    }


def test_another_spelling_of_the_identifier_asked_with_is_not_repeated() -> None:
    found = person({"mbox": "mailto:Anna@Example.org"}, keys=[ANNAS])
    assert found["mbox"] == ["mailto:Anna@Example.org"]


def test_keys_that_identify_nobody_are_left_out() -> None:
    assert person(ANNA, keys=["anna"]) == person(ANNA)


def test_a_person_is_of_a_size_that_can_be_sent() -> None:
    found = person(ANNA, map(str, range(1000)), (f"mailto:{n}@example.org" for n in range(1000)))
    assert (len(found["name"]), len(found["mbox"])) == (MOST_NAMES, MOST_IDENTIFIERS + 1)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        pytest.param("actor", NAMED, id="the actor"),
        pytest.param("actor", {"name": "Anna", "mbox": "mailto:Anna@example.org"}, id="spelt so"),
        pytest.param("actor", {"objectType": "Group", "member": [BEN, NAMED]}, id="a member"),
        pytest.param("object", {"objectType": "Agent", **NAMED}, id="the object"),
    ],
)
def test_a_statement_names_the_agents_it_is_found_by(path: str, value: Any) -> None:
    assert list(names(put(short(), path, value), ANNAS)) == ["Anna"]


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param(short(), id="an agent without a name"),
        pytest.param(put(short(), "actor", {"name": "Ben", **BEN}), id="somebody else"),
        pytest.param(put(short(), "object", REFERENCE), id="a reference"),
        pytest.param(planned(), id="a SubStatement"),
        pytest.param(put(short(), "actor", {"name": "", **ANNA}), id="an empty name"),
    ],
)
def test_other_statements_name_nobody(statement: dict[str, Any]) -> None:
    assert list(names(statement, ANNAS)) == []
