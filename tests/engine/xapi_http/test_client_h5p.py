"""H5P: its events, sent on by the site it runs on (a WordPress plugin, for one)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from client_replays import Got, Wire

from xapi import text

SITE = "https://site.example.org"
QUIZ = f"{SITE}/wp-admin/admin-ajax.php?action=h5p_embed&id=3"
LOCAL_ID = "http://h5p.org/x-api/h5p-local-content-id"
SUB_ID = "http://h5p.org/x-api/h5p-subContentId"
QUESTION = "d7b1f9a2-4c1a-4a5b-9a3c-0a8f4b8f0a11"


def answered(**members: Any) -> dict[str, Any]:
    """The statement of one question in a quiz, as the content emits it."""
    return {
        "actor": {"name": "Ann", "mbox": "mailto:ann@example.org", "objectType": "Agent"},
        "verb": {
            "id": "http://adlnet.gov/expapi/verbs/answered",
            "display": {"en-US": "answered"},
        },
        "object": {
            "id": f"{QUIZ}?subContentId={QUESTION}",
            "objectType": "Activity",
            "definition": {
                "extensions": {LOCAL_ID: 3, SUB_ID: QUESTION},
                "name": {"en-US": "Which scale?"},
                "description": {"en-US": "<p>Which scale?</p>\n"},
                "type": "http://adlnet.gov/expapi/activities/cmi.interaction",
                "interactionType": "choice",
                "correctResponsesPattern": ["0"],
                "choices": [{"id": "0", "description": {"en-US": "<div>1:10</div>\n"}}],
            },
        },
        "context": {
            "contextActivities": {
                "parent": [{"id": QUIZ, "objectType": "Activity"}],
                "category": [
                    {
                        "id": "http://h5p.org/libraries/H5P.MultiChoice-1.16",
                        "objectType": "Activity",
                    }
                ],
                "grouping": [],
            }
        },
        "result": {
            "score": {"min": 0, "max": 3, "raw": 1, "scaled": 0.3333},
            "completion": True,
            "success": False,
            "duration": "PT12.34S",
            "response": "0",
        },
        **members,
    }


@pytest.fixture
def wire(wire_of: Callable[[str], Wire]) -> Wire:
    return wire_of("h5p")


def post(wire: Wire, statement: dict[str, Any]) -> Got:
    """Send a statement as the WordPress plugin does."""
    return wire.send(
        "POST",
        "/xapi/statements",
        text.dump(statement),
        Authorization=wire.authorization,
        Accept="*/*",
        Content_Type="application/json",
        X_Experience_API_Version="1.0.1",
    )


def test_an_event_is_answered_with_one_id_of_36_characters(wire: Wire) -> None:
    answer = post(wire, answered())
    assert answer.status == 200
    assert [len(sid) for sid in answer.json] == [36]


@pytest.mark.parametrize(
    "members",
    [
        pytest.param(
            {"actor": {"account": {"name": QUESTION, "homePage": SITE}, "objectType": "Agent"}},
            id="somebody who is not signed in",
        ),
        pytest.param(
            {"actor": {"account": {"name": f"not-trackable-{QUESTION}", "homePage": SITE}}},
            id="a browser that keeps nothing",
        ),
        pytest.param(
            {"verb": {"id": "http://adlnet.gov/expapi/verbs/accessed-reuse"}},
            id="a verb of its own",
        ),
        pytest.param({"result": {"score": {"raw": 4}}}, id="a score without a maximum"),
    ],
)
def test_what_h5p_sends_is_stored(wire: Wire, members: dict[str, Any]) -> None:
    assert post(wire, answered(**members)).status == 200


def test_times_are_filled_in(wire: Wire, operator: Wire) -> None:
    (sid,) = post(wire, answered()).json
    kept = operator.statement(sid)
    assert kept["timestamp"] == kept["stored"]


def test_scores_are_kept_as_they_were_rounded(wire: Wire, operator: Wire) -> None:
    (sid,) = post(wire, answered()).json
    assert operator.statement(sid)["result"]["score"]["scaled"] == 0.3333


@pytest.mark.parametrize(
    ("members", "path"),
    [
        pytest.param({"object": {"definition": {}}}, "$.object.id", id="a preview"),
        pytest.param(
            {"actor": {"name": "Ann", "mbox": "mailto:undefined"}}, "$.actor.mbox", id="no email"
        ),
    ],
)
def test_what_has_no_identity_is_refused(wire: Wire, members: dict[str, Any], path: str) -> None:
    answer = post(wire, answered(**members))
    assert (answer.status, answer.json["path"]) == (400, path)
