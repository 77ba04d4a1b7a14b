"""Ghost: Content API, webhooks and export say the same of the same posts."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest
from blog_making import polled, said_of
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from engine.api import (
    Account,
    Activity,
    Actor,
    Answer,
    BadReport,
    Delivery,
    Failed,
    Gone,
    HookRequest,
    Skipped,
    Thing,
    Unanswered,
    Unauthorized,
)
from engine.db import transaction
from engine.jobs import tasks
from engine.sources import instances
from engine.testkit import Case, cases, scratch
from plugins import ghost
from plugins.ghost import Ghost, check_signature

PAIRS = Path(ghost.__file__).parent / "pairs"
SITE = "https://notes.example.net"
SETTINGS = {"url": SITE, "title": "Notes from the Delta"}
POST, MIRTE, JUN = (f"65a1f0c2d4e5f60001a2b{end}" for end in ("3c4", "301", "302"))
SECRET = "delta works"


@pytest.mark.parametrize("case", cases(ghost), ids=str)
def test_it_keeps_the_rules_of_the_kit(case: Case) -> None:
    case.run()


def read(body: Any) -> list[Any]:
    return said_of(Ghost(), body if isinstance(body, bytes) else json.dumps(body), SETTINGS)


def sample(name: str) -> list[Any]:
    return read((PAIRS / name).read_bytes())


def post(**more: Any) -> dict[str, Any]:
    author = {"id": MIRTE, "name": "Mirte Kok", "slug": "mirte"}
    return {
        "id": POST,
        "title": "Levees",
        "url": f"{SITE}/levees/",
        "published_at": "2026-02-10T08:00:00.000Z",
        "updated_at": "2026-02-10T08:00:00.000Z",
        "authors": [author],
        **more,
    }


def event(current: dict[str, Any], previous: dict[str, Any], kind: str = "post") -> dict[str, Any]:
    return {kind: {"current": current, "previous": previous}}


def somebody(number: str, name: str, email: str | None = None) -> Actor:
    return Actor(name=name, email=email, account=Account(home_page=SITE, name=number))


# --- what each form gives ----------------------------------------------------------------------


def test_a_post_of_the_content_api() -> None:
    assert sample("content_api.json")[0] == Activity(
        rows=("posts[0]",),
        keys=(f"post:{POST}",),
        actor=somebody(MIRTE, "Mirte Kok"),
        verb="authored",
        type="article",
        url=f"{SITE}/levees/",
        title="Levees & ledgers",
        at=datetime(2026, 2, 10, 8, tzinfo=UTC),
        parent=Thing(url=SITE, title="Notes from the Delta", type="blog"),
        tags=("Data",),
        excerpt="What the water board writes down, and why.",
        reported_at=datetime(2026, 2, 11, 9, tzinfo=UTC),
    )


def test_each_further_author_has_a_share_of_her_own() -> None:
    second = sample("content_api.json")[1]
    assert (second.keys, second.actor) == ((f"post:{POST}|{JUN}",), somebody(JUN, "Jun Seo"))


def test_nothing_but_the_title_is_kept_of_a_post_for_members() -> None:
    assert sample("content_api.json")[2].excerpt is None


def test_an_export_knows_addresses_and_the_order_of_authors() -> None:
    first, second = sample("export.json")[:2]
    assert [first.actor, second.actor] == [
        somebody(MIRTE, "Mirte Kok", "mirte.kok@delta.example"),
        somebody(JUN, "Jun Seo", "jun.seo@delta.example"),
    ]


def test_an_export_leaves_out_drafts_and_pages() -> None:
    assert sample("export.json")[2:] == [
        Skipped(row="data.posts[1]", why="It is a draft."),
        Skipped(row="data.posts[2]", why="It is a page, not a post."),
    ]


@pytest.mark.parametrize(
    "wrapped",
    [
        pytest.param(lambda inner: {"db": [inner]}, id="in a list"),
        pytest.param(lambda inner: inner, id="bare"),
    ],
)
def test_an_old_export_has_one_author_and_numbers(wrapped: Callable[[Any], Any]) -> None:
    record = {"id": 4, "title": "Old", "slug": "old", "status": "published", "author_id": 1}
    tables = {
        "posts": [{**record, "published_at": "2014-02-01 10:00:00"}],
        "users": [{"id": 1, "name": "Mirte", "slug": "mirte", "email": "m@delta.example"}],
    }
    (said,) = read(wrapped({"meta": {"exported_on": 1400000000000}, "data": tables}))
    assert (said.keys, said.actor.email, said.at) == (
        ("post:4",),
        "m@delta.example",
        datetime(2014, 2, 1, 10, tzinfo=UTC),
    )


def test_an_export_without_users_knows_authors_by_their_ids() -> None:
    record = {"id": 4, "slug": "a b", "status": "published", "author_id": 1}
    (said,) = read({"data": {"posts": [{**record, "published_at": "1391248800000"}], "users": []}})
    assert (said.actor.account.name, said.url) == ("1", f"{SITE}/a%20b/")


def test_a_webhook_says_what_was_published() -> None:
    (said,) = sample("webhook.json")
    assert (said.verb, said.url, said.actor) == (
        "authored",
        f"{SITE}/high-water/",
        somebody(MIRTE, "Mirte Kok"),
    )


@pytest.mark.parametrize(
    ("current", "previous"),
    [
        pytest.param({}, post(status="published"), id="deleted"),
        pytest.param(post(status="draft"), {"status": "published"}, id="unpublished"),
    ],
)
def test_what_is_taken_back_is_gone(current: dict[str, Any], previous: dict[str, Any]) -> None:
    (gone,) = read(event(current, previous))
    assert isinstance(gone, Gone)
    assert gone.key == f"post:{POST}"


@pytest.mark.parametrize(
    ("call", "why"),
    [
        pytest.param(event(post(status="draft"), {}), "It is a draft.", id="a draft was edited"),
        pytest.param(event(post(), {}, "page"), "It is a page, not a post.", id="a page"),
    ],
)
def test_calls_that_say_nothing_public(call: dict[str, Any], why: str) -> None:
    (skipped,) = read(call)
    assert (type(skipped), skipped.why) == (Skipped, why)


@pytest.mark.parametrize(
    "odd",
    [
        pytest.param(post(id=None), id="no id"),
        pytest.param(post(published_at=None), id="no date"),
        pytest.param(post(published_at="soon"), id="no real date"),
        pytest.param("x", id="a text"),
    ],
)
def test_an_odd_record_fails_alone(odd: Any) -> None:
    assert [type(said) for said in read({"posts": [odd, post()]})] == [Failed, Activity]


@pytest.mark.parametrize(
    ("body", "why"),
    [
        pytest.param({"errors": [{"message": "Unknown key."}]}, "Unknown key.", id="an error"),
        pytest.param({"db": [{"data": {}}]}, "found db", id="an export without posts"),
        pytest.param([], "found list", id="a list"),
    ],
)
def test_what_is_refused_whole(body: Any, why: str) -> None:
    with pytest.raises(BadReport, match=why) as refusal:
        read(body)
    assert refusal.value.mend


def test_poll_and_export_are_one_statement_each() -> None:
    names = ("content_api.json", "export.json", "content_api.json")
    with scratch.scratch(Ghost(), SETTINGS):
        for name in names[:2]:
            scratch.read(Delivery(body=(PAIRS / name).read_bytes(), name=name))
        before = scratch.standing()
        again = scratch.read(Delivery(body=(PAIRS / names[2]).read_bytes(), name=names[2]))
        assert (again.counts["known"], len(before), scratch.standing()) == (3, 3, before)


# --- polling -----------------------------------------------------------------------------------


class Blog:
    """A Content API: pages of two, a filter on the time of change, a key."""

    def __init__(self, server: HTTPServer) -> None:
        self.posts = [post(id=f"p{number}") for number in (1, 2, 3)]
        self.asked: list[Request] = []
        self.given = {"url": server.url_for("").rstrip("/"), "key": "22444f78447824223cefc48062"}
        server.expect_request("/ghost/api/content/posts/").respond_with_handler(self._answer)

    def _answer(self, request: Request) -> Response:
        self.asked.append(request)
        page, size = int(request.args["page"]), int(request.args["limit"])
        after = page + 1 if page * size < len(self.posts) else None
        whole = {
            "posts": self.posts[(page - 1) * size : page * size],
            "meta": {"pagination": {"page": page, "next": after}},
        }
        return Response(json.dumps(whole), content_type="application/json")


@pytest.fixture
def blog(httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> Blog:
    """A blog with three posts, two to a page."""
    monkeypatch.setattr("plugins.ghost.PER_PAGE", 2)
    return Blog(httpserver)


def test_a_poll_brings_every_page(blog: Blog) -> None:
    brought = polled(Ghost(), blog.given)
    numbers = [[one["id"] for one in json.loads(page.body)["posts"]] for page in brought]
    assert numbers == [["p1", "p2"], ["p3"]]


def test_the_key_is_asked_with_and_not_kept(blog: Blog) -> None:
    brought = polled(Ghost(), blog.given)
    assert blog.asked[0].args["key"] == blog.given["key"]
    assert blog.given["key"] not in "".join(f"{one.name}{one.cursor}{one.uid}" for one in brought)


def test_the_next_poll_asks_for_what_changed(blog: Blog) -> None:
    cursor = polled(Ghost(), blog.given)[-1].cursor
    polled(Ghost(), blog.given, cursor)
    assert blog.asked[-1].args["filter"] == "updated_at:>'2026-02-10T07:59:59Z'"


def test_a_poll_that_is_asked_to_wait_says_how_long(httpserver: HTTPServer, blog: Blog) -> None:
    httpserver.clear()
    httpserver.expect_request("/ghost/api/content/posts/").respond_with_data(
        "", status=429, headers={"Retry-After": "7"}
    )
    with pytest.raises(Unanswered) as refusal:
        polled(Ghost(), blog.given)
    assert (refusal.value.kind, refusal.value.seconds) == ("rate", 7)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        pytest.param(401, "{}", "unauthorized", id="a wrong key"),
        pytest.param(404, "", "missing", id="no Ghost"),
        pytest.param(200, '{"site": {}}', "schema", id="another answer"),
        pytest.param(503, "", "server", id="maintenance"),
    ],
)
def test_answers_that_are_no_posts(
    httpserver: HTTPServer, blog: Blog, status: int, body: str, kind: str
) -> None:
    httpserver.clear()
    httpserver.expect_request("/ghost/api/content/posts/").respond_with_data(body, status=status)
    with pytest.raises(Unanswered) as refusal:
        polled(Ghost(), blog.given)
    assert refusal.value.kind == kind


def test_without_a_key_nobody_is_asked() -> None:
    with pytest.raises(Unanswered, match="no Content API key"):
        polled(Ghost(), SETTINGS)


# --- webhooks ----------------------------------------------------------------------------------

BODY = (PAIRS / "webhook.json").read_bytes()


def signature(body: bytes, moment: str, *, secret: str = SECRET, over_time: bool = True) -> str:
    signed = body + moment.encode() if over_time else body
    return f"sha256={hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()}, t={moment}"


def call(header: str, body: bytes = BODY) -> HookRequest:
    return HookRequest(headers={"x-ghost-signature": header}, query={}, body=body)


@pytest.mark.parametrize(
    "header",
    [
        pytest.param(signature(BODY, "1772350200000"), id="body and time"),
        pytest.param(signature(BODY, "1772350200000", over_time=False), id="body alone"),
        pytest.param(signature(BODY, "1772350200"), id="seconds"),
    ],
)
def test_a_true_signature_is_accepted(header: str) -> None:
    check_signature(call(header), SECRET, now=1772350230)


@pytest.mark.parametrize(
    ("header", "secret", "why"),
    [
        pytest.param("", SECRET, "not signed", id="none"),
        pytest.param("sha256=é", SECRET, "not signed", id="no hexadecimal"),
        pytest.param(signature(BODY, "1772350200000"), "", "no webhook secret", id="no secret"),
        pytest.param(
            signature(BODY, "1772350200000", secret="x"),
            SECRET,
            "does not fit",
            id="another secret",
        ),
        pytest.param(
            signature(BODY + b" ", "1772350200000"), SECRET, "does not fit", id="another body"
        ),
        pytest.param(
            signature(BODY, "1772300000000"), SECRET, "more than an hour ago", id="long ago"
        ),
    ],
)
def test_a_false_signature_is_turned_away(header: str, secret: str, why: str) -> None:
    with pytest.raises(Unauthorized, match=why) as refusal:
        check_signature(call(header), secret, now=1772350230)
    assert refusal.value.mend


def test_calls_about_members_are_not_kept() -> None:
    body = b'{"member": {"current": {"email": "reader@delta.example"}}}'
    request = call(signature(body, str(int(time.time() * 1000))), body)
    taken = Ghost().receive(request, {**SETTINGS, "secret": SECRET})
    assert taken == Answer(status=202, body=b"not used")


def test_a_call_comes_in_at_the_hook_and_is_read(make_app: Callable[..., Flask]) -> None:
    installed = {entry.name for entry in entry_points(group="byway.plugins")}
    app = make_app([("ghost", ghost)] if "ghost" not in installed else [])
    with app.app_context():
        with transaction():
            instances.add("ghost", "notes", {**SETTINGS, "secret": SECRET}, basis="notice")
        header = {"X-Ghost-Signature": signature(BODY, str(int(time.time() * 1000)))}
        first = app.test_client().post("/sources/notes/hook", data=BODY, headers=header)
        again = app.test_client().post("/sources/notes/hook", data=BODY, headers=header)
        assert (first.status_code, again.json) == (202, first.json)
        assert tasks.read_unfinished() == 1


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from([*post(), "status", "type", "page", "tags", "url"]), JSON))
def test_a_post_with_any_members_changed_is_told(changes: dict[str, Any]) -> None:
    assert read({"posts": [post(**changes)]})
