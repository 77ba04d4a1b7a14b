"""What every resource asks of every request (xAPI 1.0.3 Communication 2, 3.2, 3.3, 4.0)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from document_making import ACTIVITY_PROFILE, AGENT_PROFILE, ANNA, COURSE, KINDS, STATE
from factories import a_statement
from flask import Flask
from werkzeug.test import TestResponse
from xapi_making import STATEMENTS, Lms

from engine.pipeline import reader
from xapi import text
from xapi.query import PARAMETERS

VERSION = "X-Experience-API-Version"
JSON = "application/json"
AGENTS, ACTIVITIES, ABOUT = "/xapi/agents", "/xapi/activities", "/xapi/about"
SID = "8f87ccde-bb56-4c2e-ab83-44982ef22df0"
VALUES = {
    "statementId": SID,
    "voidedStatementId": SID,
    "agent": ANNA,
    "verb": "http://adlnet.gov/expapi/verbs/attended",
    "activity": COURSE,
    "registration": SID,
    "related_activities": "true",
    "related_agents": "true",
    "since": "2026-01-01T00:00:00Z",
    "until": "2026-01-01T00:00:00Z",
    "limit": "1",
    "format": "ids",
    "attachments": "false",
    "ascending": "true",
}
"""A good value for each parameter of GET statements."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request that is answered well when nothing is wrong with it."""

    method: str
    path: str
    query: dict[str, str] = field(default_factory=dict)
    body: Any = None
    scope: str = "all"
    """The scope without which it is refused."""

    def send(self, lms: Lms, query: dict[str, str] | None = None, **more: Any) -> TestResponse:
        """Send it, with other parameters or headers."""
        guard = {"If-None-Match": "*"} if self.method == "PUT" and self.path != STATEMENTS else {}
        with_ = {**guard, **more.pop("with_", {})}
        asked = self.query if query is None else query
        data = None if self.body is None else text.dump(self.body)
        return lms.send(self.method, self.path, query_string=asked, data=data, with_=with_, **more)

    @property
    def status(self) -> int:
        """How it is answered: what changes one thing has nothing to say."""
        reads = self.method in ("GET", "HEAD") or (self.method, self.path) == ("POST", STATEMENTS)
        return 200 if reads else 204

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def of_documents() -> list[Request]:
    """Every request that the three resources of documents take."""
    found = []
    for kind in KINDS:
        scope = "state" if kind is STATE else "profile"
        one = {**kind.about, kind.name: "place"}
        found += [Request(method="GET", path=kind.path, query=kind.about, scope=scope)]
        found += [
            Request(method=method, path=kind.path, query=one, body={}, scope=scope)
            for method in ("PUT", "POST", "DELETE")
        ]
    return found


REQUESTS = [
    Request(method="GET", path=STATEMENTS, scope="statements/read"),
    Request(method="HEAD", path=STATEMENTS, scope="statements/read"),
    Request(method="POST", path=STATEMENTS, body=a_statement(), scope="statements/write"),
    Request(
        method="PUT",
        path=STATEMENTS,
        query={"statementId": SID},
        body=a_statement(id=SID),
        scope="statements/write",
    ),
    Request(method="GET", path=AGENTS, query={"agent": ANNA}, scope="statements/read"),
    Request(method="GET", path=ACTIVITIES, query={"activityId": COURSE}, scope="statements/read"),
    *of_documents(),
]


@pytest.fixture(params=["1.0.3", "2.0.0"])
def lms(app: Flask, request: pytest.FixtureRequest) -> Lms:
    return Lms(app, request.param, scopes=["all"])


def statuses(lms: Lms, requests: list[Request] = REQUESTS, **more: Any) -> dict[str, int]:
    """How each request is answered."""
    return {str(one): one.send(lms, **more).status_code for one in requests}


def all_answered(status: int, requests: list[Request] = REQUESTS) -> dict[str, int]:
    return {str(one): status for one in requests}


def test_every_resource_is_where_it_should_be(lms: Lms) -> None:
    assert statuses(lms) == {str(one): one.status for one in REQUESTS}


def test_every_resource_needs_a_version(lms: Lms) -> None:
    assert statuses(lms, without=VERSION) == all_answered(400)
    assert reader().count() == 0


@pytest.mark.parametrize("version", ["0.9", "0.95", "1.1.0", "3.0.0", "1.0.x"])
def test_every_resource_needs_a_version_that_is_spoken(lms: Lms, version: str) -> None:
    assert statuses(lms, with_={VERSION: version}) == all_answered(400)


def test_every_resource_answers_in_the_version_asked_for(lms: Lms) -> None:
    spoken = {one.send(lms).headers[VERSION] for one in REQUESTS}
    assert spoken == {lms.headers[VERSION]}


def test_every_resource_needs_a_key(lms: Lms) -> None:
    assert statuses(lms, without="Authorization") == all_answered(401)
    assert reader().count() == 0


@pytest.mark.parametrize("authorization", ["Basic bm9ib2R5Om5vdGhpbmc=", "Basic ?", "Digest x"])
def test_no_resource_takes_a_wrong_key(lms: Lms, authorization: str) -> None:
    assert statuses(lms, with_={"Authorization": authorization}) == all_answered(401)
    assert reader().count() == 0


SCOPES = ["statements/write", "statements/read", "state", "profile", "statements/void", "define"]
OPENED_TOO = {"profile": {AGENTS, ACTIVITIES}, "define": {ACTIVITIES}}
"""What a scope opens besides its own resource."""


@pytest.mark.parametrize("scope", SCOPES)
def test_no_resource_opens_to_a_key_for_something_else(app: Flask, scope: str) -> None:
    mine = [one for one in REQUESTS if one.scope == scope]
    free = OPENED_TOO.get(scope, set())
    others = [one for one in REQUESTS if one not in mine and one.path not in free]
    key = Lms(app, scopes=[scope])
    assert statuses(key, others) == all_answered(403, others)
    assert statuses(key, mine) == {str(one): one.status for one in mine}


def test_no_resource_takes_a_parameter_it_does_not_know(lms: Lms) -> None:
    found = {str(one): one.send(lms, {**one.query, "colour": "red"}) for one in REQUESTS}
    assert {name: answer.status_code for name, answer in found.items()} == all_answered(400)
    assert reader().count() == 0


def in_capitals(query: dict[str, str]) -> list[dict[str, str]]:
    """The parameters with one of their names in another case, for each of them."""
    return [
        {(name.capitalize() if name == one else name): value for name, value in query.items()}
        for one in query
    ]


def test_no_resource_takes_a_parameter_in_another_case(lms: Lms) -> None:
    found = [one.send(lms, query) for one in REQUESTS for query in in_capitals(one.query)]
    assert {answer.status_code for answer in found} == {400}


def test_every_parameter_of_statements_has_one_case(lms: Lms) -> None:
    respelt = [*in_capitals(VALUES), *({name.upper(): VALUES[name]} for name in PARAMETERS)]
    assert {lms.get(**query).status_code for query in respelt} == {400}


def asked(lms: Lms, method: str, name: str) -> tuple[int, str, int | None]:
    """Status, type and length of the answer to one parameter."""
    answer = lms.send(method, STATEMENTS, query_string={name: VALUES[name]})
    return answer.status_code, answer.content_type, answer.content_length


def test_every_parameter_of_statements_is_taken(lms: Lms) -> None:
    lms.post(a_statement(id=SID))
    found = {name: asked(lms, "GET", name)[:2] for name in PARAMETERS}
    missing = {"voidedStatementId": (404, "application/json")}
    assert found == dict.fromkeys(PARAMETERS, (200, "application/json")) | missing


def test_head_is_told_what_get_is_told(lms: Lms) -> None:
    lms.post(a_statement(id=SID))
    by_get = {name: asked(lms, "GET", name) for name in PARAMETERS}
    assert {name: asked(lms, "HEAD", name) for name in PARAMETERS} == by_get


@pytest.mark.parametrize("name", ["statementId", "voidedStatementId"])
def test_an_id_stands_alone(lms: Lms, name: str) -> None:
    pairs = {other: lms.get(**{name: SID, other: VALUES[other]}) for other in PARAMETERS}
    taken = {other for other, answer in pairs.items() if answer.status_code != 400}
    assert taken == {name, "format", "attachments"}


def test_a_refusal_of_every_resource_is_json_with_a_reason(lms: Lms) -> None:
    answers = [one.send(lms, {"colour": "red"}) for one in REQUESTS if one.method != "HEAD"]
    assert {answer.content_type for answer in answers} == {"application/json"}
    assert [answer.json for answer in answers if not answer.json["error"]] == []


# /about


@pytest.mark.parametrize(
    ("version", "told"),
    [
        ("1.0.3", ["1.0.0", "1.0.1", "1.0.2", "1.0.3"]),
        ("2.0.0", ["1.0.0", "1.0.1", "1.0.2", "1.0.3", "2.0.0"]),
    ],
)
def test_about_names_the_versions_as_texts(app: Flask, version: str, told: list[str]) -> None:
    assert Lms(app, version).get(ABOUT).json == {"version": told}


@pytest.mark.parametrize("sent", [{}, {VERSION: "0.9"}, {VERSION: "nonsense"}])
def test_about_answers_whoever_asks(app: Flask, sent: dict[str, str]) -> None:
    answer = app.test_client().get(ABOUT, headers=sent)
    assert (answer.status_code, answer.content_type) == (200, "application/json")


# What must be sent, and in which form.

DOCUMENTS = ("GET", "PUT", "POST", "DELETE")
NO_AGENTS = ["", "anna", "{}", "[]", "true", '{"mbox":"anna"}', '{"Mbox":"mailto:a@b.org"}', "{"]
NO_IRIS = ["", "course", "example.org/course", "/course", "true"]
NO_UUIDS = ["7", "true", f"{{{SID}}}", SID[:-1]]
NO_TIMES = ["", "yesterday", "2026-02-30T00:00:00Z", "2026-01-01T00:00:00-00:00"]


def answered(lms: Lms, path: str, queries: list[dict[str, str]]) -> set[int]:
    """How a resource of documents answers each method with each of the queries."""
    return {
        lms.send(
            method, path, query_string=query, data=b"{}", with_={"If-None-Match": "*"}
        ).status_code
        for method in DOCUMENTS
        for query in queries
    }


@pytest.mark.parametrize(
    ("kind", "name", "values"),
    [
        pytest.param(STATE, "agent", NO_AGENTS, id="state agent"),
        pytest.param(STATE, "activityId", NO_IRIS, id="state activityId"),
        pytest.param(STATE, "registration", NO_UUIDS, id="state registration"),
        pytest.param(ACTIVITY_PROFILE, "activityId", NO_IRIS, id="activity profile activityId"),
        pytest.param(AGENT_PROFILE, "agent", NO_AGENTS, id="agent profile agent"),
    ],
)
def test_no_method_takes_a_bad_value(lms: Lms, kind: Any, name: str, values: list[str]) -> None:
    good = {**kind.about, kind.name: "place"}
    assert answered(lms, kind.path, [{**good, name: value} for value in values]) == {400}
    assert lms.get(kind.path, **kind.about).json == []


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.path)
def test_no_method_does_without_what_it_is_about(lms: Lms, kind: Any) -> None:
    good = {**kind.about, kind.name: "place"}
    without = [{name: good[name] for name in good if name != one} for one in kind.about]
    assert answered(lms, kind.path, without) == {400}
    assert lms.get(kind.path, **kind.about).json == []


@pytest.mark.parametrize("kind", [ACTIVITY_PROFILE, AGENT_PROFILE], ids=lambda kind: kind.path)
@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE"])
def test_no_profile_is_changed_without_its_name(lms: Lms, kind: Any, method: str) -> None:
    lms.post({}, kind.path, query_string={**kind.about, kind.name: "place"})
    answer = lms.send(method, kind.path, query_string=kind.about, data=b"{}")
    assert (answer.status_code, answer.json["parameter"]) == (400, "profileId")
    assert lms.get(kind.path, **kind.about).json == ["place"]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.path)
@pytest.mark.parametrize("types", [("text/plain", JSON), (JSON, "text/plain")], ids=" then ".join)
def test_no_json_is_merged_that_is_not_said_to_be(
    lms: Lms, kind: Any, types: tuple[str, str]
) -> None:
    query = {**kind.about, kind.name: "a"}
    first, second = (
        lms.post(body, kind.path, query_string=query, with_={"Content-Type": media_type})
        for body, media_type in zip((b'{"a":1}', b'{"b":2}'), types, strict=True)
    )
    assert (first.status_code, second.status_code) == (204, 400)
    assert lms.get(kind.path, **query).data == b'{"a":1}'


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.path)
def test_no_list_takes_a_bad_since(lms: Lms, kind: Any) -> None:
    answers = [lms.get(kind.path, **kind.about, since=since) for since in NO_TIMES]
    assert {answer.status_code for answer in answers} == {400}


@pytest.mark.parametrize(
    ("kind", "others"),
    [
        pytest.param(ACTIVITY_PROFILE, {"agent": ANNA, "stateId": "a"}, id="activity profile"),
        pytest.param(AGENT_PROFILE, {"activityId": COURSE, "stateId": "a"}, id="agent profile"),
        pytest.param(STATE, {"profileId": "a"}, id="state"),
    ],
)
def test_no_resource_takes_a_parameter_of_another(
    lms: Lms, kind: Any, others: dict[str, str]
) -> None:
    good = {**kind.about, kind.name: "a"}
    queries = [{**good, name: value} for name, value in others.items()]
    assert answered(lms, kind.path, queries) == {400}


@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_each_registration_has_a_state_of_its_own(lms: Lms, method: str) -> None:
    one, other = ({**STATE.about, "stateId": "a", "registration": SID.replace("8", digit)}
                  for digit in "12")  # fmt: skip
    lms.send(method, STATE.path, query_string=one, data=b"1")
    lms.send(method, STATE.path, query_string=other, data=b"2")
    assert lms.send("DELETE", STATE.path, query_string=one).status_code == 204
    assert lms.get(STATE.path, **one).status_code == 404
    assert lms.get(STATE.path, **other).data == b"2"


BAD = [
    (AGENTS, "agent", NO_AGENTS),
    (ACTIVITIES, "activityId", NO_IRIS),
    (STATEMENTS, "agent", [*NO_AGENTS, '{"objectType":"Group","member":[{}]}']),
    (STATEMENTS, "verb", NO_IRIS),
    (STATEMENTS, "activity", NO_IRIS),
    (STATEMENTS, "registration", ["", *NO_UUIDS]),
    (STATEMENTS, "statementId", ["", *NO_UUIDS]),
    (STATEMENTS, "voidedStatementId", ["", *NO_UUIDS]),
    (STATEMENTS, "since", NO_TIMES),
    (STATEMENTS, "until", NO_TIMES),
    (STATEMENTS, "limit", ["", "-1", "1.5", "many", "0x10"]),
    (STATEMENTS, "format", ["", "Exact", "full"]),
    *((STATEMENTS, name, ["", "yes", "1"]) for name in ("ascending", "attachments")),
    *((STATEMENTS, f"related_{name}", ["", "no", "0"]) for name in ("agents", "activities")),
]


def test_no_bad_value_of_a_parameter_is_taken(lms: Lms) -> None:
    tried = [(path, name, value) for path, name, values in BAD for value in values]
    good = [one for one in tried if lms.get(one[0], **{one[1]: one[2]}).status_code != 400]
    assert good == []
