"""BigBlueButton's xAPI module: one object per POST to /xAPI/statements, whatever the endpoint."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from client_replays import Got, Wire

from xapi import text

SERVER = "https://bbb.example.org"
ROOM = f"{SERVER}/xapi/activities/75f0b5b2-3f07-5d3c-9bb4-31f3b7d0a6c1"
CLASSROOM = "https://w3id.org/xapi/virtual-classroom/activity-types/virtual-classroom"
IN_ROOM = {"parent": [{"id": ROOM, "definition": {"type": CLASSROOM}}]}


def happened(verb: str | None = "http://activitystrea.ms/join", **members: Any) -> dict[str, Any]:
    """The statement of one event in a meeting."""
    return {
        "actor": {"account": {"name": "Ann Example", "homePage": SERVER}},
        "verb": {"id": verb},
        "object": {
            "id": ROOM,
            "definition": {"type": CLASSROOM, "name": {"en": "Lunch & learn"}},
        },
        "context": {
            "registration": "0f5a5d3a-61ad-5b6f-9a33-3f4bb1f1c8c7",
            "contextActivities": {
                "category": [
                    {
                        "id": "https://w3id.org/xapi/virtual-classroom",
                        "definition": {"type": "http://adlnet.gov/expapi/activities/profile"},
                    }
                ],
                **members.pop("around", {}),
            },
            "extensions": {
                "https://w3id.org/xapi/cmi5/context/extensions/sessionid": (
                    "9d6ad07c-8c2f-5d0a-8b62-0cf1bfcc1b26"
                )
            },
        },
        "timestamp": "2026-06-10T14:31:41.123Z",
        **members,
    }


POLL = {
    "id": f"{SERVER}/xapi/activities/5f0d8a57-9e4e-5e04-9d2c-6b1a2c4dbe70",
    "definition": {
        "description": {"en": "Is this any use?"},
        "type": "http://adlnet.gov/expapi/activities/cmi.interaction",
        "interactionType": "choice",
        "choices": [
            {"id": "0", "description": {"en": "Yes"}},
            {"id": "1", "description": {"en": "No"}},
        ],
    },
}
MESSAGE = {
    "id": f"{SERVER}/xapi/activities/1c8ee1f2-5a35-5f7b-a1e8-d2a3a5ff6f9e",
    "definition": {"type": "https://w3id.org/xapi/acrossx/activities/message"},
}
EVENTS = [
    pytest.param(happened(), id="user joined"),
    pytest.param(
        happened(
            "http://adlnet.gov/expapi/verbs/terminated",
            actor={"account": {"name": "<unknown>", "homePage": SERVER}},
            result={"duration": "PT5400.123S"},
        ),
        id="meeting ended",
    ),
    pytest.param(
        happened("https://w3id.org/xapi/acrossx/verbs/posted", object=MESSAGE, around=IN_ROOM),
        id="chat message sent",
    ),
    pytest.param(
        happened("http://adlnet.gov/expapi/verbs/asked", object=POLL, around=IN_ROOM),
        id="poll started",
    ),
    pytest.param(
        happened(
            "http://adlnet.gov/expapi/verbs/answered",
            object=POLL,
            around=IN_ROOM,
            result={"response": "0,1"},
        ),
        id="poll responded",
    ),
    pytest.param(
        happened(
            "https://w3id.org/xapi/virtual-classroom/verbs/reacted",
            result={
                "extensions": {
                    "https://w3id.org/xapi/virtual-classroom/extensions/emoji": "U+1F590"
                }
            },
        ),
        id="hand raised",
    ),
]


@pytest.fixture
def wire(wire_of: Callable[[str], Wire]) -> Wire:
    return wire_of("bigbluebutton")


def post(wire: Wire, statement: dict[str, Any]) -> Got:
    """Send a statement as the module does."""
    return wire.send(
        "POST",
        "/xAPI/statements",
        text.dump(statement),
        Authorization=wire.authorization,
        Content_Type="application/json",
        X_Experience_API_Version="1.0.0",
        Accept="*/*",
        User_Agent="node-fetch",
        Accept_Encoding="gzip, deflate, br",
    )


@pytest.mark.parametrize("statement", EVENTS)
def test_an_event_is_stored(wire: Wire, statement: dict[str, Any]) -> None:
    answer = post(wire, statement)
    assert answer.status == 200
    assert [kept["id"] for kept in wire.statements()] == answer.json


def test_the_answer_is_in_the_version_that_is_spoken_here(wire: Wire) -> None:
    assert post(wire, happened()).headers["X-Experience-API-Version"] == "1.0.3"


def test_a_refusal_is_json_too(wire: Wire) -> None:
    answer = post(wire, happened(verb=None))
    assert answer.status == 400
    assert answer.json["path"] == "$.verb.id"


def test_a_wrong_key_is_answered_in_json_too(wire: Wire) -> None:
    answer = post(Wire(url=wire.url, authorization="Bearer stale"), happened())
    assert answer.status == 401
    assert answer.json["error"]
