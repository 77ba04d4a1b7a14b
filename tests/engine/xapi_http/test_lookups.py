"""/activities and /agents (xAPI 1.0.3 Communication 2.4, 2.5; IEEE 9274.1.1 4.1.6.3, 4.1.6.4)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from factories import a_person, a_statement
from flask import Flask
from xapi_making import Lms

from engine.db import transaction
from engine.people import service as people
from engine.people.accounts import username_key
from engine.people.models import Person

ACTIVITIES, AGENTS = "/xapi/activities", "/xapi/agents"
THING = "https://events.example.org/1"
BO = {"mbox": "mailto:bo@example.org"}
ARRAYS = {"mbox": ["mailto:bo@example.org"]}
VERSIONS = ["1.0.3", "2.0.0"]


@pytest.fixture(params=VERSIONS)
def lms(app: Flask, request: pytest.FixtureRequest) -> Lms:
    return Lms(app, version=request.param)


def about(definition: dict[str, Any], thing: str = THING) -> dict[str, Any]:
    return a_statement(object={"objectType": "Activity", "id": thing, "definition": definition})


def named(name: str, **more: Any) -> dict[str, Any]:
    return a_statement(actor={"name": name, **BO, **more})


def person(client: Lms, agent: dict[str, Any] = BO) -> Any:
    return client.get(AGENTS, agent=json.dumps(agent)).json


# --- /activities ----------------------------------------------------------------------------------


def test_an_activity_nobody_spoke_of_has_its_id(lms: Lms) -> None:
    answer = lms.get(ACTIVITIES, activityId=THING)
    assert (answer.status_code, answer.content_type) == (200, "application/json")
    assert answer.json == {"objectType": "Activity", "id": THING}


def test_an_activity_is_given_as_it_was_told(lms: Lms) -> None:
    statement = about({"name": {"en": "Maps"}, "type": "http://example.org/types/webinar"})
    lms.post(statement)
    assert lms.get(ACTIVITIES, activityId=THING).json == statement["object"]


def test_an_activity_is_told_in_every_language_said_of_it(lms: Lms) -> None:
    lms.post([about({"name": {"en": "Maps"}}), about({"name": {"fr": "Cartes"}})])
    found = lms.get(ACTIVITIES, activityId=THING).json
    assert found["definition"]["name"] == {"en": "Maps", "fr": "Cartes"}


def test_a_refused_statement_tells_nothing_of_an_activity(lms: Lms) -> None:
    bad = about({"name": {"en": "Maps"}}) | {"verb": {}}
    assert lms.post([about({"name": {"en": "Plans"}}), bad]).status_code == 400
    assert "definition" not in lms.get(ACTIVITIES, activityId=THING).json


def test_an_activity_has_a_tag_that_spares_sending_it_again(lms: Lms) -> None:
    tag = lms.get(ACTIVITIES, activityId=THING).headers["ETag"]
    query, known = {"activityId": THING}, {"If-None-Match": tag}
    assert lms.send("GET", ACTIVITIES, query_string=query, with_=known).status_code == 304


def test_what_others_said_is_for_those_who_read_everything(app: Flask, lms: Lms) -> None:
    lms.post(about({"name": {"en": "Maps"}}))
    found = Lms(app, reads="mine", name="mine").get(ACTIVITIES, activityId=THING).json
    assert "definition" not in found
    found = Lms(app, reads="all", scopes=["all/read"], name="all").get(ACTIVITIES, activityId=THING)
    assert found.json["definition"] == {"name": {"en": "Maps"}}


def test_a_key_that_may_not_define_tells_nothing_of_activities(app: Flask) -> None:
    key = Lms(app, scopes=["statements/write", "statements/read/mine"])
    assert key.post(about({"name": {"en": "Maps"}})).status_code == 200
    assert "definition" not in key.get(ACTIVITIES, activityId=THING).json


# --- /agents --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("agent", "arrays"),
    [
        pytest.param(BO, {"mbox": ["mailto:bo@example.org"]}, id="mbox"),
        pytest.param(
            {"objectType": "Agent", "name": "Bo", "mbox_sha1sum": "e" * 40},
            {"name": ["Bo"], "mbox_sha1sum": ["e" * 40]},
            id="mbox_sha1sum",
        ),
        pytest.param(
            {"openid": "https://id.example.org/bo"},
            {"openid": ["https://id.example.org/bo"]},
            id="openid",
        ),
        pytest.param(
            {"account": {"homePage": "https://lms.example.org/", "name": "bo"}},
            {"account": [{"homePage": "https://lms.example.org/", "name": "bo"}]},
            id="account",
        ),
        pytest.param(
            {"account": {"homePage": "https://lms.example.org", "name": "b\0o"}},
            {"account": [{"homePage": "https://lms.example.org", "name": "b\0o"}]},
            id="a name that no database takes",
        ),
        pytest.param(
            {"account": {"homePage": "https://lms.example.org", "name": "b" * 3000}},
            {"account": [{"homePage": "https://lms.example.org", "name": "b" * 3000}]},
            id="a long name",
        ),
    ],
)
def test_an_agent_nobody_spoke_of_is_a_person_still(app: Flask, agent: Any, arrays: Any) -> None:
    lms = Lms(app, scopes=["all"], reads="all")
    answer = lms.get(AGENTS, agent=json.dumps(agent))
    assert (answer.status_code, answer.content_type) == (200, "application/json")
    assert answer.json == {"objectType": "Person", **arrays}


def test_a_person_has_the_names_she_was_given_the_newest_first(lms: Lms) -> None:
    for_both = {"objectType": "Group", "member": [{"name": "Bo L.", **BO}]}
    lms.post([named("Bo"), a_statement(actor=for_both), named("Bo Lund"), named("Bo")])
    assert person(lms) == {"objectType": "Person", "name": ["Bo", "Bo Lund", "Bo L."], **ARRAYS}


def test_names_in_statements_of_others_are_for_those_who_may_read_them(
    app: Flask, lms: Lms
) -> None:
    lms.post(named("Bo"))
    assert "name" not in person(Lms(app, name="mine"))
    assert person(Lms(app, name="all", scopes=["all/read"], reads="all"))["name"] == ["Bo"]


def test_a_scope_for_its_own_statements_narrows_a_key_that_reads_everything(
    app: Flask, lms: Lms
) -> None:
    a_person()
    lms.post([named("Bo"), about({"name": {"en": "Maps"}})])
    key = Lms(app, name="narrow", scopes=["profile", "define"], reads="all")
    assert person(key) == {"objectType": "Person", **ARRAYS}
    assert "definition" not in key.get(ACTIVITIES, activityId=THING).json


def test_names_are_in_statements_so_who_may_not_read_those_gets_none(app: Flask) -> None:
    key = Lms(app, scopes=["statements/write", "profile"])
    key.post(named("Bo"))
    assert person(key) == {"objectType": "Person", **ARRAYS}


@pytest.fixture
def linked(app: Flask) -> None:
    """Bo, with an account and a user name beside her mailbox."""
    bo = a_person()
    with transaction() as session:
        person = session.get_one(Person, bo.id)
        people.link(person, "https://lms.example.org::bo")
        people.link(person, username_key("bo"))


@pytest.mark.usefixtures("linked")
def test_who_reads_everything_is_told_the_learners_other_identifiers(app: Flask) -> None:
    found = person(Lms(app, scopes=["all"], reads="all"))
    assert found["mbox"] == ["mailto:bo@example.org"]
    assert found["account"] == [{"homePage": "https://lms.example.org", "name": "bo"}]
    assert len(found["mbox_sha1sum"]) == 1


@pytest.mark.usefixtures("linked")
@pytest.mark.parametrize("reads", ["mine", "shared"])
def test_others_are_not_told_who_else_she_is(app: Flask, reads: str) -> None:
    assert person(Lms(app, scopes=["all"], reads=reads)) == {"objectType": "Person", **ARRAYS}


# --- both -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "query", "named"),
    [
        pytest.param(ACTIVITIES, {}, "activityId", id="no activity"),
        pytest.param(ACTIVITIES, {"activityId": ""}, "activityId", id="an empty one"),
        pytest.param(ACTIVITIES, {"activityId": "events/1"}, "activityId", id="no IRI"),
        pytest.param(ACTIVITIES, {"activityId": "true"}, "activityId", id="no string"),
        pytest.param(ACTIVITIES, {"activityID": THING}, "activityID", id="in the wrong case"),
        pytest.param(ACTIVITIES, {"activityId": [THING, THING]}, "activityId", id="two"),
        pytest.param(ACTIVITIES, {"activityId": THING, "agent": "{}"}, "agent", id="unknown"),
        pytest.param(AGENTS, {}, "agent", id="no agent"),
        pytest.param(AGENTS, {"agent": ""}, "agent", id="an empty agent"),
        pytest.param(AGENTS, {"agent": "bo"}, "agent", id="no JSON"),
        pytest.param(AGENTS, {"agent": '{"name":"Bo"}'}, "agent", id="no identifier"),
        pytest.param(AGENTS, {"agent": '["mailto:bo@example.org"]'}, "agent", id="an array"),
        pytest.param(AGENTS, {"agent": '{"mbox":"bo@example.org"}'}, "agent", id="no mailto"),
        pytest.param(
            AGENTS,
            {"agent": '{"objectType":"Group","mbox":"mailto:bo@example.org"}'},
            "agent",
            id="a group",
        ),
        pytest.param(AGENTS, {"Agent": json.dumps(BO)}, "Agent", id="agent in the wrong case"),
        pytest.param(AGENTS, {"agent": [json.dumps(BO)] * 2}, "agent", id="two agents"),
    ],
)
def test_a_parameter_that_breaks_a_rule_is_refused_and_named(
    lms: Lms, path: str, query: dict[str, Any], named: str
) -> None:
    answer = lms.send("GET", path, query_string=query)
    assert answer.status_code == 400
    assert answer.json["parameter"] == named
    assert answer.json["fix"]


def test_a_refusal_names_the_clause_of_the_version_spoken(app: Flask) -> None:
    refusals = [Lms(app, version=version, name=version).get(AGENTS).json for version in VERSIONS]
    clauses = [refusal["clause"] for refusal in refusals]
    assert clauses == ["xAPI 1.0.3 Communication 2.4", "IEEE 9274.1.1 4.1.6.3"]


@pytest.mark.parametrize(
    ("path", "query"),
    [
        pytest.param(ACTIVITIES, {"activityId": THING}, id="activities"),
        pytest.param(AGENTS, {"agent": json.dumps(BO)}, id="agents"),
    ],
)
def test_head_is_get_without_the_body(lms: Lms, path: str, query: dict[str, str]) -> None:
    asked = lms.get(path, **query)
    answer = lms.send("HEAD", path, query_string=query)
    assert (answer.status_code, answer.data) == (200, b"")
    assert answer.headers["Content-Length"] == str(len(asked.data))
    assert answer.headers["ETag"] == asked.headers["ETag"]


@pytest.mark.parametrize(
    ("scope", "activities", "agents"),
    [
        pytest.param("statements/read", 200, 200, id="statements/read"),
        pytest.param("statements/read/mine", 200, 200, id="statements/read/mine"),
        pytest.param("all/read", 200, 200, id="all/read"),
        pytest.param("all", 200, 200, id="all"),
        pytest.param("profile", 200, 200, id="profile"),
        pytest.param("define", 200, 403, id="define"),
        pytest.param("state", 403, 403, id="state"),
        pytest.param("statements/write", 403, 403, id="statements/write"),
    ],
)
def test_what_a_scope_opens(app: Flask, scope: str, activities: int, agents: int) -> None:
    key = Lms(app, scopes=[scope])
    assert key.get(ACTIVITIES, activityId=THING).status_code == activities
    assert key.get(AGENTS, agent=json.dumps(BO)).status_code == agents


@pytest.mark.parametrize("path", [ACTIVITIES, AGENTS])
def test_strangers_are_told_nothing(lms: Lms, path: str) -> None:
    assert lms.send("GET", path, without="Authorization").status_code == 401


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
@pytest.mark.parametrize("path", [ACTIVITIES, AGENTS])
def test_nothing_can_be_written_there(lms: Lms, path: str, method: str) -> None:
    assert lms.send(method, path).status_code == 405
