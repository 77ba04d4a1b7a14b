"""State and profiles over HTTP: what is kept comes back as it came, with its tag and its date."""

from __future__ import annotations

import gzip
import hashlib
import json
from datetime import UTC, datetime

import pytest
from document_making import ACTIVITY_PROFILE, AGENT_PROFILE, KINDS, STATE, Keeper
from xapi_making import Lms

from engine.db import writing
from engine.lrs.models import document
from engine.moments import to_us

BLOB = b"2B3v1x60cmPB\xff\x00" * 10_000
REGISTRATION = "ec531277-b57b-4c15-8d91-d292c5b2b8f7"
ANNA = {"mbox": "mailto:anna@example.org"}


@pytest.fixture(params=["1.0.3", "2.0.0"])
def lms(app, request):
    return Lms(app, request.param, scopes=["state", "profile"])


@pytest.fixture(params=KINDS, ids=lambda kind: kind.path)
def keeper(lms, request):
    return Keeper(lms=lms, kind=request.param)


@pytest.fixture
def state(lms):
    return Keeper(lms=lms, kind=STATE)


def date(name, moment):
    """Make a document one that was changed last at a moment."""
    with writing() as connection:
        mine = document.c.name == name
        connection.execute(document.update().where(mine).values(updated_at=to_us(moment)))


def typed(media_type):
    return {"Content-Type": media_type}


def test_first_post_is_stored(keeper):
    assert keeper.post(b'{ "a": 1 }').status_code == 204
    assert keeper.get().data == b'{ "a": 1 }'


@pytest.mark.both_databases
def test_put_of_a_new_document_is_stored(keeper):
    assert keeper.put(b"[1]", headers={"If-None-Match": "*"}).status_code == 204
    assert keeper.get().data == b"[1]"


def test_answer_to_a_write_is_empty_and_tagged(keeper):
    answer = keeper.post(b"{}")
    assert answer.data == b""
    assert answer.headers["ETag"] == keeper.get().headers["ETag"]


@pytest.mark.both_databases
@pytest.mark.parametrize("media_type", ["text/plain;charset=UTF-8", "text/html", 'x-a/b; c="d"'])
def test_bytes_and_type_come_back(keeper, media_type):
    keeper.post(BLOB, headers=typed(media_type))
    answer = keeper.get()
    assert (answer.data, answer.headers["Content-Type"]) == (BLOB, media_type)


def test_document_without_a_type_is_bytes(keeper):
    query = {**keeper.kind.about, keeper.kind.name: "place"}
    keeper.lms.send("POST", keeper.kind.path, query_string=query, data=b"x", without="Content-Type")
    assert keeper.get().headers["Content-Type"] == "application/octet-stream"


def test_form_is_kept_like_any_other_type(keeper):
    keeper.post(b"a=1&b=2", headers=typed("application/x-www-form-urlencoded"))
    assert keeper.get().data == b"a=1&b=2"


def test_compressed_document_is_kept_unpacked(keeper):
    packed = gzip.compress(b'{"a":1}')
    assert keeper.post(packed, headers={"Content-Encoding": "gzip"}).status_code == 204
    assert keeper.get().data == b'{"a":1}'


def test_put_of_json_is_not_read(keeper):
    keeper.put(b"bookmark 7", headers={"If-None-Match": "*"})
    assert keeper.get().data == b"bookmark 7"


def test_tag_is_the_quoted_sha1(keeper):
    keeper.post(b"{}")
    assert keeper.get().headers["ETag"] == f'"{hashlib.sha1(b"{}").hexdigest()}"'


def test_date_is_that_of_the_last_change(keeper):
    keeper.post(name="a")
    keeper.post(name="b")
    date("a", datetime(2026, 3, 19, 12, tzinfo=UTC))
    date("b", datetime(2026, 3, 20, 12, tzinfo=UTC))
    assert keeper.get(name="a").headers["Last-Modified"] == "Thu, 19 Mar 2026 12:00:00 GMT"
    assert keeper.get(name=None).headers["Last-Modified"] == "Fri, 20 Mar 2026 12:00:00 GMT"


def test_head_is_get_without_the_document(keeper):
    keeper.post(b'{"a":1}')
    head, get = keeper.send("HEAD"), keeper.get()
    assert head.data == b""
    assert head.headers["Content-Length"] == "7"
    assert head.headers["ETag"] == get.headers["ETag"]


def test_missing_document_is_not_found(keeper):
    assert keeper.get().status_code == 404
    assert keeper.send("HEAD").status_code == 404


def test_known_document_is_not_sent_again(keeper):
    keeper.post(b'{"a":1}')
    answer = keeper.get(headers={"If-None-Match": keeper.get().headers["ETag"]})
    assert (answer.status_code, answer.data) == (304, b"")


def test_changed_document_is_sent_again(keeper):
    keeper.post(b'{"a":1}')
    assert keeper.get(headers={"If-None-Match": '"1234"'}).status_code == 200


@pytest.mark.both_databases
def test_post_merges_json(keeper):
    keeper.post(b'{"car":{"make":"Ford"},"driver":"Dale"}')
    assert keeper.post(b'{"car":{"model":"T"}}').status_code == 204
    assert keeper.get().json == {"car": {"model": "T"}, "driver": "Dale"}


@pytest.mark.parametrize(
    ("before", "after", "media_type"),
    [
        pytest.param(b'{"a":1}', b"text", "text/plain", id="text sent"),
        pytest.param(b'{"a":1}', b"{}{", "application/json", id="no JSON sent"),
        pytest.param(b'{"a":1}', b"[]", "application/json", id="array sent"),
        pytest.param(b"[1]", b"{}", "application/json", id="array there"),
    ],
)
def test_post_that_cannot_be_merged_changes_nothing(keeper, before, after, media_type):
    keeper.post(before)
    refused = keeper.post(after, headers=typed(media_type))
    assert refused.status_code == 400
    assert refused.json["error"]
    assert keeper.get().data == before


def test_post_over_text_is_refused(keeper):
    keeper.post(b"text", headers=typed("text/plain"))
    assert keeper.post(b"{}").status_code == 400
    assert keeper.get().data == b"text"


def test_first_post_that_is_no_json_is_refused(keeper):
    assert keeper.post(b"abcdefg").status_code == 400
    assert keeper.get().status_code == 404


@pytest.mark.both_databases
def test_delete_takes_the_document(keeper):
    keeper.post()
    assert keeper.delete().status_code == 204
    assert keeper.get().status_code == 404


def test_delete_of_a_missing_document_is_no_fault(keeper):
    assert keeper.delete().status_code == 204


@pytest.mark.both_databases
def test_list_names_the_documents(keeper):
    keeper.post(name="a")
    keeper.post(name="é/ b")
    assert keeper.names() == ["a", "é/ b"]


def test_list_of_nothing_is_empty(keeper):
    answer = keeper.get(name=None)
    assert (answer.status_code, answer.json, answer.mimetype) == (200, [], "application/json")


@pytest.mark.both_databases
def test_list_since(keeper):
    keeper.post(name="a")
    assert keeper.names(since="2020-01-01T00:00:00Z") == ["a"]
    assert keeper.names(since="2999-01-01T00:00:00Z") == []


def test_since_says_nothing_of_one_document(keeper):
    keeper.post()
    assert keeper.get(since="2999-01-01T00:00:00Z").status_code == 200


def test_slash_at_the_end_and_capitals_are_the_same_address(lms):
    Keeper(lms=lms, kind=STATE).post()
    query = {**STATE.about, "stateId": "place"}
    assert lms.get("/xAPI/activities/state/", **query).status_code == 200


def test_agent_is_known_in_every_spelling(lms):
    keeper = Keeper(lms=lms, kind=AGENT_PROFILE)
    keeper.post(agent=json.dumps({"mbox": "mailto:Anna@Example.org", "name": "Anna"}))
    assert keeper.get(agent=json.dumps(ANNA)).status_code == 200


def test_group_with_an_identifier_has_documents(lms):
    keeper = Keeper(lms=lms, kind=AGENT_PROFILE)
    keeper.post(agent=json.dumps({"objectType": "Group", "mbox": "mailto:team@example.org"}))
    assert keeper.names(agent=json.dumps({"mbox": "mailto:team@example.org"})) == ["place"]


def test_profiles_of_agents_and_activities_are_apart(lms):
    Keeper(lms=lms, kind=ACTIVITY_PROFILE).post()
    assert Keeper(lms=lms, kind=AGENT_PROFILE).names() == []


@pytest.mark.both_databases
def test_state_of_a_registration_is_apart(state):
    state.post(registration=REGISTRATION)
    assert state.get().status_code == 404
    assert state.get(registration=REGISTRATION.upper()).status_code == 200


@pytest.mark.both_databases
def test_state_is_listed_whatever_its_registration(state):
    state.post(name="a", registration=REGISTRATION)
    state.post(name="b")
    assert state.names() == ["a", "b"]
    assert state.names(registration=REGISTRATION) == ["a"]


@pytest.mark.both_databases
def test_state_without_a_name_is_deleted_whole(state):
    state.post(name="a", registration=REGISTRATION)
    state.post(name="b")
    assert state.delete(name=None).status_code == 204
    assert state.names() == []


@pytest.mark.both_databases
def test_state_of_one_registration_is_deleted(state):
    state.post(name="a", registration=REGISTRATION)
    state.post(name="b")
    state.delete(name=None, registration=REGISTRATION)
    assert state.names() == ["b"]


def test_stored_html_does_nothing_in_a_browser(state):
    state.post(b"<script>", headers=typed("text/html"))
    answer = state.get()
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_no_cache_keeps_a_document(keeper):
    keeper.post()
    assert "no-store" in keeper.get().headers["Cache-Control"]
