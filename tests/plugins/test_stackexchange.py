"""Stack Exchange: dumps and the API say the same; acceptances; pauses are kept."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from forum_making import asked, kinds, only, read, recording, sample, zipped
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from engine.api import BadReport, Delivery, Failed, ItemRef, Refused, Skipped, Unanswered
from engine.testkit import scratch

POSTS = sample("stackexchange", "posts.xml")
QUESTIONS, ANSWERS = json.loads(sample("stackexchange", "answers.json"))
ROW = (
    '<posts><row Id="1" PostTypeId="1" CreationDate="2026-09-08T15:01:00" OwnerUserId="3" {}/>'
    "</posts>"
)


def row(more: str) -> list[Any]:
    return read("stackexchange", ROW.format(more).encode())


def test_questions_answers_and_the_acceptance_are_told() -> None:
    told = [one for one in read("stackexchange", POSTS) if not isinstance(one, Skipped)]
    assert [(one.verb, one.keys[0]) for one in told] == [
        ("asked", "post:11"),
        ("accepted", "accepted:11"),
        ("replied", "post:12"),
    ]


def test_who_asked_accepts() -> None:
    told = read("stackexchange", POSTS)
    accepted = next(one for one in told if getattr(one, "verb", "") == "accepted")
    assert (accepted.actor, accepted.object) == (ItemRef("post:11"), ItemRef("post:12"))


def test_users_of_the_dump_give_the_names() -> None:
    told = read("stackexchange", sample("stackexchange", "dump.zip"))
    assert told[0].actor.name == "Ines Roy"


@pytest.mark.parametrize(
    "tags",
    [
        pytest.param("&lt;a-b&gt;&lt;c&gt;", id="older dumps"),
        pytest.param("|a-b|c|", id="newer dumps"),
    ],
)
def test_tags(tags: str) -> None:
    assert row(f'Tags="{tags}"')[0].tags == ("a-b", "c")


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        pytest.param('OwnerUserId="3"', 'OwnerUserId="-1"', "Skipped", id="Community"),
        pytest.param('OwnerUserId="3"', 'OwnerDisplayName="x"', "Skipped", id="deleted account"),
        pytest.param('PostTypeId="1"', 'PostTypeId="4"', "Skipped", id="tag wiki"),
        pytest.param('PostTypeId="1"', "", "Skipped", id="no type"),
        pytest.param('Id="1"', 'Id="1.5E+3"', "Failed", id="no number"),
        pytest.param("2026-09-08T15:01:00", "2026-13-08", "Failed", id="no time"),
    ],
)
def test_rows_that_are_no_activity(old: str, new: str, kind: str) -> None:
    body = ROW.format("").replace(old, new, 1).encode()
    assert kinds(read("stackexchange", body)) == [kind]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"7z\xbc\xaf\x27\x1c" + bytes(40), id="7z"),
        pytest.param(b"<votes/>", id="another table"),
        pytest.param(zipped({"Users.xml": "<users/>"}), id="people alone"),
        pytest.param(b'<!DOCTYPE p [<!ENTITY e "x">]><posts>&e;</posts>', id="entities"),
        pytest.param(b'{"error_id": 502, "error_message": "too many"}', id="the API's refusal"),
        pytest.param(b'{"question": {}}', id="other JSON"),
    ],
)
def test_what_is_neither_is_refused(body: bytes) -> None:
    with pytest.raises(BadReport) as refusal:
        read("stackexchange", body)
    assert refusal.value.mend


def test_dump_and_api_meet_in_one_statement() -> None:
    with recording("stackexchange"):
        first = scratch.read(Delivery(body=POSTS))
        body = json.dumps([QUESTIONS, ANSWERS]).encode()
        second = scratch.read(Delivery(body=body))
    assert (len(first.statements), second.statements) == (3, [])


def test_items_alone_are_read_too() -> None:
    body = json.dumps(QUESTIONS["items"]).encode()
    assert kinds(read("stackexchange", body)) == ["Activity", "Activity"]


def test_titles_of_the_api_are_unescaped() -> None:
    body = json.dumps(QUESTIONS).encode()
    assert read("stackexchange", body)[0].title == "Which dashboards & reports do you keep?"


def test_a_bad_item_fails_alone() -> None:
    body = json.dumps({"items": [17, {"question_id": 3}, QUESTIONS["items"][0]]}).encode()
    assert len(only(read("stackexchange", body), Failed)) == 2


# Asking the API.


def api(server: HTTPServer, stamps: dict[int, int], **said: Any) -> str:
    """An API of ours with questions by id and last activity, two a page; its address."""
    given = QUESTIONS["items"][0]

    def questions(request: Request) -> Response:
        assert request.args["site"] == "writing"
        since = int(request.args["min"])
        fitting = sorted((at, n) for n, at in stamps.items() if at >= since)
        told = [given | {"question_id": n, "last_activity_date": at} for at, n in fitting[:2]]
        page = {"items": told, "has_more": len(fitting) > 2, "quota_remaining": 200} | said
        return Response(json.dumps(page), content_type="application/json")

    def answers(_: Request) -> Response:
        return Response(json.dumps({"items": [], "has_more": False, "quota_remaining": 199}))

    server.expect_request("/2.3/questions").respond_with_handler(questions)
    any_answers = re.compile(r"/2\.3/questions/[\d;]+/answers")
    server.expect_request(any_answers).respond_with_handler(answers)
    return server.url_for("/2.3")


def asked_for(brought: list[Delivery]) -> list[list[int]]:
    pages = [json.loads(one.body)[0]["items"] for one in brought]
    return [[one["question_id"] for one in page] for page in pages]


def test_questions_are_asked_for_by_activity_and_not_twice(httpserver: HTTPServer) -> None:
    stamps = {1: 100, 2: 200, 3: 300}
    given = {"api": api(httpserver, stamps), "site": "writing"}
    brought = asked("stackexchange", **given)
    assert asked_for(brought) == [[1, 2], [2, 3]]
    assert asked("stackexchange", brought[-1].cursor, **given) == []
    stamps[1] = 400
    assert asked_for(asked("stackexchange", brought[-1].cursor, **given)) == [[3, 1]]


@pytest.mark.parametrize(
    "said",
    [
        pytest.param({"backoff": 10}, id="backoff"),
        pytest.param({"quota_remaining": 0}, id="the day's requests are used up"),
    ],
)
def test_a_pause_ends_the_poll_and_keeps_what_came(
    httpserver: HTTPServer, said: dict[str, int]
) -> None:
    url = api(httpserver, {1: 100, 2: 200, 3: 300}, **said)
    assert asked_for(asked("stackexchange", api=url, site="writing")) == [[1, 2]]


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        pytest.param(502, "rate", id="throttled"),
        pytest.param(403, "unauthorized", id="bad token"),
        pytest.param(400, "schema", id="no such site"),
    ],
)
def test_a_refusal_of_the_api_says_what_it_is(
    httpserver: HTTPServer, number: int, kind: str
) -> None:
    told = {"error_id": number, "error_message": "no"}
    httpserver.expect_request("/2.3/questions").respond_with_json(told, status=400)
    with pytest.raises(Unanswered) as refusal:
        asked("stackexchange", api=httpserver.url_for("/2.3"), site="writing")
    assert refusal.value.kind == kind


def test_without_the_name_of_the_site_nothing_is_asked() -> None:
    with pytest.raises(Refused) as refusal:
        asked("stackexchange")
    assert refusal.value.where == "site"
