"""Blogger: feeds, the old export and Takeout say the same of the same posts and comments."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from blog_making import polled, said_of
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from engine.api import Account, Actor, BadReport, Delivery, Failed, Gone, Skipped, Unanswered
from engine.testkit import Case, cases, scratch
from plugins import blogger
from plugins.blogger import Blogger

PAIRS = Path(blogger.__file__).parent / "pairs"
SITE = "https://lantern.example.ca"
SETTINGS = {"url": SITE}
POST = "entry:tag:blogger.com,1999:blog-5151.post-61"
COMMENT = "comment:tag:blogger.com,1999:blog-5151.post-910"


@pytest.mark.parametrize("case", cases(blogger), ids=str)
def test_it_keeps_the_rules_of_the_kit(case: Case) -> None:
    case.run()


def read(body: bytes | str) -> list[Any]:
    return said_of(Blogger(), body, SETTINGS)


def sample(name: str) -> list[Any]:
    return read((PAIRS / name).read_bytes())


def zipped(**members: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, body in members.items():
            archive.writestr(name, body)
    return packed.getvalue()


# --- what each form gives ----------------------------------------------------------------------


@pytest.mark.parametrize("name", ["posts.xml", "export.xml", "takeout.atom"])
def test_a_profile_is_an_account_at_blogger_itself(name: str) -> None:
    post = next(said for said in sample(name) if getattr(said, "keys", ()) == (POST,))
    assert post.actor == Actor(
        name="Wanda Reyes", account=Account(home_page="https://www.blogger.com", name="09090909")
    )


def test_an_author_without_a_profile_is_known_at_the_blog() -> None:
    assert sample("posts.xml")[1].actor == Actor(
        name="Kit Mbeki", account=Account(home_page=SITE, name="Kit Mbeki")
    )


def test_a_profile_that_a_commenter_typed_is_not_hers() -> None:
    assert sample("takeout.atom")[2].actor == Actor(name="Not Wanda")


def test_noreply_is_nobodys_address() -> None:
    actors = [said.actor for said in sample("posts.xml")]
    assert [actor.email for actor in actors] == [None, None]


@pytest.mark.parametrize(
    ("name", "place", "key"),
    [
        pytest.param("comments.xml", 1, "post-911", id="a comment that was removed"),
        pytest.param("takeout.atom", 3, "post-59", id="a post in the bin"),
    ],
)
def test_what_was_deleted_is_gone(name: str, place: int, key: str) -> None:
    gone = sample(name)[place]
    assert isinstance(gone, Gone)
    assert gone.key.endswith(key)


@pytest.mark.parametrize(
    ("name", "place", "why"),
    [
        pytest.param("takeout.atom", 4, "It is not published (status DRAFT).", id="draft"),
        pytest.param("export.xml", 0, "It belongs to the blog's template", id="template"),
    ],
)
def test_what_is_left_out(name: str, place: int, why: str) -> None:
    skipped = sample(name)[place]
    assert isinstance(skipped, Skipped)
    assert skipped.why.startswith(why)


def test_an_export_that_strict_readers_refuse_is_read() -> None:
    assert b"&nbsp;" in (PAIRS / "export.xml").read_bytes()
    assert [type(said).__name__ for said in sample("export.xml")] == [
        "Skipped",
        "Activity",
        "Activity",
    ]


def test_the_archive_of_takeout_is_read() -> None:
    feed = (PAIRS / "takeout.atom").read_bytes()
    members = {
        "Takeout/Blogger/Blogs/Lantern Street/feed.atom": feed,
        "Takeout/Blogger/Comments/Elsewhere/feed.atom": b"<feed/>",
        "Takeout/Blogger/Blogs/Lantern Street/theme-classic.html": b"<html/>",
    }
    assert read(zipped(**members)) == read(feed)


@pytest.mark.parametrize(
    ("members", "why"),
    [
        pytest.param({}, "found 0: none", id="no blog"),
        pytest.param({"a/feed.atom": b"", "b/feed.atom": b""}, "found 2: a/feed", id="two blogs"),
    ],
)
def test_an_archive_is_refused_unless_it_has_one_blog(members: dict[str, bytes], why: str) -> None:
    with pytest.raises(BadReport, match=why) as refusal:
        read(zipped(**members))
    assert "feed.atom" in refusal.value.mend


def test_feeds_export_and_takeout_are_one_statement_each() -> None:
    names = ("export.xml", "posts.xml", "comments.xml", "takeout.atom", "export.xml")
    with scratch.scratch(Blogger(), SETTINGS):
        reports = [
            scratch.read(Delivery(body=(PAIRS / name).read_bytes(), name=name)) for name in names
        ]
        standing = {key for key, _ in scratch.standing()}
    assert [report.counts["corrected"] for report in reports] == [0] * 5
    assert {POST, COMMENT} < standing
    assert len(standing) == 3


# --- polling -----------------------------------------------------------------------------------


class Blog:
    """Blogger's feeds: entries by their place, at most two at once, a filter on the change."""

    def __init__(self, server: HTTPServer) -> None:
        self.asked: list[Request] = []
        self.ids = {"posts": ["post-1", "post-2", "post-3"], "comments": ["post-9"]}
        self.total: int | None = None
        self.given = {"url": server.url_for("").rstrip("/")}
        for kind in self.ids:
            server.expect_request(f"/feeds/{kind}/default").respond_with_handler(self._answer)

    def _answer(self, request: Request) -> Response:
        self.asked.append(request)
        ids, start = self.ids[request.path.split("/")[2]], int(request.args["start-index"])
        total = self.total or len(ids)
        entries = "".join(map(self._entry, ids[start - 1 : start + 1]))
        return Response(
            '<feed xmlns="http://www.w3.org/2005/Atom"'
            ' xmlns:openSearch="http://a9.com/-/spec/opensearchrss/1.0/"><id>b</id>'
            f"<openSearch:totalResults>{total}</openSearch:totalResults>{entries}</feed>"
        )

    @staticmethod
    def _entry(number: str) -> str:
        return (
            f"<entry><id>tag:blogger.com,1999:blog-1.{number}</id>"
            "<published>2026-03-01T10:00:00Z</published>"
            "<updated>2026-03-02T10:00:00.500-05:00</updated></entry>"
        )


@pytest.fixture
def blog(httpserver: HTTPServer) -> Blog:
    """A blog with three posts and a comment."""
    return Blog(httpserver)


def places(blog: Blog) -> list[str]:
    return [f"{one.path.split('/')[2]} {one.args['start-index']}" for one in blog.asked]


def test_a_poll_counts_entries_for_blogger_may_give_fewer(blog: Blog) -> None:
    assert len(polled(Blogger(), blog.given)) == 3
    assert places(blog) == ["posts 1", "posts 3", "comments 1"]


def test_the_next_poll_asks_for_what_changed(blog: Blog) -> None:
    first = polled(Blogger(), blog.given)
    again = polled(Blogger(), blog.given, first[-1].cursor)
    asked = blog.asked[-1].args
    assert (asked["updated-min"], asked["orderby"]) == ("2026-03-02T14:59:59Z", "updated")
    assert [one.uid for one in again] == [one.uid for one in first]


def test_a_total_that_counts_too_much_ends_with_an_empty_page_and_starts_anew(blog: Blog) -> None:
    blog.total = 50
    brought = polled(Blogger(), {**blog.given, "comments": False})
    assert places(blog) == ["posts 1", "posts 3", "posts 4"] * 2
    blog.ids["posts"].insert(0, "post-4")
    again = polled(Blogger(), {**blog.given, "comments": False}, brought[-1].cursor)
    assert b"post-4" in b"".join(one.body for one in again)


def test_comments_can_be_left_out(blog: Blog) -> None:
    polled(Blogger(), {**blog.given, "comments": False})
    assert places(blog) == ["posts 1", "posts 3"]


@pytest.mark.parametrize(
    ("status", "kind"), [(401, "unauthorized"), (404, "missing"), (429, "rate"), (503, "server")]
)
def test_a_blog_that_gives_nothing_says_why(httpserver: HTTPServer, status: int, kind: str) -> None:
    httpserver.expect_request("/feeds/posts/default").respond_with_data("", status=status)
    with pytest.raises(Unanswered) as refusal:
        polled(Blogger(), {"url": httpserver.url_for("").rstrip("/")})
    assert refusal.value.kind == kind


def test_an_entry_without_a_date_fails_alone() -> None:
    feed = (PAIRS / "posts.xml").read_text()
    broken = feed.replace("<published>2026-03-01T09:00:00.000-05:00</published>", "")
    odd = broken.replace("<updated>2026-03-01T09:00:00.000-05:00</updated>", "")
    assert isinstance(read(odd)[1], Failed)
