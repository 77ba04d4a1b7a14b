"""TinCanPython: state, profiles and voiding; statements are in test_clients."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from factories import ATTENDED
from tincan import (
    Activity,
    ActivityProfileDocument,
    Agent,
    AgentAccount,
    AgentProfileDocument,
    RemoteLRS,
    StateDocument,
    Statement,
    StatementRef,
    Verb,
)
from tincan.http_request import HTTPRequest
from xapi_serving import Served

from engine.lrs.keys import NewKey

ANN = Agent(name="Ann é", account=AgentAccount(home_page="https://lms.example.org", name="ann"))
COURSE = Activity(id="https://lms.example.org/course/é")
VOIDED = "http://adlnet.gov/expapi/verbs/voided"
REGISTRATION = str(uuid.UUID(int=2**122 + 2**63))

Profile = ActivityProfileDocument | AgentProfileDocument


@pytest.fixture
def lrs(real_server: Served, real_key: NewKey) -> RemoteLRS:
    return RemoteLRS(endpoint=real_server.endpoint, username=real_key.key, password=real_key.secret)


def a_state(name: str = "bookmark", content: str = "slide 7", **members: Any) -> StateDocument:
    return StateDocument(
        id=name,
        activity=COURSE,
        agent=ANN,
        content=bytearray(content.encode()),
        **members,
    )


def attended(**members: Any) -> Statement:
    return Statement(actor=ANN, verb=Verb(id=ATTENDED), object=COURSE, **members)


def tag_of(answer: Any) -> str:
    """The ETag of an answer; tincan looks for it, but not where it is."""
    return str(answer.response.getheader("ETag"))


# --- voiding ------------------------------------------------------------------------------------


@pytest.fixture
def voided(lrs: RemoteLRS) -> str:
    """The id of a statement that was stored and voided."""
    sid = str(uuid.uuid4())
    lrs.save_statement(attended(id=sid))
    lrs.save_statement(Statement(actor=ANN, verb=Verb(id=VOIDED), object=StatementRef(id=sid)))
    return sid


def test_a_voided_statement_is_retrieved_as_such(lrs: RemoteLRS, voided: str) -> None:
    assert str(lrs.retrieve_voided_statement(voided).content.id) == voided


def test_a_voided_statement_is_not_retrieved_otherwise(lrs: RemoteLRS, voided: str) -> None:
    assert lrs.retrieve_statement(voided).response.status == 404


def test_a_voided_statement_is_not_listed(lrs: RemoteLRS, voided: str) -> None:
    (left,) = lrs.query_statements({}).content.statements
    assert left.verb.id == VOIDED


# --- state --------------------------------------------------------------------------------------


def test_no_state_is_no_failure(lrs: RemoteLRS) -> None:
    answer = lrs.retrieve_state(COURSE, ANN, "bookmark")
    assert (answer.success, answer.response.status) == (True, 404)


def test_state_is_saved_and_retrieved(lrs: RemoteLRS) -> None:
    suspended = "slide 7\r\n" * 20_000
    assert lrs.save_state(a_state(content=suspended)).success
    found = lrs.retrieve_state(COURSE, ANN, "bookmark")
    assert found.content.content.decode() == suspended


def test_the_type_of_state_is_kept(lrs: RemoteLRS) -> None:
    lrs.save_state(a_state(content_type="text/plain"))
    found = lrs.retrieve_state(COURSE, ANN, "bookmark")
    assert found.response.getheader("Content-Type").startswith("text/plain")


def test_state_ids_are_listed(lrs: RemoteLRS) -> None:
    lrs.save_state(a_state("one"))
    lrs.save_state(a_state("two"))
    assert sorted(lrs.retrieve_state_ids(COURSE, ANN).content) == ["one", "two"]


def test_state_ids_since_a_time_are_listed(lrs: RemoteLRS) -> None:
    lrs.save_state(a_state())
    assert lrs.retrieve_state_ids(COURSE, ANN, since="2100-01-01T00:00:00Z").content == []


def test_state_of_another_registration_is_not_found(lrs: RemoteLRS) -> None:
    lrs.save_state(a_state())
    found = lrs.retrieve_state(COURSE, ANN, "bookmark", registration=REGISTRATION)
    assert found.response.status == 404


def test_state_is_deleted(lrs: RemoteLRS) -> None:
    lrs.save_state(a_state())
    assert lrs.delete_state(a_state()).response.status == 204
    assert lrs.retrieve_state(COURSE, ANN, "bookmark").response.status == 404


def test_all_state_is_cleared(lrs: RemoteLRS) -> None:
    lrs.save_state(a_state("one"))
    lrs.save_state(a_state("two"))
    assert lrs.clear_state(COURSE, ANN).response.status == 204
    assert lrs.retrieve_state_ids(COURSE, ANN).content == []


def test_state_that_has_changed_is_not_deleted(lrs: RemoteLRS) -> None:
    lrs.save_state(a_state())
    assert lrs.delete_state(a_state(etag='"stale"')).response.status == 412


# --- profiles -----------------------------------------------------------------------------------

KINDS = ["activity", "agent"]


def a_profile(kind: str, content: str = "audio on", **members: Any) -> Profile:
    """A profile of the course, or of Ann."""
    given = {"id": "preferences", "content": bytearray(content.encode()), **members}
    if kind == "activity":
        return ActivityProfileDocument(activity=COURSE, **given)
    return AgentProfileDocument(agent=ANN, **given)


def call(lrs: RemoteLRS, verb: str, kind: str, of: str = "profile") -> Callable[..., Any]:
    """One of tincan's methods for a kind of profile."""
    found: Callable[..., Any] = getattr(lrs, f"{verb}_{kind}_{of}")
    return found


def about(kind: str) -> Activity | Agent:
    return COURSE if kind == "activity" else ANN


def begin(lrs: RemoteLRS, kind: str) -> str:
    """Make a profile; tincan itself sends no If-None-Match. Its ETag."""
    resource = "activities/profile" if kind == "activity" else "agents/profile"
    whose = {"activityId": COURSE.id} if kind == "activity" else {"agent": ANN.to_json("1.0.3")}
    request = HTTPRequest(method="PUT", resource=resource, content=b"audio on")
    request.headers["If-None-Match"] = "*"
    request.query_params = {"profileId": "preferences", **whose}
    return tag_of(lrs._send_request(request))


@pytest.mark.parametrize("kind", KINDS)
def test_no_profile_is_no_failure(lrs: RemoteLRS, kind: str) -> None:
    answer = call(lrs, "retrieve", kind)(about(kind), "preferences")
    assert (answer.success, answer.response.status) == (True, 404)


@pytest.mark.parametrize("kind", KINDS)
def test_a_new_profile_without_a_condition_is_refused_with_the_mend(
    lrs: RemoteLRS, kind: str
) -> None:
    answer = call(lrs, "save", kind)(a_profile(kind))
    assert answer.response.status == 400
    assert "If-None-Match: *" in json.loads(answer.data)["fix"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_profile_is_replaced_by_who_knows_it(lrs: RemoteLRS, kind: str) -> None:
    tag = begin(lrs, kind)
    assert call(lrs, "save", kind)(a_profile(kind, "audio off", etag=tag)).success
    found = call(lrs, "retrieve", kind)(about(kind), "preferences")
    assert found.content.content == b"audio off"


@pytest.mark.parametrize("kind", KINDS)
def test_a_profile_is_not_replaced_blindly(lrs: RemoteLRS, kind: str) -> None:
    begin(lrs, kind)
    answer = call(lrs, "save", kind)(a_profile(kind, "audio off"))
    assert (answer.success, answer.response.status) == (False, 409)


@pytest.mark.parametrize("kind", KINDS)
def test_profile_ids_are_listed(lrs: RemoteLRS, kind: str) -> None:
    begin(lrs, kind)
    assert call(lrs, "retrieve", kind, "profile_ids")(about(kind)).content == ["preferences"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_profile_is_deleted(lrs: RemoteLRS, kind: str) -> None:
    begin(lrs, kind)
    assert call(lrs, "delete", kind)(a_profile(kind)).response.status == 204
    found = call(lrs, "retrieve", kind)(about(kind), "preferences")
    assert found.response.status == 404
