"""Forges: GitHub's and GitLab's hooks and lists say the same; who is left out; asking by pages."""

from __future__ import annotations

import hashlib
import hmac
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import webinar_making
from forum_making import asked, kinds, only, read, recording, sample, source_of
from pytest_httpserver import HTTPServer
from webinar_making import live, parts, read_calls, site
from werkzeug import Request, Response

from engine.api import (
    Activity,
    Answer,
    BadReport,
    Delivery,
    Failed,
    Gone,
    HookRequest,
    ItemRef,
    Refused,
    Skipped,
    Unanswered,
    Unauthorized,
)
from engine.testkit import scratch

HOOK: dict[str, Any] = json.loads(sample("forge", "issue.json"))
COMMENT: dict[str, Any] = json.loads(sample("forge", "comment.json"))
ASKED: dict[str, Any] = json.loads(sample("forge", "asked.json"))
LAB: list[dict[str, Any]] = json.loads(sample("forge", "gitlab_hooks.json"))
LAB_ASKED: dict[str, Any] = json.loads(sample("forge", "gitlab_asked.json"))
PULL = ASKED["entries"][1]


def told(content: Any, **given: Any) -> list[Any]:
    return read("forge", json.dumps(content).encode(), **given)


def with_issue(**given: Any) -> dict[str, Any]:
    return HOOK | {"issue": HOOK["issue"] | given}


def with_repository(**given: Any) -> dict[str, Any]:
    return HOOK | {"repository": HOOK["repository"] | given}


def listed(kind: str, payload: dict[str, Any], *, public: bool = True) -> dict[str, Any]:
    """One entry of GitHub's list of events."""
    return {"id": "1", "type": kind, "repo": {"id": 1}, "public": public, "payload": payload}


HOOK_ALONE = {"action": "opened", "issue": HOOK["issue"]}
GH = {
    "number": 7,
    "title": "A clearer form",
    "url": "https://code.example.org/northmoor/web/pull/7",
    "author": {"login": "ines-roy", "is_bot": False},
    "createdAt": "2026-09-08T10:00:00Z",
    "mergedAt": "2026-09-09T10:00:00Z",
    "mergedBy": {"login": "bo-lund"},
    "labels": [{"name": "forms"}],
    "comments": [
        {
            "id": "IC_1",
            "author": {"login": "noor"},
            "body": "Good.",
            "createdAt": "2026-09-08T11:00:00Z",
            "url": "https://code.example.org/northmoor/web/pull/7#issuecomment-70001",
        }
    ],
    "reviews": [
        {
            "id": "PRR_1",
            "author": {"login": "bo-lund"},
            "body": "",
            "state": "APPROVED",
            "submittedAt": "2026-09-09T09:00:00Z",
        }
    ],
}
"""A change as `gh pr list --json` gives it."""


def test_what_the_command_line_lists_is_read() -> None:
    outcomes = only(told([GH]), Activity)
    assert [(one.verb, one.actor.account.name) for one in outcomes] == [
        ("submitted", "ines-roy"),
        ("accepted", "bo-lund"),
        ("commented", "noor"),
        ("reviewed", "bo-lund"),
    ]


def test_what_the_command_line_lists_has_the_keys_of_the_api() -> None:
    submitted, _, comment, review = only(told([GH]), Activity)
    assert submitted.keys[0] == "change:northmoor/web#7"
    assert (comment.keys, review.keys) == (("comment:70001", "node:IC_1"), ("node:PRR_1",))


def test_what_the_command_line_lists_without_its_time_fails() -> None:
    (failed,) = only(told([{**GH, "createdAt": None}, GH]), Failed)
    assert (failed.row, "--json" in failed.mend) == ("[0]", True)


def test_words_somebody_wrote_are_no_wrapping() -> None:
    (issue,) = told([HOOK["issue"] | {"body": '{"issue": {}, "action": "x"}'}])
    assert issue.title == HOOK["issue"]["title"]


def test_an_older_gitlab_names_the_project_in_the_change() -> None:
    change = next(one for one in LAB if one["object_kind"] == "merge_request")
    aimed = change["object_attributes"] | {"target": change["project"]}
    older = {name: value for name, value in change.items() if name != "project"}
    assert told(older | {"object_attributes": aimed}) == told(change)


def test_an_issue_is_told_with_its_labels() -> None:
    (issue,) = told(HOOK)
    assert (issue.verb, issue.tags, issue.actor.account.name) == (
        "created",
        ("plain-language",),
        "ines-roy",
    )


def test_a_merge_accepts_what_another_submitted() -> None:
    submitted, merged = told({"repository": ASKED["repository"], "entries": [PULL]})
    assert (merged.verb, merged.object) == ("accepted", ItemRef(submitted.keys[0]))


def test_nobody_accepts_a_change_of_her_own() -> None:
    own = PULL | {"merged_by": PULL["user"]}
    assert kinds(told({"repository": ASKED["repository"], "entries": [own]})) == [
        "Activity",
        "Skipped",
    ]


def test_a_chosen_answer_is_accepted_by_whoever_chose() -> None:
    outcomes = read("forge", sample("forge", "discussion.json"))
    assert [(one.verb, one.keys[0].partition(":")[0]) for one in outcomes] == [
        ("replied", "discussion-comment"),
        ("asked", "discussion"),
        ("accepted", "answer"),
    ]


def test_gitlab_says_the_same_in_hooks_and_in_lists() -> None:
    hooks = {one.keys[0] for one in told(LAB)}
    assert {one.keys[0] for one in told(LAB_ASKED)} == hooks


def test_a_change_that_names_its_issue_is_no_comment() -> None:
    whole = PULL | {"issue_url": "https://api.code.example.org/repos/northmoor/forms/issues/7"}
    submitted, _ = told({"repository": ASKED["repository"], "entries": [whole]})
    assert submitted.verb == "submitted"


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("https://code.example.org/northmoor/web/forms/issues/23", id="older"),
        pytest.param("https://code.example.org/northmoor/web/forms/-/issues/23", id="newer"),
    ],
)
def test_a_project_of_gitlab_is_known_by_the_address_of_its_issue(address: str) -> None:
    (issue,) = told([LAB_ASKED["entries"][0] | {"web_url": address}])
    assert issue.community.url == "https://code.example.org/northmoor/web/forms"


def test_an_address_of_another_forge_is_named_as_it_is() -> None:
    there = LAB_ASKED["entries"][0] | {"web_url": "https://lab.example.net/a/b/-/issues/1"}
    (refused,) = told([there])
    assert "It comes from https://lab.example.net/a/b, this" in refused.why


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(with_issue(user={"login": "x", "type": "Bot"}), id="bot"),
        pytest.param(with_issue(user={"login": "x[bot]"}), id="bot by name"),
        pytest.param(with_issue(user=None), id="deleted account"),
        pytest.param(with_repository(private=True), id="private repository"),
        pytest.param(with_repository(visibility="internal"), id="internal repository"),
        pytest.param(LAB[0] | {"event_type": "confidential_issue"}, id="confidential issue"),
        pytest.param(
            LAB[0] | {"project": LAB[0]["project"] | {"visibility_level": 10}},
            id="internal project",
        ),
        pytest.param(
            LAB[1] | {"object_attributes": LAB[1]["object_attributes"] | {"system": True}},
            id="a note of the system",
        ),
        pytest.param({"object_kind": "push"}, id="push"),
        pytest.param({"zen": "Words."}, id="ping"),
        pytest.param({"ref": "x", "repository": {}, "sender": {"login": "x"}}, id="a branch"),
        pytest.param({"event_name": "project_create", "path": "x"}, id="a hook of the system"),
        pytest.param(listed("PushEvent", {"ref": "x"}), id="a push in a list of events"),
        pytest.param(listed("IssuesEvent", HOOK_ALONE, public=False), id="not open to all"),
    ],
)
def test_left_out(content: Any) -> None:
    assert kinds(told(content)) == ["Skipped"]


def test_private_repositories_are_read_where_that_is_said() -> None:
    assert kinds(told(with_repository(private=True), private=True)) == ["Activity"]


def test_deleted_comments_and_issues_are_gone() -> None:
    outcomes = told([HOOK | {"action": "deleted"}, COMMENT | {"action": "deleted"}])
    assert [one.key for one in only(outcomes, Gone)] == [
        "issue:northmoor/service-handbook#41",
        "comment:80002",
    ]


@pytest.mark.parametrize(
    ("hook", "editor"),
    [
        pytest.param(LAB[0], LAB[1]["user"], id="issue"),
        pytest.param(LAB[1], LAB[0]["user"], id="note"),
    ],
)
def test_an_edit_by_another_does_not_change_who_wrote(
    hook: dict[str, Any], editor: dict[str, Any]
) -> None:
    edited = hook["object_attributes"] | {"action": "update"}
    assert kinds(told(hook | {"object_attributes": edited, "user": editor})) == ["Skipped"]


def test_what_comes_from_another_forge_fails() -> None:
    (outcome,) = only(told([HOOK], url="https://elsewhere.example.org"), Failed)
    assert (outcome.row, "Add a source" in outcome.mend) == ("[0].repository", True)


def test_a_bad_entry_fails_alone() -> None:
    outcomes = told([HOOK, {"action": "opened", "issue": {"number": "x"}, "repository": {}}, 17])
    assert kinds(outcomes) == ["Activity", "Failed", "Failed"]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"<html></html>", id="a page"),
        pytest.param(b"[]", id="an empty list"),
        pytest.param(b"17", id="a number"),
        pytest.param(b'{"message": "Not Found"}', id="the refusal of the API"),
    ],
)
def test_what_is_neither_is_refused(body: bytes) -> None:
    with pytest.raises(BadReport) as refusal:
        read("forge", body)
    assert refusal.value.mend


def test_a_form_with_a_payload_is_read() -> None:
    body = urlencode({"payload": json.dumps(HOOK)}).encode()
    assert kinds(read("forge", body)) == ["Activity"]


def test_lines_of_json_are_read() -> None:
    body = "\n".join(json.dumps(one) for one in LAB).encode()
    assert kinds(read("forge", body)) == ["Activity"] * 4


# Webhooks.


def call(body: bytes, **headers: str) -> Delivery | Answer:
    source = source_of("forge")
    settings = source.settings().load({"url": "https://code.example.org", "secret": "s3cret"})
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return source.receive(HookRequest(headers=named, query={}, body=body), settings)


def signed(body: bytes) -> str:
    return "sha256=" + hmac.new(b"s3cret", body, hashlib.sha256).hexdigest()


def test_a_signed_call_is_kept_under_its_own_id() -> None:
    body = sample("forge", "issue.json")
    taken = call(
        body, x_hub_signature_256=signed(body), x_github_event="issues", x_github_delivery="72d3"
    )
    assert isinstance(taken, Delivery)
    assert taken.uid == "code.example.org#72d3"


@pytest.mark.both_databases
def test_a_call_comes_in_at_the_hook_and_is_read(instance_dir: Path, database_url: str) -> None:
    body = sample("forge", "issue.json")
    headers = {"X-Hub-Signature-256": signed(body), "X-GitHub-Event": "issues"}
    settings = {"url": "https://code.example.org", "secret": "s3cret"}
    with site(instance_dir, database_url, "forge", **settings) as app:
        answer = webinar_making.call(app, "forge", body, headers | {"X-GitHub-Delivery": "72d3"})
        forged = webinar_making.call(app, "forge", body + b" ", headers)
        assert (answer.status_code, forged.status_code, read_calls()) == (202, 401, 1)
        assert parts(live()) == [("ines-roy", "create", "")]


def test_gitlab_is_known_by_its_secret_word() -> None:
    assert isinstance(call(json.dumps(LAB[0]).encode(), x_gitlab_token="s3cret"), Delivery)


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({}, id="unsigned"),
        pytest.param({"x_hub_signature_256": signed(b"other")}, id="another body"),
        pytest.param({"x_hub_signature_256": "sha256="}, id="no digest"),
        pytest.param({"x_gitlab_token": "guess"}, id="another word"),
        pytest.param({"x_gitlab_token": "s3cret", "x_hub_signature_256": "sha256=0"}, id="both"),
    ],
)
def test_a_call_without_proof_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(Unauthorized):
        call(b"{}", **headers)


@pytest.mark.parametrize(
    ("event", "status"),
    [pytest.param("ping", 200, id="ping"), pytest.param("push", 202, id="not used")],
)
def test_calls_that_hold_nothing_are_answered(event: str, status: int) -> None:
    answer = call(b"{}", x_hub_signature_256=signed(b"{}"), x_github_event=event)
    assert isinstance(answer, Answer)
    assert answer.status == status


# Asking.


class Hub:
    """A GitHub of ours with issues by number and time of change, two a page."""

    def __init__(self, server: HTTPServer, changed: dict[int, str]) -> None:
        self.changed, self.server, self.limit = changed, server, 100
        self.base = server.url_for("/api/v3/repos/northmoor/service-handbook")
        server.expect_request("/api/v3/repos/northmoor/service-handbook").respond_with_handler(
            lambda _: self.answer(HOOK["repository"] | {"html_url": f"{self.url}/northmoor/x"})
        )
        for path, answer in (
            ("/issues", self.issues),
            ("/issues/comments", lambda _: self.answer([])),
            ("/pulls/comments", lambda _: self.answer([])),
            ("/pulls/42", lambda _: self.answer(PULL)),
            ("/pulls/42/reviews", lambda _: self.answer([ASKED["entries"][2]])),
        ):
            place = f"/api/v3/repos/northmoor/service-handbook{path}"
            server.expect_request(place).respond_with_handler(answer)

    @property
    def url(self) -> str:
        return self.server.url_for("").rstrip("/")

    @property
    def settings(self) -> dict[str, Any]:
        return {"url": self.url, "repositories": "northmoor/service-handbook", "token": "t0ken"}

    def answer(self, told: Any, **headers: str) -> Response:
        self.limit -= 1
        if self.limit < 0:
            reset = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1790000060"}
            date = {"Date": "Mon, 21 Sep 2026 14:13:20 GMT"}
            return Response("{}", status=403, headers=reset | date)
        return Response(json.dumps(told), headers={"Content-Type": "application/json", **headers})

    def issues(self, request: Request) -> Response:
        assert request.headers["Authorization"] == "Bearer t0ken"
        since, page = request.args.get("since", ""), int(request.args.get("page", 1))
        fitting = sorted((at, n) for n, at in self.changed.items() if at >= since)
        told = [self.issue(n, at) for at, n in fitting[2 * page - 2 : 2 * page]]
        link = f'<{self.base}/issues?since={since}&page={page + 1}>; rel="next"'
        return self.answer(told, **({"Link": link} if len(fitting) > 2 * page else {}))

    def issue(self, number: int, at: str) -> dict[str, Any]:
        pull = {"pull_request": {"url": "x"}} if number == 42 else {}
        given = {"id": number, "node_id": f"I{number}", "number": number, "updated_at": at}
        return {**HOOK["issue"], **given, **pull}


def days(*numbers: int) -> dict[int, str]:
    return {number: f"2026-09-{number:02}T08:00:00Z" for number in numbers}


def numbers(brought: list[Delivery]) -> list[list[int]]:
    pages = [json.loads(one.body)["entries"] for one in brought]
    return [[one["number"] for one in page if "number" in one] for page in pages]


def test_pages_are_followed_and_nothing_is_brought_twice(httpserver: HTTPServer) -> None:
    hub = Hub(httpserver, days(1, 2, 3))
    brought = asked("forge", **hub.settings)
    assert numbers(brought) == [[1, 2], [3]]
    assert asked("forge", brought[-1].cursor, **hub.settings) == []
    hub.changed[1] = "2026-09-20T08:00:00Z"
    assert numbers(asked("forge", brought[-1].cursor, **hub.settings)) == [[1]]


def test_a_change_comes_with_its_reviews(httpserver: HTTPServer) -> None:
    hub = Hub(httpserver, {42: "2026-09-10T12:00:00Z"})
    (page,) = asked("forge", **hub.settings)
    assert len(json.loads(page.body)["entries"]) == 2


def test_used_up_requests_keep_what_came(httpserver: HTTPServer) -> None:
    hub = Hub(httpserver, days(1, 2, 3))
    hub.limit = 2
    first = asked("forge", **hub.settings)
    hub.limit = 100
    assert numbers(first + asked("forge", first[-1].cursor, **hub.settings)) == [[1, 2], [3]]


def test_used_up_requests_say_for_how_long(httpserver: HTTPServer) -> None:
    hub = Hub(httpserver, days(1))
    hub.limit = 0
    with pytest.raises(Unanswered) as refusal:
        asked("forge", **hub.settings)
    assert (refusal.value.kind, refusal.value.seconds) == ("rate", 60)


@pytest.mark.parametrize(
    ("status", "kind"),
    [pytest.param(401, "unauthorized", id="token ran out"), pytest.param(404, "missing", id="no")],
)
def test_a_refusal_says_what_it_is(httpserver: HTTPServer, status: int, kind: str) -> None:
    httpserver.expect_request("/api/v3/repos/a/b").respond_with_json({}, status=status)
    with pytest.raises(Unanswered) as refusal:
        asked("forge", url=httpserver.url_for("").rstrip("/"), repositories="a/b")
    assert refusal.value.kind == kind


def test_gitlab_is_asked_by_the_path_of_the_project(httpserver: HTTPServer) -> None:
    base = "/api/v4/projects/northmoor/forms"
    issue, change, event = LAB_ASKED["entries"]
    for path, answer in (
        ("", LAB_ASKED["repository"]),
        ("/issues", [issue]),
        ("/merge_requests", [change]),
        ("/events", [event]),
    ):
        httpserver.expect_request(base + path).respond_with_json(answer)
    given = {
        "url": httpserver.url_for("").rstrip("/"),
        "kind": "gitlab",
        "repositories": "northmoor/forms",
    }
    brought = asked("forge", **given)
    assert len(brought) == 3
    assert asked("forge", brought[-1].cursor, **given) == []


def test_without_a_repository_nothing_is_asked() -> None:
    with pytest.raises(Refused) as refusal:
        asked("forge")
    assert refusal.value.where == "repositories"


def test_file_poll_and_webhook_meet_in_one_statement(httpserver: HTTPServer) -> None:
    hub = Hub(httpserver, {41: HOOK["issue"]["updated_at"]})
    with recording("forge", **hub.settings):
        body = json.dumps(HOOK | {"repository": HOOK["repository"] | {"html_url": hub.url}})
        first = scratch.read(Delivery(body=body.encode(), headers={"x-github-event": "issues"}))
        (page,) = asked("forge", **hub.settings)
        second = scratch.read(page)
        here = {"html_url": f"{hub.url}/northmoor/service-handbook/issues/41"}
        third = scratch.read(Delivery(body=json.dumps([HOOK["issue"] | here]).encode()))
    assert len(first.statements) == 1
    assert (second.counts["known"], third.counts["known"]) == (1, 1)


def test_the_activity_of_a_comment_is_what_it_is_about() -> None:
    (comment,) = [one for one in told(COMMENT) if isinstance(one, Activity)]
    assert comment.url == COMMENT["issue"]["html_url"]


def test_reviews_without_words_are_left_out() -> None:
    review = ASKED["entries"][2] | {"state": "COMMENTED", "body": ""}
    outcomes = told({"repository": ASKED["repository"], "entries": [review]})
    assert isinstance(outcomes[0], Skipped)
