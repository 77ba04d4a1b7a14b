"""State and profiles over HTTP: what is refused, and that it leaves everything as it was."""

from __future__ import annotations

import pytest
from document_making import ACTIVITY_PROFILE, AGENT_PROFILE, ANNA, COURSE, KINDS, STATE, Keeper
from xapi_making import Lms

METHODS = ("GET", "PUT", "POST", "DELETE")
NEW = {"If-None-Match": "*"}
REGISTRATION = "ec531277-b57b-4c15-8d91-d292c5b2b8f7"


@pytest.fixture(params=["1.0.3", "2.0.0"])
def lms(app, request):
    return Lms(app, request.param, scopes=["state", "profile"])


@pytest.fixture(params=KINDS, ids=lambda kind: kind.path)
def keeper(lms, request):
    return Keeper(lms=lms, kind=request.param)


@pytest.fixture
def state(lms):
    return Keeper(lms=lms, kind=STATE)


@pytest.fixture
def newer(app, request):
    return Lms(app, "2.0.0", scopes=["state", "profile"])


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", ["activityId", "agent"])
def test_what_it_is_about_must_be_sent(lms, method, name):
    query = {**STATE.about, "stateId": "place"}
    del query[name]
    answer = lms.send(method, STATE.path, query_string=query, data=b"{}")
    assert (answer.status_code, answer.json["parameter"]) == (400, name)


@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_name_must_be_sent_with_a_document(keeper, method):
    answer = keeper.send(method, b"{}", name=None, headers=NEW)
    assert (answer.status_code, answer.json["parameter"]) == (400, keeper.kind.name)


def test_profiles_are_deleted_one_by_one(lms):
    keeper = Keeper(lms=lms, kind=AGENT_PROFILE)
    keeper.post()
    assert keeper.delete(name=None).status_code == 400
    assert keeper.names() == ["place"]


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("activityId", "example.org", id="IRI without scheme"),
        pytest.param("agent", "true", id="agent that is none"),
        pytest.param("agent", "not JSON", id="agent that is no JSON"),
        pytest.param("agent", "{}", id="agent without identifier"),
        pytest.param("agent", '{"mbox":"mailto:a@b.org","x":1}', id="agent with too much"),
        pytest.param("registration", "true", id="registration that is no UUID"),
        pytest.param("stateId", "", id="empty name"),
        pytest.param("stateId", "a" * 2001, id="long name"),
        pytest.param("stateId", "a\0", id="NUL in a name"),
        pytest.param("StateId", "a", id="wrong case"),
        pytest.param("limit", "1", id="unknown"),
    ],
)
def test_bad_parameter_is_refused(lms, method, name, value):
    query = {**STATE.about, "stateId": "place", name: value}
    answer = lms.send(method, STATE.path, query_string=query, data=b"{}", with_=NEW)
    assert (answer.status_code, answer.json["parameter"]) == (400, name)
    assert answer.json["fix"]


def test_bad_since_is_refused(keeper):
    assert keeper.get(name=None, since="yesterday").status_code == 400


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE"])
def test_since_is_for_reading(state, method):
    answer = state.send(method, b"{}", since="2020-01-01T00:00:00Z")
    assert (answer.status_code, answer.json["parameter"]) == (400, "since")


@pytest.mark.parametrize("method", METHODS)
def test_registration_is_for_state(lms, method):
    keeper = Keeper(lms=lms, kind=AGENT_PROFILE)
    answer = keeper.send(method, b"{}", registration=REGISTRATION)
    assert (answer.status_code, answer.json["parameter"]) == (400, "registration")


def test_parameter_sent_twice_is_refused(lms):
    query = [("activityId", COURSE), ("agent", ANNA), ("agent", ANNA), ("stateId", "a")]
    answer = lms.send("GET", STATE.path, query_string=query)
    assert (answer.status_code, answer.json["parameter"]) == (400, "agent")


@pytest.mark.parametrize(
    ("kind", "version", "clause"),
    [
        (STATE, "1.0.3", "xAPI 1.0.3 Communication 2.3"),
        (STATE, "2.0.0", "IEEE 9274.1.1 4.1.6.2"),
        (AGENT_PROFILE, "1.0.3", "xAPI 1.0.3 Communication 2.6"),
        (AGENT_PROFILE, "2.0.0", "IEEE 9274.1.1 4.1.6.5"),
        (ACTIVITY_PROFILE, "1.0.3", "xAPI 1.0.3 Communication 2.7"),
        (ACTIVITY_PROFILE, "2.0.0", "IEEE 9274.1.1 4.1.6.6"),
    ],
)
def test_clause_is_that_of_the_resource(app, kind, version, clause):
    keeper = Keeper(lms=Lms(app, version), kind=kind)
    assert keeper.get(other="1").json["clause"] == clause


@pytest.mark.parametrize("media_type", ["text", "/", "a b/c", "text/plain\0"])
def test_type_that_is_none_is_refused(state, media_type):
    answer = state.post(headers={"Content-Type": media_type})
    assert (answer.status_code, answer.json["parameter"]) == (400, "Content-Type")


def test_unknown_compression_is_refused(state):
    assert state.post(headers={"Content-Encoding": "br"}).status_code == 415


def test_other_methods_are_refused(keeper):
    answer = keeper.send("PATCH")
    assert answer.status_code == 405
    assert {"GET", "HEAD", "PUT", "POST", "DELETE"} <= set(answer.headers["Allow"].split(", "))


def test_document_beyond_the_limit_is_refused(app, keeper):
    app.config["MAX_CONTENT_LENGTH"] = 10
    assert keeper.post(b'{"a":"12345"}').status_code == 413


# Communication 3.1


def test_put_over_a_profile_needs_its_tag(lms):
    keeper = Keeper(lms=lms, kind=AGENT_PROFILE)
    keeper.post(b"{}")
    refused = keeper.put(b"[]")
    assert refused.status_code == 409
    assert keeper.get().headers["ETag"] in refused.json["fix"]
    assert keeper.get().data == b"{}"


def test_put_over_state_needs_its_tag_at_2_0(newer):
    keeper = Keeper(lms=newer, kind=STATE)
    keeper.post(b"{}")
    assert keeper.put(b"[]").status_code == 409
    assert keeper.get().data == b"{}"


def test_put_over_state_needs_none_at_1_0(app):
    keeper = Keeper(lms=Lms(app, "1.0.3", scopes=["state"]), kind=STATE)
    keeper.post(b"{}")
    assert keeper.put(b"[]").status_code == 204


def test_new_profile_without_a_header_is_refused_at_1_0(app):
    keeper = Keeper(lms=Lms(app, "1.0.3", scopes=["profile"]), kind=AGENT_PROFILE)
    refused = keeper.put()
    assert (refused.status_code, refused.json["parameter"]) == (400, "If-None-Match")
    assert keeper.get().status_code == 404


def test_new_profile_without_a_header_is_stored_at_2_0(newer):
    assert Keeper(lms=newer, kind=AGENT_PROFILE).put().status_code == 204


def test_put_with_the_right_tag_replaces(keeper):
    tag = keeper.post(b"{}").headers["ETag"]
    assert keeper.put(b"[]", headers={"If-Match": tag}).status_code == 204
    assert keeper.get().data == b"[]"


def test_put_with_the_bare_tag_replaces(keeper):
    tag = keeper.post(b"{}").headers["ETag"].strip('"')
    assert keeper.put(b"[]", headers={"If-Match": tag}).status_code == 204


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE"])
def test_write_with_a_wrong_tag_changes_nothing(keeper, method):
    keeper.post(b'{"a":1}')
    refused = keeper.send(method, b"{}", headers={"If-Match": '"1234"'})
    assert (refused.status_code, refused.json["parameter"]) == (412, "If-Match")
    assert keeper.get().data == b'{"a":1}'


@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_new_write_over_a_document_changes_nothing(keeper, method):
    keeper.post(b'{"a":1}')
    assert keeper.send(method, b"{}", headers=NEW).status_code == 412
    assert keeper.get().data == b'{"a":1}'


def test_state_is_not_deleted_whole_by_a_tag(state):
    tag = state.post().headers["ETag"]
    assert state.delete(name=None, headers={"If-Match": tag}).status_code == 412
    assert state.names() == ["place"]


# what a key may do


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("kind", "scope"), [(kind, "statements/write") for kind in KINDS] + [(STATE, "profile")]
)
def test_key_without_the_scope_is_refused(app, method, kind, scope):
    keeper = Keeper(lms=Lms(app, scopes=[scope]), kind=kind)
    assert keeper.send(method, b"{}", headers=NEW).status_code == 403


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE"])
@pytest.mark.parametrize("kind", KINDS)
def test_key_that_reads_all_writes_nothing(app, method, kind):
    keeper = Keeper(lms=Lms(app, scopes=["all/read"]), kind=kind)
    assert keeper.get(name=None).status_code == 200
    assert keeper.send(method, b"{}", headers=NEW).status_code == 403


def test_ordinary_key_keeps_documents(app):
    assert Keeper(lms=Lms(app), kind=STATE).post().status_code == 204
    assert Keeper(lms=Lms(app), kind=AGENT_PROFILE).post().status_code == 204


def test_keys_do_not_see_each_others_documents(app, keeper):
    keeper.post()
    stranger = Keeper(lms=Lms(app, reads="mine", scopes=["all"]), kind=keeper.kind)
    assert stranger.get().status_code == 404
    assert stranger.names() == []


def test_key_that_reads_everything_sees_them(app, keeper):
    keeper.post(b'{"a":1}')
    operator = Keeper(lms=Lms(app, reads="all", scopes=["all"]), kind=keeper.kind)
    assert operator.get().data == b'{"a":1}'
    assert operator.names() == ["place"]


def test_key_that_reads_everything_changes_its_own(app, keeper):
    keeper.post(b'{"a":1}')
    operator = Keeper(lms=Lms(app, reads="all", scopes=["all"]), kind=keeper.kind)
    operator.post(b'{"b":2}')
    operator.delete()
    assert keeper.get().data == b'{"a":1}'


def test_narrow_scope_narrows_what_a_key_reads(app, keeper):
    keeper.post()
    narrow = Keeper(lms=Lms(app, reads="all", scopes=["state", "profile"]), kind=keeper.kind)
    assert narrow.names() == []


def test_nobody_reads_without_a_key(keeper):
    query = {**keeper.kind.about, keeper.kind.name: "place"}
    answer = keeper.lms.send("GET", keeper.kind.path, query_string=query, without="Authorization")
    assert answer.status_code == 401
