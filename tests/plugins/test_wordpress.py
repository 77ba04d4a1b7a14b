"""WordPress: interface, export, feeds and the table of members say the same of the same things."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from blog_making import WordPressServer, polled, said_of, wp_comment, wp_post
from hypothesis import given
from hypothesis import strategies as st
from pytest_httpserver import HTTPServer

from engine.api import (
    Account,
    Activity,
    Actor,
    BadReport,
    Delivery,
    Failed,
    Gone,
    ItemRef,
    Refused,
    Skipped,
    Thing,
    Unanswered,
    ValidationError,
)
from engine.testkit import Case, cases, scratch
from plugins import wordpress
from plugins.wordpress import WordPress, WordPressSettings

PAIRS = Path(wordpress.__file__).parent / "pairs"
SITE = "https://commons.example.org"
SETTINGS = {"url": SITE, "title": "The Commons"}
BLOG = Thing(url=SITE, title="The Commons", type="blog")


@pytest.mark.parametrize("case", cases(wordpress), ids=str)
def test_it_keeps_the_rules_of_the_kit(case: Case) -> None:
    case.run()


def read(body: bytes | str, **more: str) -> list[Any]:
    return said_of(WordPress(), body, {**SETTINGS, **more})


def sample(name: str, **more: str) -> list[Any]:
    return read((PAIRS / name).read_bytes(), **more)


def page(*records: Any) -> str:
    return json.dumps(records)


# --- the interface -----------------------------------------------------------------------------


def test_a_copy_of_a_site_as_files_writes_what_follows_its_address() -> None:
    (post,) = read(json.dumps([wp_post(12, link="/2026/queues/")]))
    assert post.url == f"{SITE}/2026/queues/"


def test_a_post_of_the_interface() -> None:
    assert sample("posts.json")[0] == Activity(
        rows=("[0]",),
        keys=("post:112", f"entry:{SITE}/?p=112"),
        actor=Actor(name="Odile Ferrand", account=Account(home_page=SITE, name="7")),
        verb="authored",
        type="article",
        url=f"{SITE}/2026/03/queues/",
        title="What queues taught us – so far",
        at=datetime(2026, 3, 2, 14, 5, tzinfo=UTC),
        parent=BLOG,
        tags=("Service design", "front desk"),
        excerpt="Three counters, one ticket machine. […]",
        reported_at=datetime(2026, 3, 4, 9, tzinfo=UTC),
    )


def test_a_comment_of_the_interface_is_about_its_post() -> None:
    assert sample("comments.json")[0] == Activity(
        rows=("[0]",),
        keys=("comment:41",),
        actor=Actor(name="Tomás Abril", account=Account(home_page=SITE, name="8")),
        verb="commented",
        type="article",
        url=f"{SITE}/2026/03/queues/",
        title="What queues taught us – so far",
        at=datetime(2026, 3, 3, 10, 30, tzinfo=UTC),
        within=ItemRef("post:112"),
        parent=BLOG,
        excerpt="We drew the same map.",
        reported_at=datetime(2026, 3, 3, 10, 30, tzinfo=UTC),
    )


def test_a_guest_of_the_interface_has_a_name_alone() -> None:
    assert sample("comments.json")[1].actor == Actor(name="A passer-by")


def test_nothing_is_kept_of_a_text_that_asks_for_a_password() -> None:
    hidden = {"rendered": "<p>secret</p>", "protected": True}
    assert read(page(wp_post(1, excerpt=hidden, content=hidden)))[0].excerpt is None


@pytest.mark.parametrize(
    ("record", "why"),
    [
        pytest.param(wp_post(1, status="draft"), "It is a draft.", id="draft"),
        pytest.param(wp_post(1, status="private"), "It is private.", id="private"),
        pytest.param(wp_post(1, type="page"), "It is of the kind page", id="page"),
        pytest.param(wp_comment(1, status="hold"), "It waits for approval.", id="held comment"),
        pytest.param(wp_comment(1, type="pingback"), "It is a pingback", id="pingback"),
    ],
)
def test_what_is_left_out_of_the_interface(record: dict[str, Any], why: str) -> None:
    (said,) = read(page(record))
    assert isinstance(said, Skipped)
    assert said.why.startswith(why)


@pytest.mark.parametrize(
    "odd",
    [
        pytest.param(wp_post(1, date_gmt=None), id="no date"),
        pytest.param(wp_post(1, date_gmt="0000-00-00T00:00:00"), id="zeros for a date"),
        pytest.param(wp_post(1, id="x"), id="no number"),
        pytest.param(7, id="a number"),
    ],
)
def test_an_odd_record_fails_alone(odd: Any) -> None:
    assert [type(said) for said in read(page(odd, wp_post(2)))] == [Failed, Activity]


@pytest.mark.parametrize(
    ("body", "why"),
    [
        pytest.param('{"code":"rest_no_route","message":"No route."}', "No route.", id="an error"),
        pytest.param('[{"id":7,"name":"Odile","slug":"odile"}]', "Expected posts", id="users"),
        pytest.param('{"name":"The Commons","routes":{}}', "found name, routes", id="the index"),
        pytest.param('[{"id": 7, "slug"', "is not JSON", id="half a page"),
        pytest.param("<html></html>", "This is a web page", id="a web page"),
        pytest.param("Region;Budget\nNorth;12\n", "email", id="another table"),
    ],
)
def test_what_is_refused_whole(body: str, why: str) -> None:
    with pytest.raises(BadReport, match=why) as refusal:
        read(body)
    assert refusal.value.mend


# --- the export --------------------------------------------------------------------------------


def test_an_export_knows_the_addresses_of_accounts() -> None:
    post, comment, guest = sample("export.xml")[:3]
    assert [one.actor for one in (post, comment, guest)] == [
        Actor(
            name="Odile Ferrand",
            email="odile.ferrand@commons.example.org",
            account=Account(home_page=SITE, name="7"),
        ),
        Actor(
            name="Tomás Abril",
            email="tomas.abril@town.example",
            account=Account(home_page=SITE, name="8"),
        ),
        Actor(name="A passer-by"),
    ]


def test_an_export_counts_what_was_published_and_what_was_deleted() -> None:
    made = datetime(2026, 3, 20, 12, tzinfo=UTC)
    assert sample("export.xml")[3:] == [
        Skipped(row="item 1, comment 3", why="It is a pingback, made by a machine."),
        Gone(key="comment:44", rows=("item 1, comment 4",), reported_at=made),
        Skipped(row="item 2", why="It is a draft."),
        Gone(key="post:115", rows=("item 3",), reported_at=made),
        Skipped(row="item 4", why="It is of the kind page, not a post."),
    ]


@pytest.mark.parametrize(
    "version",
    [
        pytest.param(b"http://wordpress.org/export/1.0/", id="1.0"),
        pytest.param(b"http://wordpress.org/export/1.1/", id="1.1"),
        pytest.param(b"https://wordpress.org/export/1.2/", id="https"),
    ],
)
def test_exports_of_every_version_say_the_same(version: bytes) -> None:
    whole = (PAIRS / "export.xml").read_bytes()
    assert read(whole.replace(b"http://wordpress.org/export/1.2/", version)) == read(whole)


def test_an_old_export_without_authors_has_logins() -> None:
    whole = (PAIRS / "export.xml").read_text()
    before, _, rest = whole.partition("<wp:author>")
    post = read(before + rest.partition("</wp:author>")[2])[0]
    assert post.actor == Actor(name="odile", account=Account(home_page=SITE, name="odile"))


# --- members -----------------------------------------------------------------------------------


def test_members_joined_the_site() -> None:
    assert sample("members.csv")[0] == Activity(
        rows=(2,),
        keys=("member:7",),
        actor=Actor(
            name="Odile Ferrand",
            email="odile.ferrand@commons.example.org",
            account=Account(home_page=SITE, name="7"),
        ),
        verb="joined",
        type="community",
        url=SITE,
        title="The Commons",
        at=datetime(2021, 5, 3, 9, 12, 44, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("table", "zone", "at"),
    [
        pytest.param(
            "Usuario;Correo electrónico;Fecha de registro\nana;ana@b.example;13/05/2024 10:00\n",
            "Europe/Madrid",
            (2024, 5, 13, 8),
            id="Spanish, semicolons, local time",
        ),
        pytest.param(
            "Username\tEmail\tJoined\nana\tana@b.example\t2024-05-13\n",
            "UTC",
            (2024, 5, 13),
            id="tabs, a day alone",
        ),
        pytest.param(
            "\ufeffE-mail,Adhésion,Inscrit le\nana@b.example,x,2024-05-13 09:00:00\n",
            "UTC",
            (2024, 5, 13, 9),
            id="French, a mark, no login",
        ),
    ],
)
def test_tables_of_members_come_in_many_forms(table: str, zone: str, at: tuple[int, ...]) -> None:
    (member,) = read(table, timezone=zone)
    assert (member.actor.email, member.at) == (
        "ana@b.example",
        datetime(*at, tzinfo=UTC),  # type: ignore[arg-type,misc]
    )


def test_a_number_that_a_spreadsheet_mangled_is_refused() -> None:
    with pytest.raises(BadReport, match="shortened by a spreadsheet"):
        read("ID,Email,Registered\n5.62E+18,a@b.example,2024-05-13 09:00:00\n")


# --- feeds -------------------------------------------------------------------------------------


def test_a_feed_has_the_numbers_of_the_interface() -> None:
    post = sample("feed.xml")[0]
    assert post.keys == ("post:112", f"entry:{SITE}/?p=112")


def test_a_comment_feed_has_the_numbers_of_the_interface() -> None:
    comment = (
        '<rss version="2.0"><channel><title>Comments for The Commons</title><item>'
        f'<guid isPermaLink="false">{SITE}/?p=112#comment-41</guid>'
        "<pubDate>Tue, 03 Mar 2026 10:30:00 +0000</pubDate></item></channel></rss>"
    )
    assert read(comment)[0].keys[0] == "comment:41"


def test_the_number_of_a_post_taken_over_from_another_site_means_nothing_here() -> None:
    feed = (PAIRS / "feed.xml").read_text().replace(f"{SITE}/?p=112", "https://else.example/?p=112")
    assert read(feed)[0].keys == ("entry:https://else.example/?p=112",)


def test_a_display_name_is_never_taken_for_a_number() -> None:
    feed = (PAIRS / "feed.xml").read_text().replace("Odile Ferrand", "8")
    assert read(feed)[0].actor == Actor(name="8")


# --- all of them meet --------------------------------------------------------------------------


def test_feed_export_and_interface_are_one_statement() -> None:
    names = ("feed.xml", "posts.json", "export.xml", "posts.json", "feed.xml")
    with scratch.scratch(WordPress(), SETTINGS):
        for name in names[:3]:
            scratch.read(Delivery(body=(PAIRS / name).read_bytes(), name=name))
        before = scratch.standing()
        again = [
            scratch.read(Delivery(body=(PAIRS / name).read_bytes(), name=name)).counts["corrected"]
            for name in names[3:]
        ]
        assert (again, scratch.standing()) == ([0, 0], before)
        assert sorted(key for key, _ in before) == [
            "comment:41",
            "post:112",
            "post:113",
            "post:116",
        ]


# --- polling -----------------------------------------------------------------------------------


def given_site(site: WordPressServer, **more: Any) -> dict[str, Any]:
    return {**SETTINGS, "url": site.url, **more}


def numbers(brought: list[Delivery]) -> list[list[int]]:
    return [[one["id"] for one in json.loads(delivery.body)] for delivery in brought]


@pytest.fixture
def site(httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> WordPressServer:
    """A site with three posts and a comment, two to a page."""
    monkeypatch.setattr("plugins.wordpress.polling.PER_PAGE", 2)
    made = WordPressServer(httpserver)
    made.records["posts"] = [wp_post(number) for number in (1, 2, 3)]
    made.records["comments"] = [wp_comment(41)]
    return made


def test_a_poll_brings_all_pages_of_posts_and_comments(site: WordPressServer) -> None:
    assert numbers(polled(WordPress(), given_site(site))) == [[1, 2], [3], [41]]


def test_the_next_poll_asks_from_a_second_before_the_latest_change(site: WordPressServer) -> None:
    cursor = polled(WordPress(), given_site(site))[-1].cursor
    site.asked.clear()
    polled(WordPress(), given_site(site), cursor)
    asked = (site.asked[0].args["modified_after"], site.asked[-1].args["after"])
    assert asked == ("2026-03-02T14:04:59Z", "2026-03-03T10:29:59Z")


def test_the_same_page_again_is_the_same_delivery(site: WordPressServer) -> None:
    first = polled(WordPress(), given_site(site))
    again = polled(WordPress(), given_site(site), first[-1].cursor)
    assert [one.uid for one in again] == [one.uid for one in first]


def test_pages_without_totals_end_where_wordpress_says_so(
    site: WordPressServer,
) -> None:
    site.totals, site.records["posts"] = False, [wp_post(1), wp_post(2)]
    assert numbers(polled(WordPress(), given_site(site))) == [[1, 2], [1, 2], [41]]


def test_pages_without_totals_hide_no_edit(site: WordPressServer) -> None:
    site.totals, site.records["posts"] = False, [wp_post(1), wp_post(2)]
    cursor = polled(WordPress(), given_site(site))[-1].cursor
    site.records["posts"][0] = wp_post(1, modified_gmt="2026-04-01T00:00:00")
    edited = polled(WordPress(), given_site(site), cursor)[0]
    assert b"2026-04-01" in edited.body


def test_comments_can_be_left_out(site: WordPressServer) -> None:
    assert numbers(polled(WordPress(), given_site(site, comments=False))) == [[1, 2], [3]]


def test_a_long_first_poll_goes_on_where_it_ended(
    site: WordPressServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plugins.wordpress.polling.PAGES", 1)
    first = polled(WordPress(), given_site(site, comments=False))
    rest = polled(WordPress(), given_site(site, comments=False), first[-1].cursor)
    assert (numbers(first), numbers(rest)) == ([[1, 2]], [[3]])


def test_an_application_password_is_sent(site: WordPressServer) -> None:
    polled(WordPress(), given_site(site, user="byway", password="a b c"))
    assert site.asked[0].authorization is not None
    assert site.asked[0].authorization.password == "a b c"


def test_a_site_without_pretty_addresses_is_asked_in_the_query(httpserver: HTTPServer) -> None:
    plain = WordPressServer(httpserver, pretty=False)
    plain.records["posts"] = [wp_post(1)]
    assert numbers(polled(WordPress(), given_site(plain))) == [[1]]


def test_being_asked_to_wait_keeps_what_came(httpserver: HTTPServer, site: WordPressServer) -> None:
    httpserver.clear()
    posts = json.dumps(site.records["posts"][:1])
    httpserver.expect_request("/wp-json/wp/v2/posts").respond_with_data(
        posts, headers={"X-WP-TotalPages": "1"}
    )
    httpserver.expect_request("/wp-json/wp/v2/comments").respond_with_data(
        "", status=429, headers={"Retry-After": "60"}
    )
    assert numbers(polled(WordPress(), given_site(site))) == [[1]]


def test_being_asked_to_wait_at_once_says_how_long(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/wp-json/wp/v2/posts").respond_with_data(
        "", status=429, headers={"Retry-After": "60"}
    )
    with pytest.raises(Unanswered) as refusal:
        polled(WordPress(), {"url": httpserver.url_for("").rstrip("/")})
    assert (refusal.value.kind, refusal.value.seconds) == ("rate", 60)


@pytest.mark.parametrize("status", [401, 403])
def test_a_closed_interface_points_to_the_feeds(httpserver: HTTPServer, status: int) -> None:
    httpserver.expect_request("/wp-json/wp/v2/posts").respond_with_json(
        {"code": "rest_disabled", "message": "Members only."}, status=status
    )
    with pytest.raises(Unanswered, match="Members only") as refusal:
        polled(WordPress(), {"url": httpserver.url_for("").rstrip("/")})
    assert "feeds" in refusal.value.mend


def test_half_a_page_is_refused(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/wp-json/wp/v2/posts").respond_with_data('[{"id": 1, "da')
    with pytest.raises(Refused, match="not JSON"):
        polled(WordPress(), {"url": httpserver.url_for("").rstrip("/")})


def test_a_site_can_be_read_through_its_feeds(httpserver: HTTPServer) -> None:
    feed = (PAIRS / "feed.xml").read_bytes()
    httpserver.expect_request("/feed/").respond_with_data(feed)
    httpserver.expect_request("/comments/feed/").respond_with_data("<rss><channel></channel></rss>")
    brought = polled(WordPress(), {"url": httpserver.url_for("").rstrip("/"), "way": "feeds"})
    assert brought[0].body == feed


# --- settings, and whatever comes --------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        pytest.param("https://Commons.Example.org/", SITE, id="one spelling"),
        pytest.param(f" {SITE}/Blog ", f"{SITE}/Blog", id="a folder keeps its capitals"),
    ],
)
def test_the_address_of_the_site(written: str, kept: str) -> None:
    assert WordPressSettings().load({"url": written})["url"] == kept


@pytest.mark.parametrize(
    "given_settings",
    [
        pytest.param({}, id="none"),
        pytest.param({"url": "commons"}, id="no address"),
        pytest.param({"url": f"{SITE}/?p=1"}, id="a query"),
        pytest.param({"url": SITE, "way": "scraping"}, id="another way"),
        pytest.param({"url": SITE, "timezone": "EST"}, id="an abbreviated zone"),
    ],
)
def test_settings_that_are_refused(given_settings: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        WordPressSettings().load(given_settings)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(sorted({**wp_post(1), **wp_comment(1)})), JSON))
def test_a_record_with_any_members_changed_is_told_once(changes: dict[str, Any]) -> None:
    said = read(page(wp_post(1) | changes, wp_post(2)))[0]
    assert isinstance(said, Activity | Skipped | Failed)


def test_it_is_registered() -> None:
    (source,) = wordpress.register_sources()
    assert source.name == "wordpress"
