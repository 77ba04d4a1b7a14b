"""Asking a Discourse forum: pages of posts, topics, answers and likes, and where it goes on."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from forum_making import asked, read, recording, sample, source_of
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from engine.api import Delivery, HookRequest, Refused, Unanswered
from engine.testkit import scratch

GIVEN: dict[str, Any] = json.loads(sample("discourse", "posts.json"))["latest_posts"][0]


@dataclass
class Board:
    """A forum of ours; each post is a reply of topic 812, and `limit` answers come before 429."""

    posts: list[int]
    likes: dict[int, int] = field(default_factory=dict)
    solved: list[int] = field(default_factory=list)
    limit: int = 1000
    calls: list[str] = field(default_factory=list)

    def answer(self, request: Request) -> Response:
        self.calls.append(request.path)
        if len(self.calls) > self.limit:
            return Response("{}", status=429, headers={"Retry-After": "12"})
        told: Any = {}
        if request.path == "/posts.json":
            told = {"latest_posts": self.page(int(request.args.get("before", 10**9)))}
        elif request.path == "/latest.json":
            topics = [{"id": n, "has_accepted_answer": True} for n in self.solved]
            told = {"users": [], "topic_list": {"topics": topics}}
        elif request.path == "/post_action_users.json":
            told = {"post_action_users": [{"id": 40, "username": "amal"}]}
        elif request.path == "/t/812.json":
            told = json.loads(sample("discourse", "topic_page.json"))
        return Response(json.dumps(told), content_type="application/json")

    def page(self, before: int) -> list[dict[str, Any]]:
        fitting = sorted((n for n in self.posts if n < before), reverse=True)[:50]
        return [self.post(n) for n in fitting]

    def post(self, number: int) -> dict[str, Any]:
        actions = [{"id": 2, "count": self.likes[number]}] if number in self.likes else []
        return GIVEN | {"id": number, "post_number": number, "actions_summary": actions}

    def serve(self, server: HTTPServer) -> dict[str, Any]:
        """The settings to ask it with."""
        for path in ("/posts.json", "/latest.json", "/post_action_users.json", "/t/812.json"):
            server.expect_request(path).respond_with_handler(self.answer)
        return {"url": server.url_for("").rstrip("/"), "ask": True}


def told(brought: list[Delivery], url: str) -> set[str]:
    """The keys of what was brought."""
    outcomes = [one for each in brought for one in read("discourse", each.body, url=url)]
    return {one.keys[0] for one in outcomes if hasattr(one, "keys")}


def test_every_post_is_brought_whatever_is_missing_between(httpserver: HTTPServer) -> None:
    numbers = [*range(2, 60), 200, *range(205, 330)]
    given = Board(numbers).serve(httpserver)
    assert told(asked("discourse", **given), given["url"]) == {f"post:{n}" for n in numbers}


def test_the_next_poll_brings_only_what_is_new(httpserver: HTTPServer) -> None:
    board = Board([*range(2, 120)])
    given = board.serve(httpserver)
    cursor = asked("discourse", **given)[-1].cursor
    assert asked("discourse", cursor, **given) == []
    board.posts.append(130)
    later = asked("discourse", cursor, **given)
    assert "post:130" in told(later, given["url"])


def test_being_asked_to_wait_keeps_what_came_and_goes_on_there(httpserver: HTTPServer) -> None:
    numbers = [*range(2, 400)]
    board = Board(numbers, limit=4)
    given = board.serve(httpserver)
    first = asked("discourse", **given)
    assert len(first) == 3
    board.limit = 1000
    second = asked("discourse", first[-1].cursor, **given)
    assert told([*first, *second], given["url"]) == {f"post:{n}" for n in numbers}


def test_being_asked_to_wait_at_once_says_for_how_long(httpserver: HTTPServer) -> None:
    with pytest.raises(Unanswered) as refusal:
        asked("discourse", **Board([2], limit=0).serve(httpserver))
    assert (refusal.value.kind, refusal.value.seconds) == ("rate", 12)


def test_likes_are_brought_when_there_are_more(httpserver: HTTPServer) -> None:
    board = Board([2, 3])
    given = board.serve(httpserver)
    first = asked("discourse", **given)
    board.likes[3] = 1
    later = asked("discourse", first[-1].cursor, **given)
    assert told(later, given["url"]) == {"like:3:amal"}
    assert asked("discourse", later[-1].cursor, **given) == []


def test_an_accepted_answer_is_brought_once(httpserver: HTTPServer) -> None:
    given = Board([2], solved=[812]).serve(httpserver)
    first = asked("discourse", **given)
    assert any(one.startswith("accepted:") for one in told(first, given["url"]))
    assert asked("discourse", first[-1].cursor, **given) == []


def test_the_key_goes_in_headers(httpserver: HTTPServer) -> None:
    board, headers = Board([2]), {"Api-Key": "k3y", "Api-Username": "byway"}
    for path in ("/posts.json", "/latest.json"):
        httpserver.expect_request(path, headers=headers).respond_with_handler(board.answer)
    given = {"url": httpserver.url_for("").rstrip("/"), "ask": True}
    assert len(asked("discourse", api_key="k3y", api_user="byway", **given)) == 1


@pytest.mark.parametrize(
    "body", [pytest.param("<html>", id="a page"), pytest.param('{"errors": []}', id="other JSON")]
)
def test_another_answer_is_refused(httpserver: HTTPServer, body: str) -> None:
    httpserver.expect_request("/posts.json").respond_with_data(body)
    with pytest.raises(Unanswered) as refusal:
        asked("discourse", url=httpserver.url_for("").rstrip("/"), ask=True)
    assert refusal.value.kind == "schema"


def test_a_forum_that_is_not_to_be_asked_is_not() -> None:
    with pytest.raises(Refused) as refusal:
        asked("discourse")
    assert refusal.value.where == "ask"


def test_file_poll_and_webhook_meet_in_one_statement(httpserver: HTTPServer) -> None:
    given = Board([4102]).serve(httpserver) | {"secret": "s3cret"}
    hook = sample("discourse", "webhook.json")
    signature = hmac.new(b"s3cret", hook, hashlib.sha256).hexdigest()
    headers = {
        "x-discourse-event": "post_created",
        "x-discourse-event-type": "post",
        "x-discourse-event-signature": f"sha256={signature}",
    }
    source = source_of("discourse")
    settings = source.settings().load(given)
    taken = source.receive(HookRequest(headers=headers, query={}, body=hook), settings)
    assert isinstance(taken, Delivery)
    with recording("discourse", **given):
        scratch.read(taken)
        before = scratch.standing()
        for delivery in asked("discourse", **given):
            scratch.read(delivery)
        scratch.read(Delivery(body=sample("discourse", "posts.json")))
        after = {one for one in scratch.standing() if one[0] == "post:4102"}
    assert after == before
