"""The formats ids and canonical, and definitions merged (xAPI 1.0.3 Communication 2.1.3)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from xapi_samples import ANNA, BEN, CARA, DORA, REFERENCE, full, modern, planned, put, short

from xapi import formats
from xapi.languages import ranges
from xapi.walk import walk

QUIZ = "http://example.org/quiz/1"
BARE_TEAM = {"objectType": "Group", "member": [ANNA, BEN]}
NAMED_TEAM = {
    "objectType": "Group",
    "name": "Crew",
    "member": [{"name": "Anna", "objectType": "Agent", **ANNA}, {"name": "Ben", **BEN}],
}
SPOKEN = {"en": "attended", "fr": "a assisté à"}
SAMPLES = [
    pytest.param(short, id="short"),
    pytest.param(full, id="full"),
    pytest.param(planned, id="SubStatement"),
    pytest.param(modern, id="2.0"),
]
Make = Callable[[], dict[str, Any]]


def canonical(
    statement: dict[str, Any], header: str = "fr", **definitions: dict[str, Any]
) -> dict[str, Any]:
    return formats.canonical(statement, ranges(header), definitions)


# --- ids ------------------------------------------------------------------------------------------


def test_ids_leave_of_an_agent_its_type_and_identifier() -> None:
    assert formats.ids(full())["actor"] == {"objectType": "Agent", **ANNA}


def test_ids_add_no_type_to_an_agent() -> None:
    assert formats.ids(put(short(), "actor", {"name": "Ben", **BEN}))["actor"] == BEN


def test_ids_leave_of_a_verb_its_id() -> None:
    statement = full()
    assert formats.ids(statement)["verb"] == {"id": statement["verb"]["id"]}


def test_ids_leave_of_an_activity_its_id_alone() -> None:
    assert formats.ids(full())["object"] == {"id": QUIZ}


def test_ids_leave_of_an_identified_group_two_things() -> None:
    group = {**NAMED_TEAM, **CARA}
    bare = formats.ids(put(short(), "actor", group))["actor"]
    assert bare == {"objectType": "Group", **CARA}


def test_ids_leave_the_members_of_an_anonymous_group() -> None:
    bare = formats.ids(put(short(), "actor", NAMED_TEAM))["actor"]
    members = [{"objectType": "Agent", **ANNA}, BEN]
    assert bare == {"objectType": "Group", "member": members}


@pytest.mark.parametrize(
    ("thing", "bare"),
    [
        pytest.param(
            {"objectType": "Agent", "name": "Dora", **DORA},
            {"objectType": "Agent", **DORA},
            id="an agent",
        ),
        pytest.param({**NAMED_TEAM, "member": [ANNA]}, {**BARE_TEAM, "member": [ANNA]}, id="group"),
        pytest.param(REFERENCE, REFERENCE, id="a reference"),
    ],
)
def test_ids_of_other_objects_keep_their_type(thing: Any, bare: Any) -> None:
    assert formats.ids(put(short(), "object", thing))["object"] == bare


def test_ids_reach_into_a_substatement() -> None:
    statement = put(planned(), "object.verb.display", SPOKEN)
    put(statement, "object.actor", NAMED_TEAM)
    put(statement, "object.object.definition", {"name": SPOKEN})
    inner = formats.ids(statement)["object"]
    assert inner["actor"]["member"][1] == BEN
    assert inner["verb"] == {"id": "http://adlnet.gov/expapi/verbs/completed"}
    assert inner["object"] == {"id": "http://example.org/course/1"}
    assert inner["context"] == planned()["object"]["context"]


def test_ids_reach_into_the_context() -> None:
    statement = put(full(), "context.instructor.name", "Cara")
    put(statement, "context.team", {**NAMED_TEAM, **DORA})
    context = formats.ids(statement)["context"]
    assert context["instructor"] == CARA
    assert context["team"] == {"objectType": "Group", **DORA}
    assert context["contextActivities"]["other"] == [{"id": "tag:example.org,2026:other"}]


def test_ids_reach_into_what_2_0_added() -> None:
    statement = put(modern(), "context.contextAgents[0].agent.name", "Dora")
    put(statement, "context.contextGroups[0].group", NAMED_TEAM)
    context = formats.ids(statement)["context"]
    assert context["contextAgents"] == modern()["context"]["contextAgents"]
    assert context["contextGroups"][0]["group"]["member"][1] == BEN


def test_ids_leave_of_the_authority_its_identifier() -> None:
    assert formats.ids(put(full(), "authority.name", "Ben"))["authority"] == BEN


def test_ids_leave_everything_else_as_it_is() -> None:
    statement, bare = full(), formats.ids(full())
    for_people_and_things = ("actor", "verb", "object", "context", "authority")
    rest = {name: part for name, part in statement.items() if name not in for_people_and_things}
    assert rest == {name: bare[name] for name in rest}
    assert bare["context"]["extensions"] == statement["context"]["extensions"]


@pytest.mark.parametrize("make", SAMPLES)
def test_ids_of_ids_are_the_same(make: Make) -> None:
    assert formats.ids(formats.ids(make())) == formats.ids(make())


@pytest.mark.parametrize("make", SAMPLES)
def test_ids_are_a_statement_that_keeps_the_rules(make: Make) -> None:
    assert walk(formats.ids(make()), version="2.0.0").target == walk(make(), version="2.0.0").target


@pytest.mark.parametrize("make", SAMPLES)
def test_neither_format_changes_what_it_is_given(make: Make) -> None:
    statement = make()
    formats.ids(statement)
    canonical(statement)
    assert statement == make()


# --- canonical ------------------------------------------------------------------------------------


def test_canonical_has_the_verb_in_one_language() -> None:
    statement = put(full(), "verb.display", SPOKEN)
    assert canonical(statement)["verb"]["display"] == {"fr": "a assisté à"}


def test_canonical_leaves_a_verb_without_display_alone() -> None:
    assert canonical(short())["verb"] == short()["verb"]


def test_canonical_has_a_definition_in_one_language() -> None:
    definition = canonical(full(), "es")["object"]["definition"]
    assert definition["name"] == {"es-MX": "Prueba"}
    assert definition["description"] == {"en": "About budgets"}


@pytest.mark.parametrize(
    ("kind", "lists"),
    [
        pytest.param("choice", ["choices"], id="choice"),
        pytest.param("likert", ["scale"], id="likert"),
        pytest.param("matching", ["source", "target"], id="matching"),
        pytest.param("performance", ["steps"], id="performance"),
    ],
)
def test_canonical_has_interaction_components_in_one_language(kind: str, lists: list[str]) -> None:
    components = [{"id": "a", "description": {"en": "First", "fr": "Premier"}}, {"id": "b"}]
    given_lists = dict.fromkeys(lists, components)
    statement = put(full(), "object.definition", {"interactionType": kind, **given_lists})
    definition = canonical(statement)["object"]["definition"]
    one = [{"id": "a", "description": {"fr": "Premier"}}, {"id": "b"}]
    assert [definition[name] for name in lists] == [one for _ in lists]


def test_canonical_reaches_the_activities_of_the_context() -> None:
    statement = put(full(), "context.contextActivities.parent[0].definition", {"name": SPOKEN})
    parent = canonical(statement)["context"]["contextActivities"]["parent"][0]
    assert parent["definition"] == {"name": {"fr": "a assisté à"}}


def test_canonical_reaches_into_a_substatement() -> None:
    statement = put(planned(), "object.verb.display", SPOKEN)
    put(statement, "object.object.definition", {"name": SPOKEN})
    inner = canonical(statement)["object"]
    assert inner["verb"]["display"] == {"fr": "a assisté à"}
    assert inner["object"]["definition"]["name"] == {"fr": "a assisté à"}


def test_canonical_puts_what_is_known_in_place_of_what_was_sent() -> None:
    known = {"name": {"de": "Quiz", "fr": "Jeu"}, "type": "http://example.org/types/quiz"}
    found = canonical(full(), **{QUIZ: known})["object"]
    assert found["definition"] == {"name": {"fr": "Jeu"}, "type": "http://example.org/types/quiz"}
    assert found["objectType"] == "Activity"


def test_canonical_tells_what_is_known_where_nothing_was_sent() -> None:
    thing = short()["object"]["id"]
    found = canonical(short(), **{thing: {"name": SPOKEN}})["object"]
    assert found == {"id": thing, "definition": {"name": {"fr": "a assisté à"}}}


def test_canonical_adds_no_definition_of_its_own() -> None:
    assert canonical(short())["object"] == short()["object"]


@pytest.mark.parametrize("name", ["actor", "authority", "result", "attachments", "timestamp"])
def test_canonical_leaves_all_but_verbs_and_activities_as_sent(name: str) -> None:
    statement = put(full(), "attachments[0].display", SPOKEN)
    assert canonical(statement)[name] == statement[name]


def test_canonical_leaves_the_people_of_the_context_as_sent() -> None:
    context = canonical(modern())["context"]
    assert context == modern()["context"]


def test_canonical_leaves_languages_inside_extensions_alone() -> None:
    statement = put(full(), "object.definition.extensions", {"http://example.org/e": SPOKEN})
    definition = canonical(statement)["object"]["definition"]
    assert definition["extensions"] == {"http://example.org/e": SPOKEN}


def test_canonical_keeps_an_empty_language_map_empty() -> None:
    statement = put(full(), "object.definition.name", {})
    assert canonical(statement)["object"]["definition"]["name"] == {}


def test_numbers_keep_their_digits_in_either_format() -> None:
    score = Decimal("0.12345678901234567890123")
    statement = full()
    statement["result"]["score"]["scaled"] = score
    found = [formats.ids(statement), canonical(statement)]
    assert [one["result"]["score"]["scaled"] for one in found] == [score, score]


@pytest.mark.parametrize("make", SAMPLES)
def test_canonical_keeps_the_rules_and_is_found_by_the_same_terms(make: Make) -> None:
    found = walk(canonical(make()), version="2.0.0")
    assert found.terms == walk(make(), version="2.0.0").terms


# --- what a statement says of activities ----------------------------------------------------------


def test_the_activities_of_a_statement_are_named_wherever_they_are() -> None:
    assert formats.activity_ids(full()) == [
        QUIZ,
        "http://example.org/webinars/12",
        "urn:example:category",
        "tag:example.org,2026:other",
    ]
    assert formats.activity_ids(planned()) == [
        "http://example.org/course/1",
        "http://example.org/programme",
    ]


@pytest.mark.parametrize(
    "thing",
    [
        pytest.param(REFERENCE, id="a reference"),
        pytest.param({"objectType": "Agent", **ANNA}, id="an agent"),
        pytest.param(BARE_TEAM, id="a group"),
    ],
)
def test_other_objects_are_no_activities(thing: Any) -> None:
    assert formats.activity_ids(put(short(), "object", thing)) == []


def test_definitions_are_those_that_say_something() -> None:
    statement = put(full(), "context.contextActivities.parent[0].definition", {})
    put(statement, "context.contextActivities.category[0].definition", {"name": SPOKEN})
    found = list(formats.definitions(statement))
    assert found == [
        (QUIZ, full()["object"]["definition"]),
        ("urn:example:category", {"name": SPOKEN}),
    ]


def test_definitions_inside_a_substatement_are_said_too() -> None:
    statement = put(planned(), "object.object.definition", {"name": SPOKEN})
    assert dict(formats.definitions(statement)) == {"http://example.org/course/1": {"name": SPOKEN}}
