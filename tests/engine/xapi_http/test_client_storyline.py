"""Authoring tools: Storyline, Rise, Captivate and players of Rustici, as they launch and resume."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from client_replays import Got, Wire

COURSE = "http://6QXn4ehXBu7_course_id"
AGENT = '{"objectType":"Agent","name":"Ann","account":{"homePage":"https://lms.example.org","name":"ann"}}'
REGISTRATION = "66f0e40b-1ec4-4e56-9e69-334adfe45c5d"
SUSPENDED = "233870506040ts1001311k0101101111012110131100~2m2~271a9101001a1a3de1p8Qg00G0_$fDg"
RESUME = {
    "stateId": "resume",
    "activityId": COURSE,
    "agent": AGENT,
    "registration": REGISTRATION,
}


@pytest.fixture
def wire(wire_of: Callable[[str], Wire]) -> Wire:
    return wire_of("storyline")


def storyline(wire: Wire, resource: str, method: str, **fields: str) -> Got:
    """A form as Storyline sends it: as text, and with hyphens and dots encoded."""
    form = {
        "Authorization": wire.authorization,
        "X-Experience-API-Version": "1.0.2",
        "Content-Type": "application/json",
        **fields,
    }
    pairs = (f"{name}={quote(value, safe='')}" for name, value in form.items())
    return wire.send(
        "POST",
        f"/xapi/{resource}?method={method}",
        "&".join(pairs).replace("-", "%2D").replace(".", "%2E").replace("_", "%5F").encode(),
        Origin="null",
        Content_Type="text/plain;charset=UTF-8",
        Accept="*/*",
    )


def experienced(sid: str, **members: Any) -> str:
    """The statement of one slide."""
    return json.dumps(
        {
            "id": sid,
            "actor": json.loads(AGENT),
            "verb": {
                "id": "http://adlnet.gov/expapi/verbs/experienced",
                "display": {"en-US": "experienced"},
            },
            "object": {
                "objectType": "Activity",
                "id": f"{COURSE}/5um1CntGbHe",
                "definition": {
                    "type": "http://adlnet.gov/expapi/activities/module",
                    "name": {"und": "Slide é"},
                    "description": {"und": "Slide é"},
                },
            },
            "context": {
                "registration": REGISTRATION,
                "contextActivities": {"grouping": {"id": COURSE}, "parent": {"id": COURSE}},
            },
            **members,
        },
        ensure_ascii=False,
    )


@pytest.fixture
def sid() -> str:
    return str(uuid.uuid4())


def test_a_first_launch_finds_no_state(wire: Wire) -> None:
    assert storyline(wire, "activities/state", "GET", **RESUME).status == 404


def test_a_page_from_a_file_may_read_the_answer(wire: Wire) -> None:
    answer = storyline(wire, "activities/state", "GET", **RESUME)
    assert answer.headers["Access-Control-Allow-Origin"] in ("*", "null")


@pytest.mark.parametrize(
    "suspended",
    [
        pytest.param(SUSPENDED, id="no JSON, whatever it is called"),
        pytest.param("0123456789" * 20_000, id="200,000 characters"),
        pytest.param("é ☕ + & = % \n", id="what forms encode"),
    ],
)
def test_a_course_resumes_where_it_was_left(wire: Wire, suspended: str) -> None:
    saved = storyline(wire, "activities/state", "PUT", content=suspended, **RESUME)
    found = storyline(wire, "activities/state", "GET", **RESUME)
    assert (saved.status, found.content.decode()) == (204, suspended)


def test_a_course_saves_again_and_again(wire: Wire) -> None:
    storyline(wire, "activities/state", "PUT", content="slide 1", **RESUME)
    again = storyline(wire, "activities/state", "PUT", content="slide 2", **RESUME)
    assert again.status == 204
    assert storyline(wire, "activities/state", "GET", **RESUME).content == b"slide 2"


def test_another_attempt_has_a_state_of_its_own(wire: Wire, sid: str) -> None:
    storyline(wire, "activities/state", "PUT", content=SUSPENDED, **RESUME)
    other = RESUME | {"registration": sid}
    assert storyline(wire, "activities/state", "GET", **other).status == 404


@pytest.mark.parametrize(
    "lacking",
    [
        pytest.param({}, id="not said"),
        pytest.param({"registration": ""}, id="said to be empty"),
    ],
)
def test_a_launch_may_lack_a_registration(wire: Wire, lacking: dict[str, str]) -> None:
    launched = {name: value for name, value in RESUME.items() if name != "registration"} | lacking
    saved = storyline(wire, "activities/state", "PUT", content=SUSPENDED, **launched)
    assert saved.status == 204
    assert storyline(wire, "activities/state", "GET", **RESUME).status == 404


def test_state_is_deleted(wire: Wire) -> None:
    storyline(wire, "activities/state", "PUT", content=SUSPENDED, **RESUME)
    assert storyline(wire, "activities/state", "DELETE", **RESUME).status == 204
    assert storyline(wire, "activities/state", "GET", **RESUME).status == 404


def test_a_slide_is_stored(wire: Wire, operator: Wire, sid: str) -> None:
    put = storyline(wire, "statements", "PUT", statementId=sid, content=experienced(sid))
    assert put.status == 204
    assert operator.statement(sid)["actor"] == json.loads(AGENT)


def test_a_single_grouping_comes_back_as_a_list(wire: Wire, operator: Wire, sid: str) -> None:
    storyline(wire, "statements", "PUT", statementId=sid, content=experienced(sid))
    around = operator.statement(sid)["context"]["contextActivities"]
    assert around["grouping"] == [{"id": COURSE}]


def test_letters_beyond_ascii_survive_the_form(wire: Wire, operator: Wire, sid: str) -> None:
    storyline(wire, "statements", "PUT", statementId=sid, content=experienced(sid))
    assert operator.statement(sid)["object"]["definition"]["name"] == {"und": "Slide é"}


def test_what_a_launcher_adds_to_the_link_is_refused_in_words(wire: Wire) -> None:
    added = RESUME | {"content_token": "3bc66761-65d8-4a5c-a7f9-53fbc9c81c0f"}
    answer = storyline(wire, "activities/state", "GET", **added)
    assert answer.status == 400
    assert "content_token" in answer.json["error"] + answer.json["parameter"]


def test_actors_as_in_0_95_are_refused_by_their_place(wire: Wire, sid: str) -> None:
    actor = {"name": ["Ann"], "mbox": ["mailto:ann@example.org"]}
    content = experienced(sid, actor=actor)
    answer = storyline(wire, "statements", "PUT", statementId=sid, content=content)
    assert answer.status == 400
    assert answer.json["path"].startswith("$.actor")


def test_version_0_95_is_told_what_is_spoken_here(wire: Wire) -> None:
    fields = RESUME | {"X-Experience-API-Version": "0.95"}
    answer = storyline(wire, "activities/state", "GET", **fields)
    assert answer.status == 400
    assert "1.0.3" in answer.json["error"]


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "application/octet-stream"])
def test_captivate_and_rise_put_text_under_any_type(wire: Wire, kind: str) -> None:
    target = f"/xapi/activities/state?{urlencode(RESUME)}"
    said = {"Authorization": wire.authorization, "X_Experience_API_Version": "1.0.0"}
    put = wire.send("PUT", target, SUSPENDED.encode(), Content_Type=kind, **said)
    found = wire.send("GET", target, **said)
    assert (put.status, found.content.decode()) == (204, SUSPENDED)
    assert found.headers["Content-Type"].startswith(kind)
