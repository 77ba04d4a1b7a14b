"""Open edX's event-routing-backends: TinCanPython, deterministic ids, retries and replays."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from client_replays import Wire
from tincan import RemoteLRS, Statement
from xapi_serving import Served

from engine.lrs.keys import NewKey

LMS = "https://lms.example.org"
USER = "32e08e30-f8ae-4ce2-94a8-c2bfe38a70cb"
BLOCK = "block-v1:edX+DemoX+Demo_Course+type@problem+block@3fc5461f86764ad7bdbdf6cbdde61e66"


def attempted(event: str, **members: Any) -> Statement:
    """The statement of one tracking event; the same event always has the same id."""
    statement = {
        "id": str(uuid.uuid5(uuid.NAMESPACE_URL, event)),
        "version": "1.0.3",
        "actor": {
            "objectType": "Agent",
            "account": {"homePage": LMS, "name": USER},
        },
        "verb": {
            "id": "http://adlnet.gov/expapi/verbs/attempted",
            "display": {"en": "attempted"},
        },
        "object": {
            "objectType": "Activity",
            "id": f"{LMS}/xblock/{BLOCK}",
            "definition": {"type": "http://adlnet.gov/expapi/activities/question"},
        },
        "result": {"success": False, "score": {"min": 0, "max": 1, "raw": 0, "scaled": 0}},
        "context": {
            "contextActivities": {
                "parent": [
                    {
                        "objectType": "Activity",
                        "id": f"{LMS}/course/course-v1:edX+DemoX+Demo_Course",
                        "definition": {
                            "name": {"en-US": "Demonstration Course"},
                            "type": "http://adlnet.gov/expapi/activities/course",
                        },
                    }
                ]
            },
            "extensions": {
                "https://w3id.org/xapi/openedx/extension/transformer-version": "erb@9.3.0",
                "https://w3id.org/xapi/openedx/extensions/session-id": "993110e9c278",
            },
        },
        "timestamp": "2023-07-10T09:23:10.354202+00:00",
    }
    return Statement.from_json(json.dumps(statement | members))


@pytest.fixture
def lrs(real_server: Served, real_key: NewKey) -> RemoteLRS:
    return RemoteLRS(
        version="1.0.3",
        endpoint=real_server.endpoint,
        username=real_key.key,
        password=real_key.secret,
    )


@pytest.fixture
def event() -> str:
    """An event of this test's own."""
    return uuid.uuid4().hex


def kept(lrs: RemoteLRS) -> list[dict[str, Any]]:
    """What is stored, as JSON, since tincan drops what it does not know."""
    found: list[dict[str, Any]] = json.loads(lrs.query_statements({}).data)["statements"]
    return found


def test_one_event_is_put(lrs: RemoteLRS, event: str) -> None:
    answer = lrs.save_statement(attempted(event))
    assert (answer.request.method, answer.response.status) == ("PUT", 204)


def test_many_events_are_answered_with_their_ids(lrs: RemoteLRS, event: str) -> None:
    events = [attempted(f"{event} {number}") for number in range(100)]
    answer = lrs.save_statements(events)
    assert answer.success
    assert json.loads(answer.data) == [str(event.id) for event in events]


def test_an_event_sent_again_is_no_error(lrs: RemoteLRS, event: str) -> None:
    lrs.save_statement(attempted(event))
    assert lrs.save_statement(attempted(event)).response.status == 204
    assert len(kept(lrs)) == 1


def test_a_log_replayed_is_no_error(lrs: RemoteLRS, event: str) -> None:
    lrs.save_statements([attempted(event), attempted(f"{event} 2")])
    replayed = lrs.save_statements(
        [attempted(event), attempted(f"{event} 2"), attempted(f"{event} 3")]
    )
    assert replayed.response.status == 200
    assert len(kept(lrs)) == 3


@pytest.mark.parametrize(
    "timestamp",
    [
        pytest.param("2023-07-10T09:23:10.354202Z", id="Z for an offset of nothing"),
        pytest.param("2023-07-10T11:23:10.354202+02:00", id="another zone"),
    ],
)
def test_an_event_sent_again_in_another_spelling_is_no_error(
    lrs: RemoteLRS, event: str, timestamp: str
) -> None:
    lrs.save_statement(attempted(event))
    assert lrs.save_statement(attempted(event, timestamp=timestamp)).response.status == 204


def test_other_content_under_an_id_is_a_conflict(lrs: RemoteLRS, event: str) -> None:
    lrs.save_statement(attempted(event))
    answer = lrs.save_statement(attempted(event, result={"success": True}))
    assert answer.response.status == 409
    assert kept(lrs)[0]["result"]["success"] is False


def test_a_batch_with_a_conflict_is_one(lrs: RemoteLRS, event: str) -> None:
    lrs.save_statement(attempted(event))
    answer = lrs.save_statements(
        [attempted(f"{event} 2"), attempted(event, result={"success": True})]
    )
    assert answer.response.code == 409
    assert len(kept(lrs)) == 1


def test_microseconds_are_kept(lrs: RemoteLRS, event: str) -> None:
    lrs.save_statement(attempted(event))
    assert ".354202" in kept(lrs)[0]["timestamp"]


def test_a_bearer_token_does_instead_of_a_password(
    real_server: Served, real_key: NewKey, wire: Wire, event: str
) -> None:
    form = "grant_type=client_credentials"
    form += f"&client_id={real_key.key}&client_secret={real_key.secret}"
    token = wire.send(
        "POST",
        "/xapi/oauth/token",
        form.encode(),
        Content_Type="application/x-www-form-urlencoded",
    ).json["access_token"]
    lrs = RemoteLRS(version="1.0.3", endpoint=real_server.endpoint, auth=f"Bearer {token}")
    assert lrs.save_statement(attempted(event)).response.status == 204


@pytest.mark.parametrize(
    ("members", "path"),
    [
        pytest.param(
            {"result": {"score": {"min": 0, "max": 0, "raw": 0}}},
            "$.result.score.min",
            id="a problem worth no points",
        ),
        pytest.param(
            {"context": {"contextActivities": {"grouping": [{"id": "438AD672-DE2C"}]}}},
            "$.context.contextActivities.grouping[0].id",
            id="an exam's attempt without a scheme",
        ),
    ],
)
def test_what_the_standard_forbids_is_refused_by_its_place(
    lrs: RemoteLRS, event: str, members: dict[str, Any], path: str
) -> None:
    answer = lrs.save_statement(attempted(event, **members))
    assert answer.response.status == 400
    assert json.loads(answer.data)["path"] == path
