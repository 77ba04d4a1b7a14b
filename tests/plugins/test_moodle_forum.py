"""Moodle forums: export and web services say the same, old and new; refusals with status 200."""

from __future__ import annotations

import json
from typing import Any

import pytest
from forum_making import asked, kinds, only, read, recording, sample
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from engine.api import Account, BadReport, Delivery, Failed, ItemRef, Refused, Unanswered
from engine.testkit import scratch

URL = "https://moodle.northmoor.example"
TABLE = sample("moodle_forum", "discussion.csv")
ANSWER: dict[str, Any] = json.loads(sample("moodle_forum", "posts.json"))
REPLY: dict[str, Any] = ANSWER["posts"][0]


def test_a_discussion_and_its_first_post_are_one_item() -> None:
    start, reply = read("moodle_forum", TABLE)[:2]
    assert (start.verb, start.keys) == ("created", ("post:501", "discussion:77"))
    assert (reply.verb, reply.within) == ("replied", ItemRef("discussion:77"))
    assert reply.url == f"{URL}/mod/forum/discuss.php?d=77#p502"


def test_people_are_known_by_their_number() -> None:
    assert read("moodle_forum", TABLE)[0].actor.account == Account(home_page=URL, name="12")


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(TABLE, id="export"),
        pytest.param(json.dumps(ANSWER).encode(), id="web service"),
    ],
)
def test_private_replies_and_deleted_posts(body: bytes) -> None:
    assert kinds(read("moodle_forum", body))[2:] == ["Skipped", "Gone"]


def test_the_older_web_service_is_read_too() -> None:
    told = read("moodle_forum", sample("moodle_forum", "older_posts.json"))
    assert [one.keys[0] for one in told] == ["post:501", "post:502"]


DISCUSSION = {
    "id": 501, "discussion": 77, "parent": 0, "userid": 12, "userfullname": "Ines Roy",
    "created": 1788879660, "modified": 1788879660, "timemodified": 1788890000, "groupid": -1,
    "name": "Dashboards", "subject": "Dashboards", "message": "<p>Which?</p>", "numreplies": "1",
}  # fmt: skip


def test_a_list_of_discussions_tells_their_first_posts() -> None:
    (start,) = read("moodle_forum", json.dumps({"discussions": [DISCUSSION]}).encode())
    assert (start.verb, start.keys) == ("created", ("post:501", "discussion:77"))
    assert start.at.timestamp() == 1788879660


def test_a_discussion_of_a_group_in_such_a_list_is_left_out() -> None:
    body = json.dumps({"discussions": [DISCUSSION | {"groupid": 3}]}).encode()
    assert kinds(read("moodle_forum", body)) == ["Skipped"]


def test_an_answer_that_names_its_course_is_of_that_course() -> None:
    told = read("moodle_forum", json.dumps(ANSWER | {"courseid": 9, "forum": None}).encode())
    assert told[0].community.url == f"{URL}/course/view.php?id=9"


def test_an_export_as_json_is_read_too() -> None:
    posts = [
        {"id": "501", "discussion": "77", "parent": "0", "userid": "12", "created": "1788879660"}
    ]
    assert kinds(read("moodle_forum", json.dumps([posts]).encode())) == ["Activity"]


def test_dates_made_for_people_name_no_zone_and_fail() -> None:
    body = TABLE.replace(b",1788879660,1788879660,", b',"8 September 2026, 3:01 PM",,')
    (failed,) = only(read("moodle_forum", body), Failed)
    assert "Human-readable dates" in failed.mend


def test_discussions_of_one_group_are_left_out_unless_wanted() -> None:
    body = json.dumps(ANSWER | {"discussion": {"discussion": 77, "groupid": 3}}).encode()
    assert set(kinds(read("moodle_forum", body))) == {"Skipped"}
    assert "Activity" in kinds(read("moodle_forum", body, groups=True))


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        pytest.param({"author": {}}, "Skipped", id="no author"),
        pytest.param({"author": {"id": 1, "fullname": "Guest"}}, "Skipped", id="guest"),
        pytest.param({"timecreated": None}, "Failed", id="no time"),
        pytest.param({"id": "x"}, "Failed", id="no id"),
        pytest.param({"tags": 3}, "Failed", id="tags that are no list"),
        pytest.param({"unknown": {}}, "Activity", id="a member nobody knows"),
    ],
)
def test_posts_of_the_web_service(change: dict[str, Any], kind: str) -> None:
    body = json.dumps({"posts": [REPLY | change]}).encode()
    assert kinds(read("moodle_forum", body)) == [kind]


def test_export_and_web_service_meet_in_one_statement() -> None:
    with recording("moodle_forum"):
        scratch.read(Delivery(body=json.dumps(ANSWER).encode()))
        before = scratch.standing()
        assert scratch.read(Delivery(body=TABLE)).statements == []
        assert scratch.standing() == before


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b'{"exception": "x", "errorcode": "y", "message": "z"}', id="a refusal"),
        pytest.param(b'{"forums": []}', id="another answer"),
        pytest.param(b"<?xml version='1.0'?><RESPONSE/>", id="an answer as XML"),
        pytest.param(b"id,subject\n1,x\n", id="another table"),
    ],
)
def test_what_is_neither_is_refused(body: bytes) -> None:
    with pytest.raises(BadReport) as refusal:
        read("moodle_forum", body)
    assert refusal.value.mend


# Asking the web services.


def moodle(server: HTTPServer, changed: dict[int, int]) -> str:
    """A site of ours whose one forum has discussions by id and last change; its address."""

    def answer(request: Request) -> Response:
        form = request.form
        if form["wstoken"] != "t0ken":
            told: Any = {"exception": "moodle_exception", "errorcode": "invalidtoken"}
        elif form["wsfunction"] == "mod_forum_get_forums_by_courses":
            told = [{"id": 9, "course": 5, "name": "Evidence forum"}]
        elif form["wsfunction"] == "mod_forum_get_forum_discussions":
            listed = sorted(changed, key=lambda one: -changed[one])
            told = {"discussions": [discussion(one) for one in listed], "warnings": []}
        else:
            number = int(form["discussionid"])
            told = {"posts": [REPLY | {"id": 1000 + number, "discussionid": number}]}
        return Response(json.dumps(told), content_type="application/json")

    def discussion(number: int) -> dict[str, Any]:
        given = {"id": 5, "discussion": number, "timemodified": changed[number], "groupid": -1}
        return given | {"pinned": False, "name": "x"}

    server.expect_request("/webservice/rest/server.php", method="POST").respond_with_handler(answer)
    return server.url_for("")


def discussions(brought: list[Delivery]) -> list[str]:
    return [one.name.rpartition("=")[2] for one in brought]


def test_discussions_come_by_their_last_change_and_again_when_they_change(
    httpserver: HTTPServer,
) -> None:
    changed = {77: 300, 78: 200, 79: 300}
    given = {"url": moodle(httpserver, changed), "token": "t0ken"}
    brought = asked("moodle_forum", **given)
    assert discussions(brought) == ["78", "77", "79"]
    assert asked("moodle_forum", brought[-1].cursor, **given) == []
    changed[78] = 400
    assert discussions(asked("moodle_forum", brought[-1].cursor, **given)) == ["78"]


def test_a_poll_that_breaks_off_goes_on_where_it_was(httpserver: HTTPServer) -> None:
    given = {"url": moodle(httpserver, {77: 300, 78: 200, 79: 300}), "token": "t0ken"}
    brought = asked("moodle_forum", **given)
    assert discussions(asked("moodle_forum", brought[1].cursor, **given)) == ["79"]


def test_what_only_the_lists_tell_is_kept(httpserver: HTTPServer) -> None:
    url = moodle(httpserver, {77: 300}).rstrip("/")
    (brought,) = asked("moodle_forum", url=url, token="t0ken")
    (told,) = read("moodle_forum", brought.body, url=url)
    assert told.community.title == "Evidence forum"
    assert told.community.url == f"{url}/course/view.php?id=5"


def test_a_token_that_has_run_out_is_told_with_status_200(httpserver: HTTPServer) -> None:
    with pytest.raises(Unanswered) as refusal:
        asked("moodle_forum", url=moodle(httpserver, {77: 300}), token="old")
    assert refusal.value.kind == "unauthorized"


def test_without_a_token_nothing_is_asked() -> None:
    with pytest.raises(Refused) as refusal:
        asked("moodle_forum")
    assert refusal.value.where == "token"
