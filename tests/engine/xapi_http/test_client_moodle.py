"""Moodle's logstore_xapi: arrays without ids, 200 alone is success, halving after a 400."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from client_replays import Got, Wire

from xapi import text

SITE = "https://moodle.example.org"
LMS = {
    "id": SITE,
    "definition": {
        "name": {"en": "Town Hall Academy"},
        "type": "http://id.tincanapi.com/activitytype/lms",
    },
    "objectType": "Activity",
}
COURSE = {
    "id": f"{SITE}/course/view.php?id=2",
    "definition": {
        "name": {"en": "Maps &amp; data", "fr": "Cartes et données"},
        "type": "https://w3id.org/xapi/cmi5/activitytype/course",
    },
    "objectType": "Activity",
}


def viewed(page: int = 1, **members: Any) -> dict[str, Any]:
    """The statement of one event, shaped as the plugin shapes it."""
    return {
        "actor": {"name": "Ann Example", "account": {"homePage": SITE, "name": "4"}},
        "verb": {"id": "http://id.tincanapi.com/verb/viewed", "display": {"en": "Viewed"}},
        "object": {
            "id": f"{SITE}/mod/page/view.php?id={page}",
            "definition": {
                "name": {"en": f"Page {page}"},
                "type": "http://adlnet.gov/expapi/activities/page",
            },
            "objectType": "Activity",
        },
        "timestamp": "2026-06-10T14:31:41.000Z",
        "context": {
            "platform": "Moodle",
            "language": "en",
            "extensions": {
                "http://lrs.learninglocker.net/define/extensions/info": {
                    "http://moodle.org": "4.5",
                    "event_name": "\\mod_page\\event\\course_module_viewed",
                    "event_function": "\\src\\transformer\\events\\mod_page\\viewed",
                }
            },
            "contextActivities": {"parent": [COURSE], "category": [LMS]},
            "registration": "6b1c2a0e-9c5e-5f43-8b0c-3d6f5a0c7c11",
        },
        **members,
    }


ANSWERED = {
    "verb": {"id": "http://adlnet.gov/expapi/verbs/answered", "display": {"en": "Answered"}},
    "object": {
        "id": f"{SITE}/mod/quiz/question.php?id=1&cmid=7",
        "definition": {
            "name": {"en": "Which scale?"},
            "description": {"en": "Choose one."},
            "type": "http://adlnet.gov/expapi/activities/cmi.interaction",
            "interactionType": "choice",
            "choices": [{"id": "1:10", "description": {"en": "1:10"}}],
            "correctResponsesPattern": ["1:10"],
        },
        "objectType": "Activity",
    },
    "result": {
        "response": "1:10",
        "completion": True,
        "success": True,
        "duration": "PT1S",
        "score": {"raw": 5, "min": 0, "max": 5, "scaled": 1.0},
        "extensions": {"http://learninglocker.net/xapi/cmi/choice/response": "1:10"},
    },
}
BAD = {"actor": {"mbox": "mailto:"}}


@pytest.fixture
def wire(wire_of: Callable[[str], Wire]) -> Wire:
    return wire_of("moodle")


def post(wire: Wire, batch: list[dict[str, Any]]) -> Got:
    """Send a batch as the plugin does, through libcurl."""
    return wire.send(
        "POST",
        "/xapi/statements",
        text.dump(batch),
        Accept="*/*",
        Authorization=wire.authorization,
        X_Experience_API_Version="1.0.3",
        Content_Type="application/json",
    )


def load(wire: Wire, batch: list[dict[str, Any]]) -> int:
    """Send a batch; after a 400 each half of it. How many requests it took."""
    if post(wire, batch).status != 400 or len(batch) == 1:
        return 1
    half = len(batch) // 2
    return 1 + load(wire, batch[:half]) + load(wire, batch[half:])


def test_a_batch_is_answered_200(wire: Wire) -> None:
    answer = post(wire, [viewed(number) for number in range(30)])
    assert answer.status == 200
    assert len(answer.json) == 30


@pytest.mark.parametrize(
    "members",
    [
        pytest.param({}, id="viewed"),
        pytest.param(ANSWERED, id="a question answered"),
        pytest.param({"actor": {"mbox": "mailto:ann@example.org"}}, id="an actor by email"),
        pytest.param({"object": {"id": f"{SITE}/x", "definition": {}}}, id="nothing defined"),
    ],
)
def test_an_event_is_stored(wire: Wire, members: dict[str, Any]) -> None:
    answer = post(wire, [viewed(**members)])
    assert answer.status == 200
    assert [statement["id"] for statement in wire.statements()] == answer.json


def test_a_batch_with_a_bad_event_stores_nothing(wire: Wire) -> None:
    assert post(wire, [viewed(1), viewed(2, **BAD), viewed(3)]).status == 400
    assert wire.statements() == []


def test_the_refusal_is_short_and_names_the_event(wire: Wire) -> None:
    answer = post(wire, [viewed(1), viewed(2, **BAD)])
    assert answer.json["path"].startswith("$[1].actor")
    assert len(answer.content) < 2000


def test_halving_brings_in_all_but_the_bad_event(wire: Wire) -> None:
    batch = [viewed(number) for number in range(8)]
    batch[5] |= BAD
    load(wire, batch)
    assert len(wire.statements()) == 7


def test_halving_finds_the_bad_event_quickly(wire: Wire) -> None:
    batch = [viewed(number) for number in range(8)]
    batch[5] |= BAD
    assert load(wire, batch) == 7


def test_a_batch_sent_again_after_a_timeout_is_stored_once(wire: Wire) -> None:
    batch = [viewed(1), viewed(2)]
    first, second = post(wire, batch), post(wire, batch)
    assert (second.status, second.json) == (200, first.json)
    assert len(wire.statements()) == 2


def test_a_wrong_password_is_answered_401_in_words(wire: Wire) -> None:
    stranger = Wire(url=wire.url, authorization="Basic bm9ib2R5OndhdA==")
    answer = post(stranger, [viewed()])
    assert answer.status == 401
    assert answer.json["error"]


def test_libcurl_is_told_to_go_on_with_a_large_batch(wire: Wire) -> None:
    place = urlsplit(wire.url)
    head = (
        "POST /xapi/statements HTTP/1.1\r\n"
        f"Host: {place.netloc}\r\nAuthorization: {wire.authorization}\r\n"
        "X-Experience-API-Version: 1.0.3\r\nContent-Type: application/json\r\n"
        "Content-Length: 1048577\r\nExpect: 100-continue\r\n\r\n"
    )
    with socket.create_connection((place.hostname, place.port), timeout=10) as connection:
        connection.sendall(head.encode())
        assert connection.recv(1024).startswith(b"HTTP/1.1 100 Continue\r\n")
